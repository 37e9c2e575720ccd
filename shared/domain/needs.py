"""What each planned change needs: objects that must exist, changes that must come first, and what is in its
way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.domain.catalog import Catalog, Reference
from shared.domain.compare import Planned
from shared.domain.item import ABSENT
from shared.domain.marker import Symbol
from shared.domain.pattern import parse, touches
from shared.domain.plan import Action, Blocked, BlockedCode
from shared.domain.reference import Index, Mention, Unresolvable, identity_of, mentions, names_it
from shared.names import TypeKey


@dataclass(slots=True)
class Needs:
    """Of one planned change, others by their position. `first`: must be applied before it, or it cannot be.
    `rather`: come before it where possible. `blocked`: why it cannot be deployed.
    """

    first: set[int]
    rather: set[int]
    blocked: Blocked | None = None

    def block(self, code: BlockedCode, detail: str) -> None:
        """Notes what is in the way; the first finding stays."""
        self.blocked = self.blocked or Blocked(code, detail)


@dataclass(frozen=True, slots=True)
class _Names:
    """Which planned change gives the tenant an object of this name, and which changes one that has it."""

    given: Mapping[tuple[TypeKey, str], int]
    kept: Mapping[tuple[TypeKey, str], int]


def needs_of(catalog: Catalog, index: Index, planned: Sequence[Planned]) -> list[Needs]:
    """The needs of every planned change."""
    names = _names(catalog, planned)
    found = [Needs(set(), set()) for _ in planned]
    for at, one in enumerate(planned):
        spec = catalog.types[one.type]
        if one.action is Action.DELETE:
            _before_delete(catalog, one, at, planned, found[at])
            continue
        held = mentions(spec, one.tenant) if one.tenant is not None else frozenset[Mention]()
        for mention in sorted(mentions(spec, one.head or {}), key=_order):
            new = mention not in held and _in_change(mention.reference, one)
            if isinstance(mention.what, Symbol):
                _meet(at, mention.what, names, index, found[at], new=new)
            elif new:
                found[at].block(BlockedCode.UNRESOLVED_REFERENCE, mention.what)
    _pairs(planned, found)
    return found


def _order(mention: Mention) -> tuple[str, str]:
    return mention.reference.path, str(mention.what)


def _names(catalog: Catalog, planned: Sequence[Planned]) -> _Names:
    given: dict[tuple[TypeKey, str], int] = {}
    kept: dict[tuple[TypeKey, str], int] = {}
    for at, one in enumerate(planned):
        spec = catalog.types[one.type]
        old = identity_of(spec, one.tenant) if one.tenant is not None else None
        new = identity_of(spec, one.head) if one.head is not None else None
        if new is not None:
            (kept if new == old else given)[one.type, new] = at
    return _Names(given, kept)


def _meet(at: int, what: Symbol, names: _Names, index: Index, needs: Needs, *, new: bool) -> None:
    """One reference of what the repository wants: who provides it, or why nobody can. `new`: the tenant does
    not hold it there yet.
    """
    name = (what.type, what.identity)
    if new and name in names.given:
        if names.given[name] == at:
            needs.block(BlockedCode.UNRESOLVED_REFERENCE, f"{what} is this item itself")
        needs.first.add(names.given[name])
        needs.first.discard(at)
        return
    if names.kept.get(name, at) != at:
        needs.rather.add(names.kept[name])
    found = index.resolve(what.type, what.identity)
    if new and found is Unresolvable.AMBIGUOUS:
        needs.block(BlockedCode.AMBIGUOUS, str(what))
    elif new and found is Unresolvable.UNKNOWN:
        needs.block(BlockedCode.UNRESOLVED_REFERENCE, str(what))


def _in_change(reference: Reference, one: Planned) -> bool:
    pattern = parse(reference.path)
    return any(touches(pattern, change.path) for change in one.properties if change.repository is not ABSENT)


def _before_delete(catalog: Catalog, one: Planned, at: int, planned: Sequence[Planned], needs: Needs) -> None:
    """Before an object goes, what refers to it must have let go of it."""
    symbol = Symbol(one.type, identity_of(catalog.types[one.type], one.tenant or {}))
    for other, holder in enumerate(planned):
        spec = catalog.types[holder.type]
        if other == at or all(reference.to != one.type for reference in spec.references):
            continue
        if names_it(spec, holder.tenant, symbol) and not names_it(spec, holder.head, symbol):
            needs.first.add(other)


def _pairs(planned: Sequence[Planned], found: Iterable[Needs]) -> None:
    """In a delete-and-create pair the delete comes first: two objects of one name would be ambiguous."""
    deletes = {
        (one.type, one.path): at
        for at, one in enumerate(planned)
        if one.replacing and one.action is Action.DELETE
    }
    for one, needs in zip(planned, found, strict=True):
        if one.replacing and one.action is Action.CREATE:
            needs.first.add(deletes[one.type, one.path])
