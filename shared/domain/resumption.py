"""Taking up a change that an earlier run had begun to write."""

from __future__ import annotations

from shared.domain.catalog import TypeSpec
from shared.domain.item import ABSENT, Content, Value
from shared.domain.plan import Action, Change, PropertyChange
from shared.domain.properties import apply, same, value_at


def unwritten(spec: TypeSpec, now: Content, change: Change) -> Content:
    """The item as it would be without what this change has written already.

    A property that holds the approved value (of a delete: what prepares it) is put back to what the reviewer
    saw, so that only what others changed makes the change stale.
    """
    return apply(
        spec,
        now,
        {
            one.path: one.tenant
            for one in change.properties
            if same(value_at(spec, now, one.path), _written(spec, change, one))
        },
    )


def _written(spec: TypeSpec, change: Change, one: PropertyChange) -> Value:
    if change.action is not Action.DELETE:
        return one.repository
    return spec.delete_first.get(one.path[0], ABSENT) if len(one.path) == 1 else ABSENT
