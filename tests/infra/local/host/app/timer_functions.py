"""Timer functions."""

import azure.durable_functions as df
import azure.functions as func
from activities import note

timer_functions = df.Blueprint()

RUNS: list[tuple[str, bool]] = []


def ran(name: str, timer: func.TimerRequest) -> None:
    RUNS.append((name, timer.past_due))
    note(f"{name} past_due={timer.past_due}")


@timer_functions.timer_trigger(arg_name="timer", schedule="0 10 12 * * *")
def daily(timer: func.TimerRequest) -> None:
    ran("daily", timer)


@timer_functions.timer_trigger(arg_name="timer", schedule="*/10 * * * * *")
async def often(timer: func.TimerRequest) -> None:
    ran("often", timer)


@timer_functions.timer_trigger(arg_name="timer", schedule="%SAMPLE_SCHEDULE%", run_on_startup=True)
def at_start(timer: func.TimerRequest) -> None:
    ran("at_start", timer)


@timer_functions.timer_trigger(arg_name="timer", schedule="0 30 * * * *", use_monitor=False)
def unmonitored(timer: func.TimerRequest) -> None:
    ran("unmonitored", timer)
    raise RuntimeError("a timer that fails keeps its schedule")


@timer_functions.timer_trigger(arg_name="timer", schedule="0 0 3 1 1 *")
@timer_functions.durable_client_input(client_name="client")
async def starting(timer: func.TimerRequest, client) -> None:
    ran("starting", timer)
    await client.start_new("echo", "by-timer", {"from": "a timer"})
