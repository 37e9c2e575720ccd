"""Looks at what a tenant has granted, keeps it, and shows what is missing on the tenant's row (product.md
3.3). The same for a sync, the daily turn, a person who asks, and the consent link's callback.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeVar

from shared.domain.catalog import Catalog
from shared.domain.lifecycle import permissions_checked
from shared.domain.move import Decide, Ignored, Moved
from shared.domain.permissions import (
    Grants,
    Permission,
    PermissionKind,
    Seen,
    ever_needed,
    lacking,
    needs,
    permissions,
    propagating,
    required,
)
from shared.domain.sign_in import user_types
from shared.domain.sync import SyncRecord, TenantRecord
from shared.errors import ReadFailed, SignInFailed
from shared.names import PermissionId, SyncId
from shared.ports import Artifacts, Clock, StatusStore, TokenSource, UserTokens
from shared.steps.tenant_findings import TenantFindings, change_findings, load_findings

T = TypeVar("T")
PAUSE: Final = 2.0
"""Seconds before the provider, which is down, is asked a second time; doubled for each further one."""
NO_CONSENT: Final = "consentMissing"
ROUNDS: Final = 5
"""How often what others keep meanwhile is shown after what was found here."""


class Directory(Protocol):
    """What a tenant's directory says of our app."""

    async def grants(self, client_id: str) -> Grants:
        """What is granted for Graph. Raises ReadFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What the permissions of one tenant are kept with: its row and its findings."""

    tenant: TenantRecord
    catalog: Catalog
    status: StatusStore
    findings: Artifacts
    clock: Clock
    patience: dt.timedelta
    """For how long a grant that no token carries yet is waited for."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a tenant works with. `user` None: the tenant asks none to sign in."""

    desk: Desk
    client_id: str
    tokens: TokenSource
    directory: Directory
    user: UserTokens | None
    attempts: int = 5
    """How often the identity provider is asked while it is down."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Standing:
    """How a tenant's permissions stand: what is known, and each need by it."""

    findings: TenantFindings
    permissions: tuple[Permission, ...]

    def coming(self, since: dt.datetime) -> tuple[Permission, ...]:
        """What is on its way, and has not been for longer than since then. What is ignored is not waited
        for.
        """
        began = self.findings.coming_since
        return tuple(one for one in propagating(self.permissions) if began.get(one.need.id, since) >= since)


async def check(look: Look, sync: SyncId | None = None, *, fresh: bool = False) -> Standing:
    """Looks, keeps what was seen, and shows what is missing. `sync`: the one that asks. `fresh`: tokens are
    got anew, whatever they carry.

    An app that is unknown in the tenant has been granted nothing. Raises SignInFailed for anything else that
    keeps it out. Repeatable: what was seen is written over.
    """
    desk = look.desk
    try:
        seen = await _seen(look, fresh=fresh)
    except SignInFailed as failed:
        if failed.code != NO_CONSENT:
            raise
        seen = unknown(desk.clock.now())
    return await keep(desk, seen, sync)


def unknown(at: dt.datetime) -> Seen:
    """What is seen of a tenant that does not know the app: it has granted nothing."""
    nothing = frozenset[str]()
    return Seen(at, roles=nothing, granted=nothing, consented=nothing)


async def keep(desk: Desk, seen: Seen, sync: SyncId | None = None) -> Standing:
    """Keeps what was seen, and shows what is missing on the tenant's row."""
    found = await asyncio.to_thread(change_findings, desk.findings, lambda now: _after(desk, now, seen))
    return await show(desk, found, sync)


async def show(desk: Desk, found: TenantFindings, sync: SyncId | None = None) -> Standing:
    """Brings the tenant's row up to the findings. Nothing is missing before anybody has looked.

    By the settings that the row holds when it is written, and by the findings that are kept then: a check
    takes seconds, in which somebody may change either.
    """
    for _ in range(ROUNDS):
        if found.seen is not None:
            await desk.status.change(desk.tenant.id, sync, _shown(desk, found))
        kept = await asyncio.to_thread(load_findings, desk.findings)
        if kept == found:
            break
        found = kept
    return standing(desk, found)


