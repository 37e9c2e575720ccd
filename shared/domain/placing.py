"""Where each item's files lie after a comparison, in the repository and in B.

A file follows its item's name: after a rename in the portal, or a rename in the file that the tenant has
taken, it moves. While a rename waits for approval the file stays where the person has it. B keeps an item
under the path that the repository has for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.domain.catalog import TypeSpec
from shared.domain.file_name import fits, fold, free_path, stem_in
from shared.domain.item import Content
from shared.domain.matching import Trio
from shared.domain.merge import Merged
from shared.domain.reference import identity_of
from shared.domain.tenant_state import TenantItem
from shared.names import ItemPath


@dataclass(frozen=True, slots=True)
class Placed:
    """One item with what becomes of it, and its paths afterwards; None: the side does not have it."""

    trio: Trio
    merged: Merged
    head: ItemPath | None
    base: ItemPath | None

    @property
    def path(self) -> ItemPath:
        """What the item is known by in plans and reports: where its file is, or was, or would be."""
        tenant = self.trio.tenant.path if self.trio.tenant else None
        return self.head or self.base or self.trio.head or self.trio.base or tenant or ItemPath("")


def place(
    spec: TypeSpec, trios: Sequence[Trio], merged: Sequence[Merged], others: Iterable[ItemPath]
) -> tuple[Placed, ...]:
    """The paths of these items, free of each other and of `others`, which stay where they are."""
    decided = list(zip(trios, merged, strict=True))
    kept = [_stays(spec, trio, result) for trio, result in decided]
    taken = {fold(path) for path in others} | {fold(path) for path in kept if path is not None}
    found = []
    for (trio, result), path in zip(decided, kept, strict=True):
        if result.head is None:
            found.append(Placed(trio, result, None, path))
            continue
        head = path
        if head is None and trio.tenant is not None:
            head = _goes(spec, trio.tenant, result.head, taken)
            taken.add(fold(head))
        found.append(Placed(trio, result, head, head if result.base is not None else None))
    return tuple(found)


def _stays(spec: TypeSpec, trio: Trio, merged: Merged) -> ItemPath | None:
    """The path that the item keeps; None: it gets one, or it has none any more."""
    if merged.head is None:
        return trio.base if merged.base is not None else None
    if trio.head is None or trio.tenant is None:
        return trio.head
    name = identity_of(spec, merged.head)
    if name != trio.tenant.name or fits(stem_in(trio.head), name, trio.tenant.object_id):
        return trio.head
    return None


def _goes(spec: TypeSpec, tenant: TenantItem, head: Content, taken: set[str]) -> ItemPath:
    if fold(tenant.path) not in taken:
        return tenant.path
    return free_path(spec, identity_of(spec, head), tenant.object_id, taken)
