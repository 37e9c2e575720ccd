"""Which file of the base, which file of the repository and which object of the tenant are one item.

Base and tenant belong together by object id, base and repository by path. What is left over is matched by the
catalog's identity with its discriminators (an object recreated in the portal, a file moved by hand, an item
created on both sides), then by content: a delete and a create that are equal but for the name, the only such
pair, are a rename. A match is made only where exactly one item on each side fits; nothing is ever guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from shared.domain.catalog import TypeSpec
from shared.domain.item import Content
from shared.domain.json_form import compact
from shared.domain.properties import flatten
from shared.domain.tenant_state import TenantItem, likeness
from shared.names import ItemPath, ObjectId

A = TypeVar("A")
B = TypeVar("B")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Trio:
    """One item on its three sides; None where a side does not have it."""

    base: ItemPath | None = None
    head: ItemPath | None = None
    tenant: TenantItem | None = None


@dataclass(frozen=True, slots=True)
class Sides:
    """The items of one type that are to be matched: contents by path, the tenant's by object."""

    base: Mapping[ItemPath, Content]
    head: Mapping[ItemPath, Content]
    tenant: Mapping[TenantItem, Content]
    ids: Mapping[ItemPath, ObjectId]


def match(spec: TypeSpec, sides: Sides) -> tuple[Trio, ...]:
    """Every item once, in the order of its path."""
    objects = _objects(spec, sides)
    files = _files(spec, sides)
    taken_files, taken_objects = set(files.values()), set(objects.values())
    free_files = {path: content for path, content in sides.head.items() if path not in taken_files}
    free_objects = [item for item in sides.tenant if item not in taken_objects]
    met = _pairs(
        _by(free_files, lambda content: likeness(spec, content)),
        {item: item.likeness for item in free_objects},
    )
    met_objects = set(met.values())
    trios = [Trio(path, files.get(path), objects.get(path)) for path in sides.base]
    trios += [Trio(None, path, met.get(path)) for path in free_files]
    trios += [Trio(None, None, item) for item in free_objects if item not in met_objects]
    return tuple(sorted(trios, key=_order))


def _order(trio: Trio) -> tuple[str, str]:
    tenant = trio.tenant
    return trio.head or trio.base or (tenant.path if tenant else ""), tenant.object_id if tenant else ""


def _objects(spec: TypeSpec, sides: Sides) -> dict[ItemPath, TenantItem]:
    """Base path → object."""
    by_id = {item.object_id: item for item in sides.tenant}
    found = {path: by_id[object_id] for path, object_id in sides.ids.items() if object_id in by_id}
    return _left_over(
        spec,
        found,
        sides.base,
        {item: item.likeness for item in sides.tenant},
        sides.tenant,
    )


def _files(spec: TypeSpec, sides: Sides) -> dict[ItemPath, ItemPath]:
    """Base path → repository path."""
    found = {path: path for path in sides.base if path in sides.head}
    likes = _by(sides.head, lambda content: likeness(spec, content))
    return _left_over(spec, found, sides.base, likes, sides.head)


def _left_over(
    spec: TypeSpec,
    found: dict[ItemPath, A],
    base: Mapping[ItemPath, Content],
    likes: Mapping[A, tuple[str, ...]],
    contents: Mapping[A, Content],
) -> dict[ItemPath, A]:
    """Adds the matches among what is not matched yet: by likeness, then by content."""
    taken = set(found.values())
    lost = {path: content for path, content in base.items() if path not in found}
    new = {key: content for key, content in contents.items() if key not in taken}
    by_name = _pairs(_by(lost, lambda content: likeness(spec, content)), {key: likes[key] for key in new})
    lost = {path: content for path, content in lost.items() if path not in by_name}
    named = set(by_name.values())
    new = {key: content for key, content in new.items() if key not in named}
    by_content = _pairs(
        _by(lost, lambda content: nameless(spec, content)), _by(new, lambda content: nameless(spec, content))
    )
    return {**found, **by_name, **by_content}


def nameless(spec: TypeSpec, content: Content) -> str:
    """Everything about an item but its name, as text to compare by."""
    rest = {name: value for name, value in content.items() if name != spec.named_by}
    return compact([[list(path), value] for path, value in sorted(flatten(spec, rest).items())])


def _by(contents: Mapping[A, Content], key: Callable[[Content], K]) -> dict[A, K]:
    return {item: key(content) for item, content in contents.items()}


def _pairs(left: Mapping[A, K], right: Mapping[B, K]) -> dict[A, B]:
    """Those that fit exactly one on the other side, and are the only ones there to fit it."""
    lefts, rights = _groups(left), _groups(right)
    return {
        found[0]: others[0]
        for key, found in lefts.items()
        if len(found) == 1 and len(others := rights.get(key, [])) == 1
    }


def _groups(items: Mapping[A, K]) -> dict[K, list[A]]:
    found: dict[K, list[A]] = {}
    for item, key in items.items():
        found.setdefault(key, []).append(item)
    return found
