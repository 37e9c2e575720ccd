"""The journal: its states, and its blob."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.domain.journal import Entry, Fault, Journal, State, Write, body_hash, dump, load

AT = dt.datetime(2026, 3, 2, 6, 0, 0, 123_456, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(seconds=7)
FULL = Entry(
    "c0",
    State.APPLIED,
    AT,
    LATER,
    "g-1",
    (Write("PATCH", "/groups/g-1", "ab", done=True), Write("POST", "/groups/g-1/assign", "")),
    Fault("notShown", "é", "r-1"),
    {"displayName": "Staff", "n": [1, None, True, 1.5]},
)
BARE = Entry("c1", State.INTENT, AT, AT)


@pytest.mark.parametrize(
    "journal",
    [
        Journal("sha256:x"),
        Journal("sha256:x", {"c0": FULL, "c1": BARE}),
        Journal("sha256:x", {"c1": BARE}, stopped="cancelled"),
    ],
    ids=["empty", "entries", "stopped"],
)
def test_a_journal_comes_back_as_it_was(journal):
    assert load(dump(journal)) == journal


def test_changes_stay_in_the_order_in_which_they_were_begun():
    journal = Journal("sha256:x").with_entry(BARE).with_entry(FULL).with_entry(BARE)

    assert list(load(dump(journal)).entries) == ["c1", "c0"]


@pytest.mark.parametrize("state", State, ids=lambda state: state.value)
def test_three_states_are_under_way_and_four_final(state):
    assert state.final is (state.value in ("applied", "failed", "stale", "skipped"))


def test_a_change_that_was_not_begun_has_no_state():
    journal = Journal("sha256:x", {"c0": FULL})

    assert (journal.state("c0"), journal.state("c1")) == (State.APPLIED, None)
    assert (journal.count(State.APPLIED), journal.count(State.FAILED)) == (1, 0)


def test_the_last_write_is_the_one_that_was_answered():
    assert [one.done for one in FULL.sent().writes] == [True, True]


def test_a_new_state_has_its_own_moment_and_forgets_the_old_fault():
    moved = FULL.moved(State.WRITTEN, LATER)

    assert (moved.state, moved.at, moved.since, moved.fault) == (State.WRITTEN, AT, LATER, None)
    assert FULL.moved(State.FAILED, LATER, Fault("x", "y")).fault == Fault("x", "y")


def test_a_bodys_hash_knows_no_order_of_keys_and_no_body_has_none():
    assert body_hash({"a": 1, "b": [{"c": "é", "d": None}]}) == body_hash(
        {"b": [{"d": None, "c": "é"}], "a": 1}
    )
    assert body_hash({"a": 1}) != body_hash({"a": 2})
    assert body_hash(None) == ""
    assert len(body_hash({})) == 64
