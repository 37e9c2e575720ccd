"""The life of objects of each kind: what reads show, what updates change, what actions do."""

from __future__ import annotations

import base64
from typing import Any

CA = "/v1.0/identity/conditionalAccess/policies"
LOCATIONS = "/v1.0/identity/conditionalAccess/namedLocations"
STRENGTHS = "/v1.0/policies/authenticationStrengthPolicies"
COMPLIANCE = "/beta/deviceManagement/deviceCompliancePolicies"
CONFIGURATIONS = "/beta/deviceManagement/deviceConfigurations"
CATALOG = "/beta/deviceManagement/configurationPolicies"
SCRIPTS = "/beta/deviceManagement/deviceManagementScripts"
PREFIX = "#microsoft.graph.deviceManagementConfiguration"


def id_of(tenant: Any, path: str, name: str) -> str:
    return str(tenant.named(path.removeprefix("/v1.0/").removeprefix("/beta/"), name)["id"])


def test_a_policy_is_shown_whole_with_its_strength_expanded(tenant: Any) -> None:
    item = tenant.get(f"{CA}/{id_of(tenant, CA, 'Admins with keys')}").json()
    assert item["conditions"]["users"]["excludeUsers"] == []
    assert item["conditions"]["platforms"] is None
    strength = item["grantControls"]["authenticationStrength"]
    assert strength["displayName"] == "Admins"
    assert item["grantControls"]["authenticationStrength@odata.context"].endswith("/$entity")
    assert "@odata.type" not in item


def test_an_update_of_a_policy_merges_and_says_nothing(tenant: Any) -> None:
    path = f"{CA}/{id_of(tenant, CA, 'MFA for all users')}"
    before = tenant.get(path).json()
    assert before["modifiedDateTime"] is None
    answer = tenant.patch(path, {"conditions": {"users": {"excludeGroups": []}}})
    assert (answer.status_code, answer.content) == (204, b"")
    after = tenant.get(path).json()
    assert after["conditions"]["users"] == {**before["conditions"]["users"], "excludeGroups": []}
    assert after["conditions"]["applications"] == before["conditions"]["applications"]
    assert after["modifiedDateTime"] is not None


def test_what_is_to_go_must_be_sent_as_null(tenant: Any) -> None:
    path = f"{CA}/{id_of(tenant, CA, 'Block other countries')}"
    tenant.patch(path, {"conditions": {"applications": {"includeApplications": ["Office365"]}}})
    assert tenant.get(path).json()["conditions"]["locations"] is not None
    tenant.patch(path, {"conditions": {"locations": None}})
    assert tenant.get(path).json()["conditions"]["locations"] is None


def test_a_location_is_deleted_once_untrusted_and_unused(tenant: Any) -> None:
    path = f"{LOCATIONS}/{id_of(tenant, LOCATIONS, 'Office')}"
    assert tenant.delete(path).status_code == 400
    untrusted = {"@odata.type": "#microsoft.graph.ipNamedLocation", "isTrusted": False}
    assert tenant.patch(path, untrusted).status_code == 204
    assert tenant.delete(path).status_code == 204


def test_the_combinations_of_a_strength_change_by_their_action(tenant: Any) -> None:
    path = f"{STRENGTHS}/{id_of(tenant, STRENGTHS, 'Staff')}"
    answer = tenant.post(f"{path}/updateAllowedCombinations", {"allowedCombinations": ["fido2"]})
    assert answer.status_code == 200
    assert answer.json()["currentCombinations"] == ["fido2"]
    assert tenant.get(path).json()["allowedCombinations"] == ["fido2"]
    usage = tenant.get(f"{STRENGTHS}/{id_of(tenant, STRENGTHS, 'Admins')}/usage()").json()
    assert [p["displayName"] for p in usage["mfa"]] == ["Admins with keys"]


def test_combination_configurations_are_objects_of_their_own(tenant: Any) -> None:
    path = f"{STRENGTHS}/{id_of(tenant, STRENGTHS, 'Admins')}"
    body = {
        "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
        "allowedAAGUIDs": ["cb69481e-8ff7-4039-93ec-0a2729a154a8"],
        "appliesToCombinations": ["fido2"],
    }
    created = tenant.post(f"{path}/combinationConfigurations", body)
    assert created.status_code == 201, created.text
    expanded = tenant.get(f"{path}?$expand=combinationConfigurations").json()
    assert expanded["combinationConfigurations"][0]["allowedAAGUIDs"] == body["allowedAAGUIDs"]
    own = f"{path}/combinationConfigurations/{created.json()['id']}"
    assert tenant.patch(own, {**body, "allowedAAGUIDs": []}).json()["allowedAAGUIDs"] == []
    assert tenant.delete(own).status_code == 204
    assert tenant.get(f"{path}/combinationConfigurations").json()["value"] == []


