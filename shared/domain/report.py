"""The summary report of a sync: what drifted, what was proposed, decided by whom, and what became of each
change (product.md 3.9). One row per property that changed; what did not change is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from shared.domain.compare import Drift
from shared.domain.files import FileFault
from shared.domain.item import ABSENT, Value, pointer
from shared.domain.journal import Entry, Journal, State
from shared.domain.plan import Change, Plan, PropertyChange
from shared.domain.snapshot import NotRead
from shared.domain.sync import DecisionKind, SyncRecord
from shared.names import CommitId, ItemPath, TypeKey


class RowAction(Enum):
    """Where a change went: from the tenant into the repository, into a proposal, or into the tenant."""

    BACKUP = "backup"
    PREVIEW = "preview"
    DEPLOY = "deploy"


class RowChange(Enum):
    """What happened to one property, or why nothing did."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    SKIPPED = "skipped"
    FAILED = "failed"
    STALE = "stale"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A reference of an item of the tenant that could not be made symbolic: it keeps the object's id.

    `to` is the type that the id should be one of; `why` says what stood in the way.
    """

    path: ItemPath
    to: TypeKey
    object_id: str
    why: str


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a change was not applied: a code of Accord's (a blocked change's too) or the service's own."""

    code: str
    message: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One property that changed. `property` is a JSON pointer, empty for the item as a whole."""

    action: RowAction
    type: TypeKey
    item: str
    path: ItemPath
    property: str
    base: Value
    tenant: Value
    repository: Value
    change: RowChange
    conflict: bool = False
    error: RowError | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a report is made from. `sync` carries how it ended.

    `unchanged` counts the items that were read and are equal on all sides. `faults` are files that could not
    be read, whose items were left alone. `left`: files that a revert left to a later commit, with that
    commit.
    """

    sync: SyncRecord
    display_name: str
    drift: tuple[Drift, ...] = ()
    plan: Plan | None = None
    journal: Journal | None = None
    unchanged: int = 0
    not_read: tuple[NotRead, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    faults: tuple[FileFault, ...] = ()
    left: tuple[tuple[ItemPath, CommitId], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The report: the facts, with the rows that follow from them."""

    facts: Facts
    rows: tuple[Row, ...]


def report(facts: Facts) -> Report:
    """The rows: what was adopted first, then the plan in its order."""
    return Report(facts, (*_adopted(facts), *_planned(facts)))


def _adopted(facts: Facts) -> Iterator[Row]:
    for item in facts.drift:
        if not item.properties:
            yield _adopted_row(item, None, RowChange(item.difference.value))
        for one in item.properties:
            yield _adopted_row(item, one, _seen(one.base, one.tenant))


def _adopted_row(item: Drift, one: PropertyChange | None, change: RowChange) -> Row:
    path = pointer(one.path) if one else ""
    values = (one.base, one.tenant, one.repository) if one else (ABSENT, ABSENT, ABSENT)
    return Row(RowAction.BACKUP, item.type, item.item, item.path, path, *values, change)


def _seen(before: Value, after: Value) -> RowChange:
    if before is ABSENT:
        return RowChange.ADDED
    return RowChange.REMOVED if after is ABSENT else RowChange.CHANGED


def _planned(facts: Facts) -> Iterator[Row]:
    for change in facts.plan.changes if facts.plan else ():
        entry = _entry(facts, change)
        action = RowAction.PREVIEW if entry is None else RowAction.DEPLOY
        error = _error(change, entry)
        for one in change.properties:
            what = _fate(change, entry) or RowChange(one.difference.value)
            values = (one.base, one.tenant, one.repository)
            path = pointer(one.path)
            yield Row(action, change.type, change.item, change.path, path, *values, what, one.conflict, error)
        if not change.properties:
            what = _fate(change, entry) or _whole(change)
            values = (ABSENT, ABSENT, ABSENT)
            yield Row(
                action, change.type, change.item, change.path, "", *values, what, change.conflict, error
            )


def _entry(facts: Facts, change: Change) -> Entry | None:
    """The deploy's entry of an approved change; one that the deploy never came to counts as skipped."""
    decision = facts.sync.decision
    if facts.journal is None or decision is None or decision.kind is not DecisionKind.APPROVE:
        return None
    if change.blocked is not None or (decision.changes is not None and change.id not in decision.changes):
        return None
    entry = facts.journal.entries.get(change.id)
    return entry if entry is not None else Entry(change.id, State.SKIPPED, decision.at, decision.at)


_FATES = {
    State.FAILED: RowChange.FAILED,
    State.STALE: RowChange.STALE,
    State.SKIPPED: RowChange.SKIPPED,
    # Begun and never ended: the sync was lost in between, and nobody knows that it was applied.
    State.INTENT: RowChange.FAILED,
    State.CREATED: RowChange.FAILED,
    State.HELD: RowChange.FAILED,
    State.RELEASED: RowChange.FAILED,
}


def _fate(change: Change, entry: Entry | None) -> RowChange | None:
    """What a row says instead of what the property's change is; None where that happened or is proposed."""
    if entry is None:
        return RowChange.BLOCKED if change.blocked is not None else None
    return _FATES.get(entry.state)


def _whole(change: Change) -> RowChange:
    return RowChange({"create": "added", "update": "changed", "delete": "removed"}[change.action.value])


def _error(change: Change, entry: Entry | None) -> RowError | None:
    if entry is None:
        return None if change.blocked is None else RowError(change.blocked.code.value, change.blocked.detail)
    if entry.fault is None or entry.state is State.APPLIED:
        return None
    return RowError(entry.fault.code, entry.fault.message, entry.fault.request_id)
