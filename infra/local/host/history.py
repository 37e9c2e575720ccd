"""The events of an orchestration's history, in the shape the Durable protocol gives them.

An event is a JSON object with `EventType` (a number), `EventId`, `IsPlayed`, `Timestamp` and fields of its
kind. The constructors here are the only place that builds one. Source of the shapes: DurableTask.Core's
History classes and what azure-functions-durable 1.7 reads of them.
"""

from enum import IntEnum
from typing import Any

from infra.local.host.clock import Instant

Event = dict[str, Any]


class EventType(IntEnum):
    """Kinds of history events that this host writes."""

    EXECUTION_STARTED = 0
    EXECUTION_COMPLETED = 1
    EXECUTION_TERMINATED = 3
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_CREATED = 7
    SUB_ORCHESTRATION_COMPLETED = 8
    SUB_ORCHESTRATION_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_RAISED = 15
    EXECUTION_SUSPENDED = 19
    EXECUTION_RESUMED = 20


COMPLETIONS = {EventType.TASK_COMPLETED, EventType.SUB_ORCHESTRATION_COMPLETED}
FAILURES = {EventType.TASK_FAILED, EventType.SUB_ORCHESTRATION_FAILED}


def kind_of(event: Event) -> EventType:
    """The kind of an event."""
    return EventType(event["EventType"])


def _event(kind: EventType, at: Instant, event_id: int = -1, **fields: Any) -> Event:
    return {"EventType": int(kind), "EventId": event_id, "IsPlayed": False, "Timestamp": at, **fields}


def orchestrator_started(at: Instant) -> Event:
    """An episode begins; its timestamp is the orchestrator's present."""
    return _event(EventType.ORCHESTRATOR_STARTED, at)


def orchestrator_completed(at: Instant) -> Event:
    """An episode ends."""
    return _event(EventType.ORCHESTRATOR_COMPLETED, at)


def execution_started(
    at: Instant,
    name: str,
    version: str,
    input_text: str | None,
    instance: str,
    execution: str,
    parent: str | None,
) -> Event:
    """The first event of an execution; `input_text` is JSON text, `parent` an instance id."""
    return _event(
        EventType.EXECUTION_STARTED,
        at,
        Name=name,
        Version=version,
        Input=input_text,
        Tags=None,
        OrchestrationInstance={"InstanceId": instance, "ExecutionId": execution},
        ParentInstance={"OrchestrationInstance": {"InstanceId": parent}} if parent else None,
    )


def execution_completed(at: Instant, event_id: int, status: str, result: str | None) -> Event:
    """The last event of an execution; `result` is the JSON text of its output."""
    return _event(EventType.EXECUTION_COMPLETED, at, event_id, OrchestrationStatus=status, Result=result)


def execution_terminated(at: Instant, reason: str | None) -> Event:
    """A person or program ends the instance."""
    return _event(EventType.EXECUTION_TERMINATED, at, Input=reason)


def execution_suspended(at: Instant, reason: str | None) -> Event:
    """Completions are held back from here."""
    return _event(EventType.EXECUTION_SUSPENDED, at, Reason=reason)


def execution_resumed(at: Instant, reason: str | None) -> Event:
    """What was held back is delivered."""
    return _event(EventType.EXECUTION_RESUMED, at, Reason=reason)


def task_scheduled(at: Instant, task: int, name: str, input_text: str | None) -> Event:
    """An activity is called."""
    return _event(EventType.TASK_SCHEDULED, at, task, Name=name, Version="", Input=input_text)


def task_completed(at: Instant, task: int, result: str | None) -> Event:
    """An activity returned; `result` is JSON text."""
    return _event(EventType.TASK_COMPLETED, at, TaskScheduledId=task, Result=result)


def task_failed(at: Instant, task: int, reason: str, details: str | None) -> Event:
    """An activity raised."""
    return _event(EventType.TASK_FAILED, at, TaskScheduledId=task, Reason=reason, Details=details)


def sub_orchestration_created(
    at: Instant, task: int, name: str, instance: str, input_text: str | None
) -> Event:
    """A child orchestration is called."""
    return _event(
        EventType.SUB_ORCHESTRATION_CREATED,
        at,
        task,
        Name=name,
        Version="",
        InstanceId=instance,
        Input=input_text,
    )


def sub_orchestration_completed(at: Instant, task: int, result: str | None) -> Event:
    """A child ended well; `result` is JSON text."""
    return _event(EventType.SUB_ORCHESTRATION_COMPLETED, at, TaskScheduledId=task, Result=result)


def sub_orchestration_failed(at: Instant, task: int, reason: str) -> Event:
    """A child failed or was terminated."""
    return _event(EventType.SUB_ORCHESTRATION_FAILED, at, TaskScheduledId=task, Reason=reason, Details=None)


def timer_created(at: Instant, task: int, due: Instant) -> Event:
    """A timer is set."""
    return _event(EventType.TIMER_CREATED, at, task, FireAt=due)


def timer_fired(task: int, due: Instant) -> Event:
    """A timer rings; it carries the time it was set for."""
    return _event(EventType.TIMER_FIRED, due, TimerId=task, FireAt=due)


def event_raised(at: Instant, name: str, input_text: str | None) -> Event:
    """An external event arrives; `input_text` is JSON text."""
    return _event(EventType.EVENT_RAISED, at, Name=name, Input=input_text)
