"""The consent link and its way back. Its `state` is good once and names the tenant; the same link is shown
until it is used, or a day before it is over.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from dataclasses import replace
from typing import Final

from shared.domain.consent import ConsentApp, admin_consent_url
from shared.names import TenantId
from shared.steps.permissions import Desk
from shared.steps.tenant_findings import ConsentState, TenantFindings, change_findings, load_findings
from shared.stores import Callbacks, Expected

PURPOSE: Final = "consent"
GOOD_FOR: Final = dt.timedelta(days=7)
"""The link may be sent to an administrator who has other things to do."""
RENEWED: Final = dt.timedelta(days=1)


async def consent_link(desk: Desk, callbacks: Callbacks, app: ConsentApp, redirect_uri: str) -> str:
    """The link to show. Repeatable: the state that is kept first is everybody's."""
    now = desk.clock.now()
    found = await asyncio.to_thread(load_findings, desk.findings)
    if _worn(found, now):
        fresh = ConsentState(f"{desk.tenant.id}.{secrets.token_urlsafe(32)}", now + GOOD_FOR)
        await callbacks.expect(fresh.value, Expected(PURPOSE, desk.tenant.id, fresh.until))
        found = await asyncio.to_thread(
            change_findings,
            desk.findings,
            lambda held: replace(held, consent=fresh) if _worn(held, now) else held,
        )
    if found.consent is None:
        raise AssertionError("a state has just been kept")
    return admin_consent_url(app, redirect_uri, found.consent.value)


def _worn(found: TenantFindings, now: dt.datetime) -> bool:
    return found.consent is None or found.consent.until - now < RENEWED


def tenant_in(state: str) -> TenantId:
    """The tenant that a state names; whether it is one of ours, only `take` can tell."""
    return TenantId(state.partition(".")[0])


async def came_back(desk: Desk, callbacks: Callbacks, state: str) -> bool:
    """Whether this state is waited for; the first time it comes. The next link has another."""

    def forgotten(held: TenantFindings) -> TenantFindings:
        used = held.consent is not None and held.consent.value == state
        return replace(held, consent=None) if used else held

    await asyncio.to_thread(change_findings, desk.findings, forgotten)
    expected = await callbacks.take(state, PURPOSE, desk.clock.now())
    return expected is not None and expected.tenant == desk.tenant.id
