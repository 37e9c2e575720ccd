"""Canonical bytes: the same for the same value, and read back as it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.json_form import MAX_DEPTH, JsonFault, compact, dumps, parse_object

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)


@given(st.dictionaries(st.text(), values))
def test_what_is_written_is_the_standard_form_and_reads_back(value: dict[str, Any]) -> None:
    data = dumps(value)
    standard = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert data == standard.encode("utf-8", "backslashreplace")
    assert parse_object(data) == value
    assert dumps(json.loads(data)) == data
    assert json.loads(compact(value)) == value


def test_a_lone_surrogate_stays_an_escape() -> None:
    data = dumps({"a": "\ud800"})
    assert b"\\ud800" in data
    assert parse_object(data) == {"a": "\ud800"}


def test_depth_is_bounded_and_brackets_in_strings_do_not_count() -> None:
    deep = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert not isinstance(parse_object(f'{{"a": {deep}}}'.encode()), JsonFault)
    assert parse_object(f'{{\n"a": [{deep}]}}'.encode()) == JsonFault("nested deeper than 200 levels", 2)
    assert parse_object(json.dumps({"a": "[" * 500, "b": ["\\"] * 3, "c": [[]] * 300}).encode()) == {
        "a": "[" * 500,
        "b": ["\\"] * 3,
        "c": [[]] * 300,
    }


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_a_number_beyond_all_bounds_is_refused(number: str) -> None:
    assert isinstance(parse_object(f'{{"a": {number}}}'.encode()), JsonFault)
