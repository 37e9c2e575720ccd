"""Before and after a write: is the item still what was reviewed, and did the write show (product.md 3.7)."""

from __future__ import annotations

from enum import Enum

from shared.domain.catalog import TypeSpec
from shared.domain.item import Content, Json, PropertyPath, Value, holds_secret, pointer
from shared.domain.plan import Action, Change, PropertyChange
from shared.domain.properties import apply, flatten, same, same_content, triples, value_at


class Verdict(Enum):
    """`APPLIED`: every written property shows its new value, or the service's own form of it. `PARTIALLY`:
    some still show the old value. `NOT_SHOWN`: all of them do.
    """

    APPLIED = "applied"
    PARTIALLY = "partially"
    NOT_SHOWN = "notShown"


class _Shown(Enum):
    NEW = "new"
    OWN_FORM = "ownForm"
    OLD = "old"


def read_back_verdict(spec: TypeSpec, change: Change, read_back: Content | None) -> Verdict:
    """What reading the item again says of the write. None: the service says that there is no such object."""
    if change.action is Action.DELETE:
        return Verdict.APPLIED if read_back is None else Verdict.NOT_SHOWN
    if read_back is None:
        return Verdict.NOT_SHOWN
    old = len(unshown(spec, change, read_back))
    if not old:
        return Verdict.APPLIED
    created = change.action is Action.CREATE
    return Verdict.PARTIALLY if created or old < len(change.properties) else Verdict.NOT_SHOWN


def unshown(spec: TypeSpec, change: Change, read_back: Content) -> tuple[PropertyPath, ...]:
    """The properties that still show their old value."""
    return tuple(one.path for one in change.properties if _shown(spec, change, one, read_back) is _Shown.OLD)


def own_forms(spec: TypeSpec, change: Change, read_back: Content) -> dict[PropertyPath, Value]:
    """What the service made of the write where that is neither the old nor the new value, by property.

    Of a create also the defaults that it added, and its marker for what it does not give back.
    """
    if change.action is Action.CREATE:
        rows = triples(spec, None, read_back, created_content(spec, change))
        # Where the service hides what it was given, its marker is what is kept.
        return {
            path: now
            for path, (_, now, wanted) in rows.items()
            if not same(now, wanted) or _hidden(now, wanted)
        }
    return {
        one.path: value_at(spec, read_back, one.path)
        for one in change.properties
        if _shown(spec, change, one, read_back) is _Shown.OWN_FORM
    }


def _hidden(now: Value, given: Value) -> bool:
    """The service does not give back what it was given."""
    return holds_secret(now) and now != given


def created_content(spec: TypeSpec, change: Change) -> dict[str, Json]:
    """The whole content that a create was approved with."""
    return apply(spec, {}, {one.path: one.repository for one in change.properties})


def _shown(spec: TypeSpec, change: Change, one: PropertyChange, read_back: Content) -> _Shown:
    now = value_at(spec, read_back, one.path)
    if same(now, one.repository):
        return _Shown.NEW
    if not same(now, one.tenant):
        return _Shown.OWN_FORM
    # A new object may leave out what says nothing; an object that was there and stayed the same took nothing.
    empty = one.repository is None or one.repository in ("", [], {})
    return _Shown.OWN_FORM if change.action is Action.CREATE and empty else _Shown.OLD


def staleness(
    spec: TypeSpec, change: Change, reviewed: Content | None, now: Content | None, head: Content | None
) -> str | None:
    """Why the change must be left alone, or None if it may be written.

    `reviewed`: the item as the comparison saw it in the tenant; `now`: as just read again; `head`: the file
    at the head of `main`, normalised. All in the terms of one index.
    """
    if (reviewed is None) != (now is None):
        return "the item is gone from the tenant" if now is None else "the tenant has such an item by now"
    if reviewed is not None and now is not None and not same_content(spec, reviewed, now):
        rows = triples(spec, None, reviewed, now)
        where = [pointer(path) for path, (_, then, today) in rows.items() if not same(then, today)]
        return f"the item changed in the tenant since it was reviewed: {', '.join(sorted(where))}"
    return _head_moved(spec, change, head)


def _head_moved(spec: TypeSpec, change: Change, head: Content | None) -> str | None:
    if change.action is Action.DELETE and change.replaces is None:
        return None if head is None else "the repository has the file again"
    if head is None:
        return "the repository does not have the file any more"
    if change.action is Action.DELETE:
        return None
    rest = {one.path for one in change.properties}
    extra = flatten(spec, head).keys() - rest if change.action is Action.CREATE else set()
    moved = [
        one.path for one in change.properties if not same(value_at(spec, head, one.path), one.repository)
    ]
    if moved or extra:
        where = ", ".join(sorted(pointer(path) for path in [*moved, *extra]))
        return f"the repository no longer holds the approved value of {where}"
    return None
