"""A sync's log: one JSON line an event, readable at any time.

What a line may say is listed here field by field: numbers, ids, codes and names of types, never a value of
anybody's configuration and never a token.

An activity may run twice, also at once, and then tells twice of what was done once: such lines have an `id`
that both runs give them, and readers take the first. What went wrong, or was tried again, did so each time.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from enum import Enum
from typing import Final, TypedDict, Unpack

from shared.stores import Artifacts
from shared.texts import Language, known, say
from shared.wire.times import time_text

LOG: Final = "log.jsonl"
LONGEST: Final = 500
"""Characters of one field."""


class Event(Enum):
    """What a log tells of. The names stay: tools search for them."""

    STARTED = "started"
    STAGE = "stage"
    SIGNED_IN = "signedIn"
    SIGN_IN_ASKED = "signInAsked"
    SIGN_IN_SETTLED = "signInSettled"
    PERMISSIONS_CHECKED = "permissionsChecked"
    PERMISSIONS_COMING = "permissionsComing"
    TYPE_READ = "typeRead"
    TYPE_NOT_READ = "typeNotRead"
    TYPE_HELD = "typeHeld"
    BACKED_UP = "backedUp"
    COMPARED = "compared"
    PLANNED = "planned"
    DECIDED = "decided"
    CHANGE_APPLIED = "changeApplied"
    CHANGE_FAILED = "changeFailed"
    CHANGE_STALE = "changeStale"
    CHANGE_SKIPPED = "changeSkipped"
    CHANGE_HELD = "changeHeld"
    REVERTED = "reverted"
    SETTLED = "settled"
    ENDED = "ended"
    RETRIED = "retried"
    FAULT = "fault"


EACH_TIME: Final = frozenset({Event.RETRIED, Event.FAULT})
"""What two runs tell of happened twice."""


class Facts(TypedDict, total=False):
    """The fields of a line. `reason` and `detail` are Accord's own words or a service's code and message."""

    stage: str
    type: str
    change: str
    action: str
    count: int
    items: int
    types: int
    added: int
    changed: int
    removed: int
    applied: int
    failed: int
    stale: int
    skipped: int
    blocked: int
    conflicts: int
    unchanged: int
    missing: str
    decision: str
    by: str
    outcome: str
    code: str
    status: int
    reason: str
    detail: str
    request: str
    commit: str
    digest: str
    seconds: float
    attempt: int


def log(artifacts: Artifacts, at: dt.datetime, event: Event, **facts: Unpack[Facts]) -> None:
    """Appends one line. Run twice, it stands twice: a log tells what was done, also what was done again."""
    artifacts.append(LOG, line(at, event, **facts))


def line(at: dt.datetime, event: Event, *, told: str = "", **facts: Unpack[Facts]) -> bytes:
    """One line of JSON: `at`, `event`, the facts that say something, and as `id` what `told` identifies."""
    shown = {
        name: value[:LONGEST] if isinstance(value, str) else value
        for name, value in facts.items()
        if value != ""
    }
    named = {"id": told} if told else {}
    whole = {"at": time_text(at), "event": event.value, **shown, **named}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def once(lines: bytes) -> bytes:
    """The lines as readers get them: those with an id the first time only."""
    seen: set[str] = set()
    kept = []
    for raw in lines.splitlines(keepends=True):
        told = _id(raw)
        if told and told in seen:
            continue
        seen.add(told)
        kept.append(raw)
    return b"".join(kept)


def _id(raw: bytes) -> str:
    try:
        entry = json.loads(raw)
    except ValueError:  # cut off by a crash
        return ""
    return str(entry.get("id", "")) if isinstance(entry, dict) else ""


def readable(lines: bytes, language: Language) -> bytes:
    """The same as text: the time, what happened in the reader's language, and the facts."""
    return "".join(f"{one}\n" for one in _readable(lines, language)).encode()


def _readable(lines: bytes, language: Language) -> Iterator[str]:
    for raw in once(lines).splitlines():
        try:
            entry = json.loads(raw)
            at, event = entry.pop("at"), entry.pop("event")
        except (ValueError, KeyError, AttributeError, TypeError):
            # A write that was cut off by a crash: shown as it is, and no reason to withhold the rest.
            yield raw.decode(errors="replace")
            continue
        entry.pop("id", None)
        what = say(f"log.{event}", language) if known(f"log.{event}") else str(event)
        facts = "  ".join(f"{name}={value}" for name, value in entry.items())
        yield f"{at}  {what}{'  ' if facts else ''}{facts}"
