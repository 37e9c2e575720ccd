"""Work in the database: what is due, who has taken it, and what came of it.

Work is taken by a lease, a text that begins with the host's name, kept alive while the work runs. Work whose
lease has run out is anybody's; a host that starts again under the same name frees what it held before. Every
result is stored in one transaction, and only if the lease is still the one it was taken with.
"""

import json
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from infra.local.host import history as events
from infra.local.host.clock import NEVER, Clock, Instant, instant, later
from infra.local.host.database import Database
from infra.local.host.episode import Advance, Child
from infra.local.host.history import Event
from infra.local.host.instances import (
    Instance,
    InstanceExists,
    Parent,
    Start,
    Status,
    insert_instance,
    insert_message,
    read_history,
    read_instance,
)


@dataclass(frozen=True, slots=True)
class Episode:
    """An instance with something new, taken by this host."""

    lease: str
    instance: Instance
    past: list[Event]
    new: list[Event]
    messages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Activity:
    """A call of an activity, taken by this host; `input_text` is the JSON text of its argument."""

    id: int
    lease: str
    instance: str
    execution: str
    task: int
    name: str
    input_text: str | None


class WorkList:
    """Takes and ends work for one host.

    `lease_seconds` is how long silence is taken for death; `version` is that of children which are given
    none.
    """

    def __init__(
        self, database: Database, clock: Clock, host: str, lease_seconds: float, version: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._host = host
        self._lease_seconds = lease_seconds
        self._version = version

    def release_all(self) -> None:
        """Frees what this host held, in this life or an earlier one."""
        with self._database.writing() as db:
            for table in ("instances", "activities", "timers"):
                db.execute(
                    f"UPDATE {table} SET lease = NULL, lease_until = NULL WHERE lease LIKE ? || '#%'",  # noqa: S608
                    (self._host,),
                )

    def renew_all(self) -> None:
        """Keeps alive the episodes and activities that this host holds."""
        with self._database.writing() as db:
            for table in ("instances", "activities"):
                db.execute(
                    f"UPDATE {table} SET lease_until = ? WHERE lease LIKE ? || '#%'",  # noqa: S608
                    (self._lease_end(), self._host),
                )

    def next_due(self) -> Instant:
        """When the next message or activity comes due that nobody has taken; NEVER if there is none."""
        now = self._now()
        with self._database.reading() as db:
            found = db.execute(
                "SELECT min(due) FROM (SELECT min(due) AS due FROM messages WHERE due > ? "
                "UNION SELECT min(due) FROM activities WHERE due > ?)",
                (now, now),
            ).fetchone()[0]
        return Instant(found or NEVER)

    def anything_due(self) -> bool:
        """Whether a message or a call is due, taken or not."""
        return self._any_due("messages") or self._any_due("activities")

    # --- episodes -------------------------------------------------------------------------------------------

    def take_episodes(self, limit: int, accepts: Callable[[str], bool]) -> list[str]:
        """Takes instances with something new, oldest first; `accepts` is asked about their version."""
        taken: list[str] = []
        if limit <= 0 or not self._any_due("messages"):
            return taken
        with self._database.writing() as db:
            ready = db.execute(
                "SELECT m.instance, min(m.due), i.version "
                "FROM messages m LEFT JOIN instances i ON i.id = m.instance "
                "WHERE m.due <= :now AND (i.lease IS NULL OR i.lease_until < :now) "
                "GROUP BY m.instance ORDER BY 2",
                {"now": self._now()},
            ).fetchall()
            for instance, _, version in ready:
                if version is None:
                    db.execute("DELETE FROM messages WHERE instance = ?", (instance,))
                elif len(taken) < limit and accepts(version):
                    db.execute(
                        "UPDATE instances SET lease = ?, lease_until = ? WHERE id = ?",
                        (self._new_lease(), self._lease_end(), instance),
                    )
                    taken.append(instance)
        return taken

    def load_episode(self, instance_id: str) -> Episode | None:
        """What a taken instance needs for its episode; None if nothing is left to do: it is free again."""
        with self._database.writing() as db:
            instance = read_instance(db, instance_id)
            if instance is None:
                return None
            rows = db.execute(
                "SELECT id, execution, event FROM messages WHERE instance = ? AND due <= ? ORDER BY due, id",
                (instance_id, self._now()),
            ).fetchall()
            new = [
                json.loads(event) for _, execution, event in rows if execution in (None, instance.execution)
            ]
            if instance.status.ended or not new:
                db.executemany("DELETE FROM messages WHERE id = ?", [(row[0],) for row in rows])
                _free(db, "instances", instance_id)
                return None
            lease = db.execute("SELECT lease FROM instances WHERE id = ?", (instance_id,)).fetchone()[0]
            past = read_history(db, instance_id)
            return Episode(lease, instance, past, new, tuple(row[0] for row in rows))

    def put_back(self, instance_id: str, seconds: float) -> None:
        """An episode could not be played; nobody takes the instance for a while."""
        with self._database.writing() as db:
            db.execute(
                "UPDATE instances SET lease = ?, lease_until = ? WHERE id = ?",
                (f"put back by {self._host}", later(self._now(), seconds), instance_id),
            )

    def store_episode(self, episode: Episode, result: Advance, delay: Callable[[], float]) -> bool:
        """Stores all that an episode led to; False if the lease was lost meanwhile, and then nothing is
        stored.

        `delay` gives the seconds by which each start and call comes late (0 unless faults are asked for).
        """
        instance, now = episode.instance, self._now()
        with self._database.writing() as db:
            held = db.execute("SELECT lease FROM instances WHERE id = ?", (instance.id,)).fetchone()
            if held is None or held[0] != episode.lease:
                return False
            db.executemany("DELETE FROM messages WHERE id = ?", [(message,) for message in episode.messages])
            db.executemany(
                "INSERT INTO history (instance, position, event) VALUES (?, ?, ?)",
                [(instance.id, n, json.dumps(e)) for n, e in enumerate(result.events, len(episode.past))],
            )
            db.execute(
                "UPDATE instances SET status = ?, output = ?, custom_status = coalesce(?, custom_status), "
                "updated = ?, lease = NULL, lease_until = NULL WHERE id = ?",
                (result.status, result.output_text, result.custom_status_text, now, instance.id),
            )
            _schedule(db, instance, result, now, delay)
            for child in result.children:
                _start_child(db, instance, child, self._version, later(now, delay()))
            if result.continued:
                _start_over(db, instance, result, now)
            elif result.status.ended:
                _end(db, instance, result, now)
        return True

    # --- activities -----------------------------------------------------------------------------------------

    def take_activities(self, limit: int) -> list[Activity]:
        """Calls that are due and not taken, or whose host has died, now leased; oldest first."""
        if limit <= 0 or not self._any_due("activities"):
            return []
        with self._database.writing() as db:
            rows = db.execute(
                "SELECT id, instance, execution, task, name, input FROM activities "
                "WHERE due <= :now AND (lease IS NULL OR lease_until < :now) ORDER BY due, id LIMIT :limit",
                {"now": self._now(), "limit": limit},
            ).fetchall()
            taken = [Activity(row[0], self._new_lease(), *row[1:]) for row in rows]
            db.executemany(
                "UPDATE activities SET lease = ?, lease_until = ? WHERE id = ?",
                [(activity.lease, self._lease_end(), activity.id) for activity in taken],
            )
        return taken

    def store_activity(self, activity: Activity, end: Event, delay: float) -> None:
        """Reports how a call ended. The first report counts: one delivered twice is reported once."""
        with self._database.writing() as db:
            same_call = (activity.instance, activity.execution, activity.task)
            deleted = db.execute(
                "DELETE FROM activities WHERE instance = ? AND execution = ? AND task = ?", same_call
            )
            if deleted.rowcount > 0:
                insert_message(db, activity.instance, activity.execution, end, later(self._now(), delay))

    def put_back_activity(self, activity: Activity, seconds: float) -> None:
        """A call could not be brought to an end here; anybody may take it after a while."""
        with self._database.writing() as db:
            db.execute(
                "UPDATE activities SET lease = ?, lease_until = ? WHERE id = ? AND lease = ?",
                (f"put back by {self._host}", later(self._now(), seconds), activity.id, activity.lease),
            )

    # --- leases ---------------------------------------------------------------------------------------------

    def _any_due(self, table: str) -> bool:
        """Looks without taking the write lock, because nothing is due most of the time."""
        with self._database.reading() as db:
            sql = f"SELECT 1 FROM {table} WHERE due <= ? LIMIT 1"  # noqa: S608 - the names are in this module
            return db.execute(sql, (self._now(),)).fetchone() is not None

    def _now(self) -> Instant:
        return instant(self._clock.now())

    def _new_lease(self) -> str:
        return f"{self._host}#{uuid.uuid4().hex}"

    def _lease_end(self) -> Instant:
        return later(self._now(), self._lease_seconds)


def _free(db: sqlite3.Connection, table: str, key: str) -> None:
    db.execute(f"UPDATE {table} SET lease = NULL, lease_until = NULL WHERE id = ?", (key,))  # noqa: S608


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
    insert_message(db, instance.id, execution, first, now)
    for event in result.carried_over:
        insert_message(db, instance.id, execution, event, now)


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
