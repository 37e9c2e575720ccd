"""Records a decision on a sync's plan, or refuses it (product.md 3.6, mechanics.md 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from shared.domain.decision import Choice, Code, Newer, Refused, Request, Standing, Verdict, decided
from shared.domain.move import Moved
from shared.domain.sync import Actor, Decision, DecisionKind, SyncRecord
from shared.errors import Problem
from shared.names import CommitId, SyncId, TenantId
from shared.steps import trail
from shared.stores import AuditLog, StatusStore

STATUS: Final[Mapping[Code, int]] = {
    Code.PLAN_CHANGED: 409,
    Code.NOT_PENDING: 409,
    Code.ALREADY_DECIDED: 409,
    Code.SUPERSEDED: 409,
    Code.CONFIRM_DELETIONS: 422,
    Code.DEPENDENCY_MISSING: 422,
    Code.BLOCKED: 422,
    Code.UNKNOWN_CHANGE: 422,
    Code.SECOND_PERSON: 403,
}
LONGEST_CHAIN: Final = 100
"""Syncs that superseded one another, followed from the one that was decided on; nobody has this many."""


class Plans(Protocol):
    """What a decision needs to know of the stored plans."""

    async def choice(self, sync: SyncRecord, request: Request) -> Choice:
        """What the request's changes (None: all) amount to in this sync's plan."""
        ...

    async def commits(self, sync: SyncRecord) -> Sequence[CommitId]:
        """The commits that this sync's plan rests on."""
        ...

    async def unnoted(self, tenant: TenantId) -> Sequence[Actor]:
        """Who pushed lately, and has been noted by nobody yet."""
        ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """The decision that stands, and the sync it stands on: a newer one, where that took its place."""

    sync: SyncId
    decision: Decision


async def decide(
    status: StatusStore, audit: AuditLog, plans: Plans, tenant: TenantId, sync: SyncId, request: Request
) -> Recorded:
    """The decision once its row stands; the caller then raises its event.

    Repeatable: the same decision by the same caller is answered again. Raises Problem `planChanged`,
    `notPending`, `alreadyDecided` (`extra["decision"]`: the Decision made), `superseded` (`extra["sync"]`:
    the newer sync), `confirmDeletions`, `dependencyMissing`, `blocked`, `unknownChange`, `secondPerson`,
    `syncNotFound`.
    """
    superseded = False
    for _ in range(LONGEST_CHAIN):
        result = await _one(status, plans, tenant, sync, request)
        if isinstance(result, Newer):
            sync, superseded = result.sync, True
            continue
        if isinstance(result, Refused):
            raise _problem(result, tenant, sync, superseded)
        await audit.add(trail.of_decision(tenant, sync, result))
        return Recorded(sync, result)
    raise Problem("superseded", 409, extra={"tenant": tenant, "sync": sync})


async def _one(
    status: StatusStore, plans: Plans, tenant: TenantId, sync: SyncId, request: Request
) -> Decision | Refused | Newer:
    """The decision on one sync of the chain."""
    record, owner = await status.sync(tenant, sync), await status.tenant(tenant)
    if record is None or owner is None:
        raise Problem("syncNotFound", 404, values={"sync": sync, "tenant": tenant})
    choice: Choice | None = None
    involved: frozenset[str] | None = None
    if record.plan is not None and record.plan.digest == request.digest:
        choice = await plans.choice(record, request)
        if owner.settings.require_second_person and request.kind is DecisionKind.APPROVE:
            involved = await _involved(status, plans, record)
    result: Moved | Verdict = await status.contest(tenant, sync, decided(request, choice, involved))
    if isinstance(result, Standing):
        return result.decision
    if isinstance(result, Moved):
        standing = result.decision or await status.decision(tenant, sync)
        return standing if standing is not None else Refused(Code.NOT_PENDING)
    return result


async def _involved(status: StatusStore, plans: Plans, sync: SyncRecord) -> frozenset[str]:
    """Who started the sync, or pushed (by credentials, not by author line) what its plan rests on.

    Who is not noted yet counts whatever they pushed. They are asked for first: a note that is written in
    between is then found in the table.
    """
    unnoted = await plans.unnoted(sync.tenant)
    pushers = await status.pushers(sync.tenant, await plans.commits(sync))
    return frozenset({sync.started_by.id, *(actor.id for actor in (*pushers.values(), *unnoted))})


def _problem(refused: Refused, tenant: TenantId, sync: SyncId, superseded: bool) -> Problem:
    code = refused.code
    if superseded and code in (Code.NOT_PENDING, Code.PLAN_CHANGED):
        code = Code.SUPERSEDED  # the newer sync is not at this plan: look at it there
    if code is Code.SUPERSEDED:
        return Problem(code.value, STATUS[code], extra={"tenant": tenant, "sync": sync})
    if code is Code.ALREADY_DECIDED:
        return Problem(code.value, STATUS[code], extra={"decision": refused.standing})
    if code is Code.CONFIRM_DELETIONS:
        return Problem(code.value, STATUS[code], values={"count": refused.deletions})
    if refused.changes:
        changes = list(refused.changes)
        return Problem(
            code.value, STATUS[code], values={"changes": ", ".join(changes)}, extra={"changes": changes}
        )
    return Problem(code.value, STATUS[code], values={"changes": ""})
