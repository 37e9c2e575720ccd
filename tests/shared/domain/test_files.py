"""An item's files: long texts beside the JSON, found again in a tree, or a clear fault."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.catalog import LongText
from shared.domain.files import FileFault, ItemFiles, blob_id, from_files, items_in, sides_named, to_files
from shared.domain.marker import escape
from shared.names import ItemPath

PATH = ItemPath("entra/policies/A.json")
SIDE = "entra/policies/A.script.ps1"

texts = st.text(max_size=8).map(escape)


@given(
    st.fixed_dictionaries(
        {"displayName": texts}, optional={"script": texts, "notes": texts | st.none(), "x": texts}
    )
)
def test_what_is_written_reads_back(entries: Any, content: dict[str, Any]) -> None:
    files = to_files(entries.policies, PATH, content)
    assert from_files(entries.policies, PATH, files) == content
    assert next(iter(files)) == PATH


def test_a_script_lies_beside_as_it_is(entries: Any) -> None:
    content = {"script": "a\r\n{{{{x}}", "password": "{{secret}}", "notes": "{{secret}}"}
    files = to_files(entries.policies, PATH, content)
    assert files[SIDE] == b"a\r\n{{x}}"
    assert b'"script": "{{file:A.script.ps1}}"' in files[PATH]
    assert set(files) == {PATH, SIDE}
    assert sides_named(entries.policies, PATH, files[PATH]) == {SIDE}
    assert sides_named(entries.policies, PATH, b"{") == frozenset()
    assert content["script"] == "a\r\n{{{{x}}"


def test_what_is_no_text_stays_in_the_json(entries: Any) -> None:
    assert set(to_files(entries.policies, PATH, {"script": "{{base64:/w==}}"})) == {PATH}
    assert set(to_files(entries.policies, PATH, {"script": "", "notes": None})) == {PATH}


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        pytest.param({}, FileFault(PATH, "there is no such file"), id="no file"),
        pytest.param(
            {PATH: b"{\n"},
            FileFault(
                PATH, "not valid JSON: Expecting property name enclosed in double quotes (column 1)", 2
            ),
            id="no JSON",
        ),
        pytest.param(
            {PATH: b'{"script": "{{file:A.script.ps1}}"}'},
            FileFault(PATH, "/script names the file 'A.script.ps1', which is not there"),
            id="no side file",
        ),
        pytest.param(
            {PATH: b'{"script": "{{file:B.script.ps1}}"}'},
            FileFault(PATH, "/script names the file 'B.script.ps1': its name must be 'A.script.ps1'"),
            id="another name",
        ),
        pytest.param(
            {PATH: b'{"script": "{{file:A.script.ps1}}"}', SIDE: b"a\n\xff"},
            FileFault(SIDE, "the file is not UTF-8 text", 2),
            id="no text",
        ),
    ],
)
def test_what_is_wrong_with_files(entries: Any, files: Any, fault: FileFault) -> None:
    found = from_files(entries.policies, PATH, files)
    assert isinstance(found, FileFault)
    assert (found.path, found.line) == (fault.path, fault.line)
    assert found.reason.startswith(fault.reason[:30])


def test_items_are_found_in_a_tree_with_their_long_texts(entries: Any) -> None:
    spec = entries.spec("scripts", long_texts=(LongText("rules[].text", "json"), LongText("script", "ps1")))
    names = {
        "A.json": "1",
        "A.rules.0.text.json": "2",
        "A.rules.10.text.json": "3",
        "A.script.ps1": "4",
        "A.other.ps1": "5",
        "B.rules.0.text.json": "6",
        "A.B.json": "7",
        "A.B.script.ps1": "8",
        "x": "9",
    }
    place = "entra/scripts/"
    assert items_in(spec, place, names) == {
        f"{place}A.json": ItemFiles(
            "1",
            (
                (f"{place}A.rules.0.text.json", "2"),
                (f"{place}A.rules.10.text.json", "3"),
                (f"{place}A.script.ps1", "4"),
            ),
        ),
        f"{place}B.rules.0.text.json": ItemFiles("6"),
        f"{place}A.B.json": ItemFiles("7", ((f"{place}A.B.script.ps1", "8"),)),
    }
    assert items_in(entries.groups, "entra/groups/", {"A.json": "1", "B.md": "2"}) == {
        "entra/groups/A.json": ItemFiles("1")
    }


def test_long_texts_in_lists_are_named_by_their_place(entries: Any) -> None:
    spec = entries.spec("scripts", long_texts=(LongText("rules[].text", "json"),))
    content = {"rules": [{"text": "{}"}, {"text": "x"}, 3]}
    files = to_files(spec, ItemPath("entra/scripts/A.json"), content)
    assert files["entra/scripts/A.rules.1.text.json"] == b"x"
    assert from_files(spec, ItemPath("entra/scripts/A.json"), files) == content


def test_blob_ids_are_gits_own() -> None:
    assert blob_id(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
