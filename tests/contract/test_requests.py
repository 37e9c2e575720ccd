"""Every request that the examples lead to, judged by Microsoft's SDK models."""

import copy
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.catalog.loader import load
from shared.domain.canonical import canonical
from shared.domain.catalog import Kind, TypeSpec
from shared.domain.item import SECRET
from shared.domain.reference import Index
from shared.domain.request import (
    Request,
    completing_requests,
    create_request,
    delete_requests,
    item_path,
    update_requests,
)
from shared.names import ObjectId

pytest.importorskip("msgraph", reason="needs msgraph-sdk: pip install msgraph-sdk msgraph-beta-sdk")
pytest.importorskip("msgraph_beta", reason="needs msgraph-beta-sdk: pip install msgraph-sdk msgraph-beta-sdk")

pytestmark = pytest.mark.slow
EXAMPLES = Path(__file__).parents[1] / "shared" / "catalog" / "examples"
MODELS = {
    "conditional-access-policies": "conditional_access_policy.ConditionalAccessPolicy",
    "named-locations": "named_location.NamedLocation",
    "authentication-strength-policies": "authentication_strength_policy.AuthenticationStrengthPolicy",
    "authorization-policy": "authorization_policy.AuthorizationPolicy",
    "groups": "group.Group",
    "device-compliance-policies": "device_compliance_policy.DeviceCompliancePolicy",
    "device-configurations": "device_configuration.DeviceConfiguration",
    "settings-catalog-policies": "device_management_configuration_policy.DeviceManagementConfigurationPolicy",
    "assignment-filters": (
        "device_and_app_management_assignment_filter.DeviceAndAppManagementAssignmentFilter"
    ),
    "role-scope-tags": "role_scope_tag.RoleScopeTag",
    "device-management-scripts": "device_management_script.DeviceManagementScript",
    "sharepoint-tenant-settings": "sharepoint_settings.SharepointSettings",
    "administrative-units": "administrative_unit.AdministrativeUnit",
    "terms-of-use-agreements": "agreement.Agreement",
    "authentication-methods-policy": "authentication_methods_policy.AuthenticationMethodsPolicy",
    "mobile-device-management-policies": "mobile_device_management_policy.MobileDeviceManagementPolicy",
    "notification-message-templates": "notification_message_template.NotificationMessageTemplate",
}
ACTIONS = {
    "assign": "assign.assign_post_request_body.AssignPostRequestBody",
    "scheduleActionsForRules": (
        "schedule_actions_for_rules.schedule_actions_for_rules_post_request_body.ScheduleActionsForRulesPostRequestBody"
    ),
    "updateAllowedCombinations": (
        "update_allowed_combinations.update_allowed_combinations_post_request_body"
        ".UpdateAllowedCombinationsPostRequestBody"
    ),
}
MEMBERS = {
    "combinationConfigurations": (
        "models.authentication_combination_configuration.AuthenticationCombinationConfiguration"
    ),
    "authenticationMethodConfigurations": (
        "models.authentication_method_configuration.AuthenticationMethodConfiguration"
    ),
    "localizedNotificationMessages": "models.localized_notification_message.LocalizedNotificationMessage",
    "includedGroups": "models.reference_create.ReferenceCreate",
}
SPECS = sorted(load().types.values(), key=lambda spec: spec.key)
ID = ObjectId("object-1")


def judge() -> Any:
    path = Path(__file__).parent / "sdk_judge.py"
    spec = importlib.util.spec_from_file_location("accord_sdk_judge", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.setdefault("accord_sdk_judge", importlib.util.module_from_spec(spec))
    if not hasattr(module, "faults"):
        spec.loader.exec_module(module)
    return module


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def model_of(spec: TypeSpec, request: Request) -> str:
    """The model of a request's body, from its address."""
    if request.path in (spec.path, f"{spec.path}/{ID}"):
        return f"models.{MODELS[spec.key]}"
    last = request.path.removeprefix(item_path(spec, ID) + "/").split("/")[0]
    if last in MEMBERS:
        return MEMBERS[last]
    *folders, collection = (snake(part) for part in spec.path.strip("/").split("/"))
    return ".".join([*folders, collection, "item", ACTIONS[last]])


def requests_of(spec: TypeSpec, raw: dict[str, Any]) -> Iterator[Request]:
    desired = copy.deepcopy(dict(canonical(spec, raw, Index({})).content))
    if spec.kind is Kind.COLLECTION:
        created = create_request(spec, "N", desired)
        assert isinstance(created, Request)
        yield created
        completing = completing_requests(spec, "N", ID, desired, {})
        assert isinstance(completing, tuple)
        yield from completing
        yield from delete_requests(spec, "N", ID, raw)
    touched = [(name,) for name in desired if name not in spec.immutable and desired[name] != SECRET]
    updates = update_requests(
        spec, "N", ID, raw, desired, [one for one in touched if one != ("@odata.type",)]
    )
    assert isinstance(updates, tuple), updates
    yield from updates


CASES = [
    pytest.param(spec, raw, id=f"{spec.key}-{at}")
    for spec in SPECS
    for at, raw in enumerate(json.loads((EXAMPLES / f"{spec.key}.json").read_text()))
    if not spec.is_unchangeable(raw)
]


@pytest.mark.parametrize(("spec", "raw"), CASES)
def test_microsofts_models_know_everything_that_is_sent(spec: TypeSpec, raw: dict[str, Any]) -> None:
    found = {}
    for request in requests_of(spec, raw):
        if request.body is not None:
            faults = judge().faults(request.version, model_of(spec, request), request.body)
            if faults:
                found[f"{request.method} {request.path}"] = faults
    assert found == {}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"displayNam": "x"}, "displayNam: unknown"),
        ({"createdDateTime": "2026-01-01T00:00:00Z"}, "created_date_time: read-only"),
        ({"state": "on"}, ".state: "),
        ({"conditions": {"users": {"includeUser": ["All"]}}}, "includeUser: unknown"),
    ],
)
def test_the_judge_sees_what_is_wrong(body: dict[str, Any], fault: str) -> None:
    model = f"models.{MODELS['conditional-access-policies']}"
    assert any(fault in one for one in judge().faults("v1.0", model, body))
