"""The changes of a plan as JSON, with what became of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.item import ABSENT, Value, pointer
from shared.domain.journal import Fault, Journal, State
from shared.domain.plan import Action, Change, PropertyChange
from shared.domain.sync import Decision, DecisionKind
from shared.texts import Language, say
from shared.wire.error import fault_json

LONG: Final = 8 * 1024
"""Values over this many bytes of JSON are cut in lists."""
SHOWN: Final = 1024
"""So many characters of them are shown."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one change, as clients see it; None while nothing has. `held_by`: the approval
    request of the tenant's own administrators that it waits for.
    """

    result: str | None
    fault: Fault | None = None
    held_by: str | None = None


def fate(change: Change, decision: Decision | None, journal: Journal | None) -> Fate:
    """From the decision and the deploy's journal."""
    if decision is None or decision.kind is not DecisionKind.APPROVE:
        return Fate(None)
    if change.blocked is not None or (decision.changes is not None and change.id not in decision.changes):
        return Fate("notSelected")
    entry = journal.entries.get(change.id) if journal is not None else None
    if entry is None or not entry.state.final:
        return Fate(None, held_by=entry.approval if entry and entry.state is State.HELD else None)
    return Fate(entry.state.value, entry.fault if entry.state is not State.APPLIED else None)


def change_json(change: Change, became: Fate, language: Language, *, whole: bool) -> dict[str, Any]:
    """A change as the API gives it (schema `ChangeAnswer`); `whole`: long values are not cut."""
    blocked = change.blocked
    return {
        "id": change.id,
        "action": change.action.value,
        "type": change.type,
        "item": change.item,
        "path": change.path,
        "summary": summary(change, language),
        "conflict": change.conflict,
        "dependsOn": list(change.depends_on),
        "replaces": change.replaces,
        "blocked": blocked
        and {
            "code": blocked.code.value,
            "detail": say(f"blocked.{blocked.code.value}", language, detail=blocked.detail),
        },
        "result": became.result,
        "heldBy": became.held_by,
        "error": became.fault
        and fault_json(became.fault.code, became.fault.message, became.fault.request_id, language),
        "properties": [_property(one, whole=whole) for one in change.properties],
    }


def summary(change: Change, language: Language) -> str:
    """One line for people: what the change does to which item."""
    count = len(change.properties)
    form = "updateOne" if change.action is Action.UPDATE and count == 1 else change.action.value
    return say(f"summary.{form}", language, item=change.item, count=count)


def _property(one: PropertyChange, *, whole: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "path": pointer(one.path),
        "change": one.difference.value,
        "conflict": one.conflict,
    }
    for side, value in (("base", one.base), ("tenant", one.tenant), ("repository", one.repository)):
        if value is not ABSENT:
            shown[side] = value if whole else cut(value)
    return shown


def cut(value: Value) -> Any:
    """The value, or its beginning where it is long (schema `TruncatedValue`)."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode("utf-8", "backslashreplace"))
    return value if size <= LONG else {"truncated": True, "bytes": size, "text": text[:SHOWN]}
