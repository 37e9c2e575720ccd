"""A browser that comes back from signing in with a state that has come before."""

from __future__ import annotations

from shared.steps.sign_in import Attempt, fresh_link
from shared.steps.sign_in_flow import Flow


async def come_again(attempt: Attempt, state: str) -> Flow | None:
    """What to go on with while somebody is waited for: a flow whose link works.

    Where the flow still shows the link of this state, whoever took the state died before they redeemed what
    came with it: that link would never work again. None once the sign-in is settled. Repeatable: a link that
    has been replaced stays.
    """
    if await attempt.settled() is not None:
        return None
    flow = await attempt.flow()
    if flow is None or flow.link is None or flow.link.flow.get("state") != state:
        return flow
    onward = await fresh_link(attempt)
    return onward if isinstance(onward, Flow) else None
