"""Which items a commit holds, and what their files say."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.files import FileFault, blob_id
from shared.domain.inventory import content_of, inventory, item_at, version_of

A, SIDE = "entra/policies/A.json", "entra/policies/A.script.ps1"
B, STAFF = "entra/policies/B.json", "entra/groups/Staff.json"
FILES = {
    A: b'{"displayName": "A", "script": "{{file:A.script.ps1}}"}',
    SIDE: b"exit 0\n",
    B: b'{"displayName": "B"}',
    STAFF: b'{"displayName": "Staff"}',
    "README.md": b"# ours\n",
    "entra/policies/stray.txt": b"",
    "intune/policies/C.json": b"{}",
}
TREE = {path: blob_id(data) for path, data in FILES.items()}
BLOBS = {blob_id(data): data for data in FILES.values()}


def test_items_are_found_by_path_with_what_lies_beside_them(entries: Any) -> None:
    found = inventory(entries.catalog, TREE)

    assert list(found) == [STAFF, A, B]
    assert found[A].paths == (A, SIDE)
    assert (found[A].spec.key, found[B].paths) == ("policies", (B,))


@pytest.mark.parametrize(
    ("types", "paths"),
    [((), []), (("groups",), [STAFF]), (("policies", "nothing", "policies"), [A, B])],
)
def test_only_the_types_asked_for_are_found(entries: Any, types: tuple[str, ...], paths: list[str]) -> None:
    assert list(inventory(entries.catalog, TREE, types)) == paths


@pytest.mark.parametrize(
    ("path", "there"),
    [(A, True), (SIDE, False), ("README.md", False), ("entra/policies/X.json", False), ("../A.json", False)],
)
def test_an_item_is_found_by_its_json_alone(entries: Any, path: str, there: bool) -> None:
    found = item_at(entries.catalog, TREE, path)

    assert (found is not None) == there
    assert found is None or found.path == path


def test_the_version_is_the_blob_of_one_file_and_covers_what_lies_beside(entries: Any) -> None:
    found = inventory(entries.catalog, TREE)
    other = inventory(entries.catalog, {**TREE, SIDE: blob_id(b"exit 1\n")})

    assert version_of(found[B].files) == TREE[B]
    assert version_of(found[A].files) not in (TREE[A], version_of(other[A].files))
    assert version_of(found[B].files) == version_of(other[B].files)


def test_contents_are_read_with_long_texts_in_their_places(entries: Any) -> None:
    found = inventory(entries.catalog, TREE)

    assert content_of(found[A], BLOBS) == {"displayName": "A", "script": "exit 0\n"}
    broken = {**BLOBS, TREE[B]: b"{"}
    assert isinstance(content_of(found[B], broken), FileFault)
