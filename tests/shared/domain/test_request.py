"""From an approved change to the exact requests: what is sent, in which order, and what never is."""

import base64
import json
from typing import Any

import pytest
from example_requests import EXAMPLES, ID, content_of, create, example, spec_of, update

from shared.catalog.loader import load
from shared.domain.catalog import Kind
from shared.domain.request import (
    Unwritable,
    completing_requests,
    create_request,
    delete_requests,
    update_requests,
)
from shared.domain.snapshot import Raw
from shared.names import ObjectId, TypeKey


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
