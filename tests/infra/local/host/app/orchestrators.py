"""Orchestrators: the shapes of work that the host must carry through."""

# ruff: noqa: BLE001 - the SDK raises plain exceptions

import os
from datetime import timedelta

import azure.durable_functions as df
from activities import wait_at

from functions.orchestrators.waiting import Waiter

orchestrators = df.Blueprint()


def orchestrator(function):
    """Registers an orchestrator under its own name."""
    return orchestrators.orchestration_trigger(context_name="context")(function)


def after(context, **span):
    return context.current_utc_datetime + timedelta(**span)


@orchestrator
def echo(context):
    return {"input": context.get_input(), "instance": context.instance_id, "version": context.version}


@orchestrator
def chain(context):
    greeting = yield context.call_activity("greet", "Ann")
    nested = yield context.call_activity("greet_async", {"name": greeting})
    empty = yield context.call_activity("nothing", None)
    renamed = yield context.call_activity("Renamed", "x")
    told = yield context.call_activity("with_context", "x")
    return [greeting, nested, empty, renamed, told]


@orchestrator
def delegates(context):
    return (yield context.call_activity("starts_another", "delegated"))


@orchestrator
def fan(context):
    results = yield context.task_all(
        [context.call_activity("double", n) for n in range(context.get_input()["n"])]
    )
    return sum(results)


@orchestrator
def nested_tasks(context):
    """Waits for (the first of two) and a third."""
    early = context.task_any(
        [context.call_activity("double", 1), context.create_timer(after(context, hours=1))]
    )
    both = yield context.task_all([early, context.call_activity("double", 2)])
    return [type(both[0]).__name__, both[1]]


@orchestrator
def first_failure(context):
    """Goes on at the first failure of a task_all; the host waits for the other part all the same."""
    try:
        yield context.task_all(
            [context.call_activity("boom", 1), context.create_timer(after(context, hours=2))]
        )
    except Exception as failed:
        return str(failed)


@orchestrator
def catches(context):
    try:
        yield context.call_activity("boom", "x")
    except Exception as failed:
        return str(failed)


@orchestrator
def raises(context):
    yield context.call_activity("double", 1)
    raise ValueError("orchestrator broke")


@orchestrator
def approval(context):
    """An event or a deadline, and the timer cancelled."""
    event = context.wait_for_external_event("Approval")
    timer = context.create_timer(after(context, hours=context.get_input()["hours"]))
    winner = yield context.task_any([event, timer])
    if winner == timer:
        return {"expired": True}
    timer.cancel()
    return {"by": event.result}


@orchestrator
def forgotten_timer(context):
    """Returns with a timer still running."""
    event = context.wait_for_external_event("Go")
    yield context.task_any([event, context.create_timer(after(context, hours=3))])
    return "done"


@orchestrator
def waits_thirty_days(context):
    """The product's own wait, which sets no timer longer than five days."""
    came = yield from Waiter(context, ["decision"]).until(after(context, days=30))
    if came is None:
        return {"applied": None}
    applied = yield context.call_activity("greet", came)
    return {"applied": applied, "at": context.current_utc_datetime.isoformat()}


@orchestrator
def one_long_timer(context):
    """What must not be done: an event against one timer of more than six days."""
    event = context.wait_for_external_event("decision")
    timer = context.create_timer(after(context, days=10))
    winner = yield context.task_any([event, timer])
    if winner == event:
        timer.cancel()
        return (yield context.call_activity("greet", "late"))
    return "expired"


@orchestrator
def sleeps(context):
    yield context.create_timer(after(context, seconds=context.get_input()["seconds"]))
    return context.current_utc_datetime.isoformat()


@orchestrator
def two_events(context):
    """Sleeps while events of one name come, then waits for them one after the other."""
    yield context.create_timer(after(context, hours=1))
    first = yield context.wait_for_external_event("E")
    second = yield context.wait_for_external_event("E")
    return [first, second]


@orchestrator
def ordered_events(context):
    """Waits at once, so that each event finds its wait."""
    first = yield context.wait_for_external_event("E")
    second = yield context.wait_for_external_event("E")
    return [first, second]


@orchestrator
def early_event(context):
    yield context.create_timer(after(context, hours=1))
    return (yield context.wait_for_external_event("Go"))


@orchestrator
def retried(context):
    asked = context.get_input()
    options = df.RetryOptions(asked["interval"], asked["attempts"])
    call = {"key": context.instance_id, "times": asked["failures"]}
    try:
        attempt = yield context.call_activity_with_retry("fails_first", options, call)
    except Exception as failed:
        attempt = str(failed)
    last = yield context.call_activity("double", 4)
    return {"attempt": attempt, "last": last}


