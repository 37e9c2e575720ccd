"""What an item is: one configuration object in canonical form, and the property paths into it.

Canonical form (product.md 4): volatile and read-only properties are gone, references are symbolic
(`{{groups:All staff}}`), long texts are inline strings (only the file form moves them beside the JSON),
values the service does not give back are the marker `{{secret}}`, unordered collections are sorted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from shared.names import ItemPath, ObjectId, TypeKey

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
Content: TypeAlias = Mapping[str, Json]
"""The canonical content of one item, a JSON object. Never changed in place."""

PropertyPath: TypeAlias = tuple[str, ...]
"""Where a property stands, as the segments of a JSON pointer (RFC 6901). A member of an unordered collection
is named by its key instead of an index: `("conditions", "users", "excludeGroups", "{{groups:Break
glass}}")`."""

SECRET: Final = "{{secret}}"  # noqa: S105 - the marker that stands for one


class Absent(Enum):
    """The one value that says "no such property". Unknown is not absent, and null is not absent."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
Value: TypeAlias = Json | Absent


@dataclass(frozen=True, slots=True)
class Item:
    """One item on one side (base, repository or tenant).

    `object_id` is the service's id where it is known: always on the tenant's side, from B's `ids.json` on the
    others.
    """

    type: TypeKey
    path: ItemPath
    content: Content
    object_id: ObjectId | None = None


def pointer(path: PropertyPath) -> str:
    """The path as a JSON pointer (RFC 6901): `/conditions/users/excludeGroups/{{groups:Break glass}}`."""
    return "".join("/" + segment.replace("~", "~0").replace("/", "~1") for segment in path)


def holds_secret(value: Value) -> bool:
    """Does a secret's marker stand here, or anywhere inside?"""
    if isinstance(value, dict):
        return any(map(holds_secret, value.values()))
    if isinstance(value, list):
        return any(map(holds_secret, value))
    return value == SECRET
