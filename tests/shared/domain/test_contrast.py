"""How an item differs between two points of its history, or between two tenants."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.contrast import Contrast, action_of, contrasts
from shared.domain.item import ABSENT
from shared.domain.plan import Action, Difference


@pytest.mark.parametrize(
    ("old", "new", "action"),
    [(None, {}, Action.CREATE), ({}, None, Action.DELETE), ({}, {}, Action.UPDATE)],
)
def test_what_happened_to_the_item(old: Any, new: Any, action: Action) -> None:
    assert action_of(old, new) is action


def test_each_property_that_differs_is_told_with_both_values(entries: Any) -> None:
    old = {"displayName": "A", "state": "on", "gone": 1, "users": {"includeGroups": ["{{groups:X}}"]}}
    new = {"displayName": "A", "state": "off", "new": None, "users": {"includeGroups": ["{{groups:Y}}"]}}

    found = contrasts(entries.policies, old, new)

    assert found == (
        Contrast(("gone",), 1, ABSENT),
        Contrast(("new",), ABSENT, None),
        Contrast(("state",), "on", "off"),
        Contrast(("users", "includeGroups", "{{groups:X}}"), "{{groups:X}}", ABSENT),
        Contrast(("users", "includeGroups", "{{groups:Y}}"), ABSENT, "{{groups:Y}}"),
    )
    assert [one.difference for one in found[:3]] == [
        Difference.REMOVED,
        Difference.ADDED,
        Difference.CHANGED,
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param({"countries": ["FR", "DE"]}, {"countries": ["DE", "FR"]}, id="another order"),
        pytest.param({"countries": None}, {}, id="nothing, said otherwise"),
        pytest.param({"a": 1, "id": "x"}, {"a": 1}, id="what nobody keeps"),
        pytest.param({"a": "{{secret}}"}, {"a": "new"}, id="a secret's marker"),
    ],
)
def test_what_is_only_written_differently_does_not_differ(entries: Any, old: Any, new: Any) -> None:
    assert contrasts(entries.locations, old, new) == ()


def test_of_an_item_that_only_one_point_has_everything_differs(entries: Any) -> None:
    content = {"displayName": "A", "users": {"includeGroups": ["All"]}}
    paths = [("displayName",), ("users", "includeGroups", "All")]

    created, deleted = (contrasts(entries.policies, *sides) for sides in ((None, content), (content, None)))

    assert [one.path for one in created] == [one.path for one in deleted] == paths
    assert {one.old for one in created} == {one.new for one in deleted} == {ABSENT}
