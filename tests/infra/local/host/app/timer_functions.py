"""Timer functions."""

import azure.functions as func
from activities import note

timer_functions = func.Blueprint()

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
