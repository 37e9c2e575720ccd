"""Properties: the laws of taking apart, comparing and putting back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.catalog import Collection
from shared.domain.item import ABSENT, SECRET
from shared.domain.properties import (
    apply,
    copy_properties,
    diff,
    flatten,
    same,
    same_content,
    triples,
    value_at,
)

scalars = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "x"])
members = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3)
objects = st.dictionaries(st.sampled_from("kj"), scalars, max_size=2)
keyed_members = st.lists(
    st.fixed_dictionaries(
        {"target": st.fixed_dictionaries({"groupId": st.sampled_from("xy")}), "v": st.integers(0, 1)}
    ),
    max_size=3,
)
contents = st.fixed_dictionaries(
    {},
    optional={
        "p": scalars,
        "l": st.lists(st.integers(0, 2), max_size=2),
        "users": st.none()
        | st.fixed_dictionaries({}, optional={"includeGroups": st.none() | members, "n": scalars}),
        "assignments": st.none() | keyed_members,
        "o": scalars | objects | st.fixed_dictionaries({"in": objects}),
        "grant": st.none() | objects,
    },
)


@given(contents)
def test_nothing_differs_from_itself(entries: Any, one: Any) -> None:
    assert diff(entries.policies, one, one) == {}


@given(contents, contents)
def test_what_differs_put_into_one_makes_the_other(entries: Any, one: Any, other: Any) -> None:
    spec = entries.policies
    result = apply(spec, one, diff(spec, one, other))
    assert flatten(spec, result) == flatten(spec, other)
    assert diff(spec, result, other) == {}


@given(contents, contents, st.randoms(use_true_random=False))
def test_the_order_of_changes_means_nothing(entries: Any, one: Any, other: Any, random: Any) -> None:
    changes = list(diff(entries.policies, one, other).items())
    first = apply(entries.policies, one, dict(changes))
    random.shuffle(changes)
    assert apply(entries.policies, one, dict(changes)) == first


@given(contents, contents)
def test_all_properties_copied_make_the_other(entries: Any, one: Any, other: Any) -> None:
    spec = entries.policies
    paths = list(triples(spec, None, one, other))
    assert same_content(spec, copy_properties(spec, one, other, paths), other)


def says(spec: Any, path: Any, value: Any) -> Any:
    """What a value says: an object whose collections are null or empty says no more than an empty one."""
    return flatten(spec, apply(spec, {}, {path: value})) if isinstance(value, dict) else value


@given(contents, contents, contents)
@example({"users": None}, {"users": None}, {"users": {"includeGroups": None}})
def test_rows_agree_with_the_contents(entries: Any, one: Any, two: Any, three: Any) -> None:
    spec = entries.policies
    for path, row in triples(spec, one, two, three).items():
        held = [says(spec, path, value_at(spec, side, path)) for side in (one, two, three)]
        shown = [says(spec, path, value) for value in row]
        assert shown == held or any(value is ABSENT for value in row)


@pytest.mark.parametrize(
    ("content", "paths"),
    [
        pytest.param({"a": {"b": 1}}, {("a", "b"): 1}, id="a scalar inside"),
        pytest.param({"a": {}}, {("a",): {}}, id="an empty object"),
        pytest.param({"l": [1, 2]}, {("l",): [1, 2]}, id="an ordered list"),
        pytest.param({"grant": {"x": 1}}, {("grant",): {"x": 1}}, id="an object that compares as one"),
        pytest.param(
            {"users": {"includeGroups": ["b", "a"]}},
            {("users", "includeGroups", "a"): "a", ("users", "includeGroups", "b"): "b"},
            id="members",
        ),
        pytest.param({"assignments": []}, {}, id="no members"),
        pytest.param({"assignments": None}, {}, id="null members"),
        pytest.param({"assignments": 7}, {("assignments",): 7}, id="no list where a collection should be"),
        pytest.param(
            {"users": {"includeGroups": []}},
            {("users",): {}},
            id="an object of nothing but empty collections",
        ),
        pytest.param(
            {"assignments": [{"target": {"groupId": "g"}}]},
            {("assignments", "|g"): {"target": {"groupId": "g"}}},
            id="members by key",
        ),
        pytest.param(
            {"users": {"includeGroups": ["a", "a"]}},
            {("users", "includeGroups", "a"): "a", ("users", "includeGroups", "a#2"): "a"},
            id="members of one key",
        ),
        pytest.param(
            {"assignments": ["x", 3]},
            {("assignments", "x"): "x", ("assignments", "3"): 3},
            id="members that are no objects",
        ),
        pytest.param(
            {"assignments": [{"target": {"groupId": 3}}]},
            {("assignments", "|3"): {"target": {"groupId": 3}}},
            id="a key that is no text",
        ),
    ],
)
def test_the_properties_of_an_item(entries: Any, content: Any, paths: Any) -> None:
    assert flatten(entries.policies, content) == paths


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        pytest.param(SECRET, "anything", True, id="a secret never differs"),
        pytest.param([{"v": SECRET}], [{"v": 1}], True, id="nor inside"),
        pytest.param(True, 1, False, id="true is not 1"),
        pytest.param([True], [1], False, id="nor inside"),
        pytest.param(1, 1.0, True, id="one number"),
        pytest.param(None, ABSENT, False, id="null is not absent"),
        pytest.param({"a": 1}, {"b": 1}, False, id="other keys"),
        pytest.param({"a": 1}, {"a": 2}, False, id="other values"),
        pytest.param([1], [1, 2], False, id="other lengths"),
        pytest.param({}, [], False, id="other kinds"),
    ],
)
def test_when_values_are_the_same(left: Any, right: Any, equal: bool) -> None:
    assert same(left, right) is equal
    assert same(right, left) is equal


@pytest.mark.parametrize(
    ("one", "other", "rows"),
    [
        pytest.param(
            {"o": None}, {"o": {"k": 1}}, {("o",): {"k": 1}}, id="a value beside properties below it"
        ),
        pytest.param({"o": {}}, {"o": {"k": 1}}, {("o", "k"): 1}, id="an empty object beside a filled one"),
        pytest.param({}, {"o": {"k": 1}}, {("o",): {"k": 1}}, id="nothing beside an object"),
        pytest.param({"o": {"k": 1}}, {"o": {}}, {("o", "k"): ABSENT}, id="an object emptied"),
        pytest.param({"o": {"k": 1}}, {}, {("o",): ABSENT}, id="an object gone"),
        pytest.param(
            {"users": {"includeGroups": ["a"]}},
            {"users": {}},
            {("users", "includeGroups", "a"): ABSENT},
            id="the last member gone",
        ),
        pytest.param({"o": {"k": {}}}, {"o": {}}, {("o", "k"): ABSENT}, id="an empty object gone"),
        pytest.param(
            {"o": {"k": {"x": 1}, "j": 2}},
            {"o": {"k": {"x": 2}, "j": 2}},
            {("o", "k", "x"): 2},
            id="deep inside",
        ),
    ],
)
def test_where_sides_meet_at_different_depths(entries: Any, one: Any, other: Any, rows: Any) -> None:
    assert diff(entries.policies, one, other) == rows
    assert same_content(entries.policies, apply(entries.policies, one, rows), other)


def test_what_is_copied_leaves_no_empty_object_that_the_source_lacks(entries: Any) -> None:
    spec = entries.policies
    assert copy_properties(spec, {"o": {"k": {"x": 1}}}, {}, [("o", "k", "x")]) == {}
    assert copy_properties(spec, {"o": {"k": {"x": 1}}}, {"o": {}}, [("o", "k", "x")]) == {"o": {}}
    assert copy_properties(spec, {"o": {"k": 1, "j": 1}}, {}, [("o", "k")]) == {"o": {"j": 1}}
    assert (
        copy_properties(spec, {"users": {"includeGroups": ["a"]}}, {}, [("users", "includeGroups", "a")])
        == {}
    )


def test_an_object_that_one_side_has_lost_and_another_emptied_is_one_property(entries: Any) -> None:
    rows = triples(entries.policies, {"o": {}}, {"o": {"k": 1}}, {})
    assert rows == {("o",): ({}, {"k": 1}, ABSENT)}


def test_what_is_not_there_is_not_removed(entries: Any) -> None:
    content = {"o": 1, "users": {"includeGroups": ["a"]}, "l": [1]}
    paths = [("o", "k"), ("x", "y"), ("x",), ("users", "includeGroups", "z"), ("l", "0")]
    assert apply(entries.policies, content, dict.fromkeys(paths, ABSENT)) == content
    assert value_at(entries.policies, content, ("l", "0")) is ABSENT
    assert value_at(entries.policies, None, ("l",)) is ABSENT
    assert value_at(entries.policies, content, ("o", "k")) is ABSENT
    assert apply(entries.policies, {}, {("users", "includeGroups", "z"): ABSENT}) == {}


def test_setting_below_a_value_replaces_it(entries: Any) -> None:
    assert apply(entries.policies, {"o": 1}, {("o", "k"): 2}) == {"o": {"k": 2}}
    assert apply(
        entries.policies, {"users": {"includeGroups": None}}, {("users", "includeGroups", "a"): "a"}
    ) == {"users": {"includeGroups": ["a"]}}


def test_collections_and_objects_may_be_named_by_wildcards(entries: Any) -> None:
    spec = entries.spec(
        "wild", collections=(Collection("*.members[]"), Collection("rows[].tags")), atomic=("o.*", "exact")
    )
    content = {"a": {"members": ["y", "x"]}, "o": {"k": {"d": 1}}, "exact": {"d": 1}, "rows": [{"tags": []}]}
    assert flatten(spec, content) == {
        ("a", "members", "x"): "x",
        ("a", "members", "y"): "y",
        ("o", "k"): {"d": 1},
        ("exact",): {"d": 1},
        ("rows",): [{"tags": []}],
    }
