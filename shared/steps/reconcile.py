"""Mends, every minute, what a crash left between two writes, and starts what is due (mechanics.md 1)."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, assert_never

from shared.domain.repair import (
    Ask,
    Close,
    Forget,
    Instance,
    OpenSync,
    Project,
    Repair,
    Start,
    Wake,
    in_turn,
    repairs,
    waits_ahead,
)
from shared.domain.schedule import due
from shared.domain.sync import Stage, SyncRecord, TenantRecord
from shared.names import (
    ChangeId,
    SyncId,
    TenantId,
    decision_event,
    sign_in_instance,
    tenant_approval_event,
)
from shared.steps import trail
from shared.steps.sign_in_ahead import NUMBER as AHEAD
from shared.steps.start import start_scheduled
from shared.stores import AnswerStore, AuditLog, StatusStore

log = logging.getLogger("accord.reconcile")

TOGETHER: Final = 8
"""Syncs mended at once: a thousand end in the same hour of the night."""


class Instances(Protocol):
    """The Durable runtime, as far as syncs need it."""

    async def state(self, sync: SyncId) -> Instance:
        """What it knows of the sync's orchestration."""
        ...

    async def start(self, tenant: TenantRecord, sync: SyncRecord) -> None:
        """Starts the sync's orchestration, under the sync's id."""
        ...

    async def close(self, tenant: TenantRecord, sync: SyncRecord) -> None:
        """Has the sync settled, reported and finished as lost; nothing more, while that is under way."""
        ...

    async def wake(self, sync: SyncId, event: str) -> None:
        """Raises an event."""
        ...

    async def await_sign_in(self, tenant: TenantRecord, attempt: SyncId, deadline: dt.datetime) -> None:
        """Starts the wait for a sign-in ahead of any sync."""
        ...


async def ask_nobody(tenant: TenantRecord, sync: SyncRecord) -> Sequence[ChangeId]:  # noqa: ARG001
    """For a runtime without tenants to ask."""
    return ()


async def nobody_signs_in(tenant: TenantRecord, attempt: SyncId) -> dt.datetime | None:  # noqa: ARG001
    """For a runtime without sign-ins."""
    return None


async def forget_nothing(tenant: TenantId, now: dt.datetime) -> None:
    """For a runtime that keeps no history."""


@dataclass(frozen=True, slots=True)
class Reconciler:
    """What reconciling works with. `new_sync_id` gives ids for scheduled starts."""

    status: StatusStore
    answers: AnswerStore
    audit: AuditLog
    instances: Instances
    new_sync_id: Callable[[], SyncId]
    note_pushes: Callable[[TenantId], None] = lambda _: None
    """Has pushes noted that could not be when they came; runs in the thread pool."""
    ask_tenant: Callable[[TenantRecord, SyncRecord], Awaitable[Sequence[ChangeId]]] = ask_nobody
    """Asks about the writes that a tenant's own approval holds back; the changes to wake its sync for."""

    forget_history: Callable[[TenantId, dt.datetime], Awaitable[None]] = forget_nothing
    """Has the runtime forget what it recorded of a tenant's syncs long ago."""

    sign_in_ends: Callable[[TenantRecord, SyncId], Awaitable[dt.datetime | None]] = nobody_signs_in
    """The deadline of a sign-in ahead of any sync; None: it is not under way."""

    async def run(self, now: dt.datetime) -> Sequence[Repair | SyncRecord]:
        """What was mended, and the scheduled syncs started. One fault stops nothing else: it is logged.

        Repeatable, also at once: every repair is.
        """
        done: list[Repair | SyncRecord] = []
        gate = asyncio.Semaphore(TOGETHER)
        async with asyncio.TaskGroup() as group:
            for found in await self.status.open_syncs():
                mend = partial(self._mend, found, now, done)
                group.create_task(self._guarded(f"sync {found.sync_id}", mend, gate))
        for tenant in await self.status.tenants():
            if due(tenant.settings.schedule, tenant.id, tenant.next_sync_at, now):
                await self._guarded(f"schedule of {tenant.id}", partial(self._start, tenant, now, done))
            if (attempt := waits_ahead(tenant, now)) is not None:
                await self._guarded(f"sign-in of {tenant.id}", partial(self._watch, tenant, attempt))
        for tenant_id in await self.status.known():
            if in_turn(tenant_id, now):
                await self._guarded(f"tenant {tenant_id}", partial(self._tidy, tenant_id, now))
        return done

    async def _mend(self, found: OpenSync, now: dt.datetime, done: list[Repair | SyncRecord]) -> None:
        ended = found.sync is not None and found.sync.stage is Stage.ENDED
        instance = Instance.ENDED if ended else await self.instances.state(found.sync_id)
        todo = repairs(found, instance, now)
        if any(isinstance(repair, Start | Wake | Forget) for repair in todo):
            # Whoever acts writes the row, then the audit, then starts or wakes; this is where they died, or
            # the last look at the sync. What stands in the audit already stays one entry.
            for entry in trail.of_rows(found):
                await self.audit.add(entry)
        for repair in todo:
            await self._do(repair)
            done.append(repair)

    async def _do(self, repair: Repair) -> None:
        match repair:
            case Start():
                await self.instances.start(repair.tenant, repair.sync)
            case Close():
                await self.instances.close(repair.tenant, repair.sync)
            case Wake():
                await self.instances.wake(repair.sync, repair.event)
            case Ask():
                for change in await self.ask_tenant(repair.tenant, repair.sync):
                    await self.instances.wake(repair.sync.id, tenant_approval_event(change))
            case Project():
                await self.status.project(repair.tenant)
            case Forget():
                await self.status.forget(repair.sync)
            case _:
                assert_never(repair)

    async def _start(self, tenant: TenantRecord, now: dt.datetime, done: list[Repair | SyncRecord]) -> None:
        """A start whose orchestration never comes is an open sync without an instance from then on."""
        sync = self.new_sync_id()
        started = await start_scheduled(self.status, self.answers, self.audit, tenant, sync, now)
        if started is None:
            return
        done.append(started.sync)
        await self.instances.start(tenant, started.sync)
        old = started.superseded
        if old is not None and old.decision is not None:
            await self.instances.wake(old.id, decision_event(old.decision.digest))

    async def _watch(self, tenant: TenantRecord, attempt: SyncId) -> None:
        """Has a sign-in ahead of any sync waited for whose host died between showing its code and that."""
        if await self.status.sign_in(tenant.id, attempt, AHEAD) is not None:
            return
        if await self.instances.state(sign_in_instance(attempt, AHEAD)) is Instance.LIVE:
            return
        deadline = await self.sign_in_ends(tenant, attempt)
        if deadline is not None:
            await self.instances.await_sign_in(tenant, attempt, deadline)

    async def _tidy(self, tenant: TenantId, now: dt.datetime) -> None:
        await self.status.project(tenant)
        await self.answers.purge(tenant, now)
        await asyncio.to_thread(self.note_pushes, tenant)
        await self.forget_history(tenant, now)

    async def _guarded(
        self, what: str, work: Callable[[], Awaitable[None]], gate: asyncio.Semaphore | None = None
    ) -> None:
        try:
            async with gate or contextlib.nullcontext():
                await work()
        except Exception:
            log.exception("reconciling %s: left for the next minute", what)
