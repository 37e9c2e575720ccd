"""The index: ids to symbols and back, never by guessing."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.marker import Symbol
from shared.domain.reference import Index, Unresolvable, identity_of, index_of, mentions, wanted_lookups
from shared.domain.snapshot import RawItem, TypeRead

INDEX = Index({"groups": {"1": "Staff", "2": "Staff", "3": "Guests"}}, {"groups": {"Staff": "1", "Old": "3"}})


@pytest.mark.parametrize(
    ("identity", "resolved", "owner"),
    [
        pytest.param("Guests", "3", "3", id="one"),
        pytest.param("Staff", Unresolvable.AMBIGUOUS, "1", id="two, one of them has the plain name"),
        pytest.param("Nobody", Unresolvable.UNKNOWN, Unresolvable.UNKNOWN, id="none"),
    ],
)
def test_from_symbol_to_id(identity: str, resolved: Any, owner: Any) -> None:
    assert INDEX.resolve("groups", identity) == resolved
    assert INDEX.owner("groups", identity) == owner


@pytest.mark.parametrize(
    ("object_id", "found"),
    [
        pytest.param("3", Symbol("groups", "Guests"), id="one of its name"),
        pytest.param("1", Symbol("groups", "Staff"), id="the one that had the name first"),
        pytest.param("2", Unresolvable.AMBIGUOUS, id="its namesake"),
        pytest.param("9", Unresolvable.UNKNOWN, id="unknown"),
    ],
)
def test_from_id_to_symbol(object_id: str, found: Any) -> None:
    assert INDEX.symbol("groups", object_id) == found


def test_ids_are_known_whatever_their_case() -> None:
    assert Index({"groups": {"ab": "Staff"}}).symbol("groups", "AB") == Symbol("groups", "Staff")
    assert Index({"groups": {"ab": ""}}).symbol("groups", "ab") is Unresolvable.UNKNOWN


def test_an_old_name_leads_to_the_object_that_had_it() -> None:
    assert INDEX.current(Symbol("groups", "Old")) == Symbol("groups", "Guests")
    assert INDEX.current(Symbol("groups", "Guests")) == Symbol("groups", "Guests")
    assert INDEX.current(Symbol("groups", "Never")) == Symbol("groups", "Never")
    gone = Index({"groups": {}}, {"groups": {"Old": "3"}})
    assert gone.current(Symbol("groups", "Old")) == Symbol("groups", "Old")


def test_the_index_grows_and_shrinks_with_a_deploy() -> None:
    assert INDEX.with_object("groups", "4", "New").resolve("groups", "New") == "4"
    assert INDEX.with_object("groups", "2", None).resolve("groups", "Staff") == "1"
    assert INDEX.with_object("groups", "3", "Visitors").resolve("groups", "Guests") is Unresolvable.UNKNOWN
    assert INDEX.resolve("groups", "New") is Unresolvable.UNKNOWN


@pytest.mark.parametrize(
    ("content", "name"),
    [({"displayName": "A"}, "A"), ({"displayName": 7}, "7"), ({"displayName": None}, ""), ({}, "")],
)
def test_what_an_item_is_called(entries: Any, content: Any, name: str) -> None:
    assert identity_of(entries.groups, content) == name
    assert identity_of(entries.settings, content) == "settings"


def test_the_index_of_a_comparison(entries: Any) -> None:
    read = {"groups": TypeRead("groups", (RawItem("1", {"displayName": "Staff"}),))}
    kept = {"locations": {"5": "Office"}}
    base = {"entra/groups/Staff.json": "1", ".accord/ids.json": "x"}
    index = index_of(entries.catalog, read, {"users": {"u": "a@b.c"}}, kept, base)
    assert index.resolve("groups", "Staff") == "1"
    assert index.resolve("users", "a@b.c") == "u"
    assert index.resolve("locations", "Office") == "5"
    assert index.stems == {"groups": {"Staff": "1"}}


def test_only_ids_where_a_looked_up_type_is_referred_to_are_looked_up(entries: Any) -> None:
    raw = {"users": {"includeUsers": ["All", "u1", "", None], "includeGroups": ["g1"]}}
    assert wanted_lookups(entries.catalog, {"policies": TypeRead("policies", (RawItem("1", raw),))}) == {
        "users": {"u1"}
    }
    assert wanted_lookups(entries.catalog, {"policies": TypeRead("policies", ())}) == {}


def test_ids_inside_texts_are_looked_up_too(entries: Any) -> None:
    from shared.domain.catalog import Reference

    spec = entries.spec("rules", references=(Reference("rule", "users", embedded=True),))
    catalog = entries.replace(entries.catalog, types={"rules": spec})
    one = "11111111-1111-1111-1111-111111111111"
    read = {"rules": TypeRead("rules", (RawItem("1", {"rule": f"user {one}"}),))}
    assert wanted_lookups(catalog, read) == {"users": {one}}


def test_the_references_of_an_item(entries: Any) -> None:
    content = {"users": {"includeGroups": ["All", "{{groups:Staff}}", "raw", 7]}, "parent": ""}
    assert {str(one.what) for one in mentions(entries.policies, content)} == {"{{groups:Staff}}", "raw"}
    text = {"membershipRule": "in {{groups:A}} or 11111111-1111-1111-1111-111111111111"}
    assert {str(one.what) for one in mentions(entries.groups, text)} == {"{{groups:A}}"}
