"""All twelve types on the running stack: edited, drifted, created and deleted, one row a type.

Each test takes every row through one tenant at once, so that the whole table costs a handful of syncs; what
each change holds is still asserted for each item alone.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

STRENGTHS = "v1.0/policies/authenticationStrengthPolicies"
AUTHORIZATION = "v1.0/policies/authorizationPolicy"
POLICIES = "v1.0/identity/conditionalAccess/policies"
LOCATIONS = "v1.0/identity/conditionalAccess/namedLocations"
GROUPS = "v1.0/groups"
FILTERS = "beta/deviceManagement/assignmentFilters"
COMPLIANCE = "beta/deviceManagement/deviceCompliancePolicies"
PROFILES = "beta/deviceManagement/deviceConfigurations"
SCRIPTS = "beta/deviceManagement/deviceManagementScripts"
TAGS = "beta/deviceManagement/roleScopeTags"
CATALOG = "beta/deviceManagement/configurationPolicies"
SHAREPOINT = "v1.0/admin/sharepoint/settings"

WINDOWS = "{{groups:Windows devices}}"
STAFF = "{{groups:All staff}}"
EMERGENCY = "{{groups:SEC-Break-Glass}}"
SERVER = "device_vendor_msft_policy_config_agent~policy~agent_server"


def to_group(group: str, kind: str = "groupAssignmentTarget", **more: str) -> dict[str, Any]:
    return {"target": {"@odata.type": f"#microsoft.graph.{kind}", "groupId": group, **more}}


def member(kind: str, group: str) -> str:
    return f"/assignments/#microsoft.graph.{kind}|{group}|"


def targets(shown: dict[str, Any]) -> list[str]:
    return sorted(one["target"]["@odata.type"].rpartition(".")[2] for one in shown["assignments"])


def server(shown: dict[str, Any]) -> str:
    (found,) = (
        one["settingInstance"]["simpleSettingValue"]["value"]
        for one in shown["settings"]
        if one["settingInstance"]["settingDefinitionId"] == SERVER
    )
    return str(found)


@dataclass(frozen=True)
class Edit:
    """One file of `small` and what a person changes in it; the property that the plan must show, alone; and
    what the tenant must show afterwards. `change` None: nothing but the text file beside it.
    """

    path: str
    changes: str
    change: Callable[[Any], Any] | None
    address: str
    shown: Callable[[dict[str, Any]], Any]
    after: Any

    @property
    def type(self) -> str:
        return self.path.split("/")[1]

    @property
    def item(self) -> str:
        return self.path.split("/")[2].removesuffix(".json")


EDITS = [
    Edit(
        "entra/authentication-strength-policies/Staff.json",
        "/allowedCombinations/deviceBasedPush",
        lambda file: file["allowedCombinations"].remove("deviceBasedPush"),
        STRENGTHS,
        lambda shown: sorted(shown["allowedCombinations"]),
        ["fido2", "windowsHelloForBusiness"],
    ),
    Edit(
        "entra/authorization-policy/authorization-policy.json",
        "/defaultUserRolePermissions/allowedToCreateApps",
        lambda file: file["defaultUserRolePermissions"].update(allowedToCreateApps=True),
        AUTHORIZATION,
        lambda shown: shown["defaultUserRolePermissions"]["allowedToCreateApps"],
        True,
    ),
    Edit(
        "entra/conditional-access-policies/MFA for all users.json",
        "/state",
        lambda file: file.update(state="enabledForReportingButNotEnforced"),
        POLICIES,
        lambda shown: shown["state"],
        "enabledForReportingButNotEnforced",
    ),
    Edit(
        "entra/conditional-access-policies/Admins with keys.json",
        "/grantControls",
        lambda file: file["grantControls"]["authenticationStrength"].update(
            id="{{authentication-strength-policies:Guests}}"
        ),
        POLICIES,
        lambda shown: shown["grantControls"]["authenticationStrength"]["displayName"],
        "Guests",
    ),
    Edit(
        "entra/conditional-access-policies/Block other countries.json",
        "/conditions/locations/excludeLocations/{{named-locations:Office}}",
        lambda file: file["conditions"]["locations"]["excludeLocations"].append("{{named-locations:Office}}"),
        POLICIES,
        lambda shown: len(shown["conditions"]["locations"]["excludeLocations"]),
        2,
    ),
    Edit(
        "entra/groups/All staff.json",
        "/membershipRule",
        lambda file: file.update(membershipRule='(user.userType -eq "Guest")'),
        GROUPS,
        lambda shown: shown["membershipRule"],
        '(user.userType -eq "Guest")',
    ),
    Edit(
        "entra/named-locations/Office.json",
        "/ipRanges/2001:db8::~148",
        lambda file: file["ipRanges"].append(
            {"@odata.type": "#microsoft.graph.iPv6CidrRange", "cidrAddress": "2001:db8::/48"}
        ),
        LOCATIONS,
        lambda shown: sorted(one["cidrAddress"] for one in shown["ipRanges"]),
        ["2001:db8::/48", "203.0.113.0/24"],
    ),
    Edit(
        "intune/assignment-filters/Corporate.json",
        "/roleScopeTags/{{role-scope-tags:Tag B}}",
        lambda file: file["roleScopeTags"].append("{{role-scope-tags:Tag B}}"),
        FILTERS,
        lambda shown: sorted(shown["roleScopeTags"]),
        ["0", "2"],
    ),
    Edit(
        "intune/device-compliance-policies/macOS.json",
        "/storageRequireEncryption",
        lambda file: file.update(storageRequireEncryption=False),
        COMPLIANCE,
        lambda shown: shown["storageRequireEncryption"],
        False,
    ),
    Edit(
        "intune/device-compliance-policies/Windows.json",
        "/scheduledActionsForRule",
        lambda file: file["scheduledActionsForRule"][0]["scheduledActionConfigurations"].append(
            {"actionType": "retire", "gracePeriodHours": 96}
        ),
        COMPLIANCE,
        lambda shown: sorted(
            (one["actionType"], one["gracePeriodHours"])
            for one in shown["scheduledActionsForRule"][0]["scheduledActionConfigurations"]
        ),
        [("block", 24), ("retire", 96)],
    ),
    Edit(
        "intune/device-compliance-policies/iOS.json",
        member("exclusionGroupAssignmentTarget", EMERGENCY),
        lambda file: file["assignments"].append(to_group(EMERGENCY, "exclusionGroupAssignmentTarget")),
        COMPLIANCE,
        targets,
        ["allLicensedUsersAssignmentTarget", "exclusionGroupAssignmentTarget"],
    ),
    Edit(
        "intune/device-configurations/Windows restrictions.json",
        "/passwordMinimumLength",
        lambda file: file.update(passwordMinimumLength=10),
        PROFILES,
        lambda shown: shown["passwordMinimumLength"],
        10,
    ),
    Edit(
        "intune/device-configurations/Custom settings.json",
        "/assignments/#microsoft.graph.allDevicesAssignmentTarget||",
        lambda file: file["assignments"].append(
            {"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}
        ),
        PROFILES,
        targets,
        ["allDevicesAssignmentTarget", "groupAssignmentTarget"],
    ),
    Edit(
        "intune/device-management-scripts/Time zone.json",
        "/scriptContent",
        None,
        SCRIPTS,
        lambda shown: base64.b64decode(shown["scriptContent"]).decode(),
        "Write-Host 'é'\r\n",
    ),
    Edit(
        "intune/device-management-scripts/File extensions.json",
        member("groupAssignmentTarget", STAFF),
        lambda file: file["assignments"].clear(),
        SCRIPTS,
        targets,
        [],
    ),
    Edit(
        "intune/role-scope-tags/Tag B.json",
        member("groupAssignmentTarget", STAFF),
        lambda file: file["assignments"].append(to_group(STAFF)),
        TAGS,
        lambda shown: len(shown["assignments"]) if "assignments" in shown else 1,
        1,
    ),
    Edit(
        "intune/settings-catalog-policies/Agent.json",
        f"/settings/{SERVER.replace('~', '~0')}",
        lambda file: file["settings"][1]["settingInstance"]["simpleSettingValue"].update(value="https://b"),
        CATALOG,
        server,
        "https://b",
    ),
    Edit(
        "intune/settings-catalog-policies/BitLocker.json",
        member("exclusionGroupAssignmentTarget", EMERGENCY),
        lambda file: file["assignments"].remove(to_group(EMERGENCY, "exclusionGroupAssignmentTarget")),
        CATALOG,
        targets,
        ["groupAssignmentTarget"],
    ),
    Edit(
        "sharepoint/sharepoint-tenant-settings/sharepoint-tenant-settings.json",
        "/idleSessionSignOut",
        lambda file: file["idleSessionSignOut"].update(
            isEnabled=True, warnAfterInSeconds=60, signOutAfterInSeconds=120
        ),
        SHAREPOINT,
        lambda shown: shown["idleSessionSignOut"]["isEnabled"],
        True,
    ),
]

ASSIGNED = "{{groups:New}}"
CREATED: dict[str, tuple[str, dict[str, Any]]] = {
    "entra/authentication-strength-policies": (
        STRENGTHS,
        {
            "displayName": "New",
            "description": "New",
            "allowedCombinations": ["fido2"],
            "combinationConfigurations": [
                {
                    "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
                    "appliesToCombinations": ["fido2"],
                    "allowedAAGUIDs": ["2fc0579f-8113-47ea-b116-bb5a8db9202a"],
                }
            ],
        },
    ),
    "entra/conditional-access-policies": (
        POLICIES,
        {
            "displayName": "New",
            "state": "disabled",
            "conditions": {
                "clientAppTypes": ["all"],
                "applications": {"includeApplications": ["All"]},
                "users": {
                    "includeUsers": ["All"],
                    "excludeUsers": ["{{users:@upn@}}"],
                    "excludeGroups": [ASSIGNED],
                },
                "locations": {"includeLocations": ["All"], "excludeLocations": ["{{named-locations:New}}"]},
            },
            "grantControls": {
                "operator": "OR",
                "authenticationStrength": {"id": "{{authentication-strength-policies:New}}"},
            },
        },
    ),
    "entra/groups": (
        GROUPS,
        {
            "displayName": "New",
            "mailEnabled": False,
            "mailNickname": "new",
            "securityEnabled": True,
            "groupTypes": [],
        },
    ),
    "entra/named-locations": (
        LOCATIONS,
        {
            "@odata.type": "#microsoft.graph.ipNamedLocation",
            "displayName": "New",
            "isTrusted": True,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}],
        },
    ),
    "intune/assignment-filters": (
        FILTERS,
        {
            "displayName": "New",
            "platform": "windows10AndLater",
            "rule": '(device.model -eq "A")',
            "roleScopeTags": ["{{role-scope-tags:New}}"],
        },
    ),
    "intune/device-compliance-policies": (
        COMPLIANCE,
        {
            "@odata.type": "#microsoft.graph.windows10CompliancePolicy",
            "displayName": "New",
            "passwordRequired": True,
            "roleScopeTagIds": ["{{role-scope-tags:New}}"],
            "assignments": [
                to_group(
                    ASSIGNED,
                    deviceAndAppManagementAssignmentFilterId="{{assignment-filters:New}}",
                    deviceAndAppManagementAssignmentFilterType="include",
                )
            ],
            "scheduledActionsForRule": [
                {"scheduledActionConfigurations": [{"actionType": "block", "gracePeriodHours": 12}]}
            ],
        },
    ),
    "intune/device-configurations": (
        PROFILES,
        {
            "@odata.type": "#microsoft.graph.windows10CustomConfiguration",
            "displayName": "New",
            "omaSettings": [
                {
                    "@odata.type": "#microsoft.graph.omaSettingInteger",
                    "displayName": "x",
                    "omaUri": "./x",
                    "value": 3,
                }
            ],
            "assignments": [{"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}],
        },
    ),
    "intune/device-management-scripts": (
        SCRIPTS,
        {
            "displayName": "New",
            "fileName": "new.ps1",
            "runAsAccount": "system",
            "scriptContent": "{{file:New.scriptContent.ps1}}",
            "assignments": [to_group(ASSIGNED)],
        },
    ),
    "intune/role-scope-tags": (
        TAGS,
        {"displayName": "New", "description": "New", "assignments": [to_group(ASSIGNED)]},
    ),
    "intune/settings-catalog-policies": (
        CATALOG,
        {
            "name": "New",
            "platforms": "windows10",
            "technologies": "mdm",
            "assignments": [to_group(ASSIGNED)],
            "settings": [
                {
                    "settingInstance": {
                        "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
                        "settingDefinitionId": "a_b",
                        "simpleSettingValue": {
                            "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue",
                            "value": "1",
                        },
                    }
                }
            ],
        },
    ),
}

DRIFTS: dict[str, tuple[str, dict[str, Any]]] = {
    "entra/authentication-strength-policies/Staff.json": (STRENGTHS, {"description": "Drifted"}),
    "entra/authorization-policy/authorization-policy.json": (AUTHORIZATION, {"allowInvitesFrom": "none"}),
    "entra/conditional-access-policies/MFA for all users.json": (POLICIES, {"state": "disabled"}),
    "entra/groups/All staff.json": (GROUPS, {"description": "Drifted"}),
    "entra/named-locations/Allowed countries.json": (
        LOCATIONS,
        {"@odata.type": "#microsoft.graph.countryNamedLocation", "includeUnknownCountriesAndRegions": True},
    ),
    "intune/assignment-filters/iPads.json": (FILTERS, {"rule": '(device.model -startsWith "X")'}),
    "intune/device-compliance-policies/iOS.json": (
        COMPLIANCE,
        {"@odata.type": "#microsoft.graph.iosCompliancePolicy", "passcodeRequired": False},
    ),
    "intune/device-configurations/iPhone restrictions.json": (
        PROFILES,
        {"@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration", "cameraBlocked": True},
    ),
    "intune/device-management-scripts/File extensions.json": (SCRIPTS, {"runAs32Bit": True}),
    "intune/role-scope-tags/Tag A.json": (TAGS, {"description": "Drifted"}),
    "intune/settings-catalog-policies/Passwords.json": (CATALOG, {"description": "Drifted"}),
    "sharepoint/sharepoint-tenant-settings/sharepoint-tenant-settings.json": (
        SHAREPOINT,
        {"isCommentingOnSitePagesEnabled": False},
    ),
}


def shown(tenant, address: str, name: str) -> dict[str, Any]:
    """An object as the tenant's portal shows it; a singleton has no name."""
    if address in (AUTHORIZATION, SHAREPOINT):
        return tenant._json(tenant.control.get(f"/objects/{address}"))
    return tenant.portal(address, name)


