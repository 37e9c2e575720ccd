"""Brings this process's token up to what the check of permissions saw (product.md 3.3)."""

from __future__ import annotations

import asyncio

from shared.errors import SignInFailed
from shared.steps.tenant_findings import load_findings
from shared.steps.work import Work


async def catch_up(work: Work) -> None:
    """Each process keeps a token of its own for up to an hour, and the check may have run in another: a token
    that lacks what the checked one carried is got anew, or what was just granted would be refused here.

    Repeatable. A sign-in that fails is left to whoever needs the token.
    """
    seen = (await asyncio.to_thread(load_findings, work.findings)).seen
    if seen is None:
        return
    try:
        roles = await asyncio.to_thread(work.tokens.roles)
    except SignInFailed:
        return
    if not seen.roles <= roles:
        work.tokens.drop()