@orchestrator
def retried_at_once(context):
    """Retries side by side, and work after an exhausted one: host and SDK must number alike."""
    options = df.RetryOptions(1000, 3)
    calls = [
        context.call_activity_with_retry(
            "fails_first", options, {"key": f"{context.instance_id}-{n}", "times": n}
        )
        for n in (1, 2)
    ]
    together = yield context.task_all([*calls, context.call_activity("double", 5)])
    try:
        yield context.call_activity_with_retry("boom", df.RetryOptions(1000, 2), "x")
    except Exception:
        together.append("exhausted")
    together.append((yield context.call_activity("double", 6)))
    return together


@orchestrator
def retried_child(context):
    options = df.RetryOptions(1000, 2)
    try:
        return (yield context.call_sub_orchestrator_with_retry("raises", options, None))
    except Exception as failed:
        return str(failed)


@orchestrator
def parent(context):
    asked = context.get_input()
    results = yield context.task_all(
        [
            context.call_sub_orchestrator("child", {"n": n}, **asked.get("options", {}))
            for n in range(asked["n"])
        ]
    )
    return results


@orchestrator
def child(context):
    doubled = yield context.call_activity("double", context.get_input()["n"])
    return {"doubled": doubled, "parent": context.parent_instance_id, "version": context.version}


@orchestrator
def parent_of_failing(context):
    try:
        yield context.call_sub_orchestrator("raises", None, "failing-child")
    except Exception as failed:
        return str(failed)


@orchestrator
def parent_of_waiting(context):
    try:
        return (yield context.call_sub_orchestrator("approval", {"hours": 100}, "waiting-child"))
    except Exception as failed:
        return str(failed)


@orchestrator
def parent_of_counting(context):
    return (yield context.call_sub_orchestrator("counts_down", {"n": 3}))


@orchestrator
def counts_down(context):
    left = context.get_input()["n"]
    yield context.call_activity("double", left)
    if left:
        context.continue_as_new({"n": left - 1})
        return None
    return "zero"


@orchestrator
def collects(context):
    """Takes one event per execution and carries the list on."""
    seen = context.get_input() or []
    event = yield context.wait_for_external_event("Item")
    seen.append(event)
    if len(seen) < 3:
        context.continue_as_new(seen)
        return None
    return seen


@orchestrator
def loses_buffered(context):
    """Continues as new while an event it never waited for is buffered."""
    if (context.get_input() or 0) == 0:
        yield context.create_timer(after(context, hours=1))
        context.continue_as_new(1)
        return None
    event = context.wait_for_external_event("Unawaited")
    timer = context.create_timer(after(context, hours=1))
    winner = yield context.task_any([event, timer])
    return "lost" if winner == timer else "kept"


@orchestrator
def reports(context):
    context.set_custom_status({"stage": "one"})
    yield context.wait_for_external_event("Next")
    context.set_custom_status({"stage": "two"})
    return "done"


@orchestrator
def reports_too_much(context):
    context.set_custom_status("x" * 9000)
    yield context.call_activity("double", 1)


@orchestrator
def holds(context):
    return (yield context.call_activity("held", context.get_input()["gate"]))


@orchestrator
def changed(context):
    """An orchestrator whose code changes while it runs, as SAMPLE_CODE says."""
    code = os.environ.get("SAMPLE_CODE", "first")
    if code == "other activity":
        yield context.call_activity("greet", "x")
    elif code == "timer instead":
        yield context.create_timer(after(context, hours=1))
    elif code == "child instead":
        yield context.call_sub_orchestrator("child", {"n": 1})
    elif code != "nothing":
        yield context.call_activity("double", 1)
    yield context.wait_for_external_event("Go")
    return "done"


@orchestrator
def asks_for(context):
    """Asks for what this host does not do, or for functions that are not there."""
    match context.get_input():
        case "http":
            yield context.call_http("GET", "http://127.0.0.1/")
        case "entity":
            yield context.call_entity(df.EntityId("counter", "a"), "get")
        case "activity":
            yield context.call_activity("not_there", None)
        case "child":
            yield context.call_sub_orchestrator("not_there", None)


@orchestrator
def recorded_steps(context):
    """A chain of recorded activities, for hosts that are killed."""
    asked = context.get_input()
    done = []
    for step in range(asked["steps"]):
        call = {"key": f"{context.instance_id}-{step}", "seconds": asked["seconds"]}
        done.append((yield context.call_activity("recorded", call)))
    return done


@orchestrator
def blocks(context):
    """Holds its thread, as bad code would, to see that the server goes on."""
    wait_at(context.get_input()["gate"])
    return "done"
