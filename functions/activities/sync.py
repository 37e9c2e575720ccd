"""The stages of a sync, as the orchestrator calls them.

Input: `{"tenant", "sync", "step", "stopAt"?, …}`. Answer: one JSON object; `{"done": false}` asks to be
called again, `{"end": verdict}` ends the sync. Each writes its stage as it starts, under the orchestrator's
step, so that a late run of an earlier stage is ignored. Heavy libraries load with `services`, at the first
call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from azure.durable_functions import Blueprint

from shared import names
from shared.domain.lifecycle import enter
from shared.domain.move import Ignored, Moved
from shared.domain.sign_in import number
from shared.domain.sync import Stage, SyncError
from shared.steps.log import Event
from shared.steps.work import Stop, Work

bp = Blueprint()

SUPERSEDED: dict[str, Any] = {"end": {"kind": "superseded"}}
"""The sync does not hold its tenant any more: nothing of it may go on."""


@asynccontextmanager
async def _stage(
    payload: dict[str, Any], stage: Stage, total: int | None = None
) -> AsyncIterator[Work | None]:
    """The work of this stage, its stage written; None when the sync does not hold its tenant any more."""
    from shared.services import services

    async with services().work(payload) as work:
        moved = await work.status.change(
            work.tenant.id, work.sync.id, enter(stage, work.step, work.clock.now(), total)
        )
        if isinstance(moved, Moved):
            work.log.note(Event.STAGE, stage=stage.value)
        yield None if moved is Ignored.LATE else work


def _stopped(stop: Stop) -> dict[str, Any]:
    return {"end": {"kind": stop.value}}


def _failed(error: SyncError) -> dict[str, Any]:
    from shared.steps.verdict import dump_error

    return {"end": {"kind": "failed", "error": dump_error(error)}}


async def authenticate(payload: dict) -> dict:  # type: ignore[type-arg]
    """Signs in as the service principal and, silently, as the user; answers `signIn` where a person is
    needed: which sign-in of the sync that is.
    """
    from shared.steps.authenticate import Entered
    from shared.steps.authenticate import authenticate as step
    from shared.steps.check_permissions import note_refusal

    async with _stage(payload, Stage.AUTHENTICATING) as work:
        if work is None:
            return SUPERSEDED
        if stop := await work.stop():
            return _stopped(stop)
        if not payload["deploying"]:
            work.log.note(Event.STARTED, by=work.sync.started_by.name, stage=work.sync.options.mode.value)
        entered = await step(work)
        if isinstance(entered, SyncError):
            await note_refusal(work, entered)
            return _failed(entered)
        return {"signIn": number(work.sync)} if entered is Entered.ASK else {}


async def check_permissions(payload: dict) -> dict:  # type: ignore[type-arg]
    """Finds out what can be read and written; answers the throttling buckets to read."""
    from shared.steps.check_permissions import check_permissions as step

    async with _stage(payload, Stage.CHECKING_PERMISSIONS) as work:
        if work is None:
            return SUPERSEDED
        found = await step(work)
        if found is None:
            return {"done": False}
        if isinstance(found, Stop):
            return _stopped(found)
        if isinstance(found, SyncError):
            return _failed(found)
        return {"buckets": list(found.buckets), "types": len(found.types)}


async def back_up(payload: dict) -> dict:  # type: ignore[type-arg]
    """Reads one bucket's types into the snapshot."""
    from shared.steps.backup import back_up as step

    async with _stage(payload, Stage.BACKING_UP, payload["types"]) as work:
        if work is None:
            return SUPERSEDED
        result = await step(work, payload["bucket"])
        return _stopped(result) if isinstance(result, Stop) else {"done": result}


