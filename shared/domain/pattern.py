"""Patterns name places in an item: parse them, walk to the places, and match property paths against them.

Segments are joined by `.`: a name (`*` inside stands for any letters: `onPremises*`), `[]` after a name for
"each member of this list", `*` for any one key, `**` for any depth (none included), and `{name=value}` for
"only where the object at hand has this property with this value". `@odata.type` is one name.

    conditions.users.includeGroups[]     omaSettings[].{isEncrypted=true}.value     settings[].**.groupId
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, TypeAlias

from shared.domain.item import ABSENT, Json, PropertyPath, Value


class StepKind(Enum):
    """What one step of a pattern does."""

    NAME = "name"
    GLOB = "glob"
    EACH = "each"
    DEEP = "deep"
    WHERE = "where"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `value` is what WHERE compares with: a string, or `true`, `false`, `null`, a number."""

    kind: StepKind
    name: str = ""
    value: str = ""


Pattern: TypeAlias = tuple[Step, ...]
Place: TypeAlias = tuple[Any, Any]
"""An object and a key of it, or a list and an index of it: where a value stands."""

_SEGMENT = re.compile(
    r"\{(?P<name>[^={}]+)=(?P<value>[^{}]*)\}|(?P<plain>(?:@odata\.|[^.\[\]{}])+)|(?P<each>\[\])"
)
_EACH = Step(StepKind.EACH)
_DEEP = Step(StepKind.DEEP)


@lru_cache(maxsize=4096)
def parse(text: str) -> Pattern:
    """The steps of a pattern. Raises ValueError for one that is malformed: a fault of the catalog."""
    steps: list[Step] = []
    at = 0
    while at < len(text):
        found = _SEGMENT.match(text, at)
        if found is None:
            raise ValueError(f"pattern {text!r} is malformed at character {at + 1}")
        steps.append(_step(found))
        at = found.end()
        if at < len(text) and text[at] == ".":
            at += 1
            if at == len(text):
                raise ValueError(f"pattern {text!r} ends with a dot")
    if not steps or steps[-1].kind is StepKind.WHERE:
        raise ValueError(f"pattern {text!r} names no place")
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    if found["each"]:
        return _EACH
    if found["name"]:
        return Step(StepKind.WHERE, found["name"], found["value"])
    plain = found["plain"]
    if plain == "**":
        return _DEEP
    return Step(StepKind.GLOB if "*" in plain else StepKind.NAME, plain)


def spelled(value: Json) -> str:
    """A value as patterns and the catalog spell it: strings as they are, the rest as in JSON."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def places(content: Json, pattern: Pattern) -> Iterator[Place]:
    """Every place in the content that the pattern names and that exists. Do not change it while walking."""
    return _walk(content, pattern, 0)


def _walk(node: Json, pattern: Pattern, at: int) -> Iterator[Place]:
    step = pattern[at]
    if step.kind is StepKind.WHERE:
        if isinstance(node, dict) and step.name in node and spelled(node[step.name]) == step.value:
            yield from _walk(node, pattern, at + 1)
    elif step.kind is StepKind.DEEP:
        yield from _deep(node, pattern, at)
    elif at + 1 == len(pattern):
        yield from _children(node, step)
    else:
        for container, key in _children(node, step):
            yield from _walk(container[key], pattern, at + 1)


def _children(node: Json, step: Step) -> Iterator[Place]:
    if step.kind is StepKind.EACH:
        if isinstance(node, list):
            for index in range(len(node)):
                yield node, index
    elif isinstance(node, dict):
        if step.kind is StepKind.NAME:
            if step.name in node:
                yield node, step.name
        else:
            for key in node:
                if fnmatchcase(key, step.name):
                    yield node, key


def _deep(node: Json, pattern: Pattern, at: int) -> Iterator[Place]:
    last = at + 1 == len(pattern)
    if not last:
        yield from _walk(node, pattern, at + 1)
    for container, key in _members(node):
        if last:
            yield container, key
        yield from _deep(container[key], pattern, at)


def _members(node: Json) -> Iterator[Place]:
    if isinstance(node, dict):
        for key in node:
            yield node, key
    elif isinstance(node, list):
        for index in range(len(node)):
            yield node, index


def transform(content: Json, pattern: Pattern, change: Callable[[Json], Value]) -> None:
    """Replaces each value that the pattern names, in place; ABSENT removes it."""
    for container, key in reversed(list(places(content, pattern))):
        before = container[key]
        after = change(before)
        if after is ABSENT:
            del container[key]
        elif after is not before:
            container[key] = after


def remove(content: Json, pattern: Pattern) -> None:
    """Removes what the pattern names, in place."""
    transform(content, pattern, lambda _: ABSENT)


def keep_only(content: Json, pattern: Pattern, names: Collection[str]) -> None:
    """Leaves the objects that the pattern names these properties alone, in place."""
    for node in values(content, pattern):
        if isinstance(node, dict):
            for name in node.keys() - set(names):
                del node[name]


def values(content: Json, pattern: Pattern) -> list[Json]:
    """The values that the pattern names."""
    return [container[key] for container, key in places(content, pattern)]


@lru_cache(maxsize=4096)
def dotted(name: str) -> tuple[str, ...]:
    """The names of a dotted property: `target.groupId`, `templateReference.@odata.type`."""
    return tuple(step.name for step in parse(name))


def dig(content: Json, name: str) -> Value:
    """The value of a dotted property (`target.groupId`), or ABSENT."""
    node: Json = content
    for part in dotted(name):
        if not isinstance(node, dict) or part not in node:
            return ABSENT
        node = node[part]
    return node


def matches(pattern: Pattern, path: PropertyPath) -> bool:
    """Does the pattern name exactly this property? Conditions (`{name=value}`) count as fulfilled."""
    return _matches(_unconditional(pattern), path)


def touches(pattern: Pattern, path: PropertyPath) -> bool:
    """Does the pattern name this property, something inside it, or something that holds it?"""
    steps = _unconditional(pattern)
    if any(_matches(steps, path[:length]) for length in range(1, len(path) + 1)):
        return True
    return any(_matches(steps[:length], path) for length in range(1, len(steps)))


def _unconditional(pattern: Pattern) -> Pattern:
    return tuple(step for step in pattern if step.kind is not StepKind.WHERE)


def _matches(steps: Pattern, path: PropertyPath) -> bool:
    if not steps:
        return not path
    if steps[0].kind is StepKind.DEEP:
        if len(steps) == 1:
            return bool(path)
        return any(_matches(steps[1:], path[skip:]) for skip in range(len(path) + 1))
    return bool(path) and _fits(steps[0], path[0]) and _matches(steps[1:], path[1:])


def _fits(step: Step, segment: str) -> bool:
    if step.kind is StepKind.EACH:
        return True
    return fnmatchcase(segment, step.name) if step.kind is StepKind.GLOB else segment == step.name
