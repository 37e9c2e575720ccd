"""What the granted permissions allow this sync to read and write (product.md 3.3)."""

from __future__ import annotations

import asyncio
import datetime as dt

from shared.domain.permissions import Permission
from shared.domain.scope import Granted, Scope, scope
from shared.domain.sign_in import user_types
from shared.domain.sync import SyncError
from shared.errors import SignInFailed
from shared.steps import blobs
from shared.steps.authenticate import signed_in
from shared.steps.log import Event
from shared.steps.permissions import NO_CONSENT, Desk, Look, Standing, check, keep, unknown
from shared.steps.work import Stop, Work

LOOKS = 30
"""How often a grant that has not reached the token is looked for, at most, while it is waited for."""
PAUSE = 10.0
"""Seconds between two looks, at most."""


async def check_permissions(work: Work) -> Scope | SyncError | Stop | None:
    """Compares what has been granted with what the tenant's types need, and keeps the scope of this sync.

    None: the slice is over, and something granted has not reached the token yet; to be called again. An
    error ends the sync: no token was given, or nothing at all could be read. Before a deploy the tokens are
    got anew, and nothing readable is no error: what cannot be written is skipped. Repeatable: the scope's
    blob is written over.
    """
    look, deploying = look_of(work), work.sync.decision is not None
    roles = await signed_in(work, work.tokens.roles)
    if isinstance(roles, SyncError):
        await note_refusal(work, roles)
        return roles
    found = await _patiently(work, look, fresh=deploying)
    if not isinstance(found, Standing):
        return found
    seen, findings = found.findings.seen, found.findings
    if seen is None:
        raise AssertionError("a look has been kept")
    scopes = None if work.user is None else seen.scopes
    coming = frozenset(findings.coming_since)
    granted = Granted(seen.roles, scopes, findings.ignored, coming)
    needing = user_types(work.catalog, findings.tried)
    result = scope(work.catalog, work.tenant.settings, work.sync.options.types, granted, needing)
    await asyncio.to_thread(work.artifacts.put, blobs.SCOPE, blobs.dump_scope(result))
    missing = sorted({name for names in result.write_missing.values() for name in names})
    work.log.note(Event.PERMISSIONS_CHECKED, types=len(result.types), missing=", ".join(missing))
    return result if deploying else _readable(work, result)


def look_of(work: Work) -> Look:
    """The look that this sync takes."""
    desk = Desk(work.tenant, work.catalog, work.status, work.findings, work.clock, work.propagation)
    return Look(desk, work.client_id, work.tokens, work.api, work.user, sleep=work.sleep)


async def note_refusal(work: Work, error: SyncError) -> None:
    """An app that the tenant does not know has been granted nothing: its row says that consent is missing."""
    if error.code == NO_CONSENT:
        await keep(look_of(work).desk, unknown(work.clock.now()), work.sync.id)


async def _patiently(work: Work, look: Look, *, fresh: bool) -> Standing | SyncError | Stop | None:
    """Looks until what is granted is in the token, as long as that is waited for."""
    patience = look.desk.patience
    while True:
        try:
            found = await check(look, work.sync.id, fresh=fresh)
        except SignInFailed as failed:
            return SyncError(
                code=failed.code,
                message=f"Signing in to {work.tenant.display_name} as the service principal was refused.",
                operation=f"checking the permissions of {work.tenant.id}",
                detail=failed.detail,
                request_id=failed.request_id,
            )
        coming = [one for one in found.coming(work.clock.now() - patience) if _wanted(work, one)]
        if not coming:
            return found
        if stop := await work.stop():
            return stop
        if work.slice_over():
            return None
        work.log.note(Event.PERMISSIONS_COMING, missing=", ".join(one.need.name for one in coming))
        await work.sleep(min(PAUSE, patience / LOOKS / dt.timedelta(seconds=1)))


def _wanted(work: Work, one: Permission) -> bool:
    """Whether this sync reads a type that needs the permission."""
    asked = work.sync.options.types
    return not asked or any(key in asked for key in one.need.types)


def _readable(work: Work, found: Scope) -> Scope | SyncError:
    lacking = [one for one in found.not_read if one.counted]
    if found.buckets or not lacking:
        return found
    return SyncError(
        code="nothingReadable",
        message=f"Nothing of {work.tenant.display_name} can be read: its types' permissions are not granted.",
        operation=f"checking the permissions of {work.tenant.id}",
        detail="; ".join(one.detail for one in lacking)[:8_000],
    )
