"""What a push is refused for, as its author reads it, and who is noted for one that comes in."""

from __future__ import annotations

import asyncio
import datetime as dt
from types import SimpleNamespace

from stores import MemoryAudit
from sync_ports import Rows

from shared.domain.sync import Actor, ActorKind
from shared.names import MAIN
from shared.steps.push import Notary, check_push, dump_actor, load_actor

ADA = Actor(ActorKind.PERSON, "Ada Ünal", "u-1", "git")
AT = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)


def told(scene, **changed):
    view = SimpleNamespace(old=scene.git.heads[MAIN], changed=changed["changed"])
    return check_push(scene.catalog, scene.git, view)


def test_a_push_that_is_right_comes_in(scene):
    changed = {"entra/groups/Guests.json": b'{"displayName": "Guests"}', "entra/locations/Office.json": None}

    assert told(scene, changed=changed) == []


def test_each_fault_is_one_line_with_its_place(scene):
    changed = {
        "entra/groups/Guests.json": b'{\n  "displayName": \n}',
        "entra/nothing/X.json": b"{}",
    }

    first, second = sorted(told(scene, changed=changed))

    assert first.startswith("entra/groups/Guests.json:3: ")
    assert second.startswith("entra/nothing/X.json: ")


def test_a_name_that_another_file_has_is_refused(scene):
    (line,) = told(scene, changed={"entra/groups/Other.json": b'{"displayName": "Staff", "note": "all"}'})

    assert "entra/groups/Other.json" in line
    assert "Staff" in line


def test_a_push_before_the_first_sync_is_checked_too(scene):
    scene.git.heads.clear()
    view = SimpleNamespace(old=None, changed={"entra/groups/Guests.json": b'{"displayName": "Guests"}'})

    assert check_push(scene.catalog, scene.git, view) == []


def test_who_pushed_is_noted_and_audited_under_the_new_head():
    status, audit = Rows(), MemoryAudit()
    notary = Notary(status, audit, "contoso", asyncio.run)
    push = SimpleNamespace(old=None, new="b" * 40, principal=dump_actor(ADA), at=AT)

    notary(push, ["b" * 40, "a" * 40])

    assert status.noted == [("contoso", ("b" * 40, "a" * 40), ADA)]
    (entry,) = audit.rows
    assert (entry.action, entry.actor, entry.id) == ("repository.push", ADA, f"push-{'b' * 40}")
    assert entry.detail == "2 commits, ..bbbbbbbbbb"


def test_an_actor_comes_back_as_it_was():
    assert load_actor(dump_actor(ADA)) == ADA
