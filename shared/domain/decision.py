"""What becomes of a decision on a plan: recorded, said again, sent on to a newer sync, or refused
(product.md 3.6, api.md `POST …/decision`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, TypeAlias

from shared.domain.move import Cancel, Contest, Moved, Rows
from shared.domain.sync import (
    Actor,
    ActorKind,
    Decision,
    DecisionKind,
    EventType,
    Stage,
    SyncRecord,
    TenantRecord,
)
from shared.names import ChangeId, Digest, SyncId

BY_PEOPLE: Final = frozenset({DecisionKind.APPROVE, DecisionKind.REJECT, DecisionKind.REJECT_AND_REVERT})
"""What a person can decide; the other kinds are what the deadline, a cancel and a newer sync insert."""


@dataclass(frozen=True, slots=True)
class Request:
    """A decision as asked for. `changes` None: all of them. `decided_by`: the person a flow names."""

    kind: DecisionKind
    digest: Digest
    by: Actor
    at: dt.datetime
    comment: str = ""
    changes: tuple[ChangeId, ...] | None = None
    confirm_deletions: bool = False
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What the named changes of the plan amount to, worked out by `choice.py`.

    `unknown` are not in the plan; `missing` are what the named ones depend on without being named; `blocked`
    are named and cannot be deployed. `deployable` and `deletions` count what would be written.
    """

    deployable: int
    deletions: int
    unknown: tuple[ChangeId, ...] = ()
    missing: tuple[ChangeId, ...] = ()
    blocked: tuple[ChangeId, ...] = ()


class Code(Enum):
    """Why a decision is refused: the problem codes of api.md, and one for ids that are not in the plan."""

    PLAN_CHANGED = "planChanged"
    NOT_PENDING = "notPending"
    ALREADY_DECIDED = "alreadyDecided"
    SUPERSEDED = "superseded"
    CONFIRM_DELETIONS = "confirmDeletions"
    DEPENDENCY_MISSING = "dependencyMissing"
    BLOCKED = "blocked"
    UNKNOWN_CHANGE = "unknownChange"
    SECOND_PERSON = "secondPerson"


@dataclass(frozen=True, slots=True)
class Refused:
    """`changes`: those it is about. `standing`: the decision made. `deletions`: how many to confirm."""

    code: Code
    changes: tuple[ChangeId, ...] = ()
    standing: Decision | None = None
    deletions: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """It was made before, by the same caller and with the same content: the answer is the same again."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class Newer:
    """A newer sync took this one's place: the decision may count for that one."""

    sync: SyncId


Verdict: TypeAlias = Refused | Standing | Newer


def decided(
    request: Request, choice: Choice | None, involved: frozenset[str] | None = None
) -> Contest[Verdict]:
    """Records the decision, or says why not.

    `choice`: what the request names of the sync's plan; None where there was no such plan when it was read.
    `involved`: ids of those who started the sync or pushed a commit its plan rests on, under
    `requireSecondPerson`; None where the tenant does not ask for a second person.
    """

    def decide(rows: Rows) -> Moved | Verdict:
        if rows.decision is not None:
            return _against(request, rows.decision)
        sync = rows.sync
        if sync is None or rows.tenant.active_sync != sync.id or sync.stage is not Stage.APPROVAL:
            return Refused(Code.NOT_PENDING)
        if sync.plan is None or sync.plan.digest != request.digest:
            return Refused(Code.PLAN_CHANGED)
        if choice is None:
            return Refused(Code.NOT_PENDING)
        if refusal := _faults(request, choice, involved):
            return refusal
        return _recorded(rows.tenant, sync, as_decision(request))

    return decide


def closed(decision: Decision) -> Contest[Decision | None]:
    """Inserts what the deadline decides. Answers the decision that had been made before, or None where the
    sync does not wait for one.
    """

    def decide(rows: Rows) -> Moved | Decision | None:
        if rows.decision is not None:
            return rows.decision
        sync = rows.sync
        if sync is None or rows.tenant.active_sync != sync.id or sync.stage is not Stage.APPROVAL:
            return None
        return _recorded(rows.tenant, sync, decision)

    return decide


