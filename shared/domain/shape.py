"""The shape of a type's items: which lists are unordered collections, which objects compare as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from shared.domain.catalog import Collection, TypeSpec
from shared.domain.item import ABSENT, Json, PropertyPath
from shared.domain.json_form import compact
from shared.domain.pattern import Pattern, StepKind, dig, matches, parse, places


@dataclass(frozen=True, slots=True)
class Shape:
    """Lookups by property path: exact ones in a mapping, the few with wildcards tried in turn."""

    exact: Mapping[PropertyPath, Collection]
    wild: tuple[tuple[Pattern, Collection], ...]
    atomic_exact: frozenset[PropertyPath]
    atomic_wild: tuple[Pattern, ...]
    inside_out: tuple[tuple[Pattern, Collection], ...]
    """Every collection, deepest first: members are sorted before the lists that hold them."""

    def collection(self, path: PropertyPath) -> Collection | None:
        """The unordered collection that stands at this path, if one is declared there."""
        found = self.exact.get(path)
        if found is not None or not self.wild:
            return found
        return next((collection for pattern, collection in self.wild if matches(pattern, path)), None)

    def atomic(self, path: PropertyPath) -> bool:
        """Does the object at this path compare as one property?"""
        return path in self.atomic_exact or any(matches(pattern, path) for pattern in self.atomic_wild)


def shape_of(spec: TypeSpec) -> Shape:
    """The shape that a catalog entry declares."""
    return _shape(spec.collections, spec.atomic)


@lru_cache(maxsize=1024)
def _shape(collections: tuple[Collection, ...], atomic: tuple[str, ...]) -> Shape:
    parsed = [(parse(collection.path.removesuffix("[]")), collection) for collection in collections]
    atoms = [parse(text) for text in atomic]
    return Shape(
        exact={_names(pattern): collection for pattern, collection in parsed if _plain(pattern)},
        wild=tuple((pattern, collection) for pattern, collection in parsed if not _plain(pattern)),
        atomic_exact=frozenset(_names(pattern) for pattern in atoms if _plain(pattern)),
        atomic_wild=tuple(pattern for pattern in atoms if not _plain(pattern)),
        inside_out=tuple(sorted(parsed, key=lambda pair: -len(pair[0]))),
    )


def _plain(pattern: Pattern) -> bool:
    return all(step.kind is StepKind.NAME for step in pattern)


def _names(pattern: Pattern) -> PropertyPath:
    return tuple(step.name for step in pattern)


def member_key(collection: Collection, member: Json) -> str:
    """What a member is known by, as the last segment of its property path.

    Members of a list of scalars are their own keys; objects are known by their declared keys, joined by `|`.
    """
    if collection.key and isinstance(member, dict):
        parts = [dig(member, name) for name in collection.key]
        return "|".join("" if part is ABSENT or part is None else _text(part) for part in parts)
    return _text(member)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else compact(value)


def keyed(collection: Collection, members: list[Json]) -> dict[str, Json]:
    """The members by key, in order. Members of one key are told apart by their rank among themselves."""
    found: dict[str, Json] = {}
    for member in sorted_members(collection, members):
        key = base = member_key(collection, member)
        rank = 1
        while key in found:
            rank += 1
            key = f"{base}#{rank}"
        found[key] = member
    return found


def sorted_members(collection: Collection, members: list[Json]) -> list[Json]:
    """A new list in canonical order: by key, then by content."""
    if len(members) < 2:
        return list(members)
    return sorted(members, key=lambda member: (member_key(collection, member), compact(member)))


def sort_collections(spec: TypeSpec, content: dict[str, Json]) -> None:
    """Sorts every declared collection in place; null becomes the empty list, which means the same."""
    for pattern, collection in shape_of(spec).inside_out:
        for container, key in list(places(content, pattern)):
            value = container[key]
            if value is None:
                container[key] = []
            elif isinstance(value, list) and len(value) > 1:
                container[key] = sorted_members(collection, value)
