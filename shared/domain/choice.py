"""What a decision's choice among the changes of a plan amounts to (product.md 3.6)."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.decision import Choice
from shared.domain.plan import Action, Change, Plan
from shared.names import ChangeId


def choose(plan: Plan, chosen: Sequence[ChangeId] | None) -> Choice:
    """Weighs the named changes; None names all that can be deployed.

    The halves of a delete-and-create pair belong together: naming one without the other is a missing
    dependency.
    """
    by_id = {change.id: change for change in plan.changes}
    if chosen is None:
        named = [change for change in plan.changes if change.blocked is None]
    else:
        named = [by_id[one] for one in dict.fromkeys(chosen) if one in by_id]
    there = {change.id for change in named}
    missing = {other for change in named for other in _needed(change) if other not in there}
    return Choice(
        deployable=sum(change.blocked is None for change in named),
        deletions=sum(change.action is Action.DELETE and change.blocked is None for change in named),
        unknown=tuple(one for one in dict.fromkeys(chosen or ()) if one not in by_id),
        missing=tuple(change.id for change in plan.changes if change.id in missing),
        blocked=tuple(change.id for change in named if change.blocked is not None),
    )


def _needed(change: Change) -> tuple[ChangeId, ...]:
    return change.depends_on if change.replaces is None else (*change.depends_on, change.replaces)
