"""The timer that gives each tenant its turn of the day, and looks for grants that are on their way."""

from __future__ import annotations

import azure.durable_functions as df
import azure.functions as func

from functions.triggers.needs import current
from shared.names import TAKE_TURNS
from shared.steps.take_turns import Turns

daily = df.Blueprint()


async def take_turns(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the binding
    """Every minute; a tenant's turn is at a minute of its own."""
    services = current()
    turns = Turns(
        status=services.status,
        clock=services.clock,
        look=services.permission_look,
        caches=services.token_caches,
        user=services.user_tokens,
        callbacks=services.callbacks,
    )
    await turns.run()


daily.function_name(TAKE_TURNS)(daily.timer_trigger(arg_name="timer", schedule="30 * * * * *")(take_turns))