class NoCancel(Enum):
    """Why a cancel inserted nothing."""

    ENDED = "ended"
    AGAIN = "again"
    """Somebody asked before."""


def cancelled(cancel: Cancel) -> Contest[NoCancel]:
    """Asks a sync to stop. While it waits for a decision the cancel is the decision; where an approval has
    won, it is a cancel of the deploy.

    The sync's own row is written as well, so that a cancel and the opening of the approval, or the end, know
    of each other: an approval that opens after it is cancelled from the start (`lifecycle.open_approval`).
    """

    def decide(rows: Rows) -> Moved | NoCancel:
        sync = rows.sync
        if sync is None or sync.stage is Stage.ENDED or rows.tenant.active_sync != sync.id:
            return NoCancel.ENDED
        if rows.cancel is not None:
            return NoCancel.AGAIN
        asked = replace(sync, cancelled_by=cancel.by)
        if sync.stage is not Stage.APPROVAL or sync.plan is None or rows.decision is not None:
            return Moved(rows.tenant, asked, cancel=cancel)
        digest = sync.plan.digest
        decision = Decision(DecisionKind.CANCELLED, digest, cancel.by, cancel.at, cancel.comment)
        return _recorded(rows.tenant, asked, decision, cancel)

    return decide


def _recorded(
    tenant: TenantRecord, sync: SyncRecord, decision: Decision, cancel: Cancel | None = None
) -> Moved:
    """The decision's row, and the sync's that shows it; subscribers hear of what people decide."""
    events = (EventType.DECIDED,) if decision.kind in BY_PEOPLE else ()
    return Moved(tenant, replace(sync, decision=decision), events, decision=decision, cancel=cancel)


def as_decision(request: Request) -> Decision:
    """The row's value. Changes are in the plan's order, each once, so that equal choices are equal."""
    return Decision(
        request.kind,
        request.digest,
        request.by,
        request.at,
        request.comment,
        in_order(request.changes),
        request.confirm_deletions,
        request.decided_by,
    )


def in_order(changes: tuple[ChangeId, ...] | None) -> tuple[ChangeId, ...] | None:
    """`c2` before `c10`, each once; None stays None, which is all."""
    return None if changes is None else tuple(sorted(set(changes), key=lambda one: (len(one), one)))


def _against(request: Request, made: Decision) -> Verdict:
    """A decision stands already."""
    if made.kind is DecisionKind.SUPERSEDED:
        return Refused(Code.SUPERSEDED, standing=made) if made.by_sync is None else Newer(made.by_sync)
    if made.kind not in BY_PEOPLE:
        return Refused(Code.NOT_PENDING, standing=made)
    wanted = as_decision(request)
    same = (made.kind, made.digest, made.changes, made.by.id) == (
        wanted.kind,
        wanted.digest,
        wanted.changes,
        wanted.by.id,
    )
    return Standing(made) if same else Refused(Code.ALREADY_DECIDED, standing=made)


def _faults(request: Request, choice: Choice, involved: frozenset[str] | None) -> Refused | None:
    if request.kind is DecisionKind.APPROVE and not second_person(request, involved):
        return Refused(Code.SECOND_PERSON)
    if choice.unknown:
        return Refused(Code.UNKNOWN_CHANGE, choice.unknown)
    if request.kind is not DecisionKind.APPROVE:
        return None
    if choice.blocked or not choice.deployable:
        return Refused(Code.BLOCKED, choice.blocked)
    if choice.missing:
        return Refused(Code.DEPENDENCY_MISSING, choice.missing)
    if choice.deletions and not request.confirm_deletions:
        return Refused(Code.CONFIRM_DELETIONS, deletions=choice.deletions)
    return None


def second_person(request: Request, involved: frozenset[str] | None) -> bool:
    """Whether this caller may approve. Under the rule a function key never may, for it is nobody; an app must
    name the person; and neither caller nor person started the sync or pushed what the plan rests on.
    """
    if involved is None:
        return True
    if request.by.kind is ActorKind.PERSON:
        return not involved & {request.by.id, request.decided_by}
    if request.by.kind is ActorKind.APP:
        return request.decided_by is not None and not involved & {request.by.id, request.decided_by}
    return False
