"""From an approved change to the exact requests: what is sent, in which order, and what never is."""

import base64
import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.catalog.loader import load
from shared.domain.canonical import canonical
from shared.domain.catalog import Kind, TypeSpec
from shared.domain.item import Json
from shared.domain.reference import Index
from shared.domain.request import (
    Request,
    Unwritable,
    completing_requests,
    create_request,
    delete_requests,
    update_requests,
)
from shared.domain.snapshot import Raw
from shared.names import ObjectId, TypeKey

EXAMPLES = Path(__file__).parents[1] / "catalog" / "examples"
ID = ObjectId("object-1")


def spec_of(key: str) -> TypeSpec:
    return load().types[TypeKey(key)]


def example(key: str, at: int = 0) -> Raw:
    found: Raw = json.loads((EXAMPLES / f"{key}.json").read_text())[at]
    return found


def content_of(key: str, raw: Raw) -> dict[str, Any]:
    """The canonical content, its ids left as they are (as if every symbol had been resolved)."""
    return copy.deepcopy(dict(canonical(spec_of(key), raw, Index({})).content))


def update(key: str, raw: Raw, desired: Mapping[str, Json], *touched: str) -> tuple[Request, ...]:
    paths = [tuple(path.split("/")) for path in touched]
    found = update_requests(spec_of(key), "N", ID, raw, desired, paths)
    assert isinstance(found, tuple), found
    return found


def create(key: str, desired: Mapping[str, Json]) -> Request:
    found = create_request(spec_of(key), "N", desired)
    assert isinstance(found, Request), found
    return found


def test_a_patch_carries_the_touched_property_alone() -> None:
    raw = example("conditional-access-policies")
    desired = content_of("conditional-access-policies", raw) | {
        "state": "disabled",
        "description": "not approved",
    }
    (request,) = update("conditional-access-policies", raw, desired, "state")
    assert (request.method, request.version) == ("PATCH", "v1.0")
    assert request.path == "/identity/conditionalAccess/policies/object-1"
    assert request.body == {"state": "disabled"}
    assert request.bucket == "conditional-access"
    assert request.doing == "updating conditional-access-policies 'N'"
    assert not request.once


def test_a_nested_change_sends_its_whole_top_level_property() -> None:
    raw = example("conditional-access-policies")
    desired = content_of("conditional-access-policies", raw)
    desired["conditions"]["users"]["excludeGroups"] = ["g1"]
    (request,) = update("conditional-access-policies", raw, desired, "conditions/users/excludeGroups/g1")
    assert request.body == {"conditions": desired["conditions"]}


def test_a_removed_property_is_sent_as_null() -> None:
    raw = example("named-locations", 1)
    desired = content_of("named-locations", raw)
    del desired["countryLookupMethod"]
    (request,) = update("named-locations", raw, desired, "countryLookupMethod")
    assert request.body == {"@odata.type": raw["@odata.type"], "countryLookupMethod": None}


def test_a_removed_nested_property_is_sent_as_null_too() -> None:
    raw = example("authorization-policy")
    desired = content_of("authorization-policy", raw)
    before = desired["defaultUserRolePermissions"]
    del before["allowedToCreateApps"]
    (request,) = update(
        "authorization-policy", raw, desired, "defaultUserRolePermissions/allowedToCreateApps"
    )
    assert request.path == "/policies/authorizationPolicy"
    assert request.body == {"defaultUserRolePermissions": before | {"allowedToCreateApps": None}}


def test_a_removed_member_of_a_collection_is_simply_not_there() -> None:
    raw = example("conditional-access-policies")
    raw["conditions"]["users"]["excludeUsers"] = ["u1", "u2"]
    desired = content_of("conditional-access-policies", raw)
    desired["conditions"]["users"]["excludeUsers"] = ["u2"]
    (request,) = update("conditional-access-policies", raw, desired, "conditions/users/excludeUsers/u1")
    assert request.body["conditions"]["users"]["excludeUsers"] == ["u2"]


