"""What a tenant needs, and how each permission stands by what was seen."""

import datetime as dt
from dataclasses import replace

import pytest

from shared.domain.catalog import Identity
from shared.domain.permissions import (
    Access,
    Need,
    PermissionKind,
    PermissionState,
    Seen,
    ever_needed,
    needs,
    permission_id,
    permissions,
    propagating,
    required,
)
from shared.domain.settings import Authentication, Settings

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
APP, USER = PermissionKind.APPLICATION, PermissionKind.DELEGATED
BOTH = Settings(authentication=Authentication.SERVICE_PRINCIPAL_AND_USER)
NEED = Need("Group.Read.All", APP, Access.READ, ("groups",))
LENT = Need("Policy.Read.All", USER, Access.READ, ("policies",))


@pytest.fixture
def catalog(entries):
    """Groups and locations as the app, locations perhaps as the user, policies as the user alone."""
    groups = replace(entries.groups, read=("Group.Read.All",), write=("Group.ReadWrite.All",))
    locations = replace(
        entries.locations,
        read=("Policy.Read.All",),
        write=("Policy.Write", "Policy.Read.All"),
        identity=Identity.TRY,
        user_read=("Policy.Read.All",),
        user_write=("Policy.Write",),
    )
    policies = replace(
        entries.policies,
        read=(),
        write=(),
        identity=Identity.USER,
        user_read=("Policy.Read.All",),
        user_write=("Policy.ReadWrite.Access",),
    )
    users = replace(entries.catalog.lookups["users"], read=("User.Read.All", "Group.Read.All"))
    types = {one.key: one for one in (groups, locations, policies)}
    return replace(entries.catalog, types=types, lookups={"users": users})


def told(found):
    return {one.id: (one.access.value, one.types, one.optional) for one in found}


def test_the_app_needs_what_its_types_are_read_and_written_with(catalog):
    assert told(needs(catalog, Settings())) == {
        "application-Group_Read_All": ("read", ("groups",), False),
        "application-Group_ReadWrite_All": ("write", ("groups",), False),
        "application-Policy_Read_All": ("read", ("locations",), False),
        "application-Policy_Write": ("write", ("locations",), False),
    }


def test_a_user_s_permissions_are_needed_only_where_a_user_may_sign_in(catalog):
    found = told(needs(catalog, BOTH))

    assert found["delegated-Policy_Read_All"] == ("read", ("policies",), False)
    assert found["delegated-Policy_ReadWrite_Access"] == ("write", ("policies",), False)
    assert "application-Policy_Write" in found, "nothing has shown yet that locations need a user"


def test_a_type_that_refused_the_app_needs_the_user_s_instead(catalog):
    found = told(needs(catalog, BOTH, {"locations"}))

    assert "application-Policy_Write" not in found
    assert found["delegated-Policy_Read_All"] == ("read", ("locations", "policies"), False)
    assert "application-Policy_Write" in told(needs(catalog, Settings(), {"locations"}))


def test_types_that_are_left_out_need_nothing(catalog):
    assert needs(catalog, Settings(include=("groups",))) == needs(catalog, Settings(exclude=("l*",)))
    assert needs(catalog, Settings(exclude=("*",))) == ()


def test_the_tenants_own_approval_of_what_intune_protects_wants_to_be_read(catalog, entries):
    scripts = replace(entries.groups, path="/deviceManagement/scripts", read=("S.Read",), write=("S.Write",))
    intune = replace(catalog, types={"scripts": scripts})

    found = told(needs(intune, Settings()))

    name = "application-DeviceManagementConfiguration_Read_All"
    assert found[name] == ("read", ("scripts",), True)
    assert name in ever_needed(intune)
    assert name not in ever_needed(catalog)


def test_what_is_only_looked_up_is_optional(catalog):
    found = told(needs(catalog, BOTH))

    assert found["application-User_Read_All"] == ("read", ("policies",), True)
    assert found["application-Group_Read_All"] == ("read", ("groups",), False), "groups are read with it too"


