"""The host's state: one SQLite file under the data folder, which several hosts on one machine may share.

One connection and one lock per process: a transaction here is short, and SQLite lets one writer in at a time
anyway. With the write-ahead log a process may be killed at any point; what was committed stands, the rest
never happened.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_SCHEMA = """
CREATE TABLE IF NOT EXISTS instances (
    id TEXT PRIMARY KEY,
    execution TEXT NOT NULL,       -- changes when an instance is replaced or continues as new
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    input TEXT,                    -- JSON text, as are output and custom_status
    output TEXT,
    custom_status TEXT,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    parent TEXT,                   -- the instance, execution and task number that wait for this one
    parent_execution TEXT,
    parent_task INTEGER,
    lease TEXT,                    -- the host and claim that run an episode of it now
    lease_until TEXT
);
CREATE INDEX IF NOT EXISTS instances_by_age ON instances (created, id);
CREATE INDEX IF NOT EXISTS instances_by_lease ON instances (lease) WHERE lease IS NOT NULL;
CREATE TABLE IF NOT EXISTS history (
    instance TEXT NOT NULL,
    position INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (instance, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (  -- events on their way to an instance; a timer is due later
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    instance TEXT NOT NULL,
    execution TEXT,                -- only for that execution; NULL: for whichever runs
    due TEXT NOT NULL,
    event TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_by_due ON messages (due);
CREATE INDEX IF NOT EXISTS messages_by_instance ON messages (instance, due);
CREATE TABLE IF NOT EXISTS activities (  -- calls that have not ended
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    instance TEXT NOT NULL,
    execution TEXT NOT NULL,
    task INTEGER NOT NULL,
    name TEXT NOT NULL,
    input TEXT,
    due TEXT NOT NULL,
    lease TEXT,
    lease_until TEXT
);
CREATE INDEX IF NOT EXISTS activities_by_due ON activities (due);
CREATE INDEX IF NOT EXISTS activities_by_task ON activities (instance, execution, task);
CREATE TABLE IF NOT EXISTS echoes (      -- calls to be delivered a second time (`faults`), by any host
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    instance TEXT NOT NULL,
    execution TEXT NOT NULL,
    task INTEGER NOT NULL,
    name TEXT NOT NULL,
    input TEXT,
    due TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS timers (      -- schedules of timer-triggered functions
    name TEXT PRIMARY KEY,
    schedule TEXT NOT NULL,
    last TEXT,
    next TEXT NOT NULL,
    updated TEXT NOT NULL,
    lease TEXT,
    lease_until TEXT
);
"""


class DiskFault(sqlite3.OperationalError):
    """The disk did not take a write. What was committed before stands."""


_ROOM: Final = "the disk is full or fails: make room on it, and what was accepted goes on by itself"
_OF_THE_DISK: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


class Database:
    """One process's way into the file; every use is a transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees and changes the state alone: all of it, or none. Raises DiskFault."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.OperationalError as fault:
                # The lower byte is the primary code (sqlite.org/rescode.html).
                if getattr(fault, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK:
                    raise DiskFault(f"writing the host's state: {fault}; {_ROOM}") from fault
                raise
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Reads of one moment: nothing changes between them."""
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._connection.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()
