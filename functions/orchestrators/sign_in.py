"""Waits for somebody to sign in, for a sync or ahead of any (product.md 3.2, mechanics.md 3).

    open ──► task_any: the activity that asks the provider │ the event of whoever settled it │ the deadline
         ──► how the sign-in was settled, and what that means for the sync

The row decides; the activity, the event and the deadline only say when to read it. What is shown to the
person lies sealed in a blob: history and custom status hold neither code nor link.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from azure.durable_functions import DurableOrchestrationContext

from functions.orchestrators.run import Ended, Run, Steps
from functions.orchestrators.waiting import DONE, Waiter
from shared.names import CLOSE_SIGN_IN, OPEN_SIGN_IN, POLL_SIGN_IN, sign_in_event


def sign_in(context: DurableOrchestrationContext) -> Steps:
    """Answers `{"end": verdict}` where the sync ends here, else `{"state"}`.

    Input: `{"tenant", "sync": the sync or the attempt, "number", "step", "limit"}`, and `deadline` where code
    and link are shown already, ahead of any sync.
    """
    run = Run(context)
    number = int(run.input["number"])
    try:
        opened = run.input if "deadline" in run.input else (yield from run.call(OPEN_SIGN_IN, number=number))
        if "deadline" not in opened:  # settled before anybody was asked
            return dict(opened)
        return (yield from _settled(run, number, dt.datetime.fromisoformat(opened["deadline"])))
    except Ended as end:
        return {"end": end.verdict}


def _settled(run: Run, number: int, deadline: dt.datetime) -> Steps:
    """Waits until the row stands."""
    waiter = Waiter(run.context, [sign_in_event(number)])
    poll = _poll(run, number, deadline)
    while True:
        came = yield from waiter.until(deadline, poll)
        if came is DONE and not isinstance(poll.result, Exception):
            answer: dict[str, Any] = dict(poll.result)
            if answer.get("done", True):
                return _checked(answer)
            poll = _poll(run, number, deadline)
        elif came is DONE:
            poll = None  # whoever signs in is still seen by a check, the browser's way, and the last look
        else:
            answer = yield from run.call(CLOSE_SIGN_IN, number=number, last=came is None)
            if answer.get("settled", True):
                return answer


def _poll(run: Run, number: int, deadline: dt.datetime) -> Any:
    return run.task(POLL_SIGN_IN, number=number, deadline=deadline.isoformat())


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if "end" in answer:
        raise Ended(answer["end"])
    return answer
