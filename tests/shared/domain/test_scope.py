"""Which types a sync reads, and which it may write."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.catalog import Identity
from shared.domain.scope import Granted, included, lacking, scope
from shared.domain.settings import Authentication, Settings
from shared.domain.snapshot import NotReadReason


@pytest.fixture
def catalog(entries):
    groups = replace(entries.groups, read=("Group.Read.All",), write=("Group.ReadWrite.All",))
    locations = replace(
        entries.locations, bucket="access", read=("Policy.Read.All",), write=("Policy.Write",)
    )
    policies = replace(entries.policies, bucket="access", read=("Policy.Read.All",), write=("Policy.Write",))
    users = replace(entries.catalog.lookups["users"], read=("User.Read.All",))
    return replace(
        entries.catalog,
        types={one.key: one for one in (groups, locations, policies)},
        lookups={"users": users},
    )


ALL = {"Group.ReadWrite.All", "Policy.Read.All", "Policy.Write", "User.Read.All"}


def test_types_are_gathered_by_bucket_in_the_catalogs_order(catalog):
    found = scope(catalog, Settings(), (), Granted(ALL))

    assert found.buckets == {"directory": ("groups",), "access": ("locations", "policies")}
    assert found.types == ("groups", "locations", "policies")
    assert (found.not_read, found.write_missing, found.lookups_missing) == ((), {}, frozenset())


@pytest.mark.parametrize(
    ("include", "exclude", "key", "expected"),
    [
        (("*",), (), "groups", True),
        (("group*",), (), "groups", True),
        (("policies",), (), "groups", False),
        (("*",), ("g*",), "groups", False),
        ((), (), "groups", False),
    ],
)
def test_settings_include_by_pattern_and_exclude_after(include, exclude, key, expected):
    assert included(Settings(include=include, exclude=exclude), key) is expected


@pytest.mark.parametrize(
    ("settings", "asked"),
    [(Settings(exclude=("groups",)), ()), (Settings(), ("locations", "policies"))],
    ids=["by the settings", "by the start"],
)
def test_what_is_left_out_is_listed_and_not_counted(catalog, settings, asked):
    found = scope(catalog, settings, asked, Granted(ALL))

    assert "groups" not in found.types
    assert [(one.type, one.reason, one.counted) for one in found.not_read] == [
        ("groups", NotReadReason.EXCLUDED, False)
    ]


def test_a_missing_read_permission_leaves_the_type_unread_and_counts(catalog):
    found = scope(catalog, Settings(), (), Granted(ALL - {"Group.ReadWrite.All"}))

    (lost,) = found.not_read
    assert (lost.type, lost.reason, lost.counted) == ("groups", NotReadReason.PERMISSION_MISSING, True)
    assert lost.detail == "reading groups: needs Group.Read.All, which nobody has granted"
    assert found.write_missing["groups"] == ("Group.Read.All", "Group.ReadWrite.All")


def test_a_missing_write_permission_is_named_for_each_type(catalog):
    found = scope(catalog, Settings(), (), Granted(ALL - {"Policy.Write"}))

    assert found.write_missing == {"locations": ("Policy.Write",), "policies": ("Policy.Write",)}


def test_lookups_that_nobody_may_make_are_named(catalog):
    assert scope(catalog, Settings(), (), Granted(ALL - {"User.Read.All"})).lookups_missing == {"users"}


def reasons(found):
    return [(one.type, one.reason.value, one.counted) for one in found.not_read]


READ_ID, WRITE_ID = "application-Group_Read_All", "application-Group_ReadWrite_All"


@pytest.mark.parametrize(
    ("roles", "ignored", "names"),
    [
        (ALL - {"Group.ReadWrite.All"}, {READ_ID}, ("Group.Read.All",)),
        (ALL - {"Group.ReadWrite.All"} | {"Group.Read.All"}, {WRITE_ID}, ("Group.ReadWrite.All",)),
    ],
    ids=["for reading", "for writing"],
)
def test_an_ignored_permission_that_is_missing_drops_its_types_uncounted(catalog, roles, ignored, names):
    found = scope(catalog, Settings(), (), Granted(roles, ignored=ignored))

    assert reasons(found) == [("groups", "permissionIgnored", False)]
    assert found.not_read[0].names == names
    assert found.write_missing == {"groups": names}, "nothing of it is written either"


def test_an_ignored_permission_that_is_granted_drops_nothing(catalog):
    assert scope(catalog, Settings(), (), Granted(ALL, ignored={READ_ID, WRITE_ID})).not_read == ()


def test_what_is_on_its_way_is_not_called_missing(catalog):
    found = scope(catalog, Settings(), (), Granted(ALL - {"Group.ReadWrite.All"}, coming={READ_ID}))

    assert reasons(found) == [("groups", "permissionPropagating", True)]
    assert found.not_read[0].names == ("Group.Read.All",)


BOTH = Settings(authentication=Authentication.SERVICE_PRINCIPAL_AND_USER)


@pytest.fixture
def personal(catalog):
    """Groups need a user, locations may."""
    lent = {"user_read": ("Group.Read.All",), "user_write": ("Group.ReadWrite.All",)}
    groups = replace(catalog.types["groups"], read=(), write=(), identity=Identity.USER, **lent)
    locations = replace(catalog.types["locations"], identity=Identity.TRY, **lent)
    return replace(catalog, types={**catalog.types, "groups": groups, "locations": locations})


def lent(*scopes, ignored=(), roles=ALL):
    return Granted(roles, frozenset(scopes), ignored)


@pytest.mark.parametrize(
    ("settings", "granted", "refused", "not_read", "blocked"),
    [
        (Settings(), Granted(ALL), (), [("groups", "userNeeded", False)], {"groups": "needsUser"}),
        (BOTH, Granted(ALL), (), [("groups", "userNotSignedIn", True)], {"groups": "needsUser"}),
        (BOTH, lent("Group.ReadWrite.All"), (), [], {}),
        (BOTH, lent("Group.Read.All"), (), [], {"groups": "permissionMissing"}),
        (
            BOTH,
            lent("Nothing"),
            (),
            [("groups", "permissionMissing", True)],
            {"groups": "permissionMissing"},
        ),
        (
            BOTH,
            lent("Nothing", ignored={"delegated-Group_Read_All", "delegated-Group_ReadWrite_All"}),
            (),
            [],
            {},
        ),
        (
            BOTH,
            Granted(ALL),
            {"locations"},
            [("groups", "userNotSignedIn", True), ("locations", "userNotSignedIn", True)],
            {"groups": "needsUser", "locations": "needsUser"},
        ),
        (
            Settings(exclude=("groups",)),
            Granted(ALL),
            {"locations"},
            [("groups", "excluded", False), ("locations", "userNeeded", False)],
            {"locations": "needsUser"},
        ),
        (
            Settings(exclude=("groups", "policies")),
            Granted({"User.Read.All"}),
            {"locations"},
            [
                ("groups", "excluded", False),
                ("locations", "permissionMissing", True),
                ("policies", "excluded", False),
            ],
            {"locations": "permissionMissing"},
        ),
    ],
    ids=[
        "no user authentication",
        "nobody signed in",
        "the user may do all",
        "the user may only read",
        "the user may nothing",
        "ignored, so it is tried",
        "a type that refused the app",
        "the same without user authentication",
        "the app lacks its permission too",
    ],
)
def test_types_that_need_a_user(personal, settings, granted, refused, not_read, blocked):
    found = scope(personal, settings, (), granted, refused)

    assert reasons(found) == not_read
    assert {key: one.code.value for key, one in found.restrictions.items()} == blocked


@pytest.mark.parametrize(
    ("ignored", "without"),
    [
        ({"delegated-Group_Read_All"}, {"groups": ("Group.Read.All",)}),
        ({"delegated-Group_ReadWrite_All"}, {}),
        (set(), {}),
    ],
    ids=["for reading", "for writing", "nothing"],
)
def test_a_type_that_is_read_without_an_ignored_permission_is_named_with_it(personal, ignored, without):
    assert scope(personal, BOTH, (), lent("Nothing", ignored=ignored)).doing_without == without


def test_an_ignored_permission_that_the_user_has_is_not_done_without(personal):
    granted = lent("Group.ReadWrite.All", ignored={"delegated-Group_Read_All"})

    assert scope(personal, BOTH, (), granted).doing_without == {}


@pytest.mark.parametrize(
    ("needed", "granted", "missing"),
    [
        (("A.Read.All",), {"A.Read.All"}, ()),
        (("A.Read.All",), {"A.ReadWrite.All"}, ()),
        (("A.ReadWrite.All",), {"A.Read.All"}, ("A.ReadWrite.All",)),
        (("A", "B"), {"B"}, ("A",)),
        ((), set(), ()),
    ],
)
def test_what_writes_also_reads(needed, granted, missing):
    assert lacking(needed, granted) == missing
