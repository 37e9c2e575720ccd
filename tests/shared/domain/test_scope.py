"""Which types a sync reads, and which it may write."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.scope import Granted, included, lacking, scope
from shared.domain.settings import Settings
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
