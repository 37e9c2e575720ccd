"""Patterns: how the catalog names places in an item, and conditions on an object.

A pattern is segments joined by `.`: `[]` after a name means "each member of this list", `*` any key, and
`**` any depth, none included: `conditions.users.includeGroups[]`, `settings[].**.groupId`.
`name[property=value]` means "the object there, or each member of the list there, whose `property` is
`value`": `omaSettings[isEncrypted=true].value`. The dot of an OData annotation (`@odata.type`) and dots
inside brackets do not separate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

_SEGMENT: Final = re.compile(r"((?:@odata\.|[^.\[\]])+)(\[[^\]]*\])?(?:\.(?=.)|$)")
_WORDS: Final = {True: "true", False: "false", None: "null"}


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of a pattern.

    `name` is a key, `*` or `**`. `members`: go on into each member of the list there. `when` and `value`:
    only into the object, or the members, whose property `when` is `value` (as JSON writes it, a string
    without quotes).
    """

    name: str
    members: bool = False
    when: str = ""
    value: str = ""

    def accepts(self, node: Any) -> bool:
        """Whether the condition, if there is one, holds for this object."""
        if not self.when:
            return True
        return isinstance(node, Mapping) and _written(node.get(self.when)) == self.value


def segments(pattern: str) -> tuple[Segment, ...]:
    """The pattern's steps. A `ValueError` says what is wrong with it."""
    found: list[Segment] = []
    at = 0
    while at < len(pattern) or not found:
        match = _SEGMENT.match(pattern, at)
        if match is None:
            raise ValueError(f"the pattern {pattern!r} cannot be read from character {at + 1} on")
        bracket = match.group(2) or ""
        when, _, value = bracket[1:-1].partition("=")
        found.append(Segment(match.group(1), members=bracket == "[]", when=when, value=value))
        at = match.end()
    return tuple(found)


def _written(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    return str(value)


Condition: TypeAlias = Mapping[str, tuple[Any, ...]]
"""Dotted properties of a raw object → the values one of which each must have; all of them must hold."""


def holds(condition: Condition, raw: Mapping[str, Any]) -> bool:
    """Whether the raw object meets the condition. A property that is not there equals null."""
    return all(value_at(raw, path) in values for path, values in condition.items())


def value_at(raw: Mapping[str, Any], dotted: str) -> Any:
    """What stands at a dotted path of plain names; None where nothing does."""
    node: Any = raw
    for segment in segments(dotted):
        node = node.get(segment.name) if isinstance(node, Mapping) else None
    return node
