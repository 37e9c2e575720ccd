"""An item's properties: take it apart, compare values, and put changed properties back.

A property is a scalar, a long text, an ordered list as a whole, an object that compares as one, a member of
an unordered collection, or an empty object. A declared collection that is absent, null or empty has no
members, and that is all it says; elsewhere null and absent differ. Where one side has a value at a path and
another has properties below it, or where the tenant or the repository lacks an object that the other has,
that path is one property for all sides. The marker for a secret never differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from shared.domain.catalog import TypeSpec
from shared.domain.item import ABSENT, SECRET, Content, Json, PropertyPath, Value
from shared.domain.shape import Shape, keyed, shape_of, sorted_members


def flatten(spec: TypeSpec, content: Content) -> dict[PropertyPath, Json]:
    """Every property of the item."""
    return _parts(spec, content).leaves


@dataclass(slots=True)
class _Parts:
    """One side taken apart: its properties, and the paths of the objects that hold them."""

    leaves: dict[PropertyPath, Json] = field(default_factory=dict)
    objects: set[PropertyPath] = field(default_factory=set)


def _parts(spec: TypeSpec, content: Content | None) -> _Parts:
    found = _Parts()
    shape = shape_of(spec)
    for name, value in (content or {}).items():
        _take_apart(shape, (name,), value, found)
    return found


def _take_apart(shape: Shape, path: PropertyPath, value: Json, found: _Parts) -> None:
    collection = shape.collection(path)
    if collection is not None and (value is None or isinstance(value, list)):
        for key, member in keyed(collection, value or []).items():
            found.leaves[(*path, key)] = member
    elif isinstance(value, dict) and not shape.atomic(path):
        found.objects.add(path)
        before = len(found.leaves)
        for name, inner in value.items():
            _take_apart(shape, (*path, name), inner, found)
        if len(found.leaves) == before:
            found.leaves[path] = {}
    else:
        found.leaves[path] = value


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
    # Two sides are often one and the same object: what only one side changed.
    known = {id(side): _parts(spec, side) for side in sides}
    parts = [known[id(side)] for side in sides]
    union: dict[PropertyPath, None] = {}
    for one in parts:
        union.update(dict.fromkeys(one.leaves))
    whole = _whole(union, parts)
    rows: dict[PropertyPath, tuple[Value, Value, Value]] = {}
    for path in union:
        top = next((path[:length] for length in range(1, len(path) + 1) if path[:length] in whole), None)
        if top is not None:
            if top not in rows:
                values = [value_at(spec, side, top) for side in sides]
                rows[top] = (values[0], values[1], values[2])
        elif not any(path in one.objects and path not in one.leaves for one in parts):
            b, t, r = (one.leaves.get(path, ABSENT) for one in parts)
            rows[path] = (b, t, r)
    return rows


def _whole(union: Iterable[PropertyPath], parts: list[_Parts]) -> set[PropertyPath]:
    """The paths that are one property although a side has properties below them."""
    prefixes = {path[:length] for path in union for length in range(1, len(path))}
    found = set()
    for path in prefixes:
        scalar = any(path in one.leaves and path not in one.objects for one in parts)
        objects = [path in one.objects for one in parts]
        if scalar or (any(objects) and not all(objects[1:])):
            found.add(path)
    return found


def diff(spec: TypeSpec, old: Content, new: Content) -> dict[PropertyPath, Value]:
    """What turns `old` into `new` by `apply`: path → new value, ABSENT to remove."""
    rows = triples(spec, None, old, new)
    return {path: there for path, (_, here, there) in rows.items() if not same(here, there)}


def same_content(spec: TypeSpec, left: Content, right: Content) -> bool:
    """No property differs."""
    return all(same(here, there) for _, here, there in triples(spec, None, left, right).values())


def apply(spec: TypeSpec, content: Content, changes: Mapping[PropertyPath, Value]) -> dict[str, Json]:
    """A new content with these properties set, or removed where ABSENT; their order means nothing."""
    shape = shape_of(spec)
    result = cast("dict[str, Json]", copied(cast("Json", content)))
    members: dict[PropertyPath, dict[str, Value]] = {}
    for path, value in sorted(changes.items(), key=lambda change: (len(change[0]), change[0])):
        if shape.collection(path[:-1]) is not None and not isinstance(
            value_at(spec, result, path[:-1]), dict
        ):
            members.setdefault(path[:-1], {})[path[-1]] = value
        elif value is ABSENT:
            _remove(result, path)
        else:
            _set(result, path, copied(value))
    for path, changed in members.items():
        _change_members(spec, result, path, changed)
    return result


def _change_members(
    spec: TypeSpec, root: dict[str, Json], path: PropertyPath, changed: Mapping[str, Value]
) -> None:
    """All at once: members of one key are told apart by their rank, which each change may shift."""
    collection = shape_of(spec).collection(path)
    there = value_at(spec, root, path)
    if collection is None or (not isinstance(there, list) and all(one is ABSENT for one in changed.values())):
        return
    known: dict[str, Value] = {**(keyed(collection, there) if isinstance(there, list) else {}), **changed}
    _set(root, path, sorted_members(collection, [copied(one) for one in known.values() if one is not ABSENT]))


def copied(value: Json) -> Json:
    """A copy that shares no list and no object."""
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [copied(inner) for inner in value]
    return value


def _set(root: dict[str, Json], path: PropertyPath, value: Json) -> None:
    node = root
    for name in path[:-1]:
        child = node.get(name)
        if not isinstance(child, dict):
            child = node[name] = {}
        node = child
    node[path[-1]] = value


def _remove(root: dict[str, Json], path: PropertyPath) -> None:
    node: Json = root
    for name in path[:-1]:
        node = node.get(name) if isinstance(node, dict) else None
    if isinstance(node, dict):
        node.pop(path[-1], None)


def copy_properties(
    spec: TypeSpec, target: Content, source: Content, paths: Iterable[PropertyPath]
) -> dict[str, Json]:
    """The target with these properties as the source has them, and nothing else changed.

    An object that is emptied by that, and that the source does not have, goes too.
    """
    paths = list(paths)
    result = apply(spec, target, {path: value_at(spec, source, path) for path in paths})
    parents = {path[:length] for path in paths for length in range(1, len(path))}
    for parent in sorted(parents, key=len, reverse=True):
        if value_at(spec, source, parent) is ABSENT and value_at(spec, result, parent) in ({}, []):
            _remove(result, parent)
    return result
