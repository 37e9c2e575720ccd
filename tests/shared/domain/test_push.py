"""What a push is refused for, and what it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.agreement import Agreement
from shared.domain.push import Push, check_push, push_needs

P, G, S = "entra/policies", "entra/groups", "entra/settings/settings.json"


def bytes_of(value: Any) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    return json.dumps(value, indent=2).encode()


def check(
    entries: Any,
    changed: dict[str, Any],
    old: dict[str, Any] | None = None,
    ids: dict[str, str] | None = None,
    catalog: Any = None,
) -> list[str]:
    catalog = catalog or entries.catalog
    before = {path: bytes_of(value) for path, value in (old or {}).items()}
    after = {path: bytes_of(value) for path, value in changed.items()}
    needed = push_needs(catalog, before.keys(), after)
    base = Agreement({}, ids or {}, frozenset(catalog.types))
    contents = {path: before[path] for path in needed}
    return [str(fault) for fault in check_push(Push(catalog, before.keys(), after, contents, base))]


def policy(**more: Any) -> dict[str, Any]:
    return {"displayName": "A", **more}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        pytest.param("README.md", b"# ours\n", id="a readme at the top"),
        pytest.param(".gitignore", b"*.bak\n", id="a gitignore at the top"),
        pytest.param(f"{P}/A.json", policy(), id="a new item"),
        pytest.param(f"{P}/A%2FB.json", policy(displayName="A/B"), id="an escaped name"),
        pytest.param(S, {"a": 1}, id="a singleton"),
        pytest.param(f"{P}/A.json", policy(note="a {{{{ literal"), id="a doubled brace"),
        pytest.param(f"{P}/A.json", policy(password="{{secret}}"), id="a secret's marker"),
        pytest.param(f"{P}/A.json", policy(script="{{base64:/w==}}"), id="a long text that is no text"),
        pytest.param(f"{P}/A.json", policy(filter="none"), id="a value that means nothing"),
        pytest.param(
            f"{P}/A.json", policy(users={"includeGroups": ["All", "{{groups:Staff}}"]}), id="a reference"
        ),
        pytest.param(
            f"{P}/A.json", policy(users={"includeUsers": ["{{users:a@b.c}}"]}), id="a looked-up one"
        ),
        pytest.param(
            f"{G}/A.json", policy(membershipRule="in {{groups:B}} or {{groups:C}}"), id="embedded references"
        ),
    ],
)
def test_accepted(entries: Any, path: str, content: Any) -> None:
    assert check(entries, {path: content}) == []


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        pytest.param(
            "x.txt", b"", "x.txt: 'x.txt' is no workload: files lie below entra, intune", id="a stray"
        ),
        pytest.param(".accord/ids.json", b"{}", "is no workload", id="B's own file"),
        pytest.param("entra/A.json", {}, "'A.json' is no type that Accord knows", id="no type folder"),
        pytest.param("entra/nothing/A.json", {}, "'nothing' is no type that Accord knows", id="unknown type"),
        pytest.param("intune/groups/A.json", {}, "groups lies below entra", id="wrong workload"),
        pytest.param(f"{G}/deep/A.json", {}, "items lie in entra/groups/ itself", id="too deep a folder"),
        pytest.param("entra", b"", "a file lies in a type's folder", id="a file as workload"),
        pytest.param(f"{P}/A?.json", policy(), "must be escaped as %XX", id="forbidden character"),
        pytest.param(f"{P}/{'x' * 121}.json", policy(), "is too long", id="too long a name"),
        pytest.param(f"{P}/%FF.json", policy(), "must be escaped", id="an escape that is no UTF-8"),
        pytest.param(f"{P}/e\u0301.json", policy(), "composed form", id="decomposed name"),
        pytest.param("entra/settings/other.json", {}, "settings has one file only", id="second singleton"),
        pytest.param(
            f"{P}/A.json", b'{\n "a": 1,\n oops}', "A.json:3: not valid JSON", id="not JSON, with line"
        ),
        pytest.param(f"{P}/A.json", b'{"a": NaN}', "NaN is not JSON", id="NaN"),
        pytest.param(f"{P}/A.json", b"[]", "one JSON object", id="a list"),
        pytest.param(f"{P}/A.json", b"\xef\xbb\xbf{}", "byte order mark", id="byte order mark"),
        pytest.param(f"{P}/A.json", b'{"a": "\xff"}', "not UTF-8", id="not UTF-8"),
        pytest.param(
            f"{P}/A.json", b'{\n"a": 1,\n"a": 2}', "A.json:3: the key 'a' stands twice", id="duplicate key"
        ),
        pytest.param(
            f"{P}/A.json", b'{"x": {"a": 1}, "y": {"a": 1, "a": 2}}', "A.json: the key 'a'", id="line unknown"
        ),
        pytest.param(f"{P}/A.json", b"[" * 300 + b"]" * 300, "deeper than 200 levels", id="too deep"),
        pytest.param(f"{P}/A.json", {"p": 1}, "/displayName must name the item", id="no name"),
        pytest.param(
            f"{P}/A.json", policy(displayName=7), "/displayName must name", id="a name that is none"
        ),
        pytest.param(f"{P}/A.json", policy(id="x"), "/id is set by the service", id="read-only"),
        pytest.param(
            f"{P}/A.json", policy(o={"x@odata.type": "#y"}), "/o/x@odata.type is set", id="annotation"
        ),
        pytest.param(
            f"{P}/A.json", policy(l=[{"isEncrypted": 1}]), "/l/0/isEncrypted is set", id="in a list"
        ),
        pytest.param(f"{P}/A.json", policy(modified="x"), "/modified is set by the service", id="per type"),
        pytest.param(f"{P}/A.json", policy(password="p"), "/password is a secret", id="literal secret"),
        pytest.param(f"{P}/A.json", policy(x="\ud800"), "half of a character: \\ud800", id="lone surrogate"),
        pytest.param(f"{P}/A.json", policy(**{"\udfff": 1}), "a character: \\udfff", id="in a name"),
        pytest.param(f"{P}/A.json", policy(x="{{nope"), "/x holds '{{' that is no marker", id="stray braces"),
        pytest.param(
            f"{P}/A.json", policy(x="{{unknown}}"), "is no marker that Accord knows", id="no marker"
        ),
        pytest.param(f"{P}/A.json", policy(x="{{nope:A}}"), "'nope', which is no type", id="unknown type"),
        pytest.param(f"{P}/A.json", policy(x="{{groups:A}}"), "groups: no references can", id="no reference"),
        pytest.param(
            f"{P}/A.json",
            policy(users={"includeGroups": ["{{users:A}}"]}),
            "refers to users: groups can stand there",
            id="reference to the wrong type",
        ),
        pytest.param(f"{P}/A.json", policy(parent="x {{policies:A}}"), "stands alone", id="not embedded"),
        pytest.param(f"{P}/A.json", policy(x="a {{secret}}"), "inside a longer text", id="secret in a text"),
        pytest.param(f"{P}/A.json", policy(x="{{file:A.x.md}}"), "no long text is kept", id="no long text"),
        pytest.param(
            f"{P}/A.json", policy(script="{{file:B.script.ps1}}"), "must be 'A.script.ps1'", id="wrong file"
        ),
        pytest.param(
            f"{P}/A.json", policy(script="{{file:A.script.ps1}}"), "is not there", id="no side file"
        ),
        pytest.param(f"{P}/A.script.ps1", b"x", "no item's file names this one", id="orphan"),
    ],
)
def test_refused(entries: Any, path: str, content: Any, said: str) -> None:
    faults = check(entries, {path: content})
    assert len(faults) == 1, faults
    assert faults[0].startswith(path)
    assert said in faults[0]


def test_paths_equal_but_for_case_are_refused(entries: Any) -> None:
    old = {f"{P}/Staff.json": policy(displayName="Staff")}
    assert check(entries, {f"{P}/STAFF.json": policy(displayName="STAFF")}, old) == [
        f"{P}/STAFF.json: the path equals '{P}/Staff.json' but for case or Unicode form"
    ]
    assert (
        check(entries, {f"{P}/STAFF.json": policy(displayName="STAFF"), f"{P}/Staff.json": None}, old) == []
    )


def test_folders_equal_but_for_case_are_no_types(entries: Any) -> None:
    assert (
        "is no workload" in check(entries, {"Entra/policies/A.json": policy()}, {f"{P}/B.json": policy()})[0]
    )


def test_a_file_added_before_may_keep_its_name(entries: Any) -> None:
    old = {f"{P}/A?.json": policy()}
    assert check(entries, {f"{P}/A?.json": policy(p=1)}, old) == []


def test_long_texts_beside(entries: Any) -> None:
    item = policy(script="{{file:A.script.ps1}}")
    files = {f"{P}/A.json": item, f"{P}/A.script.ps1": b"Write-Host {{hi}}"}
    assert check(entries, files) == []
    assert check(entries, {f"{P}/A.script.ps1": b"new"}, files) == []
    assert "not UTF-8" in check(entries, {f"{P}/A.script.ps1": b"\xff"}, files)[0]
    assert "which is not there" in check(entries, {f"{P}/A.script.ps1": None}, files)[0]
    inline = {f"{P}/A.json": policy(script="inline")}
    assert check(entries, inline, files) == [
        f"{P}/A.script.ps1: {P}/A.json does not name this file: remove it, or name it there"
    ]
    assert check(entries, {f"{P}/A.json": None}, files) == [
        f"{P}/A.script.ps1: {P}/A.json is removed: remove this file too"
    ]
    assert check(entries, {f"{P}/A.json": None, f"{P}/A.script.ps1": None}, files) == []
    assert check(entries, {f"{P}/A.json": b"{"}, files)[0].startswith(f"{P}/A.json:1: not valid JSON")


def test_a_second_item_of_one_identity_is_refused(entries: Any) -> None:
    old = {f"{P}/A.json": policy(), f"{P}/Broken.json": b"{"}
    assert check(entries, {f"{P}/A~abcdef.json": policy()}, old) == [
        f"{P}/A~abcdef.json: {P}/A.json has the displayName 'A' already"
    ]
    assert len(check(entries, {f"{P}/A.json": policy(), f"{P}/B.json": policy()})) == 1
    kinds = [{"displayName": "A", "@odata.type": kind} for kind in ("#x", "#y")]
    assert check(entries, {f"intune/profiles/{at}.json": kind for at, kind in enumerate(kinds)}) == []


def test_what_it_held_already_is_not_held_against_a_file(entries: Any) -> None:
    old = {f"{P}/A.json": policy(id="x", password="old")}
    assert check(entries, {f"{P}/A.json": policy(id="x", password="old", p=1)}, old) == []
    assert check(entries, {f"{P}/A.json": policy(p=1)}, {f"{P}/A.json": b"{"}) == []


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        pytest.param({"value": "{{secret}}"}, {"value": "new"}, True, id="a value in its place"),
        pytest.param([{"value": "{{secret}}"}], [{"value": "new"}], True, id="in a list"),
        pytest.param([{"value": "{{secret}}"}], [], False, id="removed from a list"),
        pytest.param({"value": "{{secret}}"}, {}, False, id="removed"),
        pytest.param({"value": "{{secret}}"}, {"value": None}, False, id="emptied"),
        pytest.param({"value": "{{secret}}", "p": 1}, {"value": "{{secret}}", "p": 2}, False, id="beside it"),
        pytest.param({"value": 1}, {"value": 2}, False, id="no secret"),
        pytest.param(
            {"keys": [{"@odata.type": "#text", "value": "{{secret}}"}]},
            {"keys": [{"@odata.type": "#number", "value": 1}]},
            False,
            id="another kind of value",
        ),
    ],
)
def test_what_the_service_alone_knows_to_be_a_secret_cannot_be_replaced(
    entries: Any, before: Any, after: Any, refused: bool
) -> None:
    faults = check(entries, {f"{P}/A.json": policy(x=after)}, {f"{P}/A.json": policy(x=before)})
    assert bool(faults) is refused
    assert all("leave '{{secret}}' in its place, and change it in the tenant" in one for one in faults)


def test_what_an_update_cannot_change(entries: Any) -> None:
    old, ids = {f"{P}/A.json": policy(platform="mac")}, {f"{P}/A.json": "1"}
    new = {f"{P}/A.json": policy(platform="win")}
    assert check(entries, new, old, ids) == [
        f"{P}/A.json: /platform cannot be changed once the object exists"
    ]
    assert check(entries, new, old) == []
    assert check(entries, {f"{P}/A.json": policy(platform="win", **{"@odata.type": "#x"})}, old, ids) == []


def test_what_is_built_in_cannot_be_changed_or_deleted(entries: Any) -> None:
    groups = entries.replace(entries.groups, strip=())
    catalog = entries.replace(entries.catalog, types={**entries.catalog.types, groups.key: groups})
    old, ids = {f"{G}/A.json": policy(builtIn=True)}, {f"{G}/A.json": "1"}
    changed = check(entries, {f"{G}/A.json": policy(builtIn=True, p=1)}, old, ids, catalog)
    assert changed == [f"{G}/A.json: the service does not let anybody change this object"]
    assert check(entries, {f"{G}/A.json": policy(builtIn=True)}, old, ids, catalog) == []
    removed = check(entries, {f"{G}/A.json": None}, old, ids, catalog)
    assert removed == [f"{G}/A.json: the service does not let anybody delete this object"]


def test_what_a_type_can_never_do(entries: Any) -> None:
    groups = entries.replace(entries.groups, creatable=False, deletable=False)
    catalog = entries.replace(entries.catalog, types={**entries.catalog.types, groups.key: groups})
    old, ids = {f"{G}/A.json": policy(p=1)}, {f"{G}/A.json": "1"}
    assert check(entries, {f"{G}/B.json": policy(displayName="B")}, old, ids, catalog) == [
        f"{G}/B.json: groups cannot be created: the service makes them itself"
    ]
    assert check(entries, {f"{G}/A.json": None}, old, ids, catalog) == [
        f"{G}/A.json: groups cannot be deleted"
    ]
    moved = {f"{G}/A.json": None, f"{G}/B.json": policy(displayName="B", p=1)}
    assert check(entries, moved, old, ids, catalog) == []
    assert check(entries, {S: None}, {S: {"a": 1}}, {S: "settings"}) == [f"{S}: settings cannot be deleted"]
    assert check(entries, {S: None}, {S: b"{"}, {S: "settings"}) == [f"{S}: settings cannot be deleted"]
    assert check(entries, {f"{P}/A.json": None}, {f"{P}/A.json": policy()}) == []
    assert check(entries, {f"{P}/A.json": None}, {f"{P}/A.json": b"{"}, {f"{P}/A.json": "1"}) == []


def test_only_what_is_touched_is_loaded(entries: Any) -> None:
    old = [f"{P}/A.json", f"{P}/A.script.ps1", f"{P}/B.json", f"{P}/B.script.ps1", f"{G}/C.json", "README.md"]
    assert push_needs(entries.catalog, old, {f"{P}/A.script.ps1": b""}) == {
        f"{P}/A.json",
        f"{P}/A.script.ps1",
    }
    assert push_needs(entries.catalog, old, {f"{P}/D.json": b"{}"}) == {f"{P}/A.json", f"{P}/B.json"}
    assert push_needs(entries.catalog, old, {"README.md": b""}) == set()


def test_what_is_given_once_may_stand_in_a_file_until_the_service_has_it(entries: Any) -> None:
    policies = entries.replace(entries.policies, given_once=("password",))
    catalog = entries.replace(entries.catalog, types={**entries.catalog.types, "policies": policies})
    new, kept = {f"{P}/A.json": policy(password="p")}, {f"{P}/A.json": policy(password="{{secret}}")}
    assert check(entries, new, catalog=catalog) == []
    assert check(entries, {f"{P}/A.json": policy(password="q")}, new, catalog=catalog) == []
    (fault,) = check(entries, new, kept, catalog=catalog)
    assert "leave '{{secret}}' in its place" in fault