def _shown(desk: Desk, found: TenantFindings) -> Decide[Ignored]:
    """What the row shows of these findings."""

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
        stands = standing(replace(desk, tenant=tenant), found).permissions
        at = desk.clock.now()
        began = [found.coming_since.get(one.need.id, at) for one in propagating(stands)]
        until = max(began) + desk.patience if began else None
        return permissions_checked(required(stands), at, until)(tenant, sync)

    return decide


async def restate(desk: Desk) -> Standing:
    """Brings the tenant's row up to settings that may need other permissions than before."""
    return await show(desk, await asyncio.to_thread(load_findings, desk.findings))


async def read(desk: Desk) -> Standing:
    """How the permissions stood when somebody looked last, by the settings as they are now."""
    return standing(desk, await asyncio.to_thread(load_findings, desk.findings))


def standing(desk: Desk, found: TenantFindings) -> Standing:
    """Each need of the tenant by these findings."""
    settings, needing = desk.tenant.settings, user_types(desk.catalog, found.tried)
    needed = needs(desk.catalog, settings, needing)
    updated = found.updated | _newly(desk.catalog, found)
    return Standing(found, permissions(needed, found.seen, found.ignored, updated))


def _newly(catalog: Catalog, found: TenantFindings) -> frozenset[PermissionId]:
    """What a catalog newer than the last check's needs and that one did not."""
    if found.catalog in ("", catalog.version):
        return frozenset()
    return ever_needed(catalog) - found.known


def _after(desk: Desk, now: TenantFindings, seen: Seen) -> TenantFindings:
    found = replace(
        now,
        seen=seen,
        updated=now.updated | _newly(desk.catalog, now),
        catalog=desk.catalog.version,
        known=ever_needed(desk.catalog),
        granted_at=seen.at if _changed(now.seen, seen) else now.granted_at,
    )
    stands = standing(desk, found).permissions
    since = {one.need.id: now.coming_since.get(one.need.id, seen.at) for one in propagating(stands)}
    marked = frozenset(one.need.id for one in stands if one.updated)
    return replace(found, coming_since=since, updated=marked)


def _changed(before: Seen | None, seen: Seen) -> bool:
    """Whether the app's own permissions are others than before, by its token or by the directory."""
    if before is None:
        return False
    listed = before.granted is not None and seen.granted is not None and before.granted != seen.granted
    return listed or before.roles != seen.roles


async def _seen(look: Look, *, fresh: bool) -> Seen:
    """The tokens and the directory, each asked; where they disagree, tokens are got anew."""
    if fresh:
        look.tokens.drop()
    roles = await _asked(look, look.tokens.roles)
    try:
        listed = await look.directory.grants(look.client_id)
    except ReadFailed:
        listed = None
    found = await asyncio.to_thread(load_findings, look.desk.findings)
    needing = user_types(look.desk.catalog, found.tried)
    needed = needs(look.desk.catalog, look.desk.tenant.settings, needing)
    by_app = [one.name for one in needed if one.kind is PermissionKind.APPLICATION]
    if listed is not None and not fresh and lacking(by_app, roles) != lacking(by_app, listed.application):
        look.tokens.drop()
        roles = await _asked(look, look.tokens.roles)
    by_user = [one.name for one in needed if one.kind is PermissionKind.DELEGATED]
    scopes = await _scopes(look, by_user, listed, fresh=fresh) if by_user else None
    if listed is None:
        return Seen(look.desk.clock.now(), roles, scopes)
    return Seen(look.desk.clock.now(), roles, scopes, listed.application, listed.delegated)


async def _scopes(
    look: Look, needed: Collection[str], listed: Grants | None, *, fresh: bool
) -> frozenset[str] | None:
    """Those of the signed-in user's token; None where nobody is signed in, or the provider stays down."""
    if look.user is None:
        return None
    try:
        if fresh:
            look.user.drop()
        scopes = await _asked(look, look.user.scopes)
        if listed is not None and not fresh and lacking(needed, scopes) != lacking(needed, listed.delegated):
            look.user.drop()
            scopes = await _asked(look, look.user.scopes)
    except SignInFailed:
        return None
    return scopes


async def _asked(look: Look, ask: Callable[[], T]) -> T:
    """What `ask` answers; asked again while the provider is down. Raises SignInFailed."""
    for attempt in range(look.attempts - 1):
        try:
            return await asyncio.to_thread(ask)
        except SignInFailed as failed:
            if not failed.transient:
                raise
        await look.sleep(PAUSE * 2**attempt)
    return await asyncio.to_thread(ask)
