"""Writes exactly the approved changes to the tenant (product.md 3.7), one after another in the plan's order.

The journal blob is leased: one run at a time writes, and a run that loses the lease stops at once. Each
change goes through the journal from intent to its final state, so this step may be run again at any point.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

from shared.domain import journal as journals
from shared.domain.journal import Entry, Fault, Journal, State
from shared.domain.lifecycle import deployed, deploying
from shared.domain.move import Ignored
from shared.domain.plan import Change
from shared.domain.sync import DeployCount
from shared.names import Digest
from shared.ports import Lease
from shared.steps import blobs
from shared.steps.approved import Head, load_approved
from shared.steps.deploy_change import Desk, deploy_change
from shared.steps.settle import grown
from shared.steps.work import Stop, Work

HOLD_EVERY = 5.0
"""Seconds between looks at whether the lease is due for renewal (it is after 20 s)."""


@dataclass(slots=True)
class Ledger:
    """The journal under its lease: every change of state is written before the next request goes out."""

    work: Work
    lease: Lease
    journal: Journal
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def write(self, entry: Entry) -> None:
        """Puts the entry in place and writes the journal. Raises LeaseLost when somebody else took over."""
        async with self.lock:
            self.journal = self.journal.with_entry(entry)
            await asyncio.to_thread(self.lease.put, journals.dump(self.journal))

    async def stop(self, kind: str) -> None:
        """Records that the deploy was ended early."""
        async with self.lock:
            self.journal = replace(self.journal, stopped=kind)
            await asyncio.to_thread(self.lease.put, journals.dump(self.journal))

    async def hold(self) -> None:
        """Before each request: is the lease still ours? Raises LeaseLost."""
        async with self.lock:
            await asyncio.to_thread(self.lease.hold)


async def deploy(work: Work) -> Stop | bool:
    """Works through the approved changes; False when the slice ended before the last one, a stop where a
    cancel or the time limit ended it early: then what was under way has been finished, and the rest
    skipped.

    Raises LeaseLost when another run has taken over: this one has nothing more to say.
    """
    approved = await load_approved(work)
    moved = await work.status.change(
        work.tenant.id, work.sync.id, deploying(work.step, len(approved.changes), work.clock.now())
    )
    if moved is Ignored.LATE:
        return Stop.SUPERSEDED
    async with _ledger(work, approved.digest) as ledger:
        index = grown(approved.state.index, approved.changes, ledger.journal)
        desk = Desk(work, ledger, approved, Head(work.repository), index)
        for change in approved.changes:
            state = ledger.journal.state(change.id)
            if state is not None and state.final:
                continue
            if ledger.journal.stopped is None and (stop := await work.stop()):
                await ledger.stop(stop.value)
            if ledger.journal.stopped is not None and state is None:
                await ledger.write(
                    _skipped(work, change, "stopped", "the sync was stopped before this change")
                )
                continue
            if work.slice_over():
                return False
            await deploy_change(desk, change)
            await _progress(work, ledger.journal)
        await _progress(work, ledger.journal)
        return True if ledger.journal.stopped is None else Stop(ledger.journal.stopped)


@contextlib.asynccontextmanager
async def _ledger(work: Work, digest: Digest) -> AsyncIterator[Ledger]:
    """The journal, leased and kept leased until the step ends."""
    lease = await asyncio.to_thread(work.artifacts.lease, blobs.JOURNAL)
    data = await asyncio.to_thread(work.artifacts.get, blobs.JOURNAL)
    ledger = Ledger(work, lease, journals.load(data) if data else Journal(digest))
    keeper = asyncio.create_task(_keep(ledger))
    try:
        yield ledger
    finally:
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await keeper
        await asyncio.to_thread(lease.release)


async def _keep(ledger: Ledger) -> None:
    while True:
        await asyncio.sleep(HOLD_EVERY)
        await ledger.hold()


def _skipped(work: Work, change: Change, code: str, message: str) -> Entry:
    return Entry(change.id, State.SKIPPED, work.clock.now(), change.object_id, fault=Fault(code, message))


async def _progress(work: Work, journal: Journal) -> None:
    count = DeployCount(
        applied=journal.count(State.APPLIED),
        failed=journal.count(State.FAILED),
        stale=journal.count(State.STALE),
        skipped=journal.count(State.SKIPPED),
    )
    await work.status.change(work.tenant.id, work.sync.id, deployed(work.step, count))
