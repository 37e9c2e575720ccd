"""Writes exactly the approved changes to the tenant (product.md 3.7), one after another in the plan's
order.

The journal blob is leased: one run at a time writes, and a run that loses the lease stops at once. Each
change goes through the journal from intent to its final state, so this step may be run again at any point.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from shared.domain import journal as journals
from shared.domain.journal import Fault, Journal, State
from shared.domain.lifecycle import deployed, deploying
from shared.domain.move import Ignored
from shared.domain.plan import Change
from shared.domain.sync import DeployCount
from shared.errors import LeaseLost, StorageUnavailable
from shared.names import ChangeId, Digest
from shared.steps import blobs
from shared.steps.approved import Head, load_approved
from shared.steps.catch_up import catch_up
from shared.steps.deploy_change import deploy_change
from shared.steps.desk import Desk, Ledger, Paused
from shared.steps.held import is_due
from shared.steps.log import Event
from shared.steps.sending import HeldBack
from shared.steps.settle import grown
from shared.steps.work import Stop, Work

HOLD_EVERY = 4.0
"""Seconds between looks at whether the lease is due for renewal (it is after a third of its time)."""
BUSY = 10.0
"""Seconds to wait where another run holds the journal, before this one hands back."""

TOLD = {
    State.APPLIED: Event.CHANGE_APPLIED,
    State.FAILED: Event.CHANGE_FAILED,
    State.STALE: Event.CHANGE_STALE,
    State.SKIPPED: Event.CHANGE_SKIPPED,
    State.HELD: Event.CHANGE_HELD,
}


@dataclass(frozen=True, slots=True)
class HeldChanges:
    """All is done but what the tenant's own multi-admin approval holds back, and what depends on it."""

    changes: tuple[ChangeId, ...]


async def deploy(work: Work) -> Stop | HeldChanges | bool:
    """Works through the approved changes; False when it has to be called again.

    A stop where a cancel or the time limit ended it early: what was under way has been finished then, and the
    rest skipped. Where another run of this work holds the journal, this one waits a little and hands back.
    Held changes come last; called again once the tenant has answered, it goes on with them.
    """
    approved = await load_approved(work)
    moved = await work.status.change(
        work.tenant.id, work.sync.id, deploying(work.step, len(approved.changes), work.clock.now())
    )
    if moved is Ignored.LATE:
        return Stop.SUPERSEDED
    await catch_up(work)
    try:
        async with _ledger(work, approved.digest) as ledger:
            index = grown(approved.state.index, approved.changes, ledger.journal)
            answers = await work.status.tenant_approvals(work.tenant.id, work.sync.id)
            return await _all(Desk(work, ledger, approved, Head(work.repository), index, answers))
    except LeaseLost:
        await work.sleep(BUSY)
        return False


async def _all(desk: Desk) -> Stop | HeldChanges | bool:
    """What goes by itself first; then what the tenant has answered, and after that what waited for it."""
    approved = {one.id for one in desk.approved.changes}
    while True:
        for change in desk.approved.changes:
            if not _waits(desk, change, approved) and not await _one(desk, change):
                return False
        await _heed(desk)
        due = [one for one in desk.approved.changes if (entry := desk.held(one)) and is_due(desk, entry)]
        if not due:
            break
        for change in due:
            if not await _one(desk, change):
                return False
    journal = desk.ledger.journal
    held = tuple(one.id for one in desk.approved.changes if desk.held(one))
    await _progress(desk.work, journal, last=True)
    if held:
        return HeldChanges(held)
    return True if journal.stopped is None else Stop(journal.stopped)


def _waits(desk: Desk, change: Change, approved: Collection[ChangeId]) -> bool:
    """Whether the change, or one that it depends on, is held back; or it has come to its end."""
    journal = desk.ledger.journal
    state = journal.state(change.id)
    if state is not None:
        return state.final or state is State.HELD
    return any(
        (one := journal.state(needed)) is State.HELD or (one is None and needed in approved)
        for needed in change.depends_on
    )


async def _heed(desk: Desk) -> None:
    """Notes in the journal that the deploy is to stop, if anybody or the time says so."""
    if desk.ledger.journal.stopped is None and (stop := await desk.work.stop()):
        await desk.ledger.stop(stop.value)


async def _one(desk: Desk, change: Change) -> bool:
    """Brings one change as far as it goes; False where the slice is over before."""
    state = desk.ledger.journal.state(change.id)
    await _heed(desk)
    if desk.ledger.journal.stopped is not None and state is None:
        await desk.end(change, State.SKIPPED, Fault("stopped", "the sync was stopped before this change"))
    elif desk.work.slice_over():
        return False
    else:
        try:
            await deploy_change(desk, change)
        except Paused:
            return False
        except HeldBack:
            pass
    await _tell(desk, change)
    return True


@contextlib.asynccontextmanager
async def _ledger(work: Work, digest: Digest) -> AsyncIterator[Ledger]:
    """The journal, leased and kept leased until the step ends. Raises LeaseLost while another run holds
    it.
    """
    lease = await asyncio.to_thread(work.artifacts.lease, blobs.JOURNAL)
    keeper: asyncio.Task[None] | None = None
    try:
        data = await asyncio.to_thread(work.artifacts.get, blobs.JOURNAL)
        ledger = Ledger(lease, journals.load(data) if data else Journal(digest))
        keeper = asyncio.create_task(_keep(ledger))
        yield ledger
    finally:
        if keeper is not None:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError, LeaseLost):
                await keeper
        with contextlib.suppress(StorageUnavailable):  # it ends by itself
            await asyncio.to_thread(lease.release)


async def _keep(ledger: Ledger) -> None:
    while True:
        await asyncio.sleep(HOLD_EVERY)
        with contextlib.suppress(StorageUnavailable):  # tried again soon, and before each request
            await ledger.hold()


async def _tell(desk: Desk, change: Change) -> None:
    """What became of the change, in the log and on the row."""
    entry = desk.begun(change)
    fault = entry.fault
    desk.work.log.note(
        TOLD[entry.state],
        type=change.type,
        change=change.id,
        action=change.action.value,
        code=fault.code if fault else "",
        request=fault.request_id if fault else entry.approval,
    )
    await desk.work.log.flush()
    await _progress(desk.work, desk.ledger.journal, last=False)


async def _progress(work: Work, journal: Journal, *, last: bool) -> None:
    count = DeployCount(
        applied=journal.count(State.APPLIED),
        failed=journal.count(State.FAILED),
        stale=journal.count(State.STALE),
        skipped=journal.count(State.SKIPPED),
    )
    at = None if last else work.clock.now()
    await work.status.change(work.tenant.id, work.sync.id, deployed(work.step, count, at))
