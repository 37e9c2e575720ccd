"""What becomes of a decision, of a cancel and of the deadline, on the rows as they are."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.decision import (
    Choice,
    Code,
    Newer,
    NoCancel,
    Refused,
    Request,
    Standing,
    as_decision,
    cancelled,
    closed,
    decided,
    in_order,
    second_person,
)
from shared.domain.move import Cancel, Moved, Rows
from shared.domain.settings import Settings
from shared.domain.start import new_sync_id
from shared.domain.sync import (
    Actor,
    ActorKind,
    Decision,
    DecisionKind,
    EventType,
    PlanSummary,
    Stage,
    SyncOptions,
    SyncRecord,
    TenantRecord,
)
from shared.names import ChangeId, Digest, TenantId

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=5)
ADA = Actor(ActorKind.PERSON, "Ada", "ada-id", "page")
BOB = Actor(ActorKind.PERSON, "Bob", "bob-id", "page")
FLOW = Actor(ActorKind.APP, "Approvals", "app-id", "app-id")
KEY = Actor(ActorKind.KEY, "nightly", "key-id", "nightly")
SERVICE = Actor(ActorKind.SERVICE, "Accord", "accord", "service")
DIGEST, ANOTHER = Digest("sha256:" + "a" * 64), Digest("sha256:" + "b" * 64)
PLAN = PlanSummary(DIGEST, 3, 1, 0, 0, NOW + dt.timedelta(days=30))
ID, NEXT = new_sync_id(NOW, b"0123456789"), new_sync_id(LATER, b"0123456789")
WHOLE = Choice(deployable=3, deletions=0)


def rows(stage=Stage.APPROVAL, *, active=ID, plan=PLAN, decision=None, cancel=None) -> Rows:
    tenant = TenantRecord(TenantId("contoso"), "Contoso", "entra", Settings(), NOW, active_sync=active)
    row = SyncRecord(ID, tenant.id, SyncOptions(), ADA, NOW, stage, 5, plan=plan, decision=decision)
    return Rows(tenant, row, decision, cancel)


def asks(kind=DecisionKind.APPROVE, *, by=BOB, digest=DIGEST, **more) -> Request:
    return Request(kind, digest, by, LATER, **more)


def ids(*numbers: int) -> tuple[ChangeId, ...]:
    return tuple(ChangeId(f"c{number}") for number in numbers)


@pytest.mark.parametrize("kind", [DecisionKind.APPROVE, DecisionKind.REJECT, DecisionKind.REJECT_AND_REVERT])
def test_a_decision_is_recorded_with_its_event(kind):
    moved = decided(asks(kind, comment="fine"), WHOLE)(rows())
    assert isinstance(moved, Moved)
    assert moved.decision == moved.sync.decision == Decision(kind, DIGEST, BOB, LATER, "fine")
    assert moved.events == (EventType.DECIDED,)
    assert moved.sync.stage is Stage.APPROVAL, "the orchestrator moves on, not the caller"


ALL = Choice(2, 1)
REFUSALS = {
    "not waiting": (rows(Stage.COMPARING), asks(), WHOLE, Code.NOT_PENDING),
    "ended": (rows(Stage.ENDED, active=None), asks(), WHOLE, Code.NOT_PENDING),
    "another holds the tenant": (rows(active=NEXT), asks(), WHOLE, Code.NOT_PENDING),
    "no such sync": (replace(rows(), sync=None), asks(), WHOLE, Code.NOT_PENDING),
    "opened while it was read": (rows(), asks(), None, Code.NOT_PENDING),
    "another digest": (rows(), asks(digest=ANOTHER), None, Code.PLAN_CHANGED),
    "no plan": (rows(plan=None), asks(), None, Code.PLAN_CHANGED),
    "not in the plan": (rows(), asks(changes=ids(9)), Choice(0, 0, unknown=ids(9)), Code.UNKNOWN_CHANGE),
    "blocked": (rows(), asks(changes=ids(1)), Choice(0, 0, blocked=ids(1)), Code.BLOCKED),
    "nothing but blocked": (rows(), asks(), Choice(0, 0), Code.BLOCKED),
    "what it depends on": (
        rows(),
        asks(changes=ids(1)),
        Choice(1, 0, missing=ids(0)),
        Code.DEPENDENCY_MISSING,
    ),
    "deletions unconfirmed": (rows(), asks(), ALL, Code.CONFIRM_DELETIONS),
    "unknown in a revert": (
        rows(),
        asks(DecisionKind.REJECT_AND_REVERT, changes=ids(9)),
        Choice(0, 0, unknown=ids(9)),
        Code.UNKNOWN_CHANGE,
    ),
}


@pytest.mark.parametrize(("held", "request_", "choice", "code"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_decision_is_refused(held, request_, choice, code):
    verdict = decided(request_, choice)(held)
    assert isinstance(verdict, Refused)
    assert verdict.code is code
    assert verdict.changes == ((choice.unknown or choice.missing or choice.blocked) if choice else ())


def test_confirmed_deletions_are_recorded_and_unconfirmed_ones_counted():
    assert decided(asks(), ALL)(rows()).deletions == 1
    assert isinstance(decided(asks(confirm_deletions=True), ALL)(rows()), Moved)


@pytest.mark.parametrize("kind", [DecisionKind.REJECT, DecisionKind.REJECT_AND_REVERT])
def test_only_an_approval_needs_deployable_changes(kind):
    assert isinstance(decided(asks(kind), Choice(0, 2, blocked=ids(1)))(rows()), Moved)


MADE = Decision(DecisionKind.APPROVE, DIGEST, BOB, NOW, changes=ids(0, 2))


@pytest.mark.parametrize(
    ("again", "same"),
    [
        pytest.param(asks(changes=ids(2, 0, 2)), True, id="the same, in another order"),
        pytest.param(asks(changes=ids(0, 2), comment="again"), True, id="another comment"),
        pytest.param(asks(changes=ids(0)), False, id="other changes"),
        pytest.param(asks(), False, id="all changes"),
        pytest.param(asks(DecisionKind.REJECT), False, id="another decision"),
        pytest.param(asks(changes=ids(0, 2), digest=ANOTHER), False, id="another digest"),
        pytest.param(asks(changes=ids(0, 2), by=ADA), False, id="another caller"),
    ],
)
@pytest.mark.parametrize("stage", [Stage.APPROVAL, Stage.DEPLOYING, Stage.ENDED])
def test_a_decision_made_before_is_answered_again_or_refused(again, same, stage):
    verdict = decided(again, WHOLE)(rows(stage, decision=MADE))
    assert verdict == (Standing(MADE) if same else Refused(Code.ALREADY_DECIDED, standing=MADE))


@pytest.mark.parametrize("kind", [DecisionKind.EXPIRED, DecisionKind.CANCELLED])
def test_after_the_deadline_or_a_cancel_nothing_waits(kind):
    made = Decision(kind, DIGEST, SERVICE, NOW)
    assert decided(asks(), WHOLE)(rows(decision=made)) == Refused(Code.NOT_PENDING, standing=made)


def test_a_superseded_sync_sends_on_to_the_newer_one():
    made = Decision(DecisionKind.SUPERSEDED, DIGEST, ADA, NOW, by_sync=NEXT)
    assert decided(asks(), WHOLE)(rows(decision=made)) == Newer(NEXT)
    unnamed = replace(made, by_sync=None)
    assert decided(asks(), WHOLE)(rows(decision=unnamed)).code is Code.SUPERSEDED


INVOLVED = frozenset({"ada-id", "cat-id"})


@pytest.mark.parametrize(
    ("request_", "involved", "may"),
    [
        pytest.param(asks(by=ADA), None, True, id="no rule"),
        pytest.param(asks(by=KEY), None, True, id="no rule, a key"),
        pytest.param(asks(by=BOB), INVOLVED, True, id="a second person"),
        pytest.param(asks(by=ADA), INVOLVED, False, id="who started it"),
        pytest.param(asks(by=BOB, decided_by="cat-id"), INVOLVED, False, id="for somebody who pushed"),
        pytest.param(asks(by=KEY, decided_by="bob-id"), INVOLVED, False, id="a key, for a person"),
        pytest.param(asks(by=SERVICE, decided_by="bob-id"), INVOLVED, False, id="the service"),
        pytest.param(asks(by=FLOW), INVOLVED, False, id="a flow for nobody"),
        pytest.param(asks(by=FLOW, decided_by="bob-id"), INVOLVED, True, id="a flow for a second person"),
        pytest.param(asks(by=FLOW, decided_by="ada-id"), INVOLVED, False, id="a flow for who started it"),
        pytest.param(
            asks(by=FLOW, decided_by="bob-id"), frozenset({"app-id"}), False, id="a flow that started it"
        ),
    ],
)
def test_the_rule_of_the_second_person(request_, involved, may):
    assert second_person(request_, involved) is may
    verdict = decided(request_, WHOLE, involved)(rows())
    assert isinstance(verdict, Moved) if may else verdict == Refused(Code.SECOND_PERSON)
    rejected = replace(request_, kind=DecisionKind.REJECT)
    assert isinstance(decided(rejected, WHOLE, involved)(rows()), Moved), "rejecting is free"


@given(st.lists(st.integers(0, 200)))
def test_equal_choices_are_equal_in_the_plans_order(numbers):
    ordered = in_order(ids(*numbers))
    assert ordered == ids(*sorted(set(numbers)))
    assert as_decision(asks(changes=ids(*numbers))) == as_decision(asks(changes=ids(*reversed(numbers))))


def test_the_deadline_counts_only_where_nobody_decided():
    late = Decision(DecisionKind.EXPIRED, DIGEST, SERVICE, LATER)
    moved = closed(late)(rows())
    assert (moved.decision, moved.events) == (late, ())
    assert closed(late)(rows(decision=MADE)) is MADE
    assert closed(late)(rows(Stage.DEPLOYING)) is None
    assert closed(late)(rows(active=NEXT)) is None
    assert closed(late)(replace(rows(), sync=None)) is None


CANCEL = Cancel(BOB, LATER, "wrong tenant")


def test_a_cancel_during_an_approval_is_the_decision():
    moved = cancelled(CANCEL)(rows())
    assert moved.decision == Decision(DecisionKind.CANCELLED, DIGEST, BOB, LATER, "wrong tenant")
    assert (moved.cancel, moved.sync.cancelled_by, moved.events) == (CANCEL, BOB, ())


@pytest.mark.parametrize(
    "held",
    [
        pytest.param(rows(Stage.BACKING_UP, plan=None), id="before the plan"),
        pytest.param(rows(Stage.DEPLOYING, decision=MADE), id="while deploying"),
        pytest.param(rows(decision=MADE), id="an approval has won"),
        pytest.param(rows(plan=None), id="a plan that is not there"),
    ],
)
def test_any_other_cancel_is_a_row_that_the_work_reads(held):
    moved = cancelled(CANCEL)(held)
    assert (moved.cancel, moved.decision, moved.sync.cancelled_by) == (CANCEL, None, BOB)
    assert moved.sync != held.sync, "so that it races with whatever else writes the sync"


@pytest.mark.parametrize(
    ("held", "why"),
    [
        pytest.param(rows(Stage.ENDED, active=None), NoCancel.ENDED, id="ended"),
        pytest.param(rows(active=NEXT), NoCancel.ENDED, id="superseded"),
        pytest.param(replace(rows(), sync=None), NoCancel.ENDED, id="no such sync"),
        pytest.param(rows(cancel=CANCEL), NoCancel.AGAIN, id="asked before"),
    ],
)
def test_a_cancel_inserts_nothing(held, why):
    assert cancelled(CANCEL)(held) is why
