"""Tenants as administrators register, edit and remove them, each with its entry in the audit."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.move import Moved
from shared.domain.registration import Edit, Expected, Refused, Wanted, edited, registered, removed
from shared.domain.sync import Actor, TenantRecord
from shared.errors import Problem
from shared.names import TenantId
from shared.ports import Clock
from shared.stores import AuditEntry, AuditLog, StatusStore


@dataclass(frozen=True, slots=True)
class Registry:
    """What registering works with, and who asks for it."""

    status: StatusStore
    audit: AuditLog
    clock: Clock
    actor: Actor

    async def add(self, tenant: TenantId, wanted: Wanted) -> TenantRecord | None:
        """A new tenant; None where one of this id came first.

        Raises Problem `entraTenantInUse`, and `directoryFixed` where a removed tenant of this id was synced
        with another directory: its repository is still kept, and would be compared with that one's objects.

        Repeatable: done twice, the second finds the id taken.
        """
        old = await self.status.removed(tenant)
        if (
            old is not None
            and old.last_sync
            and old.entra_tenant_id.lower() != wanted.entra_tenant_id.lower()
        ):
            raise Problem("directoryFixed", 409)
        record = registered(tenant, wanted, self.clock.now())
        holder = await self.status.create(record)
        if holder == tenant:
            return None
        if holder is not None:
            raise in_use(holder)
        await self._note("tenant.added", tenant)
        return await self.status.tenant(tenant) or record

    async def edit(self, tenant: TenantId, edit: Edit, expected: Expected) -> TenantRecord:
        """The tenant as wanted. Raises Problem `preconditionFailed`, `entraTenantInUse`, `invalidBody`.

        Repeatable: done twice, the second changes nothing.
        """
        before = await self._found(tenant)
        directory = edit(before).entra_tenant_id
        if (holder := await self.status.claim(directory, tenant)) != tenant:
            raise in_use(holder)
        moved = await self._changed(tenant, edit, expected)
        if moved.entra_tenant_id.lower() != before.entra_tenant_id.lower():
            await self.status.unclaim(before.entra_tenant_id, tenant)
        return moved

    async def _changed(self, tenant: TenantId, edit: Edit, expected: Expected) -> TenantRecord:
        result = await self.status.change(tenant, None, edited(edit, expected, self.clock.now()))
        if isinstance(result, Moved):
            await self._note("tenant.changed", tenant)
            return result.tenant
        if result is Refused.SAME:
            return await self._found(tenant)
        raise refusal(result, await self._found(tenant))

    async def remove(self, tenant: TenantId, expected: Expected) -> None:
        """Removes the tenant. Raises Problem `syncActive`, `preconditionFailed`.

        Repeatable: done twice, the second finds no tenant.
        """
        before = await self._found(tenant)
        result = await self.status.change(tenant, None, removed(expected, self.clock.now()))
        if not isinstance(result, Moved):
            raise refusal(result, await self._found(tenant))
        await self.status.unclaim(before.entra_tenant_id, tenant)
        await self._note("tenant.removed", tenant)

    async def _found(self, tenant: TenantId) -> TenantRecord:
        record = await self.status.tenant(tenant)
        if record is None:
            raise Problem("tenantNotFound", 404, values={"tenant": tenant})
        return record

    async def _note(self, action: str, tenant: TenantId) -> None:
        await self.audit.add(AuditEntry(self.clock.now(), self.actor, action, tenant))


def in_use(holder: TenantId) -> Problem:
    """Another tenant has this directory."""
    return Problem("entraTenantInUse", 409, values={"tenant": holder})


def refusal(refused: Refused, tenant: TenantRecord) -> Problem:
    """Why the tenant, as it is now, was not changed."""
    if refused is Refused.ACTIVE:
        return Problem("syncActive", 409, extra={"tenant": tenant.id, "sync": tenant.active_sync})
    return Problem("directoryFixed", 409) if refused is Refused.FIXED else Problem("preconditionFailed", 412)
