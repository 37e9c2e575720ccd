"""All hooks by the names the table uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from infra.local.tenant.table import Type

from . import Body, Call, Hook, assignments, conditional_access, directory, intune, policies

HOOKS: dict[str, Hook] = {**conditional_access.HOOKS, **directory.HOOKS, **intune.HOOKS, **policies.HOOKS}

ACTIONS: dict[str, Callable[[Call], Body | None]] = {
    "assign": assignments.assign,
    "schedule_actions": intune.schedule_actions,
    "oma_plain_text": intune.oma_plain_text,
    "update_allowed_combinations": conditional_access.update_allowed_combinations,
    "strength_usage": conditional_access.strength_usage,
}


def hooks_of(entry: Type) -> Iterator[Hook]:
    """The hooks of a type, in the table's order."""
    return (HOOKS[name] for name in entry.hooks)
