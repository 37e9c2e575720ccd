"""How one item differs between two points: property by property, by the comparison that syncs go by."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.canonical import normalise
from shared.domain.catalog import TypeSpec
from shared.domain.item import ABSENT, Content, PropertyPath, Value
from shared.domain.plan import Action, Difference
from shared.domain.properties import flatten, same, triples


@dataclass(frozen=True, slots=True)
class Contrast:
    """One property with its value at either point."""

    path: PropertyPath
    old: Value
    new: Value

    @property
    def difference(self) -> Difference:
        """What became of it from the first point to the second."""
        if self.old is ABSENT:
            return Difference.ADDED
        return Difference.REMOVED if self.new is ABSENT else Difference.CHANGED


def action_of(old: object | None, new: object | None) -> Action:
    """What leads from the first point to the second; one of them has the item."""
    if old is None:
        return Action.CREATE
    return Action.DELETE if new is None else Action.UPDATE


def contrasts(spec: TypeSpec, old: Content | None, new: Content | None) -> tuple[Contrast, ...]:
    """The properties that differ, by path; all of an item that only one point has. Nothing where the files
    are written differently and say the same.
    """
    before, after = (None if one is None else normalise(spec, one) for one in (old, new))
    if before is None or after is None:
        found = [
            *(Contrast(path, value, ABSENT) for path, value in flatten(spec, before or {}).items()),
            *(Contrast(path, ABSENT, value) for path, value in flatten(spec, after or {}).items()),
        ]
    else:
        rows = triples(spec, None, before, after)
        found = [
            Contrast(path, here, there) for path, (_, here, there) in rows.items() if not same(here, there)
        ]
    return tuple(sorted(found, key=lambda one: one.path))
