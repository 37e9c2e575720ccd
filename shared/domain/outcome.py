"""How a sync ended, and what that leaves the tenant at: the outcome table of product.md 2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from shared.domain.sync import Cause, DeployCount, Incomplete, Outcome, Status, SyncError


class Verdict(Enum):
    """Where the work of a sync stopped; what was deployed until then decides the outcome with it."""

    DONE = "done"
    """Nothing to decide, or the end of a backup or a preview."""
    DEPLOYED = "deployed"
    REJECT = "reject"
    REJECT_AND_REVERT = "rejectAndRevert"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    """By a person, at any stage."""
    SIGN_IN_DEADLINE = "signInDeadline"
    TIME_LIMIT = "timeLimit"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the outcome follows from.

    `deploy` is None where no deploy began. `found`: why the sync is incomplete, apart from the deploy itself
    (`blocked`: a blocked change is still pending, other than a protected one). `error`: what went wrong,
    where the stage that stopped knows it.
    """

    verdict: Verdict
    deploy: DeployCount | None = None
    found: frozenset[Incomplete] = frozenset()
    error: SyncError | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a sync ended. `resting` None leaves the tenant's resting status as it was."""

    outcome: Outcome
    cause: Cause | None
    incomplete: tuple[Incomplete, ...]
    resting: Status | None
    error: SyncError | None


INTERNAL: Final = SyncError("internal", "The sync stopped without naming a reason.", "running the sync")
NOTHING_APPLIED: Final = SyncError(
    "deployFailed", "None of the approved changes could be deployed.", "deploying the approved changes"
)
STALE: Final = SyncError(
    "planStale",
    "Nothing was deployed: every approved change is stale, for the tenant or the repository has moved on.",
    "deploying the approved changes",
)

PROPER: Final[Mapping[Verdict, tuple[Outcome, Cause | None]]] = {
    Verdict.DONE: (Outcome.SUCCEEDED, None),
    Verdict.REJECT: (Outcome.REJECTED, None),
    Verdict.REJECT_AND_REVERT: (Outcome.REVERTED, None),
    Verdict.EXPIRED: (Outcome.EXPIRED, Cause.APPROVAL_DEADLINE),
    Verdict.SUPERSEDED: (Outcome.EXPIRED, Cause.SUPERSEDED),
}
"""Verdicts by which a sync comes to its proper end."""

DEADLINES: Final[Mapping[Verdict, tuple[Cause, SyncError]]] = {
    Verdict.SIGN_IN_DEADLINE: (
        Cause.SIGN_IN_DEADLINE,
        SyncError(
            "signInDeadline",
            "Cancelled because nobody signed in before the deadline.",
            "waiting for a person to sign in",
            "A policy of the tenant may block device codes; the browser link beside the code works then.",
        ),
    ),
    Verdict.TIME_LIMIT: (
        Cause.TIME_LIMIT,
        SyncError(
            "timeLimit", "Cancelled because the work took longer than the time limit.", "running the sync"
        ),
    ),
}
"""The first words say that the sync was cancelled, and why: it never looks as if it had come to its end."""


def ending(facts: Facts) -> Ending:
    """The outcome, what is incomplete, what the tenant rests at, and the error that people see."""
    if facts.deploy is not None and facts.deploy.applied:
        return _applied(facts, facts.deploy)
    if proper := PROPER.get(facts.verdict):
        return _proper(facts, *proper)
    if deadline := DEADLINES.get(facts.verdict):
        cause, error = deadline
        return Ending(Outcome.CANCELLED, cause, _incomplete(facts), Status.NEW_ERROR, facts.error or error)
    if facts.verdict is Verdict.CANCELLED:
        return _cancelled(facts)
    if facts.verdict is Verdict.DEPLOYED:
        return _failed(facts, facts.error or _nothing_applied(facts.deploy))
    return _failed(facts, facts.error or INTERNAL)


def in_order(causes: frozenset[Incomplete]) -> tuple[Incomplete, ...]:
    """The causes in the order in which api.md lists them."""
    return tuple(cause for cause in Incomplete if cause in causes)


def _applied(facts: Facts, count: DeployCount) -> Ending:
    """Something was written: that decides, whoever stopped the deploy."""
    incomplete = _incomplete(facts)
    if facts.verdict is Verdict.FAILED and not _left(count):
        # All was written, and then the sync broke: what it could not settle or report needs somebody's eyes.
        return _failed(facts, facts.error or INTERNAL)
    if not incomplete:
        return Ending(Outcome.SUCCEEDED, None, (), Status.IDLE, None)
    cause = _stop(facts.verdict) if _left(count) else None
    return Ending(Outcome.PARTIALLY_SUCCEEDED, cause, incomplete, Status.PARTIALLY_SUCCEEDED, facts.error)


def _proper(facts: Facts, outcome: Outcome, cause: Cause | None = None) -> Ending:
    """The sync came to a proper end; incomplete, it rests as partially succeeded all the same."""
    incomplete = _incomplete(facts)
    if incomplete and outcome is Outcome.SUCCEEDED:
        outcome = Outcome.PARTIALLY_SUCCEEDED
    resting = Status.PARTIALLY_SUCCEEDED if incomplete else Status.IDLE
    return Ending(outcome, cause, incomplete, resting, None)


def _cancelled(facts: Facts) -> Ending:
    """By a person: the status stays as it was, unless a write had been tried, which must not go unseen."""
    tried = facts.deploy is not None and facts.deploy.failed > 0
    return Ending(
        Outcome.CANCELLED,
        Cause.PERSON,
        _incomplete(facts),
        Status.NEW_ERROR if tried else None,
        (facts.error or NOTHING_APPLIED) if tried else None,
    )


def _failed(facts: Facts, error: SyncError) -> Ending:
    return Ending(Outcome.FAILED, None, _incomplete(facts), Status.NEW_ERROR, error)


def _nothing_applied(count: DeployCount | None) -> SyncError:
    """Why an approved deploy left nothing behind."""
    if count is None or not count.stale or count.failed:
        return NOTHING_APPLIED
    skipped = f"{count.stale} stale, {count.skipped} skipped" if count.skipped else f"{count.stale} stale"
    return replace(STALE, detail=skipped)


def _incomplete(facts: Facts) -> tuple[Incomplete, ...]:
    left = facts.deploy is not None and _left(facts.deploy)
    return in_order(facts.found | {Incomplete.DEPLOY} if left else facts.found)


def _left(count: DeployCount) -> int:
    return count.failed + count.stale + count.skipped


def _stop(verdict: Verdict) -> Cause | None:
    if verdict in DEADLINES:
        return DEADLINES[verdict][0]
    return Cause.PERSON if verdict is Verdict.CANCELLED else None
