"""Makes the plan: order, dependencies, what is blocked, and the digest (product.md 3.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Final

from shared.domain.catalog import Catalog, Kind, TypeSpec
from shared.domain.compare import Planned
from shared.domain.digest import digest_of
from shared.domain.holders import holders
from shared.domain.item import pointer
from shared.domain.marker import Symbol
from shared.domain.needs import Needs, needs_of
from shared.domain.obstacles import spare, unknown_secret
from shared.domain.ordering import ordered
from shared.domain.pattern import parse, touches
from shared.domain.plan import Action, Blocked, BlockedCode, Change, Plan, PropertyChange
from shared.domain.reference import mentions
from shared.domain.tenant_state import TenantState, likeness
from shared.names import ChangeId, ItemPath, ObjectId, TenantId, TypeKey

MOST_HOLDERS: Final = 5
"""How many of those who still refer to an item are named."""


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """What a plan rests on besides the comparison.

    `restrictions`: types none of whose changes can be written, and why (`permissionMissing`, `needsUser`).
    `protected`: patterns over item paths of what is never written.
    """

    catalog: Catalog
    tenant: TenantId
    state: TenantState
    restrictions: Mapping[TypeKey, Blocked] = field(default_factory=dict)
    protected: Sequence[str] = ()


def wanted_names(catalog: Catalog, planned: Sequence[Planned], state: TenantState) -> frozenset[Symbol]:
    """The symbols of looked-up types that the plan needs and the index does not know: to be found by name and
    put into the state's index before `make_plan`.
    """
    found = set()
    for one in planned:
        for mention in mentions(catalog.types[one.type], one.head or {}):
            what = mention.what
            if isinstance(what, str) or what.type not in catalog.lookups:
                continue
            if not state.index.candidates(what.type, what.identity):
                found.add(what)
    return frozenset(found)


def make_plan(inputs: PlanInputs, planned: Sequence[Planned]) -> Plan:
    """The plan of these changes. Independent of the order in which they are given."""
    planned = sorted(planned, key=lambda one: (one.type, one.path, one.action.value))
    needs = needs_of(inputs.catalog, inputs.state.index, planned)
    for one, found in zip(planned, needs, strict=True):
        found.blocked = _own_obstacle(inputs, one) or _held(inputs, planned, one) or found.blocked
    spare(planned, needs)
    ranks = [_rank(inputs.catalog, one) for one in planned]
    _let_go(planned, needs)
    order, circle = ordered(
        ranks,
        {at: one.first for at, one in enumerate(needs)},
        {at: one.rather for at, one in enumerate(needs)},
    )
    for at in circle:
        needs[at].blocked = needs[at].blocked or Blocked(
            BlockedCode.UNRESOLVED_REFERENCE, "it refers to items that refer back to it"
        )
    changes = _changes(planned, needs, order)
    return Plan(
        inputs.tenant,
        inputs.catalog.version,
        changes,
        digest_of(inputs.tenant, inputs.catalog.version, changes),
    )


def _let_go(planned: Sequence[Planned], needs: Sequence[Needs]) -> None:
    """Deletes that refer to each other need not wait for each other: the service allows one of them first."""
    for at, one in enumerate(needs):
        if planned[at].action is Action.DELETE:
            mutual = {other for other in one.first if at in needs[other].first and other > at}
            one.first -= mutual


def _rank(catalog: Catalog, one: Planned) -> tuple[int, int, str, str]:
    tier = catalog.types[one.type].tier
    if one.action is Action.DELETE:
        return 1, -tier, one.type, one.path
    return 0, tier, one.type, one.path


def _changes(planned: Sequence[Planned], needs: Sequence[Needs], order: Sequence[int]) -> tuple[Change, ...]:
    ids = {at: ChangeId(f"c{place}") for place, at in enumerate(order)}
    pairs: dict[tuple[TypeKey, str, Action], ChangeId] = {
        (one.type, one.path, one.action): ids[at] for at, one in enumerate(planned) if one.replacing
    }
    blocked: dict[ChangeId, Blocked] = {}
    changes: list[Change] = []
    for at in order:
        one, first = planned[at], sorted(needs[at].first)
        depends = tuple(sorted((ids[other] for other in first), key=lambda name: int(name[1:])))
        stop = needs[at].blocked or _inherited(planned, ids, blocked, first)
        if stop is not None:
            blocked[ids[at]] = stop
        other = Action.CREATE if one.action is Action.DELETE else Action.DELETE
        changes.append(
            Change(
                id=ids[at],
                action=one.action,
                type=one.type,
                item=one.item,
                path=one.path,
                object_id=one.object_id,
                properties=one.properties,
                conflict=one.conflict,
                depends_on=depends,
                blocked=stop,
                replaces=pairs.get((one.type, one.path, other)) if one.replacing else None,
            )
        )
    return tuple(changes)


def _inherited(
    planned: Sequence[Planned],
    ids: Mapping[int, ChangeId],
    blocked: Mapping[ChangeId, Blocked],
    first: Sequence[int],
) -> Blocked | None:
    """What depends on a blocked change is blocked for the same reason."""
    for other in first:
        reason = blocked.get(ids[other])
        if reason is not None:
            return replace(reason, detail=f"depends on {planned[other].item!r}: {reason.detail}")
    return None


def protecting(protected: Sequence[str], path: ItemPath) -> str | None:
    """The pattern by which the settings want this item never to be written; None where it may be."""
    return next((pattern for pattern in protected if fnmatchcase(path, pattern)), None)


def _own_obstacle(inputs: PlanInputs, one: Planned) -> Blocked | None:
    """What is in the way of this change whatever it refers to."""
    spec = inputs.catalog.types[one.type]
    pattern = protecting(inputs.protected, one.path)
    if pattern is not None:
        return Blocked(BlockedCode.PROTECTED, pattern)
    never = _never(spec, one)
    if never is not None:
        return Blocked(BlockedCode.UNCHANGEABLE, never)
    if one.action is Action.CREATE:
        others = _namesakes(inputs, spec, one)
        if others:
            return Blocked(BlockedCode.AMBIGUOUS, f"the tenant has {one.item!r} already: {', '.join(others)}")
    return inputs.restrictions.get(one.type)


def _held(inputs: PlanInputs, planned: Sequence[Planned], one: Planned) -> Blocked | None:
    """A delete of what others still refer to would leave them pointing at nothing."""
    if one.action is not Action.DELETE or one.replacing:
        return None
    found = holders(inputs.catalog, inputs.state, planned, one)
    if not found:
        return None
    detail = f"still referred to by {', '.join(found[:MOST_HOLDERS])}"
    more = f" and {len(found) - MOST_HOLDERS} more" if len(found) > MOST_HOLDERS else ""
    return Blocked(BlockedCode.UNRESOLVED_REFERENCE, detail + more)


def _never(spec: TypeSpec, one: Planned) -> str | None:
    """Why the service would never take this change."""
    if one.unchangeable:
        return "the service does not let anybody change this object"
    if one.action is Action.CREATE and not (spec.creatable and spec.kind is Kind.COLLECTION):
        return f"{spec.key} cannot be created"
    if one.action is Action.CREATE and (place := unknown_secret(spec, one.head or {})) is not None:
        return f"{place} is a secret that only the service knew: create the object in the tenant"
    if one.action is Action.DELETE and not (spec.deletable and spec.kind is Kind.COLLECTION):
        return f"{spec.key} cannot be deleted"
    if one.action is Action.UPDATE:
        fixed = next((change for change in one.properties if immutable(spec, change)), None)
        if fixed is not None:
            return f"{pointer(fixed.path)} cannot be changed once the object exists"
    return None


def immutable(spec: TypeSpec, change: PropertyChange) -> bool:
    """Does the change touch what an update cannot change?"""
    return any(touches(parse(text), change.path) for text in spec.immutable)


def _namesakes(inputs: PlanInputs, spec: TypeSpec, one: Planned) -> list[ObjectId]:
    if one.replacing or one.head is None:
        return []
    like = likeness(spec, one.head)
    return [item.object_id for item in inputs.state.items.get(one.type, ()) if item.likeness == like]
