"""What stands in the way of making an item, found before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.domain.catalog import TypeSpec
from shared.domain.compare import Planned
from shared.domain.item import Content, holds_secret, pointer
from shared.domain.needs import Needs
from shared.domain.plan import Action, Blocked
from shared.domain.properties import flatten


def unknown_secret(spec: TypeSpec, content: Content) -> str | None:
    """The first place at which the file says that there is a secret and not which: the object cannot be made
    from it.
    """
    places = sorted(path for path, value in flatten(spec, content).items() if holds_secret(value))
    return pointer(places[0]) if places else None


def spare(planned: Sequence[Planned], needs: Sequence[Needs]) -> None:
    """Blocks the delete of what is to be made anew and cannot be: it would be gone for good."""
    reasons = _reasons(needs)
    deletes = {
        (one.type, one.path): at
        for at, one in enumerate(planned)
        if one.replacing and one.action is Action.DELETE
    }
    for at, one in enumerate(planned):
        if one.replacing and one.action is Action.CREATE and at in reasons:
            delete, reason = needs[deletes[one.type, one.path]], reasons[at]
            delete.block(reason.code, f"it could not be made anew: {reason.detail}")


def _reasons(needs: Sequence[Needs]) -> Mapping[int, Blocked]:
    """Every change that is blocked, itself or by what it depends on, and why."""
    found = {at: one.blocked for at, one in enumerate(needs) if one.blocked is not None}
    grown = True
    while grown:
        grown = False
        for at, one in enumerate(needs):
            reason = next((found[other] for other in sorted(one.first) if other in found), None)
            if at not in found and reason is not None:
                found[at] = reason
                grown = True
    return found
