"""Where a person's browser comes back to after signing in (`response_mode=form_post`)."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qsl

import azure.durable_functions as df

from functions.triggers.answers import Answer
from functions.triggers.call import Call
from functions.triggers.endpoint import Traits, endpoint
from functions.triggers.waking import wake
from shared.domain.sign_in import SignInResult, SignInState
from shared.errors import SignInFailed
from shared.names import SyncId, sign_in_event, sign_in_instance
from shared.steps.sign_in import redeem
from shared.steps.sign_in_again import come_again
from shared.steps.sign_in_flow import PURPOSE, Flow
from shared.stores import Expected
from shared.wire.short_page import POLICY
from shared.wire.sign_in import notice_text
from shared.wire.sign_in_html import page

callback_sign_in = df.Blueprint()

LARGEST = 64 * 1024
STATUS = {"signedIn": 200, "wrongAccount": 403, "declined": 403, "blocked": 403, "down": 503}
"""Of what a page says; 400 for anything else."""


@endpoint(callback_sign_in, "signInCallback", Traits(durable=True, loads=("catalog", "sealed")))
async def sign_in_callback(call: Call) -> Answer:
    """Redeems what the identity provider posted, and wakes whoever waits for it."""
    form = _form(call)
    state, now = form.get("state", ""), call.services.clock.now()
    expected = await call.services.callbacks.take(state, PURPOSE, now) if state else None
    if expected is None:
        return await _again(call, state, now)
    tenant = await call.services.status.tenant(expected.tenant)
    if tenant is None:
        return _page(call, "unknown")
    subject = SyncId(expected.subject)
    try:
        heard = await redeem(await call.services.attempt(tenant, subject, expected.number), form)
    except SignInFailed as failed:
        return await _failed(call, state, expected, failed)
    if isinstance(heard, SignInResult):
        number = expected.number
        await wake(call.durable, sign_in_instance(subject, number), sign_in_event(number))
    return _told(call, heard)


async def _again(call: Call, state: str, now: dt.datetime) -> Answer:
    """A state counts once. Who brings it again is shown a link that works, while somebody is waited for."""
    used = await call.services.callbacks.taken(state, PURPOSE, now) if state else None
    tenant = await call.services.status.tenant(used.tenant) if used else None
    if used is None or tenant is None:
        return _page(call, "unknown")
    attempt = await call.services.attempt(tenant, SyncId(used.subject), used.number)
    try:
        flow = await come_again(attempt, state)
    except SignInFailed as failed:
        return _page(call, "down" if failed.transient else "unknown")
    return _page(call, "unknown", link=flow.link.url if flow and flow.link else "")


async def _failed(call: Call, state: str, expected: Expected, failed: SignInFailed) -> Answer:
    """While the provider is down the same answer may be sent again: its state counts once more."""
    if failed.transient:
        await call.services.callbacks.expect(state, expected)
        return _page(call, "down")
    return _page(call, "refused", notice=failed.detail)


def _told(call: Call, heard: SignInResult | Flow | None) -> Answer:
    if heard is None:
        return _page(call, "expired")
    if isinstance(heard, Flow):
        link = heard.link.url if heard.link else ""
        if heard.notice is None:
            return _page(call, "unknown", link=link)
        return _page(call, "wrongAccount", notice=notice_text(heard.notice, call.language), link=link)
    if heard.state in (SignInState.SIGNED_IN, SignInState.DECLINED, SignInState.BLOCKED):
        return _page(call, heard.state.value, account=heard.account, notice=heard.detail)
    return _page(call, "expired")


def _form(call: Call) -> dict[str, str]:
    raw = call.request.get_body()
    if len(raw) > LARGEST:
        return {}
    try:
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50))
    except ValueError:  # more fields than any provider posts
        return {}


def _page(call: Call, kind: str, *, account: str = "", notice: str = "", link: str = "") -> Answer:
    shown = page(kind, call.language, account=account, notice=notice, link=link)
    headers = {"Content-Security-Policy": POLICY}
    return Answer(STATUS.get(kind, 400), shown.encode(), "text/html", headers)
