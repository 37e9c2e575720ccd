"""Work in the database: what is due, who has taken it, and what came of it.

Work is taken by a lease, a text that begins with the host's name, kept alive while the work runs. Work whose
lease has run out is anybody's; a host that starts again under the same name frees what it held before. Every
result is stored in one transaction, and only if the lease is still the one it was taken with.
"""

import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from infra.local.host.clock import NEVER, Clock, Instant, instant, later
from infra.local.host.database import Database
from infra.local.host.episode import Advance
from infra.local.host.history import Event
from infra.local.host.instances import Instance, insert_message, read_history, read_instance
from infra.local.host.outcome import store_outcome


@dataclass(frozen=True, slots=True)
class Taken:
    """An instance, by its id, and the lease it was taken with."""

    instance: str
    lease: str


@dataclass(frozen=True, slots=True)
class Episode:
    """What an episode needs: the instance, its history, what is new, and the messages that brought it."""

    lease: str
    instance: Instance
    past: list[Event]
    new: list[Event]
    messages: list[int]


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

    def renew(self, leases: Iterable[str]) -> None:
        """Keeps these alive."""
        held, end = list(leases), self._lease_end()
        if not held:
            return
        with self._database.writing() as db:
            for table in ("instances", "activities"):
                sql = f"UPDATE {table} SET lease_until = ? WHERE lease = ?"  # noqa: S608 - the names are above
                db.executemany(sql, [(end, lease) for lease in held])

    def put_back(self, lease: str, seconds: float) -> None:
        """What was taken with this lease could not be done here; anybody may take it after a while."""
        until = later(self._now(), seconds)
        with self._database.writing() as db:
            for table in ("instances", "activities"):
                sql = f"UPDATE {table} SET lease = 'put back', lease_until = ? WHERE lease = ?"  # noqa: S608
                db.execute(sql, (until, lease))

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
        return any(self._any_due(table) for table in ("messages", "activities", "echoes"))

    # --- episodes -------------------------------------------------------------------------------------------

    def take_episodes(self, limit: int, accepts: Callable[[str], bool]) -> list[Taken]:
        """Takes instances with something new, oldest first; `accepts` is asked about their version."""
        taken: list[Taken] = []
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
                    taken.append(Taken(instance, self._new_lease()))
            end = self._lease_end()
            sql = "UPDATE instances SET lease = ?, lease_until = ? WHERE id = ?"
            db.executemany(sql, [(one.lease, end, one.instance) for one in taken])
        return taken

    def load_episode(self, taken: Taken) -> Episode | None:
        """What a taken instance needs for its episode; None if there is nothing to do: it is free again."""
        with self._database.writing() as db:
            instance = read_instance(db, taken.instance)
            if instance is None:
                return None
            rows = db.execute(
                "SELECT id, execution, event FROM messages WHERE instance = ? AND due <= ? ORDER BY due, id",
                (instance.id, self._now()),
            ).fetchall()
            messages = [row[0] for row in rows]
            new = [
                json.loads(event) for _, execution, event in rows if execution in (None, instance.execution)
            ]
            if instance.status.ended or not new:
                db.executemany("DELETE FROM messages WHERE id = ?", [(message,) for message in messages])
                sql = "UPDATE instances SET lease = NULL, lease_until = NULL WHERE lease = ?"
                db.execute(sql, (taken.lease,))
                return None
            return Episode(taken.lease, instance, read_history(db, instance.id), new, messages)

    def store_episode(self, episode: Episode, result: Advance, delay: Callable[[], float]) -> bool:
        """Stores all that an episode led to, or nothing if its lease was lost meanwhile: then False."""
        instance, now = episode.instance, self._now()
        with self._database.writing() as db:
            held = db.execute("SELECT lease FROM instances WHERE id = ?", (instance.id,)).fetchone()
            if held is None or held[0] != episode.lease:
                return False
            db.executemany("DELETE FROM messages WHERE id = ?", [(message,) for message in episode.messages])
            store_outcome(db, instance, len(episode.past), result, self._version, now, delay)
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

    def echo(self, activity: Activity, delay: float) -> None:
        """Has a call delivered once more after so many seconds, by whichever host comes first."""
        call = (activity.instance, activity.execution, activity.task, activity.name, activity.input_text)
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO echoes (instance, execution, task, name, input, due) VALUES (?, ?, ?, ?, ?, ?)",
                (*call, later(self._now(), delay)),
            )

    def take_echoes(self) -> list[Activity]:
        """Second deliveries that are due; a host that dies with one takes it with it."""
        if not self._any_due("echoes"):
            return []
        with self._database.writing() as db:
            rows = db.execute(
                "DELETE FROM echoes WHERE due <= ? RETURNING id, instance, execution, task, name, input",
                (self._now(),),
            ).fetchall()
        return [Activity(row[0], self._new_lease(), *row[1:]) for row in rows]

    def store_activity(self, activity: Activity, end: Event, delay: float) -> None:
        """Reports how a call ended. The first report counts: one delivered twice is reported once."""
        with self._database.writing() as db:
            same_call = (activity.instance, activity.execution, activity.task)
            deleted = db.execute(
                "DELETE FROM activities WHERE instance = ? AND execution = ? AND task = ?", same_call
            )
            if deleted.rowcount > 0:
                insert_message(db, activity.instance, activity.execution, end, later(self._now(), delay))

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