def test_only_the_id_of_an_authentication_strength_is_sent() -> None:
    raw = example("conditional-access-policies")
    (request,) = update(
        "conditional-access-policies",
        raw,
        content_of("conditional-access-policies", raw),
        "grantControls/operator",
    )
    assert request.body["grantControls"]["authenticationStrength"] == {
        "id": raw["grantControls"]["authenticationStrength"]["id"]
    }
    assert not any("@odata.context" in name for name in request.body["grantControls"])


@pytest.mark.parametrize("key", ["device-configurations", "device-compliance-policies", "named-locations"])
def test_a_patch_of_a_polymorphic_object_says_its_type(key: str) -> None:
    raw = example(key)
    (request,) = update(key, raw, content_of(key, raw) | {"displayName": "New"}, "displayName")
    assert request.body == {"@odata.type": raw["@odata.type"], "displayName": "New"}


def test_a_long_text_goes_back_into_base64() -> None:
    raw = example("device-management-scripts")
    desired = content_of("device-management-scripts", raw) | {"scriptContent": "Write-Output 'é'\n"}
    (request,) = update("device-management-scripts", raw, desired, "scriptContent")
    assert base64.b64decode(request.body["scriptContent"]).decode() == "Write-Output 'é'\n"


def test_a_put_carries_the_whole_object_and_nothing_read_only() -> None:
    raw = example("settings-catalog-policies")
    desired = content_of("settings-catalog-policies", raw) | {"description": "New"}
    (request,) = update("settings-catalog-policies", raw, desired, "description")
    assert request.method == "PUT"
    assert request.body["description"] == "New"
    assert request.body["settings"]
    assert request.body["templateReference"]["templateFamily"] == "none"
    gone = {"id", "createdDateTime", "settingCount", "isAssigned", "creationSource", "assignments"}
    assert not gone & request.body.keys()
    assert all("id" not in member for member in request.body["settings"])


