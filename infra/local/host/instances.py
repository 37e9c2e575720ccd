"""Orchestration instances: start, look at, send events to, and purge.

This is what a durable client can do. Running them is the engine's part.
"""

import json
import re
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from infra.local.host.clock import Clock, Instant, instant
from infra.local.host.database import Database
from infra.local.host.history import Event, execution_started


class Status(StrEnum):
    """Where an instance stands. A continue-as-new shows as Running here: it is one transaction."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    COMPLETED = "Completed"
    FAILED = "Failed"
    TERMINATED = "Terminated"

    @property
    def ended(self) -> bool:
        return self in {Status.COMPLETED, Status.FAILED, Status.TERMINATED}


class InvalidInstanceId(ValueError):
    """The id has characters that the real host refuses, or too many."""


class InstanceExists(Exception):
    """An instance of that id has not ended; only ended ones are replaced."""


@dataclass(frozen=True, slots=True)
class Parent:
    """Who waits for a child: the instance, its execution, and the number of the call."""

    instance: str
    execution: str
    task: int


@dataclass(frozen=True, slots=True)
class Instance:
    """One row; the texts are JSON."""

    id: str
    execution: str
    name: str
    version: str
    status: Status
    input_text: str | None
    output_text: str | None
    custom_status_text: str | None
    created: Instant
    updated: Instant
    parent: Parent | None


@dataclass(frozen=True, slots=True)
class Start:
    """What starts an instance; `due` is when its first episode may run."""

    name: str
    version: str
    input_text: str | None
    due: Instant
    instance: str | None = None
    parent: Parent | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """Which instances to list; `after` is the (created, id) of the last one of the page before."""

    created_from: Instant | None = None
    created_to: Instant | None = None
    statuses: Sequence[str] = ()
    prefix: str = ""
    after: tuple[str, str] = ("", "")
    limit: int = 100


_COLUMNS = (
    "id, execution, name, version, status, input, output, custom_status, created, updated, "
    "parent, parent_execution, parent_task"
)
_REFUSED_CHARACTERS = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f]")


class Instances:
    """The instances in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def start(self, start: Start) -> str:
        """Starts an instance, replacing an ended one of the same id; returns its id."""
        with self._database.writing() as db:
            return insert_instance(db, start, instant(self._clock.now()))

    def get(self, instance: str) -> Instance | None:
        with self._database.reading() as db:
            return read_instance(db, instance)

    def history(self, instance: str) -> list[Event]:
        with self._database.reading() as db:
            return read_history(db, instance)

    def list(self, query: Query) -> "list[Instance]":
        """The matching instances, oldest first, at most `limit`."""
        where, values = _conditions(query)
        sql = f"SELECT {_COLUMNS} FROM instances WHERE {where} ORDER BY created, id LIMIT ?"  # noqa: S608 - no input
        with self._database.reading() as db:
            return [_instance(row) for row in db.execute(sql, (*values, query.limit))]

    def send(self, instance: str, event: Event, due: Instant) -> None:
        """Puts an event on its way to an instance, whichever of its executions then runs.

        It does not arrive before the instance has started, however late that is.
        """
        with self._database.writing() as db:
            start = db.execute(
                "SELECT min(m.due) FROM messages m JOIN instances i ON i.id = m.instance "
                "WHERE i.id = ? AND i.status = ?",
                (instance, Status.PENDING),
            ).fetchone()[0]
            insert_message(db, instance, None, event, max(due, start or due))

    def purge(self, instances: Sequence[str]) -> int:
        """Deletes ended instances with all they have; returns how many there were."""
        purged = 0
        with self._database.writing() as db:
            for instance in instances:
                row = read_instance(db, instance)
                if row is not None and row.status.ended:
                    delete_instance(db, instance)
                    purged += 1
        return purged


def insert_instance(db: sqlite3.Connection, start: Start, now: Instant) -> str:
    """Within a transaction: starts an instance; raises InvalidInstanceId or InstanceExists."""
    instance = start.instance or uuid.uuid4().hex
    check_id(instance)
    old = read_instance(db, instance)
    if old is not None:
        if not old.status.ended:
            raise InstanceExists(f"An Orchestration instance with the status {old.status} already exists.")
        delete_instance(db, instance)
    execution = uuid.uuid4().hex
    parent = start.parent
    db.execute(
        "INSERT INTO instances (id, execution, name, version, status, input, created, updated, parent, "
        "parent_execution, parent_task) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (instance, execution, start.name, start.version, Status.PENDING, start.input_text, now, now)
        + ((parent.instance, parent.execution, parent.task) if parent else (None, None, None)),
    )
    first = execution_started(
        now,
        start.name,
        start.version,
        start.input_text,
        instance,
        execution,
        parent.instance if parent else None,
    )
    insert_message(db, instance, execution, first, start.due)
    return instance


def insert_message(
    db: sqlite3.Connection, instance: str, execution: str | None, event: Event, due: Instant
) -> None:
    """Within a transaction: puts an event on its way."""
    db.execute(
        "INSERT INTO messages (instance, execution, due, event) VALUES (?, ?, ?, ?)",
        (instance, execution, due, json.dumps(event)),
    )


def read_instance(db: sqlite3.Connection, instance: str) -> Instance | None:
    """Within a transaction: one instance."""
    row = db.execute(f"SELECT {_COLUMNS} FROM instances WHERE id = ?", (instance,)).fetchone()  # noqa: S608 - no input
    return _instance(row) if row else None


def read_history(db: sqlite3.Connection, instance: str) -> list[Event]:
    """Within a transaction: the events of the execution so far."""
    rows = db.execute("SELECT event FROM history WHERE instance = ? ORDER BY position", (instance,))
    return [json.loads(event) for (event,) in rows]


def delete_instance(db: sqlite3.Connection, instance: str) -> None:
    """Within a transaction: removes an instance and all that belongs to it."""
    db.execute("DELETE FROM instances WHERE id = ?", (instance,))
    for table in ("history", "messages", "activities"):
        db.execute(f"DELETE FROM {table} WHERE instance = ?", (instance,))  # noqa: S608 - the names are above


def check_id(instance: str) -> None:
    """Refuses the ids that the real host refuses."""
    if instance.startswith("@"):
        raise InvalidInstanceId("Orchestration instance ids must not start with @.")
    if _REFUSED_CHARACTERS.search(instance):
        raise InvalidInstanceId(
            "Orchestration instance ids must not contain /, \\, #, ?, or control characters."
        )
    if len(instance) > 256:
        raise InvalidInstanceId("Instance ID lengths must not exceed 256 characters.")


def _conditions(query: Query) -> tuple[str, list[str]]:
    where, values = ["(created, id) > (?, ?)"], list(query.after)
    if query.created_from:
        where.append("created >= ?")
        values.append(query.created_from)
    if query.created_to:
        where.append("created <= ?")
        values.append(query.created_to)
    if query.statuses:
        where.append(f"status IN ({', '.join('?' * len(query.statuses))})")
        values.extend(query.statuses)
    if query.prefix:
        where.append("substr(id, 1, length(?)) = ?")
        values.extend([query.prefix, query.prefix])
    return " AND ".join(where), values


def _instance(row: tuple[Any, ...]) -> Instance:
    parent = Parent(row[10], row[11], int(row[12])) if row[10] is not None else None
    return Instance(
        id=row[0],
        execution=row[1],
        name=row[2],
        version=row[3],
        status=Status(row[4]),
        input_text=row[5],
        output_text=row[6],
        custom_status_text=row[7],
        created=Instant(row[8]),
        updated=Instant(row[9]),
        parent=parent,
    )
