"""A person does without a permission, or takes that back (product.md 3.3)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from shared.domain.sync import Actor
from shared.errors import Problem
from shared.names import PermissionId
from shared.steps.permissions import Desk, Standing, read, show
from shared.steps.tenant_findings import TenantFindings, change_findings
from shared.stores import AuditEntry, AuditLog


async def ignore_permission(desk: Desk, audit: AuditLog, permission: PermissionId, by: Actor) -> Standing:
    """Nobody is asked for it any more. Types that cannot do without it are left out, unless it is granted.

    Raises Problem `permissionNotFound`. Repeatable: done twice, the second changes nothing.
    """
    await _known(desk, permission)

    def ignored(held: TenantFindings) -> TenantFindings:
        return replace(held, ignored=held.ignored | {permission}, updated=held.updated - {permission})

    await audit.add(AuditEntry(desk.clock.now(), by, "permission.ignored", desk.tenant.id, detail=permission))
    return await show(desk, await asyncio.to_thread(change_findings, desk.findings, ignored))


async def restore_permission(desk: Desk, audit: AuditLog, permission: PermissionId, by: Actor) -> Standing:
    """It is asked for again. Raises Problem `permissionNotFound`. Repeatable as the other."""
    await _known(desk, permission)

    def restored(held: TenantFindings) -> TenantFindings:
        return replace(held, ignored=held.ignored - {permission})

    await audit.add(
        AuditEntry(desk.clock.now(), by, "permission.restored", desk.tenant.id, detail=permission)
    )
    return await show(desk, await asyncio.to_thread(change_findings, desk.findings, restored))


async def _known(desk: Desk, permission: PermissionId) -> None:
    stands = await read(desk)
    if permission in stands.findings.ignored:
        return
    if all(one.need.id != permission for one in stands.permissions):
        raise Problem(
            "permissionNotFound", 404, values={"tenant": desk.tenant.id, "permission": permission[:100]}
        )
