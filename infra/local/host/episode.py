"""One episode of an orchestration: from its history and what arrived since, to what happens next.

Pure but for the call of the orchestrator: `advance` reads and writes nothing, so that the whole outcome of an
episode can be stored in one transaction.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from infra.local.host import history as events
from infra.local.host.actions import Action, CallActivity, CallChild, SetTimer, UnsupportedAction, read_action
from infra.local.host.clock import Instant
from infra.local.host.functions import Functions
from infra.local.host.history import Event, EventType, kind_of
from infra.local.host.instances import Instance, Status
from infra.local.host.replay import NonDeterministicOrchestration, Outcome, replay
from infra.local.host.worker import FunctionFailed

OUT_OF_PROCESS_DATA = "\n\n$OutOfProcData$:"
CUSTOM_STATUS_LIMIT = 16 * 1024

Orchestrate = Callable[[str], str]
"""Calls the orchestrator with the trigger's JSON; returns its JSON or raises FunctionFailed."""


@dataclass(frozen=True, slots=True)
class Child:
    """A sub-orchestration to start, and the number its end is reported under."""

    task: int
    call: CallChild
    instance: str


@dataclass(slots=True)
class Advance:
    """What an episode leads to: `error` if it failed; if `continued`, a new execution on `continue_with`."""

    status: Status = Status.RUNNING
    output_text: str | None = None
    error: str | None = None
    custom_status_text: str | None = None
    events: list[Event] = field(default_factory=list)
    activities: dict[int, CallActivity] = field(default_factory=dict)
    timers: dict[int, SetTimer] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)
    continued: bool = False
    continue_with: str | None = None
    carried_over: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the SDK said: whether the orchestrator is done, its output or error, all its actions."""

    done: bool
    actions: Sequence[Action]
    output_text: str | None
    error: str | None
    custom_status_text: str | None


def advance(
    instance: Instance,
    past: Sequence[Event],
    new: Sequence[Event],
    now: Instant,
    functions: Functions,
    call: Orchestrate,
) -> Advance:
    """Plays the instance's next episode. `call` runs its orchestrator."""
    result = Advance(events=[events.orchestrator_started(now), *new])
    terminated = next((event for event in new if kind_of(event) is EventType.EXECUTION_TERMINATED), None)
    if terminated is not None:
        _end(result, Status.TERMINATED, _json_or_none(terminated["Input"]), now)
        return result
    history = [*({**event, "IsPlayed": True} for event in past), *result.events]
    try:
        answer = _read_answer(instance, call(_trigger_json(instance, history, replaying=bool(past))))
        outcome = replay(answer.actions, history, functions)
    except (NonDeterministicOrchestration, FunctionFailed, UnsupportedAction) as refused:
        text = str(refused)
        if not isinstance(refused, NonDeterministicOrchestration):
            text = f"Orchestrator function '{instance.name}' failed: {text}"
        _fail(result, text, now)
        return result
    _conclude(result, instance, answer, outcome, now)
    return result


def orchestrator_json(answer: FunctionFailed) -> str:
    """The answer inside the exception that the SDK raises for a failed orchestrator; re-raises any other."""
    _, marker, data = answer.message.partition(OUT_OF_PROCESS_DATA)
    if not marker:
        raise answer
    return data


def _trigger_json(instance: Instance, history: Sequence[Event], *, replaying: bool) -> str:
    started = next(event for event in history if kind_of(event) is EventType.EXECUTION_STARTED)
    return json.dumps(
        {
            "history": history,
            "input": json.loads(started["Input"]) if started["Input"] is not None else None,
            "instanceId": instance.id,
            "isReplaying": replaying,
            "parentInstanceId": instance.parent.instance if instance.parent else None,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 2,
            "longRunningTimerIntervalDuration": "3.00:00:00",
            "maximumShortTimerDuration": "6.00:00:00",
            "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
        }
    )


def _read_answer(instance: Instance, text: str) -> _Answer:
    data = json.loads(text)
    if data.get("schemaVersion") != 2:
        raise UnsupportedAction(
            f"{instance.name} answered in schema {data.get('schemaVersion')}; the local host reads schema 2, "
            "which azure-functions-durable 1.x writes."
        )
    status = data.get("customStatus")
    return _Answer(
        done=bool(data["isDone"]),
        actions=[read_action(action) for action in data["actions"][0]],
        output_text=_json_or_none(data.get("output")),
        error=data.get("error"),
        custom_status_text=_json_or_none(status),
    )


def _conclude(result: Advance, instance: Instance, answer: _Answer, outcome: Outcome, now: Instant) -> None:
    result.custom_status_text = answer.custom_status_text
    if len((answer.custom_status_text or "").encode("utf-16-le")) > CUSTOM_STATUS_LIMIT:
        result.custom_status_text = None
        _fail(result, "The UTF-16 size of the JSON-serialized payload must not exceed 16 KB.", now)
        return
    error = outcome.error or answer.error
    if outcome.suspended:
        result.status = Status.SUSPENDED
    elif outcome.finished and error:
        _fail(result, f"Orchestrator function '{instance.name}' failed: {error}", now)
        return
    elif outcome.finished and answer.done:
        if outcome.continue_as_new is None:
            _end(result, Status.COMPLETED, answer.output_text, now)
        else:
            result.continued = True
            result.continue_with = _json_or_none(outcome.continue_as_new.input_text)
            result.carried_over = outcome.carried_over
        return
    _schedule(result, instance, outcome, now)


def _schedule(result: Advance, instance: Instance, outcome: Outcome, now: Instant) -> None:
    for number, work in sorted(outcome.new_work.items()):
        match work:
            case CallActivity():
                result.activities[number] = work
                result.events.append(events.task_scheduled(now, number, work.name, work.input_text))
            case SetTimer():
                result.timers[number] = work
                result.events.append(events.timer_created(now, number, work.due))
            case CallChild():
                child = Child(number, work, work.instance or f"{instance.execution}:{number}")
                result.children.append(child)
                input_text = _json_or_none(work.input_text)
                result.events.append(
                    events.sub_orchestration_created(now, number, work.name, child.instance, input_text)
                )
    result.events.append(events.orchestrator_completed(now))


def _fail(result: Advance, error: str, now: Instant) -> None:
    result.error = error
    _end(result, Status.FAILED, json.dumps(error), now)


def _end(result: Advance, status: Status, output_text: str | None, now: Instant) -> None:
    result.status, result.output_text = status, output_text
    result.events.append(events.execution_completed(now, -1, status, output_text))
    result.events.append(events.orchestrator_completed(now))


def _json_or_none(value: object) -> str | None:
    return None if value is None else json.dumps(value)
