"""What the activities of a sync and the checks of permissions work with, put together from the services."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from shared.domain.permissions import included, with_user
from shared.domain.sign_in import sign_in_scopes, user_types
from shared.names import SyncId, TenantId
from shared.steps.permissions import Desk, Look
from shared.steps.sign_in import Attempt
from shared.steps.sign_in_flow import Vault
from shared.steps.sync_log import SyncLog
from shared.steps.tenant_findings import load_findings
from shared.steps.work import Work

if TYPE_CHECKING:
    from shared.domain.sync import TenantRecord
    from shared.services import Services


@asynccontextmanager
async def work(services: Services, payload: Mapping[str, Any]) -> AsyncIterator[Work]:
    """The work of one activity; `payload` is its input. Raises LookupError where there is no such sync."""
    tenant_id, sync_id = TenantId(payload["tenant"]), SyncId(payload["sync"])
    tenant = await services.status.tenant(tenant_id)
    sync = await services.status.sync(tenant_id, sync_id)
    if tenant is None or sync is None:
        raise LookupError(f"reading sync {sync_id} of {tenant_id}: there is no such row")
    artifacts, desk = services.artifacts(tenant_id, sync_id), permission_desk(services, tenant)
    found = await asyncio.to_thread(load_findings, desk.findings)
    with_person = with_user(tenant.settings)
    user = services.user_tokens(tenant) if with_person and not sync.without_user else None
    # Without user authentication a type that may go either way stays the service principal's.
    needing = user_types(services.catalog, found.tried if with_person else {})
    now = services.clock.now()
    stop_at = payload.get("stopAt")
    async with (
        SyncLog(artifacts, services.clock, _run(payload)) as log,
        services.graph(tenant, user, needing, log=log.exchange) as api,
    ):
        yield Work(
            tenant=tenant,
            sync=sync,
            step=payload["step"],
            slice_ends=now + dt.timedelta(seconds=services.settings.slice_seconds),
            stop_at=dt.datetime.fromisoformat(stop_at) if stop_at else None,
            clock=services.clock,
            catalog=services.catalog,
            status=services.status,
            artifacts=artifacts,
            repository=services.repository(tenant_id),
            tokens=services.tokens(tenant),
            api=api,
            log=log,
            findings=desk.findings,
            sealed=services.sealed,
            client_id=services.client_id(tenant),
            propagation=desk.patience,
            user=user,
            user_types=user_types(services.catalog, found.tried),
            visible_within=services.settings.visible_within,
            read_back_seconds=services.settings.read_back_seconds,
        )


async def attempt(services: Services, tenant: TenantRecord, subject: SyncId, number: int) -> Attempt:
    """One sign-in of a person to the tenant: a sync's, or one ahead of any."""
    found = await asyncio.to_thread(load_findings, services.of_tenant(tenant.id))
    types = frozenset(key for key in services.catalog.types if included(tenant.settings, key))
    artifacts = services.artifacts(tenant.id, subject)
    return Attempt(
        vault=Vault(tenant.id, subject, number, artifacts, services.sealed),
        provider=services.user_sign_in(tenant),
        caches=services.token_caches,
        callbacks=services.callbacks,
        status=services.status,
        audit=services.audit,
        clock=services.clock,
        scopes=sign_in_scopes(services.catalog, types, found.tried),
        redirect_uri=services.settings.callback_address("sign-in"),
    )


def _run(payload: Mapping[str, Any]) -> str:
    """What each run of one activity's work has in common: the step counts its calls, buckets share one."""
    return f"{payload['step']} {payload.get('bucket', '')}"


def permission_desk(services: Services, tenant: TenantRecord) -> Desk:
    """What one tenant's permissions are kept with."""
    return Desk(
        tenant=tenant,
        catalog=services.catalog,
        status=services.status,
        findings=services.of_tenant(tenant.id),
        clock=services.clock,
        patience=dt.timedelta(seconds=services.settings.propagation_seconds),
    )


@asynccontextmanager
async def permission_look(services: Services, tenant: TenantRecord) -> AsyncIterator[Look]:
    """What one look at a tenant's permissions works with."""
    user = services.user_tokens(tenant) if with_user(tenant.settings) else None
    async with services.graph(tenant) as api:
        yield Look(
            desk=permission_desk(services, tenant),
            client_id=services.client_id(tenant),
            tokens=services.tokens(tenant),
            directory=api,
            user=user,
            attempts=2,
        )
