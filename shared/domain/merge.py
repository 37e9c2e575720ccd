"""Three ways into one: what becomes of an item that base, repository and tenant hold (product.md 3.5).

Per property: what changed in the tenant alone is drift and adopted, what changed in the repository alone is
planned, what changed in both to different values is a conflict, in which the repository keeps its value and
proposes it. Under `drift: revert` drift is proposed to be put back instead of adopted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from shared.domain.catalog import TypeSpec
from shared.domain.item import ABSENT, SECRET, Content, Json, PropertyPath, Value
from shared.domain.plan import Action, Difference, PropertyChange
from shared.domain.properties import apply, copy_properties, flatten, same, same_content, triples
from shared.domain.settings import DriftPolicy

Rows: TypeAlias = Mapping[PropertyPath, tuple[Value, Value, Value]]
"""Property → its values in base, tenant and repository."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What becomes of one item. None for a content: the item is not there.

    `head`: what the repository holds after adoption. `base`: B after this comparison. `action`, `properties`,
    `conflict`: what is to be planned, if anything. `replace`: the plan is a delete and a create, since the
    object's kind (`@odata.type`) changed; `properties` are then the create's. `drift` and `adopted`: what was
    taken over from the tenant, as a whole and by property (none for an item added or removed).
    """

    head: Content | None
    base: Content | None
    action: Action | None = None
    properties: tuple[PropertyChange, ...] = ()
    conflict: bool = False
    replace: bool = False
    drift: Difference | None = None
    adopted: tuple[PropertyChange, ...] = ()


def merge_item(
    spec: TypeSpec,
    base: Content | None,
    head: Content | None,
    tenant: Content | None,
    drift: DriftPolicy = DriftPolicy.ADOPT,
    *,
    known_type: bool = True,
) -> Merged:
    """Decides on one item; at least one side has it. `known_type`: B knows the type, that is, this is not its
    first comparison, in which nothing that only the tenant has is ever proposed for deletion.
    """
    adopt = drift is DriftPolicy.ADOPT
    if tenant is None:
        return _gone(spec, base, head, adopt=adopt)
    if head is None:
        return _not_wanted(spec, base, tenant, adopt=adopt or not known_type)
    if head.get("@odata.type") != tenant.get("@odata.type"):
        return _other_kind(spec, base, head, tenant, adopt=adopt)
    return _both(spec, base, head, tenant, adopt=adopt)


def _gone(spec: TypeSpec, base: Content | None, head: Content | None, *, adopt: bool) -> Merged:
    """The tenant does not have the item."""
    if head is None:
        return Merged(None, None)
    untouched = base is not None and same_content(spec, base, head)
    if untouched and adopt:
        return Merged(None, None, drift=Difference.REMOVED)
    conflict = base is not None and not untouched
    return Merged(head, base, Action.CREATE, creation(spec, base, head, conflict=conflict), conflict)


def _not_wanted(spec: TypeSpec, base: Content | None, tenant: Content, *, adopt: bool) -> Merged:
    """The repository does not have the item."""
    if base is None and adopt:
        return Merged(tenant, tenant, drift=Difference.ADDED)
    conflict = base is not None and not same_content(spec, base, tenant)
    return Merged(None, base, Action.DELETE, deletion(spec, base, tenant, conflict=conflict), conflict)


def _other_kind(
    spec: TypeSpec, base: Content | None, head: Content, tenant: Content, *, adopt: bool
) -> Merged:
    """The object's kind differs: no update leads from one to the other."""
    if adopt and base is not None and same_content(spec, base, head):
        return Merged(tenant, tenant, drift=Difference.CHANGED, adopted=_whole(base, tenant, head))
    conflict = base is None or not (same_content(spec, base, tenant) or same_content(spec, base, head))
    created = creation(spec, base, head, conflict=conflict)
    return Merged(head, base, Action.CREATE, created, conflict, replace=True)


def _whole(base: Content, tenant: Content, head: Content) -> tuple[PropertyChange, ...]:
    return (PropertyChange((), dict(base), dict(tenant), dict(head)),)


def _both(spec: TypeSpec, base: Content | None, head: Content, tenant: Content, *, adopt: bool) -> Merged:
    # At a first meeting nothing was ever agreed, so there is nothing to put back: what the tenant has stays.
    adopt = adopt or base is None
    agreed: list[PropertyPath] = []
    adopted: list[PropertyChange] = []
    planned: list[PropertyChange] = []
    for path, (b, t, r) in triples(spec, base, tenant, head).items():
        if SECRET in (b, t, r) or same(t, r):
            agreed.append(path)
        elif same(b, r) and adopt:
            agreed.append(path)
            adopted.append(PropertyChange(path, b, t, r))
        else:
            planned.append(PropertyChange(path, b, t, r, conflict=not same(b, t) and not same(b, r)))
    drift = Difference.CHANGED if adopted else None
    found = tuple(sorted(adopted, key=_by_path))
    if not planned:
        return Merged(_with_secrets(spec, tenant, head), tenant, drift=drift, adopted=found)
    return Merged(
        head=copy_properties(spec, head, tenant, [change.path for change in adopted]),
        base=copy_properties(spec, base or {}, tenant, agreed),
        action=Action.UPDATE,
        properties=tuple(sorted(planned, key=_by_path)),
        conflict=any(change.conflict for change in planned),
        drift=drift,
        adopted=found,
    )


def _with_secrets(spec: TypeSpec, tenant: Content, head: Content) -> Content:
    """What the tenant holds, with the repository's markers for secrets that the service does not name."""
    shown = flatten(spec, tenant)
    extra: dict[PropertyPath, Value] = {
        path: value for path, value in flatten(spec, head).items() if value == SECRET and path not in shown
    }
    return apply(spec, tenant, extra) if extra else tenant


def creation(
    spec: TypeSpec, base: Content | None, head: Content, *, conflict: bool
) -> tuple[PropertyChange, ...]:
    """The properties of a create: all that the repository wants."""
    agreed = _flat(spec, base)
    return tuple(
        PropertyChange(path, agreed.get(path, ABSENT), ABSENT, value, conflict)
        for path, value in sorted(flatten(spec, head).items())
    )


def deletion(
    spec: TypeSpec, base: Content | None, tenant: Content, *, conflict: bool
) -> tuple[PropertyChange, ...]:
    """The properties of a delete: all that the tenant holds."""
    agreed = _flat(spec, base)
    return tuple(
        PropertyChange(path, agreed.get(path, ABSENT), value, ABSENT, conflict)
        for path, value in sorted(flatten(spec, tenant).items())
    )


def _flat(spec: TypeSpec, content: Content | None) -> dict[PropertyPath, Json]:
    return {} if content is None else flatten(spec, content)


def _by_path(change: PropertyChange) -> PropertyPath:
    return change.path
