"""Who may do what, as a pure table."""

import pytest

from shared.domain.access import (
    OPERATIONS,
    Caller,
    Operation,
    Role,
    allowed_methods,
    holds,
    in_reach,
    may,
    may_call,
    roles_in,
)
from shared.domain.sync import Actor, ActorKind

READER, OPERATOR, APPROVER, ADMINISTRATOR = Role


def caller(*roles: Role, ids=("me",), tenants=None) -> Caller:
    return Caller(Actor(ActorKind.KEY, "k", "k", "k"), frozenset(roles), frozenset(ids), tenants)


@pytest.mark.parametrize(
    ("own", "held"),
    [
        (READER, {READER}),
        (OPERATOR, {READER, OPERATOR}),
        (APPROVER, {READER, APPROVER}),
        (ADMINISTRATOR, {READER, OPERATOR, APPROVER, ADMINISTRATOR}),
    ],
    ids=lambda one: getattr(one, "value", ""),
)
def test_a_role_includes_what_lies_below_it(own, held) -> None:
    assert {role for role in Role if holds(caller(own), role)} == held


OTHERS, MINE = ("somebody",), ("me", "somebody")


@pytest.mark.parametrize(
    ("roles", "access", "allowed"),
    [
        ([OPERATOR], {}, {READER, OPERATOR}),
        ([OPERATOR], {"operator": []}, {READER, OPERATOR}),
        ([OPERATOR], {"operator": MINE}, {READER, OPERATOR}),
        ([OPERATOR], {"operator": OTHERS}, {READER}),
        ([OPERATOR], {"reader": OTHERS}, {READER, OPERATOR}),
        ([OPERATOR], {"reader": OTHERS, "operator": OTHERS}, set()),
        ([READER], {"reader": OTHERS}, set()),
        ([READER], {"operator": MINE}, {READER}),
        ([OPERATOR, APPROVER], {"approver": OTHERS}, {READER, OPERATOR}),
        ([ADMINISTRATOR], {"reader": OTHERS, "operator": OTHERS, "approver": OTHERS}, set(Role)),
        ([], {}, set()),
    ],
)
def test_a_tenant_narrows_roles_to_those_it_names(roles, access, allowed) -> None:
    assert {role for role in Role if may(caller(*roles), role, "contoso", access)} == allowed


def test_ids_are_the_same_in_capitals() -> None:
    assert may(caller(OPERATOR, ids=("abc-DEF",)), OPERATOR, "contoso", {"operator": ("ABC-def",)})


def test_the_roles_on_a_tenant_are_those_it_leaves() -> None:
    access = {"operator": OTHERS}
    assert roles_in(caller(OPERATOR, APPROVER), "contoso", access) == {READER, APPROVER}
    assert roles_in(caller(ADMINISTRATOR), "contoso", access) == set(Role)
    assert roles_in(caller(OPERATOR, tenants=frozenset({"fabrikam"})), "contoso", {}) == set()


def test_a_caller_of_some_tenants_reaches_no_other() -> None:
    narrow = caller(ADMINISTRATOR, tenants=frozenset({"contoso"}))
    assert in_reach(narrow, "contoso")
    assert not in_reach(narrow, "fabrikam")
    assert not may(narrow, READER, "fabrikam", {})


@pytest.mark.parametrize(
    ("operation", "allowed"),
    [("getHealth", True), ("createKey", False), ("putTenant", True), ("listTenants", True)],
)
def test_a_caller_of_some_tenants_does_not_administer_what_is_of_all(operation, allowed) -> None:
    narrow = caller(ADMINISTRATOR, tenants=frozenset({"contoso"}))
    assert may_call(narrow, OPERATIONS[operation]) is allowed


def test_an_items_path_may_hold_slashes_and_its_list_has_none() -> None:
    base = "/api/v1/tenants/contoso/items"
    assert allowed_methods(f"{base}/entra/groups/All staff.json") == ("GET", "PUT", "DELETE")
    assert allowed_methods(base) == ("GET",)
    assert allowed_methods(f"{base}/") == ()
    assert OPERATIONS["getItem"].route == "api/v1/tenants/{tenant}/items/{*path:minlength(1)}"
    assert OPERATIONS["listItems"].route == "api/v1/tenants/{tenant}/items"


def test_every_operation_of_a_tenant_names_it() -> None:
    assert OPERATIONS["startSync"].of_tenant
    assert not OPERATIONS["listTenants"].of_tenant
    assert not Operation("x", "GET", "/x", None).of_tenant


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v1/tenants", ("GET",)),
        ("/API/v1/Tenants/contoso", ("GET", "PUT", "PATCH", "DELETE")),
        ("/api/v1/tenants/contoso/syncs", ("POST", "GET")),
        ("/api/v1/tenants/contoso/nothing", ()),
        ("/api/v1/tenants/contoso/syncs/", ()),
    ],
)
def test_a_path_tells_its_methods(path, methods) -> None:
    assert allowed_methods(path) == methods
