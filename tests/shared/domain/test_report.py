"""The rows of a report: one for each property that changed, and what became of it."""

import datetime as dt

import pytest

from shared.domain.compare import Drift
from shared.domain.item import ABSENT
from shared.domain.journal import Entry, Fault, Journal, State
from shared.domain.plan import Action, Blocked, BlockedCode, Change, Difference, Plan, PropertyChange
from shared.domain.report import Facts, RowAction, RowChange, report
from shared.domain.sync import Actor, ActorKind, Decision, DecisionKind, SyncOptions, SyncRecord

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
ADA = Actor(ActorKind.PERSON, "Ada", "u1", "page")
STATE = PropertyChange(("state",), "on", "on", "off")


def change(name="c0", action=Action.UPDATE, properties=(STATE,), **more) -> Change:
    return Change(name, action, "groups", "All", "entra/groups/All.json", "id", properties, **more)


def facts(*changes, decision=None, journal=None, **more) -> Facts:
    sync = SyncRecord("s", "contoso", SyncOptions(), ADA, NOW, decision=decision)
    plan = Plan("contoso", "v", tuple(changes), "d") if changes else None
    return Facts(sync, "Contoso", plan=plan, journal=journal, **more)


def approved(changes=None) -> Decision:
    return Decision(DecisionKind.APPROVE, "d", ADA, NOW, changes=changes)


def test_without_changes_there_are_no_rows() -> None:
    assert report(facts()).rows == ()


def test_drift_has_a_row_for_each_property_as_the_tenant_changed_it() -> None:
    properties = (
        PropertyChange(("a",), ABSENT, 1, ABSENT),
        PropertyChange(("b",), 1, 2, 1),
        PropertyChange(("c",), 1, ABSENT, 1),
    )
    drift = (
        Drift(Difference.CHANGED, "groups", "All", "p", properties),
        Drift(Difference.ADDED, "groups", "N", "q"),
    )
    rows = report(facts(drift=drift)).rows
    assert [(row.property, row.change) for row in rows] == [
        ("/a", RowChange.ADDED),
        ("/b", RowChange.CHANGED),
        ("/c", RowChange.REMOVED),
        ("", RowChange.ADDED),
    ]
    assert {row.action for row in rows} == {RowAction.BACKUP}
    assert (rows[1].base, rows[1].tenant, rows[1].repository) == (1, 2, 1)


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (change(), RowChange.CHANGED),
        (change(properties=(PropertyChange(("x",), ABSENT, ABSENT, 1),)), RowChange.ADDED),
        (change(properties=(PropertyChange(("x",), 1, 1, ABSENT),)), RowChange.REMOVED),
        (change(action=Action.DELETE, properties=()), RowChange.REMOVED),
        (change(action=Action.CREATE, properties=()), RowChange.ADDED),
        (change(action=Action.UPDATE, properties=()), RowChange.CHANGED),
    ],
)
def test_a_proposal_has_rows_that_say_what_it_would_do(one, what) -> None:
    (row,) = report(facts(one)).rows
    assert (row.action, row.change, row.error) == (RowAction.PREVIEW, what, None)


def test_a_blocked_change_says_what_is_in_the_way_also_beside_deployed_ones() -> None:
    blocked = change(blocked=Blocked(BlockedCode.NEEDS_USER, "Teams"))
    for given in (facts(blocked), facts(blocked, decision=approved(), journal=Journal("d"))):
        (row,) = report(given).rows
        assert (row.action, row.change) == (RowAction.PREVIEW, RowChange.BLOCKED)
        assert (row.error.code, row.error.message) == ("needsUser", "Teams")


@pytest.mark.parametrize(
    ("state", "what", "told"),
    [
        (State.APPLIED, RowChange.CHANGED, False),
        (State.FAILED, RowChange.FAILED, True),
        (State.STALE, RowChange.STALE, True),
        (State.SKIPPED, RowChange.SKIPPED, True),
        (State.INTENT, RowChange.FAILED, True),
        (State.CREATED, RowChange.FAILED, True),
    ],
)
def test_a_deployed_change_says_what_became_of_it(state, what, told) -> None:
    journal = Journal("d", {"c0": Entry("c0", state, NOW, NOW, fault=Fault("code", "words", "r1"))})
    (row,) = report(facts(change(), decision=approved(), journal=journal)).rows
    assert (row.action, row.change) == (RowAction.DEPLOY, what)
    assert (row.error is not None) == told


def test_a_failed_change_without_a_fault_has_no_error() -> None:
    journal = Journal("d", {"c0": Entry("c0", State.FAILED, NOW, NOW)})
    (row,) = report(facts(change(properties=()), decision=approved(), journal=journal)).rows
    assert (row.change, row.error) == (RowChange.FAILED, None)


def test_an_approved_change_that_the_deploy_never_came_to_is_skipped() -> None:
    (row,) = report(facts(change(), decision=approved(), journal=Journal("d"))).rows
    assert (row.action, row.change) == (RowAction.DEPLOY, RowChange.SKIPPED)


def test_what_was_not_chosen_or_rejected_stays_a_proposal() -> None:
    one, two = change("c0"), change("c1")
    chosen = facts(one, two, decision=approved(("c1",)), journal=Journal("d"))
    assert [row.action for row in report(chosen).rows] == [RowAction.PREVIEW, RowAction.DEPLOY]
    rejected = Decision(DecisionKind.REJECT, "d", ADA, NOW)
    (row,) = report(facts(one, decision=rejected, journal=Journal("d"))).rows
    assert (row.action, row.change) == (RowAction.PREVIEW, RowChange.CHANGED)


def test_a_conflict_shows_at_its_property() -> None:
    conflict = PropertyChange(("b",), 1, 2, 3, conflict=True)
    rows = report(facts(change(properties=(STATE, conflict), conflict=True))).rows
    assert [row.conflict for row in rows] == [False, True]
