"""Edits by people without Git: one commit each, checked and raced as a push is."""

from __future__ import annotations

import json

import pytest
from scene import ADA
from stores import MemoryAudit
from sync_ports import START, Rows

from shared.domain.sync import Actor, ActorKind
from shared.errors import Problem
from shared.names import MAIN
from shared.steps import edit_items
from shared.steps.edit_items import Editor, Wish, check, remove, store
from shared.steps.push import Notary, load_actor
from shared.texts import Language
from shared.wire.refusal import reason_text

STAFF, OFFICE, MFA = "entra/groups/Staff.json", "entra/locations/Office.json", "entra/policies/MFA.json"
ANY = Wish()


def editor(scene, by=ADA, comment="") -> Editor:
    return Editor(scene.git, scene.catalog, by, START, comment)


def content(scene, path=STAFF) -> dict:
    return json.loads(scene.git.files(scene.git.heads[MAIN])[path])


def data(scene, path=STAFF, **more) -> bytes:
    return json.dumps({**content(scene, path), **more}).encode()


def blob(scene, path=STAFF) -> str:
    return scene.git.tree(scene.git.heads[MAIN])[path]


def test_an_edit_is_one_commit_by_its_author_that_says_why(scene):
    before = scene.git.heads[MAIN]

    stored = store(editor(scene, comment="Tidy up"), STAFF, data(scene, note="few"), ANY)

    head = scene.git.heads[MAIN]
    made = scene.git.commits[head]
    assert (stored.created, stored.landed.commit, stored.landed.files) == (False, head, (STAFF,))
    assert (made.parent, made.author.name, made.message) == (before, "Ada", f"Tidy up\n\nEdit {STAFF}\n")
    assert content(scene)["note"] == "few"


def test_a_new_item_is_created_also_in_a_repository_without_commits(scene):
    scene.git.heads.clear()

    stored = store(editor(scene), "entra/groups/New.json", b'{"displayName": "New"}', Wish(new=True))

    assert stored.created
    assert content(scene, "entra/groups/New.json") == {"displayName": "New"}


def test_an_edit_is_noted_as_its_authors_with_what_it_did(scene):
    store(editor(scene), STAFF, data(scene, note="few"), ANY)
    remove(editor(scene), OFFICE, ANY)

    status, audit = Rows(), MemoryAudit()
    for one in scene.git.noted:
        Notary(status, audit, "contoso", _finish)(one, [one.new])

    edited, removed = scene.git.noted
    assert load_actor(edited.principal) == ADA
    assert status.noted == [("contoso", (one.new,), ADA) for one in (edited, removed)]
    assert {(one.action, one.detail) for one in audit.rows} == {
        ("items.put", f"{STAFF}, {edited.old[:10]}..{edited.new[:10]}"),
        ("items.deleted", f"{OFFICE}, {removed.old[:10]}..{removed.new[:10]}"),
    }


def _finish(work) -> None:
    with pytest.raises(StopIteration):
        work.send(None)


def test_writing_what_is_there_makes_no_commit(scene):
    head = scene.git.heads[MAIN]

    stored = store(editor(scene), STAFF, data(scene), Wish(frozenset({"stale"})))

    assert (stored.landed.commit, stored.landed.files) == (head, ())
    assert scene.git.heads[MAIN] == head


@pytest.mark.parametrize(
    ("path", "wish", "passes"),
    [
        (STAFF, lambda now: Wish(frozenset({now})), True),
        (STAFF, lambda now: Wish(frozenset({"other", now})), True),
        (STAFF, lambda now: Wish(frozenset({"*"})), True),
        (STAFF, lambda now: Wish(frozenset({"other"})), False),
        (STAFF, lambda now: Wish(new=True), False),
        ("entra/groups/New.json", lambda now: Wish(new=True), True),
        ("entra/groups/New.json", lambda now: Wish(frozenset({"*"})), False),
        ("entra/groups/New.json", lambda now: Wish(frozenset({now})), False),
    ],
)
def test_preconditions_are_of_the_item_not_of_the_branch(scene, path, wish, passes):
    wanted, head = json.dumps({"displayName": path[13:-5], "note": "x"}).encode(), scene.git.heads[MAIN]

    if passes:
        store(editor(scene), path, wanted, wish(blob(scene)))
        return
    with pytest.raises(Problem) as refused:
        store(editor(scene), path, wanted, wish(blob(scene)))
    assert (refused.value.code, refused.value.status) == ("preconditionFailed", 412)
    assert scene.git.heads[MAIN] == head


def test_another_files_push_meanwhile_does_not_stop_an_edit(scene):
    scene.git.pushes.append(lambda: scene.edit("locations", "Office", range="10.1.0.0/16"))

    store(editor(scene), STAFF, data(scene, note="few"), Wish(frozenset({blob(scene)})))

    assert content(scene)["note"] == "few"
    assert content(scene, OFFICE)["range"] == "10.1.0.0/16"


def test_a_push_of_the_same_item_meanwhile_wins_and_the_edit_is_told(scene):
    scene.git.pushes.append(lambda: scene.edit("groups", "Staff", note="pushed"))

    with pytest.raises(Problem, match="preconditionFailed"):
        store(editor(scene), STAFF, data(scene, note="few"), Wish(frozenset({blob(scene)})))

    assert content(scene)["note"] == "pushed"
    assert scene.git.noted == []


