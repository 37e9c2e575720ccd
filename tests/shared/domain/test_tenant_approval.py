"""The tenant's own multi-admin approval, as values."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.domain.journal import Entry, Journal, State, Write, body_hash, dump, load
from shared.domain.request import Request
from shared.domain.sync import Actor, ActorKind, Decision, DecisionKind, SyncOptions, SyncRecord
from shared.domain.tenant_approval import (
    LONGEST,
    ApprovalAnswer,
    ApprovalState,
    deadline,
    dump_requests,
    held,
    justification,
    load_requests,
    refusal,
    remaining,
    too_late,
    withdrawal,
)
from shared.names import ChangeId, Digest, SyncId, TenantId

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
ADA = Actor(ActorKind.PERSON, "Ada", "u-1", "page")
DIGEST = Digest("sha256:" + "a" * 64)
PATCH = Request("PATCH", "beta", "/x/1", "intune", {"b": 1, "a": "é"}, "updating x 'One'")
ASSIGN = Request("POST", "beta", "/x/1/assign", "intune", {"assignments": []}, "writing", once=True)


def sync(comment: str = "", decided: bool = True) -> SyncRecord:
    decision = Decision(DecisionKind.APPROVE, DIGEST, ADA, NOW, comment) if decided else None
    return SyncRecord(SyncId("S1"), TenantId("contoso"), SyncOptions(), ADA, NOW, decision=decision)


def entry(change: str, state: State, minutes: int = 0, *writes: Write) -> Entry:
    at = NOW + dt.timedelta(minutes=minutes)
    return Entry(ChangeId(change), state, at, at, writes=writes, approval="a-1")


FINAL = {"approved", "rejected", "cancelled", "completed", "expired", "unreadable"}


@pytest.mark.parametrize("state", ApprovalState, ids=lambda state: state.value)
def test_a_request_is_waited_for_until_somebody_or_the_time_has_ended_it(state):
    assert state.final == (state.value in FINAL)
    assert state.lets == (state.value in {"approved", "completed"})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (ApprovalAnswer(ApprovalState.REJECTED, NOW, "Eve", "not today"), "rejected it (Eve): not today"),
        (ApprovalAnswer(ApprovalState.EXPIRED, NOW), "expired in the tenant before anybody approved it"),
        (ApprovalAnswer(ApprovalState.CANCELLED, NOW), "was cancelled in the tenant"),
        (ApprovalAnswer(ApprovalState.UNREADABLE, NOW), "DeviceManagementRBAC.Read.All"),
    ],
    ids=["rejected", "expired", "cancelled", "unreadable"],
)
def test_a_refusal_says_who_did_not_let_it_through(answer, words):
    fault = refusal(answer)

    assert fault.code == "tenantApproval"
    assert words in fault.message


def test_a_wait_that_was_too_long_says_how_long():
    assert "within 1.5 h" in too_late(dt.timedelta(minutes=90)).message


def test_the_justification_names_sync_change_deed_and_who_approved():
    text = justification(sync("as agreed"), ChangeId("c3"), PATCH)

    assert text.startswith("Accord, sync S1, c3, ")
    assert text.endswith("updating x 'One'. Approved in Accord by Ada: as agreed")
    assert justification(sync(), ChangeId("c3"), PATCH).endswith("by Ada")
    assert justification(sync(decided=False), ChangeId("c3"), PATCH).endswith("'One'.")


def test_the_justification_is_the_same_for_the_same_request_alone():
    same = Request("PATCH", "beta", "/x/1", "intune", {"a": "é", "b": 1}, "updating x 'One'")
    other = Request("PATCH", "beta", "/x/1", "intune", {"b": 2, "a": "é"}, "updating x 'One'")

    told = justification(sync(), ChangeId("c3"), PATCH)

    assert told == justification(sync(), ChangeId("c3"), same)
    assert told != justification(sync(), ChangeId("c3"), other)
    assert told != justification(sync(), ChangeId("c4"), PATCH)


def test_the_justification_is_cut_where_the_service_ends_it():
    assert len(justification(sync("x" * 5_000), ChangeId("c3"), PATCH)) == LONGEST


def test_kept_requests_come_back_as_they_were_in_the_order_of_their_keys():
    kept = load_requests(dump_requests([PATCH, ASSIGN]))

    assert kept == (PATCH, ASSIGN)
    assert list(kept[0].body) == ["b", "a"]


def test_what_was_answered_well_is_not_sent_again():
    done = Write(PATCH.method, PATCH.path, body_hash(PATCH.body), done=True)
    asked = Write(ASSIGN.method, ASSIGN.path, body_hash(ASSIGN.body))

    assert remaining([PATCH, ASSIGN], entry("c1", State.HELD, 0, done, asked)) == (ASSIGN,)


def test_the_deadline_is_that_of_the_write_that_has_waited_longest():
    entries = [entry("c1", State.HELD, 9), entry("c2", State.HELD, 5), entry("c3", State.APPLIED)]
    journal = Journal(DIGEST, {one.change: one for one in entries})

    assert {one.change for one in held(journal)} == {"c1", "c2"}
    assert deadline(journal, dt.timedelta(hours=72)) == NOW + dt.timedelta(hours=72, minutes=5)
    assert deadline(Journal(DIGEST), dt.timedelta(hours=72)) is None


def test_the_journal_keeps_which_request_holds_a_write_back():
    journal = Journal(DIGEST, {ChangeId("c1"): entry("c1", State.HELD)})

    assert load(dump(journal)) == journal
    assert not State.HELD.final
    assert not State.RELEASED.final


def test_a_request_is_taken_back_by_its_id():
    request = withdrawal("a-1")

    assert (request.method, request.body) == ("POST", {"id": "a-1"})
    assert request.path.endswith("/operationApprovalRequests/cancelMyRequest")
