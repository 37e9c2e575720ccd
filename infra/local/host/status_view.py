"""An instance as the management API shows it."""

import json
from collections.abc import Sequence
from typing import Any

from infra.local.host.history import COMPLETIONS, FAILURES, Event, EventType, kind_of
from infra.local.host.instances import Instance

_CREATED_BY = {
    EventType.TASK_COMPLETED: EventType.TASK_SCHEDULED,
    EventType.TASK_FAILED: EventType.TASK_SCHEDULED,
    EventType.SUB_ORCHESTRATION_COMPLETED: EventType.SUB_ORCHESTRATION_CREATED,
    EventType.SUB_ORCHESTRATION_FAILED: EventType.SUB_ORCHESTRATION_CREATED,
}
_NAMES = {
    EventType.EXECUTION_STARTED: "ExecutionStarted",
    EventType.EXECUTION_COMPLETED: "ExecutionCompleted",
    EventType.EXECUTION_TERMINATED: "ExecutionTerminated",
    EventType.TASK_SCHEDULED: "TaskScheduled",
    EventType.TASK_COMPLETED: "TaskCompleted",
    EventType.TASK_FAILED: "TaskFailed",
    EventType.SUB_ORCHESTRATION_CREATED: "SubOrchestrationInstanceCreated",
    EventType.SUB_ORCHESTRATION_COMPLETED: "SubOrchestrationInstanceCompleted",
    EventType.SUB_ORCHESTRATION_FAILED: "SubOrchestrationInstanceFailed",
    EventType.TIMER_CREATED: "TimerCreated",
    EventType.TIMER_FIRED: "TimerFired",
    EventType.EVENT_RAISED: "EventRaised",
    EventType.EXECUTION_SUSPENDED: "ExecutionSuspended",
    EventType.EXECUTION_RESUMED: "ExecutionResumed",
}
_DROPPED = ("EventId", "IsPlayed", "OrchestrationInstance", "ParentInstance", "Version", "Tags", "TimerId")


def status_view(
    instance: Instance, *, show_input: bool, history: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The status JSON; times to the second, as the real host gives them."""
    return {
        "name": instance.name,
        "instanceId": instance.id,
        "runtimeStatus": str(instance.status),
        "input": _value(instance.input_text) if show_input else None,
        "customStatus": _value(instance.custom_status_text),
        "output": _value(instance.output_text),
        "createdTime": instance.created[:19] + "Z",
        "lastUpdatedTime": instance.updated[:19] + "Z",
        "historyEvents": history,
    }


def history_view(history: Sequence[Event], *, show_input: bool, show_output: bool) -> list[dict[str, Any]]:
    """The history for people: episodes left out, each call merged into its end."""
    calls = {(kind_of(event), event["EventId"]): event for event in history}
    ended = {
        (_CREATED_BY[kind_of(event)], event["TaskScheduledId"])
        for event in history
        if kind_of(event) in COMPLETIONS | FAILURES
    }
    view = []
    for event in history:
        kind = kind_of(event)
        if kind not in _NAMES or (kind, event["EventId"]) in ended:
            continue
        shown = {
            "EventType": _NAMES[kind],
            **{k: v for k, v in event.items() if k not in (*_DROPPED, "EventType")},
        }
        if kind in _CREATED_BY:
            _merge(shown, calls.get((_CREATED_BY[kind], shown.pop("TaskScheduledId"))))
        if kind is EventType.EXECUTION_STARTED or kind in _CREATED_BY.values():
            shown["FunctionName"] = shown.pop("Name")
        view.append(_trimmed(shown, show_input=show_input, show_output=show_output))
    return view


def _merge(shown: dict[str, Any], call: Event | None) -> None:
    if call is not None:
        shown["ScheduledTime"] = call["Timestamp"]
        shown["FunctionName"] = call["Name"]
        shown["Input"] = call["Input"]


def _trimmed(shown: dict[str, Any], *, show_input: bool, show_output: bool) -> dict[str, Any]:
    if not show_input:
        shown.pop("Input", None)
    if not show_output:
        shown.pop("Result", None)
    elif "Result" in shown:
        shown["Result"] = _value(shown["Result"])
    return shown


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)
