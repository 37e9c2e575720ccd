"""Patterns find the places they name, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.item import ABSENT
from shared.domain.pattern import (
    dig,
    keep_only,
    matches,
    parse,
    places,
    remove,
    spelled,
    touches,
    transform,
    values,
)

CONTENT: dict[str, Any] = {
    "a": {"b": [1, 2], "onPremA": 1, "onPremB": 2},
    "list": [{"k": "x", "v": 1}, {"k": "y", "v": 2, "on": True}, 3],
    "deep": {"id": 1, "in": [{"id": 2}, {"more": {"id": 3}}]},
    "@odata.type": "#t",
    "none": {"v": None},
}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        pytest.param("a.b", [[1, 2]], id="a name"),
        pytest.param("a.b[]", [1, 2], id="each member"),
        pytest.param("a.onPrem*", [1, 2], id="a glob"),
        pytest.param("a.*", [[1, 2], 1, 2], id="any key"),
        pytest.param("list[].v", [1, 2], id="a name in each member"),
        pytest.param("list[].{k=y}.v", [2], id="a condition"),
        pytest.param("list[].{on=true}.v", [2], id="a condition on true"),
        pytest.param("list[].{k=z}.v", [], id="a condition that nothing meets"),
        pytest.param("none.{v=null}.v", [None], id="a condition on null"),
        pytest.param("deep.**.id", [1, 2, 3], id="any depth, none included"),
        pytest.param("deep.in.**", [{"id": 2}, 2, {"more": {"id": 3}}, {"id": 3}, 3], id="all below"),
        pytest.param("@odata.type", ["#t"], id="an annotation is one name"),
        pytest.param("a[].x", [], id="no list"),
        pytest.param("list.v", [], id="no object"),
        pytest.param("a.b[].c", [], id="no object in the list"),
    ],
)
def test_what_a_pattern_names(pattern: str, found: list[Any]) -> None:
    assert values(CONTENT, parse(pattern)) == found
    assert len(list(places(CONTENT, parse(pattern)))) == len(found)


@pytest.mark.parametrize("pattern", ["", "a..b", "a.", "{a=b}", "a[0]", "a.{b}"])
def test_a_malformed_pattern_is_an_error(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        parse(pattern)


def test_transform_replaces_and_removes_in_place() -> None:
    content: dict[str, Any] = {"a": [1, 2, 3], "b": {"c": 1}}
    transform(content, parse("a[]"), lambda value: ABSENT if value == 2 else value)
    transform(content, parse("b.c"), lambda value: value + 1)
    remove(content, parse("b.d"))
    assert content == {"a": [1, 3], "b": {"c": 2}}


def test_dig_follows_dotted_names() -> None:
    assert dig({"a": {"@odata.type": "#t"}}, "a.@odata.type") == "#t"
    assert dig({"a": 1}, "a.b") is ABSENT
    assert dig({"a": {}}, "a.b") is ABSENT


@pytest.mark.parametrize(
    ("pattern", "path", "exact", "near"),
    [
        pytest.param("a.b[]", "a/b/x", True, True, id="a member by its key"),
        pytest.param("a.b", "a/b", True, True, id="the same"),
        pytest.param("a.b", "a", False, True, id="what holds it"),
        pytest.param("a.b", "a/b/c", False, True, id="what is inside"),
        pytest.param("a.b", "a/c", False, False, id="a sibling"),
        pytest.param("a.on*", "a/onPrem", True, True, id="a glob"),
        pytest.param("a.**.c", "a/c", True, True, id="any depth: none"),
        pytest.param("a.**.c", "a/x/y/c", True, True, id="any depth: two"),
        pytest.param("a.**", "a/x/y", True, True, id="all below"),
        pytest.param("a.**", "a", False, True, id="not itself, but what holds it"),
        pytest.param("a[].{k=v}.c", "a/x/c", True, True, id="conditions count as fulfilled"),
        pytest.param("a.b.c", "x", False, False, id="elsewhere"),
    ],
)
def test_patterns_and_property_paths(pattern: str, path: str, exact: bool, near: bool) -> None:
    segments = tuple(path.split("/"))
    assert matches(parse(pattern), segments) is exact
    assert touches(parse(pattern), segments) is near


def test_values_are_spelled_as_the_catalog_spells_them() -> None:
    assert [spelled(value) for value in (None, True, False, 3, "x")] == ["null", "true", "false", "3", "x"]


def test_of_some_objects_only_some_properties_are_kept() -> None:
    content: dict[str, Any] = {"list": [{"k": "x", "v": 1}, 3, {"v": 2}], "other": {"v": 1}}
    keep_only(content, parse("list[]"), ("k",))
    assert content == {"list": [{"k": "x"}, 3, {}], "other": {"v": 1}}
