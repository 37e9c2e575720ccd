"""The wait for somebody to sign in, as its orchestrator calls it.

Input: `{"tenant", "sync": the sync or the attempt ahead of any, "step", "number", …}`. Answer: one JSON
object: `{"deadline"}` where somebody is asked, `{"state"}` once the sign-in is settled, `{"end": verdict}`
where its sync ends by it. Neither code nor link is ever part of it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, assert_never

from azure.durable_functions import Blueprint

from shared import names
from shared.domain.sign_in import GoOn, SignInResult
from shared.steps.work import Stop

bp = Blueprint()

ENDS: Final = {GoOn.DEADLINE: "signInDeadline", GoOn.CANCELLED: "cancelled"}
"""By which verdict a settled sign-in ends its sync."""


async def open_sign_in(payload: dict) -> dict:  # type: ignore[type-arg]
    """Fetches a code and a link and shows the sync as waiting; answers until when."""
    from shared.services import services
    from shared.steps.sign_in_stage import Opened
    from shared.steps.sign_in_stage import open_sign_in as step

    async with services().work(payload) as work:
        attempt = await services().attempt(work.tenant, work.sync.id, payload["number"])
        opened = await step(work, attempt)
        match opened:
            case Opened(deadline):
                return {"deadline": deadline.isoformat()}
            case Stop():
                return {"end": {"kind": opened.value}}
            case SignInResult():
                return await _onward(payload, opened)
            case None:
                return {"done": False}
            case _:
                assert_never(opened)


async def poll_sign_in(payload: dict) -> dict:  # type: ignore[type-arg]
    """Asks the provider again and again, for one slice; answers how the sign-in was settled."""
    from shared.steps.sign_in_stage import watch

    one = await _watched(payload)
    result = await watch(one)
    return {"done": False} if result is None else await _onward(payload, result)


async def close_sign_in(payload: dict) -> dict:  # type: ignore[type-arg]
    """How the sign-in was settled; at its deadline (`last`) it is afterwards."""
    from shared.steps.sign_in_stage import shut

    result = await shut(await _watched(payload), last=payload["last"])
    return {"settled": False} if result is None else await _onward(payload, result)


async def _watched(payload: dict[str, Any]) -> Any:
    """The sign-in, and until when this activity may watch it: its deadline, or the end of its slice."""
    from shared.services import services
    from shared.steps.sign_in_stage import Watch

    tenant_id, subject = names.TenantId(payload["tenant"]), names.SyncId(payload["sync"])
    own = services()
    tenant = await own.status.tenant(tenant_id)
    if tenant is None:
        raise LookupError(f"waiting for a sign-in to {tenant_id}: there is no such tenant")
    slice_ends = own.clock.now() + dt.timedelta(seconds=own.settings.slice_seconds)
    deadline = payload.get("deadline")
    until = min(slice_ends, dt.datetime.fromisoformat(deadline)) if deadline else slice_ends
    attempt = await own.attempt(tenant, subject, payload["number"])
    is_sync = await own.status.sync(tenant_id, subject) is not None
    return Watch(attempt, until, subject if is_sync else None)


async def _onward(payload: dict[str, Any], result: SignInResult) -> dict[str, Any]:
    """What the settled sign-in means for the sync; nothing, ahead of any."""
    from shared.services import services
    from shared.steps.sign_in_stage import go_on

    tenant, sync = names.TenantId(payload["tenant"]), names.SyncId(payload["sync"])
    if await services().status.sync(tenant, sync) is None:
        return {"state": result.state.value}
    async with services().work(payload) as work:
        onward = await go_on(work, result)
        return {"end": {"kind": ENDS[onward]}} if onward in ENDS else {"state": result.state.value}


for name, function in {
    names.OPEN_SIGN_IN: open_sign_in,
    names.POLL_SIGN_IN: poll_sign_in,
    names.CLOSE_SIGN_IN: close_sign_in,
}.items():
    bp.function_name(name)(bp.activity_trigger(input_name="payload")(function))
