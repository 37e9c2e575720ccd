"""What a schedule comes to, before it is saved."""

from __future__ import annotations

import azure.durable_functions as df

from functions.triggers.answers import Answer, answer
from functions.triggers.bodies import fault
from functions.triggers.call import Call
from functions.triggers.endpoint import endpoint
from shared.domain import schedule
from shared.domain.settings import Schedule
from shared.errors import Problem
from shared.wire.times import time_text

schedules = df.Blueprint()
MOST = 100


@endpoint(schedules, "nextTimes")
async def next_times(call: Call) -> Answer:
    """The next times of a cron line, read in a time zone as a tenant's schedule reads it."""
    query = call.query
    cron, zone, count = query.text("cron"), query.text("timeZone"), query.number("count", 5, MOST)
    wanted = Schedule(True, cron or "", zone or "UTC")
    if wrong := schedule.faults(wanted):
        faults = [fault(name, name, call.language, reason=why) for name, why in wrong.items()]
        raise Problem("invalidSchedule", 422, errors=faults)
    times = schedule.upcoming(wanted, call.services.clock.now(), count)
    return answer({"value": [time_text(one) for one in times], "nextLink": None})