def test_assignments_are_posted_as_the_complete_list() -> None:
    raw = example("settings-catalog-policies")
    desired = content_of("settings-catalog-policies", raw)
    added = {"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}
    desired["assignments"] = [*desired.get("assignments", []), added]
    (request,) = update("settings-catalog-policies", raw, desired, "assignments/x")
    assert (request.method, request.path) == (
        "POST",
        "/deviceManagement/configurationPolicies/object-1/assign",
    )
    assert request.body == {"assignments": desired["assignments"]}
    assert all("id" not in member and "source" not in member for member in desired["assignments"])
    assert request.doing == "writing assignments of settings-catalog-policies 'N'"


def test_the_last_assignment_removed_posts_an_empty_list() -> None:
    raw = example("device-management-scripts")
    desired = content_of("device-management-scripts", raw)
    desired.pop("assignments", None)
    (request,) = update("device-management-scripts", raw, desired, "assignments/x")
    assert request.body == {"deviceManagementScriptAssignments": []}


def test_a_change_of_properties_and_assignments_keeps_its_order() -> None:
    raw = example("device-compliance-policies")
    desired = content_of("device-compliance-policies", raw) | {"displayName": "New"}
    touched = ("assignments/x", "scheduledActionsForRule", "displayName")
    requests = update("device-compliance-policies", raw, desired, *touched)
    assert [request.path.rpartition("/")[2] for request in requests] == [
        "object-1",
        "assign",
        "scheduleActionsForRules",
    ]
    assert "scheduledActionsForRule" not in requests[0].body


def test_scheduled_actions_say_the_rule_name_that_reading_leaves_out() -> None:
    raw = example("device-compliance-policies")
    desired = content_of("device-compliance-policies", raw)
    (request,) = update("device-compliance-policies", raw, desired, "scheduledActionsForRule")
    (rule,) = request.body["deviceComplianceScheduledActionForRules"]
    assert rule["ruleName"] == "PasswordRequired"
    assert all("id" not in action for action in rule["scheduledActionConfigurations"])


def test_allowed_combinations_are_written_by_their_own_action() -> None:
    raw = example("authentication-strength-policies", 1)
    desired = content_of("authentication-strength-policies", raw) | {"allowedCombinations": ["fido2"]}
    (request,) = update("authentication-strength-policies", raw, desired, "allowedCombinations/fido2")
    assert request.path.endswith("/object-1/updateAllowedCombinations")
    assert request.body == {"allowedCombinations": ["fido2"]}


def combination(kind: str, combinations: list[str], **values: Json) -> dict[str, Any]:
    return {"@odata.type": f"#microsoft.graph.{kind}", "appliesToCombinations": combinations, **values}


def test_members_with_addresses_of_their_own_are_written_one_by_one() -> None:
    raw = example("authentication-strength-policies", 1)
    raw["combinationConfigurations"] = [
        combination("fido2CombinationConfiguration", ["fido2"], id="1", allowedAAGUIDs=["a"]),
        combination("x509CertificateCombinationConfiguration", ["x509CertificateMultiFactor"], id="2"),
        combination("x509CertificateCombinationConfiguration", ["x509CertificateSingleFactor"], id="3"),
    ]
    desired = content_of("authentication-strength-policies", raw)
    changed = combination("fido2CombinationConfiguration", ["fido2"], allowedAAGUIDs=["a", "b"])
    new = combination("fido2CombinationConfiguration", ["deviceBasedPush"], allowedAAGUIDs=["c"])
    kept = combination("x509CertificateCombinationConfiguration", ["x509CertificateMultiFactor"])
    desired["combinationConfigurations"] = [changed, new, kept]
    requests = update("authentication-strength-policies", raw, desired, "combinationConfigurations/x")
    sent = [(one.method, one.path.rpartition("object-1")[2], one.body, one.once) for one in requests]
    told = {name: changed[name] for name in ("@odata.type", "allowedAAGUIDs")}
    assert sent == [
        ("PATCH", "/combinationConfigurations/1", told, False),
        ("POST", "/combinationConfigurations", new, True),
        ("DELETE", "/combinationConfigurations/3", None, False),
    ]


def test_members_are_created_after_their_object() -> None:
    raw = example("authentication-strength-policies", 1)
    desired = content_of("authentication-strength-policies", raw)
    new = combination("fido2CombinationConfiguration", ["fido2"], allowedAAGUIDs=["c"])
    desired["combinationConfigurations"] = [new]
    assert "combinationConfigurations" not in create("authentication-strength-policies", desired).body
    found = completing_requests(spec_of("authentication-strength-policies"), "N", ID, desired, {})
    assert isinstance(found, tuple)
    assert [(one.method, one.body) for one in found] == [("POST", new)]


def test_members_that_an_earlier_run_made_are_not_made_again() -> None:
    spec = spec_of("authentication-strength-policies")
    new = combination("fido2CombinationConfiguration", ["fido2"], allowedAAGUIDs=["c"])
    desired = {"displayName": "N", "combinationConfigurations": [new]}
    assert (
        completing_requests(spec, "N", ID, desired, {"combinationConfigurations": [{"id": "1", **new}]}) == ()
    )


def test_a_create_is_one_post_that_is_not_repeated() -> None:
    raw = example("groups")
    request = create("groups", content_of("groups", raw))
    assert (request.method, request.path, request.once) == ("POST", "/groups", True)
    assert request.body["displayName"] == raw["displayName"]
    assert not {"id", "onPremisesSyncEnabled"} & request.body.keys()
    assert completing_requests(spec_of("groups"), "N", ID, content_of("groups", raw), {}) == ()


def test_a_create_holds_the_parts_that_belong_in_it_and_leaves_the_rest_for_later() -> None:
    raw = example("device-compliance-policies")
    desired = content_of("device-compliance-policies", raw)
    request = create("device-compliance-policies", desired)
    assert request.body["scheduledActionsForRule"][0]["ruleName"] == "PasswordRequired"
    assert "assignments" not in request.body
    found = completing_requests(spec_of("device-compliance-policies"), "N", ID, desired, {})
    assert isinstance(found, tuple)
    assert [one.path.rpartition("/")[2] for one in found] == ["assign"] * bool(desired.get("assignments"))


def test_a_trusted_location_is_untrusted_before_it_is_deleted() -> None:
    raw = example("named-locations") | {"isTrusted": True}
    first, second = delete_requests(spec_of("named-locations"), "N", ID, raw)
    assert (first.method, first.body["isTrusted"]) == ("PATCH", False)
    assert first.body["ipRanges"] == raw["ipRanges"]
    assert not {"id", "createdDateTime", "modifiedDateTime"} & first.body.keys()
    assert (second.method, second.path) == ("DELETE", "/identity/conditionalAccess/namedLocations/object-1")


@pytest.mark.parametrize(
    "raw",
    [example("named-locations") | {"isTrusted": False}, example("named-locations", 1)],
    ids=["ip", "country"],
)
def test_any_other_location_is_deleted_at_once(raw: Raw) -> None:
    assert [one.method for one in delete_requests(spec_of("named-locations"), "N", ID, raw)] == ["DELETE"]


def test_an_id_is_quoted_in_the_address() -> None:
    (request,) = delete_requests(spec_of("groups"), "N", ObjectId("a/b?c"), {})
    assert request.path == "/groups/a%2Fb%3Fc"


def test_a_built_in_object_is_not_written() -> None:
    raw = example("authentication-strength-policies")
    found = update_requests(spec_of("authentication-strength-policies"), "N", ID, raw, {}, [("description",)])
    assert isinstance(found, Unwritable)
    assert "built in" in found.detail


def test_an_unresolved_reference_is_an_error_and_never_left_out() -> None:
    spec = spec_of("conditional-access-policies")
    desired: dict[str, Any] = {"conditions": {"users": {"excludeGroups": ["{{groups:Break glass}}", "g"]}}}
    answers = [
        create_request(spec, "N", desired),
        completing_requests(spec, "N", ID, desired, {}),
        update_requests(spec, "N", ID, {}, desired, [("conditions",)]),
    ]
    for answer in answers:
        assert isinstance(answer, Unwritable)
        assert answer.detail == (
            "conditions.users.excludeGroups[] holds {{groups:Break glass}}, which is not resolved"
        )


@pytest.mark.parametrize("key", sorted(load().types))
def test_no_request_holds_a_marker_or_an_annotation(key: str) -> None:
    spec = load().types[TypeKey(key)]
    for raw in json.loads((EXAMPLES / f"{key}.json").read_text()):
        if spec.is_unchangeable(raw):
            continue
        desired = content_of(key, raw)
        requests = [*update(key, raw, desired, *desired)]
        if spec.kind is Kind.COLLECTION:
            requests.append(create(key, desired))
        for request in requests:
            text = json.dumps(request.body)
            assert "{{" not in text
            assert "@odata.context" not in text


def test_a_create_needs_no_part_that_the_item_lacks() -> None:
    assert create("device-compliance-policies", {"displayName": "N"}).body == {"displayName": "N"}


def test_a_property_that_takes_a_patch_of_its_own_gets_one() -> None:
    raw = example("mobile-device-management-policies", 1)
    desired = content_of("mobile-device-management-policies", raw) | {
        "appliesTo": "all",
        "complianceUrl": "https://c",
        "termsOfUseUrl": "https://t",
    }
    touched = ("appliesTo", "complianceUrl", "termsOfUseUrl")
    requests = update("mobile-device-management-policies", raw, desired, *touched)
    assert [one.body for one in requests] == [
        {"complianceUrl": "https://c", "termsOfUseUrl": "https://t"},
        {"appliesTo": "all"},
    ]
    assert {one.path for one in requests} == {"/policies/mobileDeviceManagementPolicies/object-1"}


def test_what_follows_from_other_writes_is_not_sent_and_links_are_added_before_others_go() -> None:
    raw = example("mobile-device-management-policies")
    desired = content_of("mobile-device-management-policies", raw) | {
        "appliesTo": "selected",
        "includedGroups": [{"id": "g2"}],
    }
    requests = update("mobile-device-management-policies", raw, desired, "appliesTo", "includedGroups/g2")
    sent = [(one.method, one.path.rpartition("object-1")[2], one.body, one.once) for one in requests]
    assert sent == [
        (
            "POST",
            "/includedGroups/$ref",
            {"@odata.id": "https://graph.microsoft.com/odata/groups('g2')"},
            True,
        ),
        ("DELETE", "/includedGroups/dc3d2ce5-7c5e-4dca-a0ef-2145bf6e53ef/$ref", None, False),
    ]


def message(locale: str, text: str = "T", *, default: bool = False) -> dict[str, Any]:
    return {"locale": locale, "subject": "S", "messageTemplate": text, "isDefault": default}


def test_a_flag_that_can_only_be_set_moves_by_being_set_on_another_member() -> None:
    raw = example("notification-message-templates")
    raw["localizedNotificationMessages"] = [
        {"id": "t_de", **message("de", default=True)},
        {"id": "t_en", **message("en")},
        {"id": "t_fr", **message("fr")},
    ]
    desired = content_of("notification-message-templates", raw)
    desired["localizedNotificationMessages"] = [
        message("en", "New"),
        message("fr", default=True),
        message("it"),
    ]
    requests = update("notification-message-templates", raw, desired, "localizedNotificationMessages/fr")
    sent = [(one.method, one.path.rpartition("object-1")[2], one.body) for one in requests]
    new = {"locale": "it", "subject": "S", "messageTemplate": "T"}
    assert sent == [
        ("PATCH", "/localizedNotificationMessages/t_fr", {"isDefault": True}),
        ("PATCH", "/localizedNotificationMessages/t_en", {"messageTemplate": "New"}),
        ("POST", "/localizedNotificationMessages", new),
        ("DELETE", "/localizedNotificationMessages/t_de", None),
    ]


def test_a_member_that_only_loses_such_a_flag_needs_no_request() -> None:
    raw = example("notification-message-templates")
    raw["localizedNotificationMessages"] = [
        {"id": "t_de", **message("de", default=True)},
        {"id": "t_en", **message("en")},
    ]
    desired = content_of("notification-message-templates", raw)
    desired["localizedNotificationMessages"] = [message("de"), message("en", default=True)]
    requests = update("notification-message-templates", raw, desired, "localizedNotificationMessages/en")
    assert [one.path.rpartition("/")[2] for one in requests] == ["t_en"]


def test_a_member_says_its_kind_with_every_change_and_null_for_what_goes() -> None:
    raw = example("authentication-methods-policy")
    desired = content_of("authentication-methods-policy", raw)
    sms = next(one for one in desired["authenticationMethodConfigurations"] if "sms" in one["@odata.type"])
    del sms["excludeTargets"]
    sms["state"] = "enabled"
    (request,) = update("authentication-methods-policy", raw, desired, "authenticationMethodConfigurations/x")
    assert request.path == "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Sms"
    assert request.body == {"@odata.type": sms["@odata.type"], "state": "enabled", "excludeTargets": None}


def test_of_linked_objects_the_id_alone_is_kept() -> None:
    raw = example("mobile-device-management-policies")
    content = content_of("mobile-device-management-policies", raw)
    assert content["includedGroups"] == [{"id": "dc3d2ce5-7c5e-4dca-a0ef-2145bf6e53ef"}]


def test_a_document_given_once_is_sent_with_the_create() -> None:
    desired = content_of("terms-of-use-agreements", example("terms-of-use-agreements"))
    assert {one["fileData"] for one in desired["files"]} == {"{{secret}}"}
    desired["files"] = [desired["files"][0] | {"fileData": {"data": "JVBERi0="}}]
    request = create("terms-of-use-agreements", desired)
    assert request.body["files"][0]["fileData"] == {"data": "JVBERi0="}
    assert completing_requests(spec_of("terms-of-use-agreements"), "N", ID, desired, {}) == ()