def test_one_permission_that_some_read_with_and_others_write_with_is_for_reading(catalog):
    groups = replace(catalog.types["groups"], read=("Policy.Write",))
    mixed = replace(catalog, types={**catalog.types, "groups": groups})

    assert told(needs(mixed, Settings()))["application-Policy_Write"] == (
        "read",
        ("groups", "locations"),
        False,
    )


def test_a_catalog_knows_all_that_any_tenant_may_need(catalog):
    every = {one.id for types in ((), {"locations"}) for one in needs(catalog, BOTH, types)}
    assert ever_needed(catalog) == every


SEEN = Seen(NOW)


@pytest.mark.parametrize(
    ("need", "seen", "ignored", "state"),
    [
        (NEED, None, (), "required"),
        (NEED, None, (NEED.id,), "ignored"),
        (NEED, SEEN, (), "required"),
        (NEED, replace(SEEN, roles=frozenset({"Group.Read.All"})), (), "granted"),
        (NEED, replace(SEEN, roles=frozenset({"Group.ReadWrite.All"})), (), "granted"),
        (NEED, replace(SEEN, roles=frozenset({"Group.Read.All"})), (NEED.id,), "granted"),
        (NEED, replace(SEEN, granted=frozenset({"Group.Read.All"})), (), "propagating"),
        (NEED, replace(SEEN, granted=frozenset({"Group.Read.All"})), (NEED.id,), "ignored"),
        (NEED, replace(SEEN, consented=frozenset({"Group.Read.All"})), (), "required"),
        (LENT, replace(SEEN, roles=frozenset({"Policy.Read.All"})), (), "required"),
        (LENT, replace(SEEN, scopes=frozenset({"Policy.Read.All"})), (), "granted"),
        (LENT, replace(SEEN, consented=frozenset({"Policy.Read.All"})), (), "granted"),
        (LENT, replace(SEEN, scopes=frozenset(), consented=frozenset({LENT.name})), (), "propagating"),
        (LENT, replace(SEEN, scopes=frozenset(), consented=frozenset()), (LENT.id,), "ignored"),
    ],
    ids=[
        "nobody looked",
        "ignored before anybody looked",
        "nowhere",
        "in the token",
        "what writes reads",
        "ignored and granted",
        "in the directory alone",
        "on its way and ignored",
        "lent by users only",
        "the app's own is not lent",
        "in the user's token",
        "nobody signed in, consented",
        "consented, not in the user's token",
        "ignored",
    ],
)
def test_a_permission_stands_by_tokens_and_directory(need, seen, ignored, state):
    (found,) = permissions([need], seen, ignored)

    assert found.state is PermissionState(state)
    assert found.checked_at == (seen.at if seen else None)
    assert required([found]) == ((need.id,) if state == "required" else ())
    assert propagating([found]) == ((found,) if state == "propagating" else ())


@pytest.mark.parametrize(
    ("seen", "ignored", "marked"),
    [
        (SEEN, (), True),
        (replace(SEEN, granted=frozenset({NEED.name})), (), True),
        (replace(SEEN, roles=frozenset({NEED.name})), (), False),
        (SEEN, (NEED.id,), False),
    ],
    ids=["required", "on its way", "granted", "ignored"],
)
def test_what_a_new_catalog_needs_is_marked_until_it_is_granted_or_ignored(seen, ignored, marked):
    (found,) = permissions([NEED], seen, ignored, {NEED.id})
    assert found.updated is marked


@pytest.mark.parametrize(
    ("need", "keeps"),
    [(NEED, False), (LENT, True), (replace(NEED, optional=True), True)],
    ids=["the app's", "a user's", "optional"],
)
def test_only_optional_and_delegated_ones_can_be_ignored_without_dropping_types(need, keeps):
    assert need.keeps_types is keeps


def test_ids_hold_no_dots():
    assert permission_id(USER, "User-Mail.ReadWrite.All") == "delegated-User-Mail_ReadWrite_All"
