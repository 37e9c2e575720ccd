"""An item's properties: take it apart, compare values, and put changed properties back.

A property is a scalar, a long text, an ordered list as a whole, an object that compares as one, a member of
an unordered collection, or an empty object. A declared collection that is absent, null or empty has no
members, and that is all it says; elsewhere null and absent differ. Where one side has a value at a path and
another side has properties below it, that path is one property for all sides. The marker for a secret never
differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from shared.domain.catalog import TypeSpec
from shared.domain.item import ABSENT, SECRET, Content, Json, PropertyPath, Value
from shared.domain.shape import Shape, keyed, shape_of, sorted_members


def flatten(spec: TypeSpec, content: Content) -> dict[PropertyPath, Json]:
    """Every property of the item."""
    found: dict[PropertyPath, Json] = {}
    shape = shape_of(spec)
    for name, value in content.items():
        _flatten(shape, (name,), value, found)
    return found


def _flatten(shape: Shape, path: PropertyPath, value: Json, found: dict[PropertyPath, Json]) -> None:
    collection = shape.collection(path)
    if collection is not None and (value is None or isinstance(value, list)):
        for key, member in keyed(collection, value or []).items():
            found[(*path, key)] = member
    elif isinstance(value, dict) and not shape.atomic(path):
        before = len(found)
        for name, inner in value.items():
            _flatten(shape, (*path, name), inner, found)
        if len(found) == before:
            found[path] = {}
    else:
        found[path] = value


def same(left: Value, right: Value) -> bool:
    """Equal as configuration: a secret's marker equals anything, true is not 1."""
    if left is right or SECRET in (left, right):
        return True
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def value_at(spec: TypeSpec, content: Content | None, path: PropertyPath) -> Value:
    """The value of one property, or ABSENT; also of one that stands for all that is below it."""
    shape = shape_of(spec)
    node: Value = cast("Json", content) if content is not None else ABSENT
    for length, segment in enumerate(path):
        if isinstance(node, list):
            collection = shape.collection(path[:length])
            node = keyed(collection, node).get(segment, ABSENT) if collection is not None else ABSENT
        elif isinstance(node, dict):
            node = node.get(segment, ABSENT)
        else:
            return ABSENT
    return node


def triples(
    spec: TypeSpec, base: Content | None, tenant: Content | None, head: Content | None
) -> dict[PropertyPath, tuple[Value, Value, Value]]:
    """Every property that any side has, with its three values; sides without the item have none."""
    sides = (base, tenant, head)
    flats = [flatten(spec, side) if side is not None else {} for side in sides]
    union: dict[PropertyPath, None] = {}
    for flat in flats:
        union.update(dict.fromkeys(flat))
    inner = [_prefixes(flat) for flat in flats]
    hidden, whole = _meetings(union, flats, inner)
    rows: dict[PropertyPath, tuple[Value, Value, Value]] = {}
    for path in union:
        top = next((path[:length] for length in range(1, len(path) + 1) if path[:length] in whole), None)
        if top is not None:
            if top not in rows:
                values = [value_at(spec, side, top) for side in sides]
                rows[top] = (values[0], values[1], values[2])
        elif path not in hidden:
            b, t, r = (flat.get(path, ABSENT) for flat in flats)
            rows[path] = (b, t, r)
    return rows


def _prefixes(flat: Iterable[PropertyPath]) -> set[PropertyPath]:
    return {path[:length] for path in flat for length in range(1, len(path))}


def _meetings(
    union: Iterable[PropertyPath],
    flats: list[dict[PropertyPath, Json]],
    inner: list[set[PropertyPath]],
) -> tuple[set[PropertyPath], set[PropertyPath]]:
    """Where one side has a value and another has properties below it: paths that say nothing (an empty object
    beside a filled one, both there), and paths that become one property.
    """
    hidden: set[PropertyPath] = set()
    whole: set[PropertyPath] = set()
    for path in union:
        if not any(path in prefixes for prefixes in inner):
            continue
        empty = all(flat.get(path, {}) == {} for flat in flats)
        there = all(
            path in flat or path in prefixes for flat, prefixes in zip(flats[1:], inner[1:], strict=True)
        )
        (hidden if empty and there else whole).add(path)
    return hidden, whole


