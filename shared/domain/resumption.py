"""Taking up a change that an earlier run had begun to write."""

from __future__ import annotations

from shared.domain.catalog import TypeSpec
from shared.domain.item import Content
from shared.domain.plan import Change
from shared.domain.properties import apply, same, value_at


def unwritten(spec: TypeSpec, now: Content, change: Change) -> Content:
    """The item as it would be without what this change has written already.

    A property that holds the approved value is put back to what the reviewer saw, so that only what others changed
    makes the change stale.
    """
    return apply(
        spec,
        now,
        {
            one.path: one.tenant
            for one in change.properties
            if same(value_at(spec, now, one.path), one.repository)
        },
    )