def settled(tenant) -> None:
    """The next sync finds nothing to do and nothing to commit."""
    before = tenant.clone()
    again = tenant.sync()
    assert (again["outcome"], again["incomplete"]) == ("succeeded", []), again
    assert again["plan"] is None, tenant.changes(again["id"])["value"]
    assert tenant.clone().git("log", "--patch", f"{before.head()}..").stdout == ""


def test_the_tables_cover_every_type(driver):
    answer = driver().api.get("/types").json()["value"]
    types = {one["id"] if "id" in one else one["key"] for one in answer}
    single = {"authorization-policy", "sharepoint-tenant-settings"}

    assert types == {one.type for one in EDITS}
    assert types == {path.split("/")[1] for path in DRIFTS}
    assert types - single == {path.split("/")[1] for path in CREATED}


def test_an_edit_of_any_type_is_proposed_alone_deployed_and_settles(driver):
    tenant = driver("small")
    tenant.sync()
    clone = tenant.clone()
    for edit in EDITS:
        if edit.change is None:
            clone.write(edit.path.replace(".json", ".scriptContent.ps1"), edit.after)
            continue
        file = clone.read(edit.path)
        edit.change(file)
        clone.write(edit.path, file)
    clone.push("One edit each")

    asked = tenant.sync()
    proposed = {
        (one["type"], one["item"]): (one["action"], [p["path"] for p in one["properties"]])
        for one in tenant.changes(asked["id"])["value"]
    }
    assert proposed == {(edit.type, edit.item): ("update", [edit.changes]) for edit in EDITS}
    assert tenant.writes() == []

    done = tenant.decided(asked["id"], "approve")
    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", len(EDITS)), tenant.report(
        asked["id"]
    )
    assert {(edit.type, edit.item): edit.shown(shown(tenant, edit.address, edit.item)) for edit in EDITS} == {
        (edit.type, edit.item): edit.after for edit in EDITS
    }
    settled(tenant)


