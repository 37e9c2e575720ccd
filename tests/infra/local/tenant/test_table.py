"""The table of types holds together with Microsoft's models."""

from __future__ import annotations

import pytest

from infra.local.tenant.hooks.registry import ACTIONS, HOOKS
from infra.local.tenant.schema import Schema, schema
from infra.local.tenant.table import Type, load_table

TYPES = list(load_table().types.values())
by_path = pytest.mark.parametrize("entry", TYPES, ids=lambda e: e.path)


def models(entry: Type) -> list[Schema]:
    return [schema(version) for version in entry.versions]


@by_path
def test_a_type_is_in_the_models_of_its_versions(entry: Type) -> None:
    for known in models(entry):
        assert entry.model in known
        assert all(navigation.model in known for navigation in entry.navigation.values())


@by_path
def test_a_type_names_only_properties_that_exist(entry: Type) -> None:
    known = schema(entry.versions[-1])
    names = set(known.properties(entry.model))
    for model in (m for m in known.properties(entry.model) if known.has_subtypes(m)):
        names |= set(known.properties(model))
    mentioned = {
        *entry.required,
        *entry.not_null,
        *entry.create_only,
        *entry.update_only,
        *entry.select_only,
        *entry.default_properties,
        *entry.patchable,
        *entry.defaults,
        *entry.lengths,
        *entry.hidden_in_lists,
        *(n.split("/")[0] for n in entry.filters if n),
        *(name for name in (entry.created, entry.modified, entry.counter) if name),
    }
    assert mentioned <= names, sorted(mentioned - names)


@by_path
def test_a_type_uses_hooks_that_exist(entry: Type) -> None:
    assert set(entry.hooks) <= set(HOOKS)
    assert {action.hook for action in entry.actions.values()} <= set(ACTIONS)


@by_path
def test_a_type_cites_its_documentation(entry: Type) -> None:
    assert entry.docs
    assert all(address.startswith("https://") for address in entry.docs)


@by_path
def test_a_type_has_permissions_for_what_can_be_done_to_it(entry: Type) -> None:
    wanted = {"read"}
    wanted |= {"create"} if entry.creatable else set()
    wanted |= {"delete"} if entry.deletable else set()
    wanted |= {"update"} if entry.update else set()
    assert wanted <= set(entry.permissions)


@by_path
def test_references_lead_to_types_of_the_table(entry: Type) -> None:
    known = {e.path for e in TYPES}
    assert {path for reference in entry.references for path in reference.to} <= known
    assert set(entry.in_use) <= known


def test_the_writable_types_are_there() -> None:
    writable = {entry.path for entry in TYPES if entry.update}
    assert writable == {
        "admin/sharepoint/settings",
        "deviceManagement/assignmentFilters",
        "deviceManagement/configurationPolicies",
        "deviceManagement/deviceCompliancePolicies",
        "deviceManagement/deviceConfigurations",
        "deviceManagement/deviceManagementScripts",
        "deviceManagement/notificationMessageTemplates",
        "deviceManagement/roleScopeTags",
        "directory/administrativeUnits",
        "groups",
        "identity/conditionalAccess/namedLocations",
        "identity/conditionalAccess/policies",
        "identityGovernance/termsOfUse/agreements",
        "policies/authenticationMethodsPolicy",
        "policies/authenticationStrengthPolicies",
        "policies/authorizationPolicy",
        "policies/mobileDeviceManagementPolicies",
    }
