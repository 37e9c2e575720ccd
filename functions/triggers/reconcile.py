"""The timer that mends, every minute, what a crash left between two writes, and starts scheduled syncs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.triggers.needs import current
from functions.triggers.waking import await_sign_in, begin, wake
from shared.domain.repair import Instance
from shared.domain.sync import SyncRecord, TenantRecord
from shared.names import CLOSE_SYNC, RECONCILE, SyncId, TenantId, close_instance
from shared.steps.purge_history import purge_history
from shared.steps.reconcile import Reconciler
from shared.steps.sign_in_ahead import NUMBER
from shared.steps.verdict import LOST, dump_error

timers = df.Blueprint()

LIVE = frozenset({"Running", "Pending", "ContinuedAsNew", "Suspended"})


@dataclass(frozen=True, slots=True)
class DurableInstances:
    """Fills `Instances` by the durable client."""

    client: Any

    async def state(self, sync: SyncId) -> Instance:
        """What the runtime knows of the sync's orchestration."""
        return await self._state(sync)

    async def start(self, tenant: TenantRecord, sync: SyncRecord) -> None:
        """Starts it under the sync's id: started twice, it is one."""
        await begin(self.client, tenant, sync)

    async def close(self, tenant: TenantRecord, sync: SyncRecord) -> None:
        """Has what is left of a lost sync settled, reported and finished, unless that is under way."""
        closing = close_instance(sync.id)
        if await self._state(closing) is Instance.LIVE:
            return
        given = {
            "tenant": tenant.id,
            "sync": sync.id,
            "limit": tenant.settings.sync_timeout.total_seconds(),
            "step": sync.step,
            "verdict": {"kind": "failed", "error": dump_error(LOST)},
        }
        await self.client.start_new(CLOSE_SYNC, closing, given)

    async def wake(self, sync: SyncId, event: str) -> None:
        """Raises the event again."""
        await wake(self.client, sync, event)

    async def await_sign_in(self, tenant: TenantRecord, attempt: SyncId, deadline: dt.datetime) -> None:
        """Starts the wait for a sign-in ahead of any sync: started twice, it is one."""
        await await_sign_in(self.client, tenant, attempt, deadline)

    async def purge(self, sync: SyncId) -> None:
        """Forgets what was recorded of this instance; what is gone, or still runs, is left alone."""
        await self.client.purge_instance_history(sync)

    async def _state(self, instance: SyncId) -> Instance:
        status = await self.client.get_status(instance)
        name = getattr(getattr(status, "runtime_status", None), "name", None)
        if not status or name is None:
            return Instance.ABSENT
        return Instance.LIVE if name in LIVE else Instance.ENDED


async def reconcile(timer: func.TimerRequest, client) -> None:  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Every minute. The client has no annotation: the worker would take one for the type of a binding."""
    services, instances = current(), DurableInstances(client)

    async def forget_history(tenant: TenantId, now: dt.datetime) -> None:
        await purge_history(services.status, services.of_tenant(tenant), tenant, now, instances.purge)

    async def sign_in_ends(tenant: TenantRecord, attempt: SyncId) -> dt.datetime | None:
        flow = await (await services.attempt(tenant, attempt, NUMBER)).flow()
        return None if flow is None else flow.deadline

    reconciler = Reconciler(
        status=services.status,
        answers=services.answers,
        audit=services.audit,
        instances=instances,
        new_sync_id=services.new_sync_id,
        note_pushes=services.note_pushes,
        ask_tenant=services.ask_tenant,
        forget_history=forget_history,
        sign_in_ends=sign_in_ends,
    )
    await reconciler.run(services.clock.now())


timers.function_name(RECONCILE)(
    timers.timer_trigger(arg_name="timer", schedule="0 * * * * *")(
        timers.durable_client_input(client_name="client")(reconcile)
    )
)