def test_an_item_of_any_type_is_created_once_with_its_references_and_deleted_again(driver):
    tenant = driver("small")
    tenant.sync()
    clone = tenant.clone()
    upn = f"breakglass1@{tenant.id}.onmicrosoft.com"
    for folder, (_, file) in CREATED.items():
        clone.write(f"{folder}/New.json", file)
    policy = "entra/conditional-access-policies/New.json"
    clone.write(policy, (clone.folder / policy).read_text().replace("@upn@", upn))
    clone.write("intune/device-management-scripts/New.scriptContent.ps1", "Write-Host 'new'\n")
    clone.push("One of each")

    asked = tenant.sync()
    assert {one["type"]: (one["action"], one["blocked"]) for one in tenant.changes(asked["id"])["value"]} == {
        folder.split("/")[1]: ("create", None) for folder in CREATED
    }
    for address, _ in CREATED.values():  # the service creates each, and its answer never arrives
        tenant.fault(method="POST", path=f"{address.split('/', 1)[1]}$", times=1, reset="after")
    done = tenant.decided(asked["id"], "approve")
    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", len(CREATED)), tenant.report(
        asked["id"]
    )
    made = {folder: tenant.portal(address, "New") for folder, (address, _) in CREATED.items()}
    users = made["entra/conditional-access-policies"]["conditions"]["users"]
    assert users["excludeGroups"] == [made["entra/groups"]["id"]]
    assert users["excludeUsers"] == [
        one["id"] for one in tenant.objects("v1.0/users") if one["userPrincipalName"] == upn
    ]
    assert made["intune/assignment-filters"]["roleScopeTags"] == [made["intune/role-scope-tags"]["id"]]
    settled(tenant)

    clone.pull()
    assert "{{users:" in (clone.folder / policy).read_text()
    clone.git("rm", "--quiet", *(name for name in clone.files() if "/New." in name))
    clone.push("None of each")
    asked = tenant.sync()
    assert {one["action"] for one in tenant.changes(asked["id"])["value"]} == {"delete"}
    refused = tenant.decide(asked["id"], "approve")
    assert (refused.status_code, refused.json()["code"]) == (422, "confirmDeletions")
    done = tenant.decided(asked["id"], "approve", confirmDeletions=True)
    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", len(CREATED)), tenant.report(
        asked["id"]
    )
    for address, _ in CREATED.values():
        assert "New" not in [one.get("displayName", one.get("name")) for one in tenant.objects(address)]
    settled(tenant)


def test_drift_of_any_type_is_adopted_and_nothing_is_written(driver):
    tenant = driver("small")
    tenant.sync()
    for path, (address, properties) in DRIFTS.items():
        name = path.split("/")[2].removesuffix(".json")
        if address not in (AUTHORIZATION, SHAREPOINT):
            tenant.change(address, name, **properties)
            continue
        tenant._json(tenant.control.patch(f"/objects/{address}", json=properties))

    sync = tenant.sync()

    assert (sync["outcome"], sync["plan"], sync["drift"]["changed"]) == ("succeeded", None, len(DRIFTS))
    clone = tenant.clone()
    assert sorted(clone.git("diff", "--name-only", "-z", "HEAD~1").stdout.rstrip("\0").split("\0")) == sorted(
        DRIFTS
    )
    for path, (_, properties) in DRIFTS.items():
        assert {name: clone.read(path)[name] for name in properties} == properties
    assert tenant.writes() == []
    settled(tenant)
