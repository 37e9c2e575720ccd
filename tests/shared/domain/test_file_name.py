"""File names: reversible, safe on every system, and stable."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.file_name import (
    assign_paths,
    escape,
    fits,
    fold,
    free_path,
    like_a_text,
    readable,
    stem_of,
    suffixed,
    type_in,
    unescape,
    well_formed,
)
from shared.names import ItemPath, ObjectId

names = st.text(max_size=150)


@given(names)
def test_escaping_is_reversible_and_safe(name: str) -> None:
    stem = escape(name)
    assert unescape(stem) == unicodedata.normalize("NFC", name)
    assert not re.search(r'[<>:"/\\|?*{}\x00-\x1f]|^[. ]|[. ]$', stem)
    assert well_formed(stem_of(name))
    assert well_formed(suffixed(name, ObjectId("1")))
    assert len(stem_of(name)) <= 129


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        pytest.param("Require MFA", "Require MFA", id="as it is"),
        pytest.param("A/B: 50%", "A%2FB%3A 50%25", id="forbidden characters"),
        pytest.param(".hidden.", "%2Ehidden%2E", id="dots at the ends"),
        pytest.param(" x ", "%20x%20", id="spaces at the ends"),
        pytest.param(".", "%2E", id="a dot"),
        pytest.param("con", "%63on", id="a device"),
        pytest.param("COM1.txt", "%43OM1.txt", id="a device with extension"),
        pytest.param("console", "console", id="no device"),
        pytest.param("e\u0301", "\u00e9", id="composed"),
        pytest.param("", "%00", id="empty"),
        pytest.param("a\u0000", "a%00", id="a control"),
    ],
)
def test_how_names_are_escaped(name: str, stem: str) -> None:
    assert escape(name) == stem
    assert unescape(stem) == unicodedata.normalize("NFC", name)


def test_long_names_are_cut_and_told_apart() -> None:
    one, two = stem_of("x" * 130 + "1"), stem_of("x" * 130 + "2")
    assert one != two
    assert len(one) == 129
    assert stem_of("x" * 119 + "??").startswith("x" * 119 + "~")


def test_equal_names_get_suffixes_that_stay(entries: Any) -> None:
    first = assign_paths(entries.groups, {"1": "Staff", "2": "staff", "3": "Other"}, {})
    assert [first[key] for key in "123"] == [
        "entra/groups/Staff.json",
        f"entra/groups/{suffixed('staff', ObjectId('2'))}.json",
        "entra/groups/Other.json",
    ]
    again = assign_paths(entries.groups, {"3": "Other", "2": "staff", "0": "Staff"}, first)
    assert again["2"] == first["2"]
    assert again["0"] == "entra/groups/Staff.json"
    assert assign_paths(entries.groups, {"2": "staff"}, {"2": first["1"]})["2"] == "entra/groups/staff.json"
    assert assign_paths(entries.settings, {"settings": ""}, {}) == {
        "settings": "entra/settings/settings.json"
    }


def test_two_paths_of_one_name_are_not_both_kept(entries: Any) -> None:
    known = {"1": ItemPath("entra/groups/A.json"), "2": ItemPath("entra/groups/a.json")}
    paths = assign_paths(entries.groups, {"1": "A", "2": "a"}, known)
    assert len({fold(path) for path in paths.values()}) == 2


def test_a_free_path_is_always_found(entries: Any) -> None:
    taken: set[str] = set()
    for _ in range(4):
        taken.add(fold(free_path(entries.groups, "A", ObjectId("1"), taken)))
    assert len(taken) == 4
    assert free_path(entries.settings, "", ObjectId("settings"), taken) == "entra/settings/settings.json"


def test_a_name_that_looks_like_a_long_text_gets_a_suffix(entries: Any) -> None:
    from shared.domain.catalog import LongText

    spec = entries.spec(
        "scripts",
        long_texts=(
            LongText("rules[].**.x", "json"),
            LongText("y*", "md"),
        ),
    )
    assert like_a_text(spec, "A.rules.0.deep.x")
    path = assign_paths(
        spec, {"1": "A.rules.0.deep.x"}, {"1": ItemPath("entra/scripts/A.rules.0.deep.x.json")}
    )["1"]
    assert path == f"entra/scripts/{suffixed('A.rules.0.deep.x', ObjectId('1'))}.json"


def test_which_names_fit() -> None:
    assert fits("A", "A", None)
    assert fits(suffixed("A", ObjectId("1")), "A", ObjectId("1"))
    assert not fits(suffixed("A", ObjectId("2")), "A", ObjectId("1"))
    assert not fits("B", "A", None)


def test_paths_are_readable() -> None:
    assert readable(ItemPath("entra/groups/A%2FB~abcdef.json")) == "A/B"
    assert readable(ItemPath("entra/groups/%FF.json")) == "%FF"
    assert type_in("entra/groups/A.json") == "groups"
    assert type_in("README.md") is None
    assert not well_formed("%ff")
    assert not well_formed("%FF~abcdef")