def test_the_authorization_policy_is_an_object_on_v1_and_a_list_on_beta(tenant: Any) -> None:
    path = "policies/authorizationPolicy"
    assert tenant.patch(f"/v1.0/{path}", {"allowInvitesFrom": "none"}).status_code == 204
    assert tenant.get(f"/v1.0/{path}").json()["allowInvitesFrom"] == "none"
    assert "enabledPreviewFeatures" not in tenant.get(f"/v1.0/{path}").json()
    value = tenant.get(f"/beta/{path}").json()["value"]
    assert [v["allowInvitesFrom"] for v in value] == ["none"]
    assert tenant.get(f"/beta/{path}/authorizationPolicy").json()["enabledPreviewFeatures"] == []


def test_sharepoint_answers_an_update_with_the_settings(tenant: Any) -> None:
    answer = tenant.patch("/v1.0/admin/sharepoint/settings", {"isLoopEnabled": False})
    assert answer.status_code == 200
    assert answer.json()["isLoopEnabled"] is False
    assert "id" not in answer.json()


def test_a_compliance_policy_shows_its_schedule_only_when_asked(tenant: Any) -> None:
    path = f"{COMPLIANCE}/{id_of(tenant, COMPLIANCE, 'Windows')}"
    assert "scheduledActionsForRule" not in tenant.get(path).json()
    query = "?$expand=assignments,scheduledActionsForRule($expand=scheduledActionConfigurations)"
    item = tenant.get(path + query).json()
    actions = item["scheduledActionsForRule"][0]["scheduledActionConfigurations"]
    assert [(a["actionType"], a["gracePeriodHours"]) for a in actions] == [("block", 24)]
    assert item["assignments"][0]["target"]["deviceAndAppManagementAssignmentFilterType"] == "include"
    rules = [
        {"ruleName": "x", "scheduledActionConfigurations": [{"actionType": "block", "gracePeriodHours": 6}]}
    ]
    body = {"deviceComplianceScheduledActionForRules": rules}
    assert tenant.post(f"{path}/scheduleActionsForRules", body).status_code == 204
    changed = tenant.get(path + query).json()["scheduledActionsForRule"][0]
    assert changed["scheduledActionConfigurations"][0]["gracePeriodHours"] == 6
    rule = tenant.get(f"{path}/scheduledActionsForRule/{changed['id']}/scheduledActionConfigurations").json()
    assert rule["value"][0]["gracePeriodHours"] == 6


def test_an_update_of_an_intune_object_counts_its_version(tenant: Any) -> None:
    path = f"{COMPLIANCE}/{id_of(tenant, COMPLIANCE, 'Windows')}"
    before = tenant.get(path).json()
    tenant.clock.advance(1)
    body = {"@odata.type": "#microsoft.graph.windows10CompliancePolicy", "passwordRequired": False}
    answer = tenant.patch(path, body)
    assert (answer.status_code, answer.json()["passwordRequired"]) == (200, False)
    assert answer.json()["version"] == before["version"] + 1
    assert answer.json()["lastModifiedDateTime"] > before["lastModifiedDateTime"]
    assert answer.json()["createdDateTime"] == before["createdDateTime"]


def test_assign_replaces_the_whole_list(tenant: Any) -> None:
    path = f"{CATALOG}/{id_of(tenant, CATALOG, 'BitLocker')}"
    assert len(tenant.get(f"{path}/assignments").json()["value"]) == 2
    everybody = {"target": {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}}
    answer = tenant.post(f"{path}/assign", {"assignments": [everybody]})
    assert answer.status_code == 200
    kept = tenant.get(f"{path}/assignments").json()["value"]
    assert [a["target"]["@odata.type"] for a in kept] == ["#microsoft.graph.allLicensedUsersAssignmentTarget"]
    assert tenant.get(path).json()["isAssigned"] is True
    tenant.post(f"{path}/assign", {"assignments": []})
    assert tenant.get(path).json()["isAssigned"] is False