def test_an_edit_that_always_loses_gives_up_and_says_when_to_come_back(scene):
    for number in range(edit_items.ATTEMPTS):
        scene.git.pushes.append(lambda number=number: scene.edit("locations", "Office", range=str(number)))

    with pytest.raises(Problem) as busy:
        store(editor(scene), STAFF, data(scene, note="few"), ANY)

    assert (busy.value.code, busy.value.status) == ("busy", 503)
    assert busy.value.headers["Retry-After"]


FAULTY = {
    "no JSON": (STAFF, b'{\n "displayName":\n}', "", "not valid JSON"),
    "not an object": (STAFF, b"[]", "", "JSON object"),
    "nothing": (STAFF, b"", "", "not valid JSON"),
    "too deep": (STAFF, b'{"a":' * 300 + b"1" + b"}" * 300, "", "nested deeper"),
    "a key twice": (STAFF, b'{"displayName": "Staff", "displayName": "Staff"}', "", "twice"),
    "no name": (STAFF, b'{"displayName": ""}', "/displayName", "must name"),
    "set by the service": (STAFF, b'{"displayName": "Staff", "id": "x"}', "/id", "set by the service"),
    "half a character": (STAFF, b'{"displayName": "Staff", "note": "\\ud800"}', "", "half of a character"),
    "another's name": ("entra/groups/X.json", b'{"displayName": "Staff"}', "", "already"),
    "no place": ("entra/../x.json", b"{}", "", "no type"),
    "a wrong reference": (
        MFA,
        b'{"displayName": "MFA", "groups": ["{{locations:Office}}"]}',
        "/groups/0",
        "groups",
    ),
    "a singleton's second": ("entra/rules/other.json", b"{}", "", "one file only"),
}


@pytest.mark.parametrize("case", FAULTY)
def test_what_a_push_would_be_refused_for_is_refused_with_its_place(scene, case):
    path, sent, place, said = FAULTY[case]
    head = scene.git.heads[MAIN]

    with pytest.raises(Problem) as refused:
        store(editor(scene), path, sent, ANY)

    assert (refused.value.code, refused.value.status) == ("itemRefused", 422)
    first = refused.value.errors[0]
    assert (first["path"], first["field"]) == (place, place)
    assert said in first["message"] == first["detail"]
    assert reason_text(first["message"], Language.FRENCH) != first["message"]
    assert scene.git.heads[MAIN] == head
    assert check(editor(scene), path, sent)[0]["message"] == first["message"]


def test_a_fault_quotes_no_more_than_a_line_can_show(scene):
    long = json.dumps(
        {"displayName": "Staff", "note": "{{file: has the " + " has the " * 9000 + "}}"}
    ).encode()

    (fault,) = check(editor(scene), STAFF, long)

    assert fault["path"] == "/note"
    assert len(fault["message"].encode()) <= 1024
    assert reason_text(fault["message"], Language.FRENCH) == fault["message"]


def test_an_item_that_is_right_has_no_faults(scene):
    head = scene.git.heads[MAIN]

    assert check(editor(scene), STAFF, data(scene, note="few")) == []
    assert check(editor(scene), "entra/groups/New.json", b'{"displayName": "New"}') == []
    assert scene.git.heads[MAIN] == head


def test_an_item_is_removed_with_all_its_files(scene):
    landed = remove(editor(scene), OFFICE, Wish(frozenset({blob(scene, OFFICE)})))

    assert landed.files == (OFFICE,)
    assert OFFICE not in scene.git.files(scene.git.heads[MAIN])
    with pytest.raises(Problem, match="itemNotFound"):
        remove(editor(scene), OFFICE, ANY)
    with pytest.raises(Problem, match="preconditionFailed"):
        remove(editor(scene), STAFF, Wish(frozenset({"x"})))


def test_what_a_type_can_never_do_is_refused(scene):
    with pytest.raises(Problem) as refused:
        remove(editor(scene), "entra/rules/rules.json", ANY)

    assert "cannot be deleted" in refused.value.errors[0]["message"]


def test_a_file_or_a_repository_that_grows_too_large_is_refused(scene, monkeypatch):
    monkeypatch.setattr(edit_items, "LARGEST_FILE", 40)
    with pytest.raises(Problem) as large:
        store(editor(scene), STAFF, data(scene, note="x" * 40), ANY)
    assert "larger than 40 bytes" in large.value.errors[0]["message"]

    monkeypatch.setattr(edit_items, "MOST_FILES", len(scene.git.tree(scene.git.heads[MAIN])))
    with pytest.raises(Problem) as full:
        store(editor(scene), "entra/groups/New.json", b'{"displayName": "New"}', ANY)
    assert "more than" in full.value.errors[0]["message"]


def test_an_author_who_is_known_by_an_address_has_it_in_the_commit(scene):
    ada = Actor(ActorKind.PERSON, "ada@contoso.com", "u-1", "page")

    store(editor(scene, by=ada), STAFF, data(scene, note="few"), ANY)

    author = scene.git.commits[scene.git.heads[MAIN]].author
    assert (author.name, author.email) == ("ada@contoso.com", "ada@contoso.com")