def diff(spec: TypeSpec, old: Content, new: Content) -> dict[PropertyPath, Value]:
    """What turns `old` into `new` by `apply`: path → new value, ABSENT to remove."""
    rows = triples(spec, None, old, new)
    changes: dict[PropertyPath, Value] = {
        path: there for path, (_, here, there) in rows.items() if not same(here, there)
    }
    for path in list(changes):
        for length in range(1, len(path)):
            if path[:length] not in changes and _is_empty(
                spec, value_at(spec, new, path[:length]), path[:length]
            ):
                changes[path[:length]] = {}
    return changes


def _is_empty(spec: TypeSpec, value: Value, path: PropertyPath) -> bool:
    """Is this an object without any property?"""
    if not isinstance(value, dict):
        return False
    found: dict[PropertyPath, Json] = {}
    _flatten(shape_of(spec), path, value, found)
    return found == {path: {}}


def same_content(spec: TypeSpec, left: Content, right: Content) -> bool:
    """No property differs."""
    return all(same(here, there) for _, here, there in triples(spec, None, left, right).values())


def apply(
    spec: TypeSpec,
    content: Content,
    changes: Mapping[PropertyPath, Value],
    keep: frozenset[PropertyPath] = frozenset(),
) -> dict[str, Json]:
    """A new content with these properties set, or removed where ABSENT; the order of `changes` means nothing.

    Objects that a removal leaves empty go too, except those at `keep` or set by `changes` themselves.
    """
    shape = shape_of(spec)
    result = cast("dict[str, Json]", copied(cast("Json", content)))
    gone = [path for path, value in changes.items() if value is ABSENT]
    for path in sorted(gone, key=lambda path: (-len(path), path)):
        _remove(spec, shape, result, path, keep)
    kept = [(path, value) for path, value in changes.items() if value is not ABSENT]
    for path, value in sorted(kept, key=lambda pair: (len(pair[0]), pair[0])):
        _set(shape, result, path, copied(value))
    return result


def copied(value: Json) -> Json:
    """A copy that shares no list and no object."""
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [copied(inner) for inner in value]
    return value


def _set(shape: Shape, root: dict[str, Json], path: PropertyPath, value: Json) -> None:
    node: dict[str, Json] = root
    for length in range(1, len(path)):
        here = path[:length]
        child = node.get(path[length - 1])
        collection = shape.collection(here)
        if collection is not None and length == len(path) - 1 and not isinstance(child, dict):
            members = keyed(collection, child) if isinstance(child, list) else {}
            node[path[length - 1]] = sorted_members(collection, list({**members, path[-1]: value}.values()))
            return
        if not isinstance(child, dict):
            child = node[path[length - 1]] = {}
        node = child
    node[path[-1]] = value


def _remove(
    spec: TypeSpec, shape: Shape, root: dict[str, Json], path: PropertyPath, keep: frozenset[PropertyPath]
) -> None:
    trail: list[dict[str, Json]] = [root]
    for length in range(1, len(path)):
        child = trail[-1].get(path[length - 1])
        collection = shape.collection(path[:length])
        if isinstance(child, list) and collection is not None and length == len(path) - 1:
            members = keyed(collection, child)
            if path[-1] not in members:
                return
            trail[-1][path[length - 1]] = [member for key, member in members.items() if key != path[-1]]
            break
        if not isinstance(child, dict):
            return
        trail.append(child)
    else:
        if path[-1] not in trail[-1]:
            return
        del trail[-1][path[-1]]
    for depth in range(len(trail) - 1, 0, -1):
        if path[:depth] in keep or not _is_empty(spec, trail[depth], path[:depth]):
            return
        del trail[depth - 1][path[depth - 1]]


def copy_properties(
    spec: TypeSpec, target: Content, source: Content, paths: Iterable[PropertyPath]
) -> dict[str, Json]:
    """The target with these properties as the source has them, and nothing else changed."""
    paths = list(paths)
    parents = {path[:length] for path in paths for length in range(1, len(path))}
    keep = frozenset(path for path in parents if isinstance(value_at(spec, source, path), dict))
    return apply(spec, target, {path: value_at(spec, source, path) for path in paths}, keep)
