"""What a sync keeps in its blobs comes back as it was."""

from __future__ import annotations

import pytest
from sync_ports import Blobs

from shared.domain.compare import Drift
from shared.domain.files import FileFault
from shared.domain.item import ABSENT
from shared.domain.plan import Difference, PropertyChange
from shared.domain.report import Unresolved
from shared.domain.scope import Scope
from shared.domain.snapshot import NotRead, NotReadReason, RawItem, TypeRead
from shared.steps import blobs
from shared.steps.findings import Findings, read_adopted, read_findings, write_adopted, write_findings

LOST = NotRead("groups", NotReadReason.HELD, True, "11 of 12", "r-1", ("a", "b"))
DRIFT = Drift(
    Difference.CHANGED,
    "groups",
    "Staff",
    "entra/groups/Staff.json",
    (PropertyChange(("note",), ABSENT, None, [1, {"é": True}], conflict=True),),
)


def test_a_scope():
    scope = Scope(
        {"directory": ("groups", "rules")},
        (LOST,),
        {"groups": ("Write",)},
        frozenset({"users"}),
        frozenset({"rules"}),
        {"groups": ("Read",)},
    )
    store = Blobs()
    store.put(blobs.SCOPE, blobs.dump_scope(scope))

    assert blobs.load_scope(store) == scope


@pytest.mark.parametrize(
    "result",
    [
        LOST,
        TypeRead("groups", ()),
        TypeRead("groups", (RawItem("g-1", {"id": "g-1", "n": [None, 1.5, "é"]}),), "user ada"),
    ],
    ids=["not read", "empty", "read"],
)
def test_a_types_result(result):
    assert blobs.load_result(blobs.dump_result(result)) == result


def test_a_type_without_a_result_was_not_read():
    store = Blobs()
    store.put(blobs.snapshot_name("rules"), blobs.dump_result(TypeRead("rules", ())))

    rules, groups = blobs.load_snapshot(store, ["rules", "groups"])

    assert rules == TypeRead("rules", ())
    assert (groups.type, groups.reason, groups.counted) == ("groups", NotReadReason.READ_FAILED, True)


def test_what_a_revert_left():
    store = Blobs()
    assert blobs.load_left(store) == ()
    store.put(blobs.LEFT, blobs.dump_left([("entra/groups/A.json", "c" * 40)]))

    assert blobs.load_left(store) == (("entra/groups/A.json", "c" * 40),)


def test_a_journal_that_was_only_leased_is_none():
    store = Blobs()
    assert blobs.load_journal(store) is None
    store.lease(blobs.JOURNAL)

    assert blobs.load_journal(store) is None


@pytest.mark.parametrize("load", [blobs.load_scope, blobs.load_state], ids=["scope", "state"])
def test_what_an_earlier_stage_should_have_written_is_missed_aloud(load):
    with pytest.raises(LookupError, match="has not written it"):
        load(Blobs())


def test_what_b_knows_by_type(scene):
    scene.git.pushed({})

    known = blobs.base_ids(scene.git)

    assert known["groups"] == {"groups-1": "entra/groups/Staff.json"}
    assert known["rules"] == {"rules": "entra/rules/rules.json"}


def test_b_before_a_first_sync_knows_nothing(scene):
    scene.git.heads.clear()

    assert blobs.base_ids(scene.git) == {}


def test_findings():
    store = Blobs()
    assert read_findings(store) == Findings()
    found = Findings(
        (DRIFT,),
        (Unresolved("entra/groups/Staff.json", "users", "u-1", "unknown"),),
        (FileFault("entra/groups/B.json", "no JSON", 3),),
        (LOST,),
        7,
    )
    write_findings(store, found)

    assert read_findings(store) == found


@pytest.mark.parametrize("base", [None, "a" * 40], ids=["first sync", "later"])
def test_what_was_about_to_be_adopted_counts_once_b_has_moved(base):
    store = Blobs()
    assert read_adopted(store, base) == ()
    write_adopted(store, base, (DRIFT,))

    assert read_adopted(store, base) == ()
    assert read_adopted(store, "b" * 40) == (DRIFT,)
