"""What the granted permissions allow this sync to read and write (product.md 3.3)."""

from __future__ import annotations

import asyncio

from shared.domain.scope import Granted, Scope, scope
from shared.domain.sync import SyncError
from shared.steps import blobs
from shared.steps.authenticate import signed_in
from shared.steps.log import Event
from shared.steps.work import Work


async def check_permissions(work: Work) -> Scope | SyncError:
    """Compares the roles in the app's token with what the included types need, and keeps the scope.

    An error ends the sync: no token was given, or nothing at all could be read. Repeatable: the scope's blob
    is written over.
    """
    granted = await signed_in(work, work.tokens.roles)
    if isinstance(granted, SyncError):
        return granted
    found = scope(work.catalog, work.tenant.settings, work.sync.options.types, Granted(granted))
    await asyncio.to_thread(work.artifacts.put, blobs.SCOPE, blobs.dump_scope(found))
    missing = sorted({name for names in found.write_missing.values() for name in names})
    work.log.note(Event.PERMISSIONS_CHECKED, types=len(found.types), missing=", ".join(missing))
    lacking = [one for one in found.not_read if one.counted]
    if found.buckets or not lacking:
        return found
    return SyncError(
        code="nothingReadable",
        message=f"Nothing of {work.tenant.display_name} can be read: its types' permissions are not granted.",
        operation=f"checking the permissions of {work.tenant.id}",
        detail="; ".join(one.detail for one in lacking)[:8_000],
    )
