"""What Accord's commits say to who reads the history."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.domain.commit_message import (
    MOST,
    backup_message,
    edit_message,
    revert_message,
    settle_message,
)
from shared.domain.compare import Comparison, Note, Reason
from shared.domain.sync import Actor, ActorKind, SyncOptions, SyncRecord

SYNC = SyncRecord(
    "01J",
    "contoso",
    SyncOptions(),
    Actor(ActorKind.KEY, "k", "k", "k"),
    dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
)


def note(reason, item, came_from=None):
    return Note(reason, "groups", item, f"entra/groups/{item}.json", came_from)


def message(*notes):
    return backup_message(Comparison({}, {}, {}, notes, (), (), (), 0), SYNC)


@pytest.mark.parametrize(
    ("reason", "verb"),
    [
        (Reason.ADDED, "add"),
        (Reason.CHANGED, "change"),
        (Reason.REMOVED, "remove"),
        (Reason.MOVED, "move"),
    ],
)
def test_one_item_is_named_in_the_subject(reason, verb):
    assert message(note(reason, "Staff")) == (
        f"Back up: {verb} groups Staff\n\n{verb} entra/groups/Staff.json\n\nAccord-Sync: 01J\n"
    )


def test_several_items_are_counted_and_listed():
    lines = message(
        note(Reason.ADDED, "A"),
        note(Reason.MOVED, "B", "entra/groups/Old.json"),
        note(Reason.NORMALISED, "C"),
    ).splitlines()

    assert lines[0] == "Back up 2 items that changed in the tenant"
    assert lines[2:5] == [
        "add entra/groups/A.json",
        "move entra/groups/B.json (from entra/groups/Old.json)",
        "normalise entra/groups/C.json",
    ]


@pytest.mark.parametrize(
    "notes", [(), (note(Reason.NORMALISED, "A"),)], ids=["nothing to tell", "normalised"]
)
def test_what_only_the_catalog_changed_is_called_so(notes):
    subject, *rest = message(*notes).splitlines()

    assert subject == "Normalise files by the current catalog"
    assert rest[-1] == "Accord-Sync: 01J"


def test_a_long_name_is_cut_in_the_subject():
    assert len(message(note(Reason.ADDED, "x" * 300)).splitlines()[0]) == 100


def test_a_long_list_is_cut_and_says_so():
    lines = message(*(note(Reason.ADDED, f"G{number}") for number in range(MOST + 3))).splitlines()

    assert lines[MOST + 1 : MOST + 3] == ["add entra/groups/G199.json", "… and 3 more"]


def test_a_revert_says_who_decided():
    assert revert_message(["a", "b"], SYNC, "Ada") == (
        "Revert 2 items to the tenant, as Ada decided\n\na\nb\n\nAccord-Sync: 01J\n"
    )


def test_a_settlement_says_what_it_takes_over():
    assert settle_message(["a"], SYNC) == "Take over the service's form of 1 item\n\na\n\nAccord-Sync: 01J\n"
    assert settle_message([], SYNC) == "Take over the service's form of 0 items\n\nAccord-Sync: 01J\n"


@pytest.mark.parametrize(
    ("comment", "paths", "text"),
    [
        ("", ["a.json"], "Edit a.json\n"),
        ("Why", ["a.json"], "Why\n\nEdit a.json\n"),
        ("Why\n\nBecause", ["a.json"], "Why\n\nBecause\n\nEdit a.json\n"),
        ("", ["a.json", "b.json"], "Edit a.json\n\na.json\nb.json\n"),
        ("Why", ["a.json", "b.json"], "Why\n\nEdit a.json\n\na.json\nb.json\n"),
        ("W\x00h\u202ey\r\nso", ["a.json"], "Why\n\nso\n\nEdit a.json\n"),
    ],
)
def test_an_edit_says_what_its_author_said_first(comment, paths, text):
    assert edit_message("Edit a.json", comment, paths) == text


def test_an_edit_of_very_many_files_names_the_first():
    text = edit_message("Copy", "", [f"{number}.json" for number in range(MOST + 3)])

    assert text.endswith(f"{MOST - 1}.json\n… and 3 more\n")