def test_assignments_can_be_sent_back_as_they_were_read(tenant: Any) -> None:
    path = f"{CATALOG}/{id_of(tenant, CATALOG, 'BitLocker')}"
    kept = tenant.get(f"{path}/assignments").json()["value"]
    assert tenant.post(f"{path}/assign", {"assignments": kept}).status_code == 200
    assert tenant.get(f"{path}/assignments").json()["value"] == kept


def test_strings_of_custom_settings_are_masked_and_asked_for_one_by_one(tenant: Any) -> None:
    path = f"{CONFIGURATIONS}/{id_of(tenant, CONFIGURATIONS, 'Custom settings')}"
    secret, number = tenant.get(path).json()["omaSettings"]
    assert (secret["value"], secret["isEncrypted"]) == ("****", True)
    assert (number["value"], number["isEncrypted"]) == (0, False)
    call = f"getOmaSettingPlainTextValue(secretReferenceValueId='{secret['secretReferenceValueId']}')"
    assert tenant.get(f"{path}/{call}").json()["value"] == "<key>secret</key>"


def test_whoever_writes_the_mask_back_loses_the_secret(tenant: Any) -> None:
    path = f"{CONFIGURATIONS}/{id_of(tenant, CONFIGURATIONS, 'Custom settings')}"
    settings = tenant.get(path).json()["omaSettings"]
    sent = [
        {k: v for k, v in s.items() if k not in ("isEncrypted", "secretReferenceValueId")} for s in settings
    ]
    body = {"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "omaSettings": sent}
    changed = tenant.patch(path, body).json()["omaSettings"][0]
    call = f"getOmaSettingPlainTextValue(secretReferenceValueId='{changed['secretReferenceValueId']}')"
    assert tenant.get(f"{path}/{call}").json()["value"] == "****"


def integer(definition: str, value: int) -> dict[str, Any]:
    return {
        "settingInstance": {
            "@odata.type": f"{PREFIX}SimpleSettingInstance",
            "settingDefinitionId": definition,
            "simpleSettingValue": {"@odata.type": f"{PREFIX}IntegerSettingValue", "value": value},
        }
    }


def test_a_put_replaces_a_settings_catalog_policy_whole(tenant: Any) -> None:
    path = f"{CATALOG}/{id_of(tenant, CATALOG, 'Passwords')}"
    before = tenant.get(path).json()
    body = {
        "name": "Passwords",
        "platforms": "windows10",
        "technologies": "mdm",
        "settings": [integer("x", 5)],
    }
    assert tenant.put(path.replace("/", "/", 1), body).status_code == 204
    after = tenant.get(f"{path}?$expand=settings").json()
    assert (before["description"], after["description"]) == ("Device lock", None)
    assert after["settingCount"] == 1
    assert after["settings"][0]["settingInstance"]["simpleSettingValue"]["value"] == 5
    assert after["createdDateTime"] == before["createdDateTime"]
    assert len(tenant.get(f"{path}/assignments").json()["value"]) == 1


def test_a_key_may_stand_in_brackets(tenant: Any) -> None:
    key = id_of(tenant, CATALOG, "Passwords")
    assert tenant.get(f"{CATALOG}('{key}')").json()["name"] == "Passwords"
    assert len(tenant.get(f"{CATALOG}('{key}')/settings").json()["value"]) == 1


def test_a_secret_of_the_settings_catalog_becomes_a_token_that_can_be_sent_back(tenant: Any) -> None:
    path = f"{CATALOG}/{id_of(tenant, CATALOG, 'Agent')}"
    settings = tenant.get(f"{path}/settings").json()["value"]
    value = settings[1]["settingInstance"]["simpleSettingValue"]
    assert value["valueState"] == "encryptedValueToken"
    assert "S3cret" not in str(settings)
    sent = [{k: v for k, v in s.items() if k != "id"} for s in settings]
    body = {"name": "Agent", "platforms": "windows10", "technologies": "mdm", "settings": sent}
    assert tenant.put(path, body).status_code == 204
    assert tenant.get(f"{path}/settings").json()["value"] == settings


def test_a_script_comes_only_alone(tenant: Any) -> None:
    listed = tenant.all(SCRIPTS)
    assert [s["scriptContent"] for s in listed] == [None, None, None]
    script = tenant.get(f"{SCRIPTS}/{id_of(tenant, SCRIPTS, 'Time zone')}").json()
    assert "tzautoupdate" in base64.b64decode(script["scriptContent"]).decode()
    body = {"deviceManagementScriptAssignments": []}
    assert tenant.post(f"{SCRIPTS}/{script['id']}/assign", body).status_code == 204
    assert tenant.get(f"{SCRIPTS}/{script['id']}/assignments").json()["value"] == []


def test_scope_tags_are_numbered(tenant: Any) -> None:
    created = tenant.post("/beta/deviceManagement/roleScopeTags", {"displayName": "Tag C"})
    assert created.json()["id"] == "3"
    used = id_of(tenant, "deviceManagement/roleScopeTags", "Tag B")
    assert tenant.delete(f"/beta/deviceManagement/roleScopeTags/{used}").status_code == 400
    assert tenant.delete("/beta/deviceManagement/roleScopeTags/3").status_code == 204


def test_intune_takes_two_objects_of_one_name(tenant: Any) -> None:
    body = {"displayName": "Corporate", "platform": "macOS", "rule": '(device.model -eq "x")'}
    assert tenant.post("/beta/deviceManagement/assignmentFilters", body).status_code == 201
    names = [f["displayName"] for f in tenant.all("/beta/deviceManagement/assignmentFilters")]
    assert names.count("Corporate") == 2


def test_members_of_a_group_come_and_go(tenant: Any) -> None:
    path = f"/v1.0/groups/{id_of(tenant, 'groups', 'SEC-Break-Glass')}"
    members = tenant.get(f"{path}/members").json()["value"]
    assert {m["@odata.type"] for m in members} == {"#microsoft.graph.user"}
    admin = next(u for u in tenant.all("/v1.0/users") if u["displayName"] == "Ada Admin")
    link = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{admin['id']}"}
    assert tenant.post(f"{path}/members/$ref", link).status_code == 204
    assert tenant.post(f"{path}/members/$ref", link).status_code == 400
    assert len(tenant.get(f"{path}?$expand=members").json()["members"]) == 3
    assert tenant.delete(f"{path}/members/{admin['id']}/$ref").status_code == 204
    assert len(tenant.get(f"{path}/members").json()["value"]) == 2


def test_directory_objects_are_found_by_their_ids(tenant: Any) -> None:
    group = id_of(tenant, "groups", "All staff")
    body = {"ids": [group, "99999999-9999-4999-8999-999999999999"], "types": ["group", "user"]}
    found = tenant.post("/v1.0/directoryObjects/getByIds", body).json()["value"]
    assert [(o["@odata.type"], o["displayName"]) for o in found] == [("#microsoft.graph.group", "All staff")]
    assert tenant.get(f"/v1.0/directoryObjects/{group}").json()["displayName"] == "All staff"


def test_groups_come_with_their_default_properties_or_those_asked_for(tenant: Any) -> None:
    path = f"/v1.0/groups/{id_of(tenant, 'groups', 'All staff')}"
    assert "hideFromAddressLists" not in tenant.get(path).json()
    assert "membershipRule" in tenant.get(path).json()
    chosen = tenant.get(f"{path}?$select=displayName,hideFromAddressLists").json()
    assert set(chosen) == {"@odata.context", "id", "displayName", "hideFromAddressLists"}


def test_v1_shows_what_it_does_not_know_as_the_base_type(tenant: Any) -> None:
    key = id_of(tenant, CONFIGURATIONS, "Custom settings")
    item = tenant.get(f"/v1.0/deviceManagement/deviceConfigurations/{key}").json()
    assert "roleScopeTagIds" not in item


def test_grants_can_be_read_as_app_role_assignments(tenant: Any) -> None:
    app = "servicePrincipals(appId='ac000000-0000-4000-8000-000000000001')"
    graph = "servicePrincipals(appId='00000003-0000-0000-c000-000000000000')"
    roles = {r["id"]: r["value"] for r in tenant.get(f"/v1.0/{graph}?$select=appRoles").json()["appRoles"]}
    held = {roles[a["appRoleId"]] for a in tenant.all(f"/v1.0/{app}/appRoleAssignments")}
    assert held == set(tenant.control("GET", "grants").json()["value"])
