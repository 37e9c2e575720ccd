"""References between objects: ids become symbolic by an index, symbols are resolved by it, never by guessing.

The index knows, of every type read, looked up or kept in B, which object id has which identity. Where several
objects share one identity, the one whose file has the plain name keeps the symbol when read, so that a
stranger of the same name does not rewrite what stands in the repository; the others keep their ids; and
resolving that symbol answers that it is ambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from shared.domain.catalog import Catalog, Reference, TypeSpec
from shared.domain.file_name import stem_in, stem_of, type_in
from shared.domain.item import Content, Json
from shared.domain.marker import Symbol, symbol, symbols
from shared.domain.pattern import parse, spelled, values
from shared.domain.snapshot import TypeRead
from shared.names import ItemPath, ObjectId, TypeKey

GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


class Unresolvable(Enum):
    """Why a symbol has no id."""

    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Index:
    """Which ids have which identities.

    `identities`: type → object id → identity. `stems`: type → file name in B → object id, by which a name
    that the tenant no longer holds leads to the object that had it.
    """

    identities: Mapping[TypeKey, Mapping[ObjectId, str]]
    stems: Mapping[TypeKey, Mapping[str, ObjectId]] = field(default_factory=dict)
    _by_name: dict[TypeKey, dict[str, tuple[ObjectId, ...]]] = field(default_factory=dict, compare=False)

    def candidates(self, to: TypeKey, identity: str) -> tuple[ObjectId, ...]:
        """Every object of that identity."""
        names = self._by_name.get(to)
        if names is None:
            names = self._by_name[to] = {}
            for object_id, name in self.identities.get(to, {}).items():
                names[name] = (*names.get(name, ()), object_id)
        return names.get(identity, ())

    def resolve(self, to: TypeKey, identity: str) -> ObjectId | Unresolvable:
        """The id of the one object of that identity."""
        found = self.candidates(to, identity)
        if len(found) == 1:
            return found[0]
        return Unresolvable.AMBIGUOUS if found else Unresolvable.UNKNOWN

    def owner(self, to: TypeKey, identity: str) -> ObjectId | Unresolvable:
        """The id that a symbol stands for where the tenant itself gave it, to write back what is there."""
        found = self.candidates(to, identity)
        plain = self.stems.get(to, {}).get(stem_of(identity))
        return plain if plain is not None and plain in found else self.resolve(to, identity)

    def symbol(self, to: TypeKey, object_id: str) -> Symbol | Unresolvable:
        """The symbol of an object, or why it has none."""
        known = self.identities.get(to, {})
        identity = known.get(ObjectId(object_id)) or known.get(ObjectId(object_id.lower()))
        if not identity:
            return Unresolvable.UNKNOWN
        found = self.candidates(to, identity)
        if len(found) > 1 and self.stems.get(to, {}).get(stem_of(identity)) not in (
            object_id,
            object_id.lower(),
        ):
            return Unresolvable.AMBIGUOUS
        return Symbol(to, identity)

    def current(self, old: Symbol) -> Symbol:
        """The symbol under which the tenant now holds what had this name in B; itself where none is known."""
        if self.candidates(old.type, old.identity):
            return old
        object_id = self.stems.get(old.type, {}).get(stem_of(old.identity))
        now = self.symbol(old.type, object_id) if object_id is not None else Unresolvable.UNKNOWN
        return now if isinstance(now, Symbol) else old

    def with_object(self, to: TypeKey, object_id: ObjectId, identity: str | None) -> Index:
        """The index after a write: the object created or renamed, or gone where the identity is None."""
        known = dict(self.identities.get(to, {}))
        known.pop(object_id, None)
        if identity is not None:
            known[object_id] = identity
        return Index({**self.identities, to: known}, self.stems)


def identity_of(spec: TypeSpec, content: Mapping[str, Json]) -> str:
    """The name an item is known by: its `named_by` property, as text; a singleton's is its type key."""
    if not spec.named_by:
        return spec.key
    value = content.get(spec.named_by)
    return value if isinstance(value, str) else "" if value is None else spelled(value)


def index_of(
    catalog: Catalog,
    read: Mapping[TypeKey, TypeRead],
    lookups: Mapping[TypeKey, Mapping[ObjectId, str]],
    kept: Mapping[TypeKey, Mapping[ObjectId, str]],
    base_ids: Mapping[ItemPath, ObjectId],
) -> Index:
    """The index of one comparison: what was read, what was looked up, and B's items of types not read
    (`kept`).
    """
    identities: dict[TypeKey, Mapping[ObjectId, str]] = {**kept, **lookups}
    for key, found in read.items():
        spec = catalog.types[key]
        identities[key] = {item.object_id: identity_of(spec, item.raw) for item in found.items}
    stems: dict[TypeKey, dict[str, ObjectId]] = {}
    for path, object_id in base_ids.items():
        key_in = type_in(path)
        if key_in is not None:
            stems.setdefault(key_in, {})[stem_in(path)] = object_id
    return Index(identities, stems)


def wanted_lookups(catalog: Catalog, read: Mapping[TypeKey, TypeRead]) -> dict[TypeKey, frozenset[ObjectId]]:
    """The ids to look up: those that stand, in what was read, where a looked-up type is referred to."""
    wanted: dict[TypeKey, set[ObjectId]] = {}
    for key, found in read.items():
        for reference in catalog.types[key].references:
            if reference.to in catalog.lookups:
                into = wanted.setdefault(reference.to, set())
                for item in found.items:
                    into.update(_ids(reference, item.raw))
    return {to: frozenset(ids) for to, ids in wanted.items() if ids}


def _ids(reference: Reference, raw: Json) -> Iterable[ObjectId]:
    for value in values(raw, parse(reference.path)):
        if isinstance(value, str) and value and value not in reference.special:
            yield from map(ObjectId, GUID.findall(value) if reference.embedded else [value])


@dataclass(frozen=True, slots=True)
class Mention:
    """One reference inside an item: the catalog's entry, and the symbol there, or the id as it is."""

    reference: Reference
    what: Symbol | str


def mentions(spec: TypeSpec, content: Content) -> frozenset[Mention]:
    """Every reference that canonical content holds, special values left out.

    Embedded ones count only as symbols: an id inside a longer text may be anything.
    """
    found: set[Mention] = set()
    for reference in spec.references:
        for value in values(dict(content), parse(reference.path)):
            if not isinstance(value, str) or not value or value in reference.special:
                continue
            if reference.embedded:
                found.update(Mention(reference, inside) for inside in symbols(value))
            else:
                found.add(Mention(reference, symbol(value) or value))
    return frozenset(found)


def names_it(spec: TypeSpec, content: Content | None, symbol: Symbol) -> bool:
    """Whether an item with this content refers to what the symbol names; one that is not there does not."""
    return content is not None and any(one.what == symbol for one in mentions(spec, content))
