"""The journal of a deploy: what was about to be written, what was, and what became of each change.

It is written before every request and after every answer, under a lease, so that a run that dies is taken up
where it was and no create is made twice (mechanics.md 4). It is also the proof of the product's promise:
every write that reached the tenant stands here, under the approved plan's digest.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from shared.domain.item import Content
from shared.names import ChangeId, Digest, ObjectId


class State(Enum):
    """Where one change stands. The first five are under way, the others final.

    `CREATED`: the object of a create has its id, and may still lack parts. `HELD`: the tenant's own
    multi-admin approval holds its last request back. `RELEASED`: that request was approved, and is being
    repeated. `WRITTEN`: every request was answered well, and the read-back is waited for.
    """

    INTENT = "intent"
    CREATED = "created"
    HELD = "held"
    RELEASED = "released"
    WRITTEN = "written"
    APPLIED = "applied"
    FAILED = "failed"
    STALE = "stale"
    SKIPPED = "skipped"

    @property
    def final(self) -> bool:
        """Nothing more will be done for this change."""
        return self not in (State.INTENT, State.CREATED, State.HELD, State.RELEASED, State.WRITTEN)


@dataclass(frozen=True, slots=True)
class Write:
    """One request as sent: `body` is the SHA-256 of its canonical JSON (empty without a body), `done`:
    answered well.
    """

    method: str
    path: str
    body: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a change failed, was stale or skipped: a stable code or the service's own, and its words."""

    code: str
    message: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. `at`: when the intent was first written; `since`: when it came to its state, or the last
    request of that state was about to be sent. `read_back`: the canonical content that the tenant then held,
    None for a deleted item. `approval`: the id of the tenant's own approval request that holds the last
    write back, or did and has not been used yet; empty where there is none.
    """

    change: ChangeId
    state: State
    at: dt.datetime
    since: dt.datetime
    object_id: ObjectId | None = None
    writes: tuple[Write, ...] = ()
    fault: Fault | None = None
    read_back: Content | None = None
    approval: str = ""

    def sent(self) -> Entry:
        """The entry with its last write answered well."""
        return replace(self, writes=(*self.writes[:-1], replace(self.writes[-1], done=True)))

    def moved(self, state: State, now: dt.datetime, fault: Fault | None = None) -> Entry:
        """The entry in another state."""
        return replace(self, state=state, since=now, fault=fault)


@dataclass(frozen=True, slots=True)
class Journal:
    """All entries by change. `stopped`: what ended the deploy early, a verdict kind (`cancelled`,
    `timeLimit`).
    """

    digest: Digest
    entries: Mapping[ChangeId, Entry] = field(default_factory=dict)
    stopped: str | None = None

    def with_entry(self, entry: Entry) -> Journal:
        """The journal with this entry in place of the change's earlier one."""
        return replace(self, entries={**self.entries, entry.change: entry})

    def state(self, change: ChangeId) -> State | None:
        """Where the change stands; None before it was begun."""
        entry = self.entries.get(change)
        return entry.state if entry else None

    def count(self, state: State) -> int:
        """How many changes stand there."""
        return sum(entry.state is state for entry in self.entries.values())


def body_hash(body: Any) -> str:
    """The SHA-256 of the body's canonical JSON: sorted keys, no white space."""
    if body is None:
        return ""
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def dump(journal: Journal) -> bytes:
    """The journal as its blob holds it."""
    value = {
        "digest": journal.digest,
        "stopped": journal.stopped,
        "entries": [_dump_entry(entry) for entry in journal.entries.values()],
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def load(data: bytes) -> Journal:
    """The other way round."""
    value = json.loads(data)
    entries = [_load_entry(one) for one in value["entries"]]
    return Journal(Digest(value["digest"]), {entry.change: entry for entry in entries}, value["stopped"])


def _dump_entry(entry: Entry) -> dict[str, Any]:
    fault = entry.fault and {
        "code": entry.fault.code,
        "message": entry.fault.message,
        "requestId": entry.fault.request_id,
    }
    return {
        "change": entry.change,
        "state": entry.state.value,
        "at": entry.at.isoformat(),
        "since": entry.since.isoformat(),
        "objectId": entry.object_id,
        "writes": [[one.method, one.path, one.body, one.done] for one in entry.writes],
        "fault": fault,
        "readBack": None if entry.read_back is None else dict(entry.read_back),
        "approval": entry.approval,
    }


def _load_entry(value: Mapping[str, Any]) -> Entry:
    fault = value["fault"]
    return Entry(
        ChangeId(value["change"]),
        State(value["state"]),
        dt.datetime.fromisoformat(value["at"]),
        dt.datetime.fromisoformat(value["since"]),
        None if value["objectId"] is None else ObjectId(value["objectId"]),
        tuple(Write(*one) for one in value["writes"]),
        None if fault is None else Fault(fault["code"], fault["message"], fault["requestId"]),
        value["readBack"],
        value.get("approval", ""),
    )
