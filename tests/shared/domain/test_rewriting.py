"""What an edit by the API makes of the files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.catalog import TypeSpec
from shared.domain.files import FileFault, blob_id
from shared.domain.inventory import inventory
from shared.domain.push_paths import PushFault
from shared.domain.rewriting import (
    Known,
    Lack,
    Taken,
    chosen,
    lacks,
    moved,
    placed,
    pointer_of,
    put,
    taken,
    twin,
    written,
)

A, SIDE = "entra/policies/A.json", "entra/policies/A.script.ps1"


def tree_of(files: dict[str, bytes]) -> dict[str, str]:
    return {path: blob_id(data) for path, data in files.items()}


@pytest.mark.parametrize(
    "path",
    [
        "entra/policies/../groups/A.json",
        "/etc/passwd",
        "..",
        "",
        "entra/policies/.json",
        "entra/policies/a\\b.json",
        "entra/policies/a\x00.json",
        "entra/policies/e\u0301.json",
        "entra/policies/A.script.ps1",
        "entra/nothing/A.json",
        "nowhere/policies/A.json",
        "entra/policies/below/A.json",
        "entra/policies/aux.json",
        "entra/policies/" + "x" * 200 + ".json",
        "entra/policies/a.JSON",
        "README.md",
        "entra/settings/other.json",
    ],
)
def test_no_item_lies_where_none_may(entries: Any, path: str) -> None:
    found = placed(entries.catalog, {}, path)

    assert isinstance(found, PushFault)
    assert found.reason


def test_a_name_equal_but_for_case_is_no_place(entries: Any) -> None:
    assert isinstance(placed(entries.catalog, {A: "x"}, "entra/policies/a.json"), PushFault)
    assert isinstance(placed(entries.catalog, {A: "x"}, A), TypeSpec)


def test_the_files_are_canonical_and_long_texts_lie_beside(entries: Any) -> None:
    data = json.dumps({"script": "exit 0\n", "displayName": "A", "users": {"includeGroups": ["B", "A"]}})

    found = written(entries.policies, A, data.encode(), {})

    assert found[SIDE] == b"exit 0\n"
    assert json.loads(found[A])["script"] == "{{file:A.script.ps1}}"
    assert json.loads(found[A])["users"]["includeGroups"] == ["A", "B"]
    assert found[A].startswith(b'{\n  "displayName": "A",\n')


def test_a_long_text_that_is_there_may_be_left_where_it_is(entries: Any) -> None:
    data = b'{"displayName": "A", "script": "{{file:A.script.ps1}}"}'

    assert written(entries.policies, A, data, {SIDE: b"exit 1\n"})[SIDE] == b"exit 1\n"
    assert isinstance(written(entries.policies, A, data, {}), FileFault)


def test_what_an_item_no_longer_names_goes(entries: Any) -> None:
    files = {A: b'{"displayName": "A", "script": "{{file:A.script.ps1}}"}', SIDE: b"exit 0\n"}
    tree = tree_of(files)
    there = inventory(entries.catalog, tree)[A]

    assert put(tree, there, {A: b"{}\n"}) == {A: b"{}\n", SIDE: None}
    assert put(tree, there, {}) == {A: None, SIDE: None}
    assert put(tree, there, files) == {}
    assert put({}, None, files) == files


@pytest.mark.parametrize(
    ("paths", "found", "missing"),
    [
        (None, ["entra/groups/S.json", "entra/policies/A.json", "entra/policies/B.json"], []),
        (["entra/policies/"], ["entra/policies/A.json", "entra/policies/B.json"], []),
        (["entra/policies/A.json", "entra/policies/A.json"], ["entra/policies/A.json"], []),
        (["entra/policies", "../x", "/"], [], ["entra/policies", "../x", "/"]),
    ],
)
def test_items_are_meant_by_their_path_or_their_folder(paths: Any, found: Any, missing: Any) -> None:
    items = ["entra/policies/B.json", "entra/policies/A.json", "entra/groups/S.json"]

    assert chosen(items, paths) == (found, missing)


def test_items_taken_from_elsewhere_replace_what_is_there(entries: Any) -> None:
    tree = tree_of({A: b"{}\n", SIDE: b"x", "entra/groups/S.json": b"{}\n"})
    there = inventory(entries.catalog, tree)
    items = [
        Taken(A, {A: b"[]\n"}, {}),
        Taken("entra/groups/S.json", {}, None),
        Taken("entra/groups/T.json", {"entra/groups/T.json": b"1"}, {}),
    ]

    assert taken(tree, there, items) == {
        A: b"[]\n",
        SIDE: None,
        "entra/groups/S.json": None,
        "entra/groups/T.json": b"1",
    }


def test_the_same_item_is_written_where_the_target_has_it(entries: Any) -> None:
    content = {"displayName": "A", "script": "exit 0"}
    known = {("A",): "entra/policies/A~abcdef.json"}

    assert twin(entries.policies, content, known, A) == "entra/policies/A~abcdef.json"
    assert twin(entries.policies, {"displayName": "B"}, known, A) == A
    assert list(moved(entries.policies, content, "entra/policies/A~abcdef.json").files) == [
        "entra/policies/A~abcdef.json",
        "entra/policies/A~abcdef.script.ps1",
    ]


def test_references_that_lead_nowhere_are_found_once(entries: Any) -> None:
    content = {
        "users": {
            "includeGroups": ["All", "{{groups:Here}}", "{{groups:Gone}}"],
            "excludeGroups": ["g-1", "g-2"],
        },
        "parent": "{{policies:Gone}}",
        "assignments": [{"target": {"groupId": "{{groups:Gone}}"}}],
    }
    known = Known({"groups": {"Here"}}, {"g-1"})

    assert lacks({A: (entries.policies, content)}, known) == (
        Lack(A, "groups", "Gone", "{{groups:Gone}}"),
        Lack(A, "groups", "g-2", "g-2"),
        Lack(A, "policies", "Gone", "{{policies:Gone}}"),
    )


@pytest.mark.parametrize(
    ("data", "reason", "pointer"),
    [
        (b'{"displayName": 1}', "/displayName must name the item", "/displayName"),
        (b'{"a b": {"c/d": [{"e": 1}]}}', "/a b/c~1d/0/e holds a secret", "/a b/c~1d/0/e"),
        (b'{"a": 1, "a b": 2}', "/a b is set by the service", "/a b"),
        (b'{"a": {"b": 1}}', "/a/missing must be there", "/a"),
        (b"{}", "/displayName must name the item", "/displayName"),
        (b"{", "/a holds nothing", "/a"),
        (None, "/a/b is gone", "/a"),
        (b"{}", "'x' is no type that Accord knows", ""),
        (b"{}", "", ""),
    ],
)
def test_a_fault_points_into_the_file(data: Any, reason: str, pointer: str) -> None:
    assert pointer_of(data, reason) == pointer
