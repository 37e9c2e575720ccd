"""A change taken up again does not take its own writes for somebody else's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.item import ABSENT
from shared.domain.plan import Action, Change, PropertyChange
from shared.domain.resumption import unwritten


def change(action, *rows):
    return Change("c0", action, "locations", "Office", "entra/locations/Office.json", "l-1", rows)


UPDATE = change(
    Action.UPDATE,
    PropertyChange(("a",), 1, 1, 2),
    PropertyChange(("b",), 1, 1, ABSENT),
    PropertyChange(("countries", '"DE"'), ABSENT, ABSENT, "DE"),
)


@pytest.mark.parametrize(
    ("now", "seen"),
    [
        ({"a": 1, "b": 1, "countries": []}, {"a": 1, "b": 1, "countries": []}),
        ({"a": 2, "b": 1, "countries": []}, {"a": 1, "b": 1, "countries": []}),
        ({"a": 2, "countries": []}, {"a": 1, "b": 1, "countries": []}),
        ({"a": 3, "b": 1, "countries": []}, {"a": 3, "b": 1, "countries": []}),
        ({"a": 2, "b": 1, "countries": [], "x": 1}, {"a": 1, "b": 1, "countries": [], "x": 1}),
    ],
    ids=["nothing written", "one written", "two written", "another's value", "another's property"],
)
def test_what_an_update_wrote_is_taken_back_and_nothing_else(entries, now, seen):
    assert unwritten(entries.locations, now, UPDATE) == seen


def test_what_prepares_a_delete_is_taken_back(entries):
    spec = replace(entries.locations, delete_first={"trusted": False})
    delete = change(
        Action.DELETE,
        PropertyChange(("trusted",), True, True, ABSENT),
        PropertyChange(("range", "from"), 1, 1, ABSENT),
        PropertyChange(("name",), "x", "x", ABSENT),
    )

    now = {"trusted": False, "range": {"from": 2}, "name": "y"}

    assert unwritten(spec, now, delete) == {"trusted": True, "range": {"from": 2}, "name": "y"}


def test_a_delete_that_needs_no_preparing_takes_nothing_back(entries):
    delete = change(Action.DELETE, PropertyChange(("name",), "x", "x", ABSENT))

    assert unwritten(entries.locations, {"name": "y"}, delete) == {"name": "y"}