async def compare(payload: dict) -> dict:  # type: ignore[type-arg]
    """Commits the backup, settles B and makes the plan; answers whether a person has to be asked."""
    from shared.steps.compare import compare_and_plan as step

    async with _stage(payload, Stage.COMPARING) as work:
        if work is None:
            return SUPERSEDED
        if stop := await work.stop():
            return _stopped(stop)
        found = await step(work)
        if isinstance(found, Stop):
            return _stopped(found)
        if isinstance(found, SyncError):
            return _failed(found)
        return {"asks": found.asks, "digest": found.digest}


async def open_approval(payload: dict) -> dict:  # type: ignore[type-arg]
    """Shows the plan on the tenant's row; answers until when a decision counts."""
    from shared.services import services
    from shared.steps.approval import open_approval as step

    async with services().work(payload) as work:
        deadline = await step(work)
        return SUPERSEDED if deadline is None else {"deadline": deadline.isoformat()}


async def read_decision(payload: dict) -> dict:  # type: ignore[type-arg]
    """The decision that stands, if any; at the deadline (`expire`) there is one afterwards."""
    from shared.services import services
    from shared.steps.approval import read_decision as step

    async with services().work(payload) as work:
        decision = await step(work, expire=payload["expire"])
        return {"kind": None if decision is None else decision.kind.value}


async def deploy(payload: dict) -> dict:  # type: ignore[type-arg]
    """Writes the approved changes to the tenant."""
    from shared.services import services
    from shared.steps.deploy import HeldChanges
    from shared.steps.deploy import deploy as step

    async with services().work(payload) as work:
        result = await step(work)
        if isinstance(result, HeldChanges):
            return {"held": list(result.changes)}
        return _stopped(result) if isinstance(result, Stop) else {"done": result}


async def await_tenant(payload: dict) -> dict:  # type: ignore[type-arg]
    """Answers until when to wait for the tenant's own approval of what it holds back; null: go on."""
    from shared.steps.await_tenant import await_tenant as step

    async with _stage(payload, Stage.TENANT_APPROVAL) as work:
        if work is None:
            return SUPERSEDED
        until = await step(work)
        return {"until": None if until is None else until.isoformat()}


async def revert(payload: dict) -> dict:  # type: ignore[type-arg]
    """Sets the repository back to what the tenant holds now."""
    from shared.steps.revert import revert as step

    async with _stage(payload, Stage.SETTLING) as work:
        if work is not None:
            await step(work)
        return {}


async def settle(payload: dict) -> dict:  # type: ignore[type-arg]
    """Moves B and the branch `tenant` by what the journal says was applied."""
    from shared.steps.settle import settle as step

    async with _stage(payload, Stage.SETTLING) as work:
        if work is not None:
            await step(work)
        return {}


async def report(payload: dict) -> dict:  # type: ignore[type-arg]
    """Writes the summary report: of every sync, also of one that does not hold its tenant any more."""
    from shared.services import services
    from shared.steps.closing import report as step

    async with services().work(payload) as work:
        stage = enter(Stage.REPORTING, work.step, work.clock.now())
        await work.status.change(work.tenant.id, work.sync.id, stage)
        await step(work, payload["verdict"])
        return {}


async def finish(payload: dict) -> dict:  # type: ignore[type-arg]
    """Ends the sync and releases the tenant; answers the outcome."""
    from shared.services import services
    from shared.steps.closing import finish as step

    async with services().work(payload) as work:
        return {"outcome": (await step(work, payload["verdict"])).value}


for name, function in {
    names.AUTHENTICATE: authenticate,
    names.CHECK_PERMISSIONS: check_permissions,
    names.BACK_UP: back_up,
    names.COMPARE: compare,
    names.OPEN_APPROVAL: open_approval,
    names.READ_DECISION: read_decision,
    names.DEPLOY: deploy,
    names.AWAIT_TENANT: await_tenant,
    names.REVERT: revert,
    names.SETTLE: settle,
    names.REPORT: report,
    names.FINISH: finish,
}.items():
    bp.function_name(name)(bp.activity_trigger(input_name="payload")(function))
