"""Writes down what an episode led to, within the transaction that ends it."""

import json
import sqlite3
import uuid
from collections.abc import Callable

from infra.local.host import history as events
from infra.local.host.clock import EVER, Instant, later
from infra.local.host.episode import Advance, Child
from infra.local.host.instances import (
    Instance,
    InstanceExists,
    Parent,
    Start,
    Status,
    insert_instance,
    insert_message,
)


def store_outcome(
    db: sqlite3.Connection,
    instance: Instance,
    past: int,
    result: Advance,
    version: str,
    now: Instant,
    delay: Callable[[], float],
) -> None:
    """Stores all of it and frees the instance.

    `past` is how many events the history holds already, `version` that of children which are given none,
    `delay` by how many seconds each start and call comes late (0 unless faults are asked for).
    """
    db.executemany(
        "INSERT INTO history (instance, position, event) VALUES (?, ?, ?)",
        [(instance.id, position, json.dumps(event)) for position, event in enumerate(result.events, past)],
    )
    db.execute(
        "UPDATE instances SET status = ?, output = ?, custom_status = coalesce(?, custom_status), "
        "updated = ?, lease = NULL, lease_until = NULL WHERE id = ?",
        (result.status, result.output_text, result.custom_status_text, now, instance.id),
    )
    _schedule(db, instance, result, now, delay)
    for child in result.children:
        _start_child(db, instance, child, version, later(now, delay()))
    if result.continued:
        _start_over(db, instance, result, now)
    elif result.status.ended:
        _end(db, instance, result, now)


def _schedule(
    db: sqlite3.Connection, instance: Instance, result: Advance, now: Instant, delay: Callable[[], float]
) -> None:
    for task, timer in result.timers.items():
        insert_message(db, instance.id, instance.execution, events.timer_fired(task, timer.due), timer.due)
    for task, call in result.activities.items():
        db.execute(
            "INSERT INTO activities (instance, execution, task, name, input, due) VALUES (?, ?, ?, ?, ?, ?)",
            (instance.id, instance.execution, task, call.name, call.input_text, later(now, delay())),
        )


def _start_child(
    db: sqlite3.Connection, instance: Instance, child: Child, version: str, due: Instant
) -> None:
    parent = Parent(instance.id, instance.execution, child.task)
    input_text = None if child.call.input_text is None else json.dumps(child.call.input_text)
    version = child.call.version or version
    try:
        insert_instance(db, Start(child.call.name, version, input_text, due, child.instance, parent), due)
    except (InstanceExists, ValueError) as refused:
        failed = events.sub_orchestration_failed(due, child.task, str(refused))
        insert_message(db, instance.id, instance.execution, failed, due)


def _start_over(db: sqlite3.Connection, instance: Instance, result: Advance, now: Instant) -> None:
    """Continue as new: a new execution with an empty history; the same parent waits for it."""
    execution = uuid.uuid4().hex
    db.execute("DELETE FROM history WHERE instance = ?", (instance.id,))
    db.execute("DELETE FROM activities WHERE instance = ?", (instance.id,))
    db.execute("DELETE FROM messages WHERE instance = ? AND execution = ?", (instance.id, instance.execution))
    db.execute(
        "UPDATE instances SET execution = ?, input = ?, created = ? WHERE id = ?",
        (execution, result.continue_with, now, instance.id),
    )
    parent = instance.parent.instance if instance.parent else None
    first = events.execution_started(
        now, instance.name, instance.version, result.continue_with, instance.id, execution, parent
    )
    # EVER puts these before whatever has arrived meanwhile.
    for event in (first, *result.carried_over):
        insert_message(db, instance.id, execution, event, EVER)


def _end(db: sqlite3.Connection, instance: Instance, result: Advance, now: Instant) -> None:
    """The instance is over: nothing more reaches it, its caller is told, running activities run on."""
    db.execute("DELETE FROM messages WHERE instance = ?", (instance.id,))
    db.execute("DELETE FROM activities WHERE instance = ? AND lease IS NULL", (instance.id,))
    if instance.parent is None:
        return
    task = instance.parent.task
    if result.status is Status.COMPLETED:
        told = events.sub_orchestration_completed(now, task, result.output_text)
    else:
        told = events.sub_orchestration_failed(
            now, task, result.error or json.loads(result.output_text or '""')
        )
    insert_message(db, instance.parent.instance, instance.parent.execution, told, now)
