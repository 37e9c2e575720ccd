"""What one entry of the catalog may say, key by key, and how each becomes a value.

Strict: an unknown key, a wrong kind of value, a pattern that cannot be read is a CatalogError. Short forms:
`sets = [path, …]` are collections of scalars, `collections = {path = [key, …]}` those of objects; `references
= {type = {at = [pattern, …], special = [value, …], embedded = true}}`; `sub_resources`, `long_texts` are
tables by property. The meaning of each key is in `shared/domain/catalog.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields
from typing import Any, Final, TypeVar

from shared.catalog import words
from shared.catalog.words import CatalogError
from shared.domain.catalog import (
    Answer,
    Collection,
    Identity,
    Kind,
    LongText,
    Lookup,
    ReadBy,
    Reference,
    Reveal,
    SubResource,
    TypeSpec,
    UpdateMethod,
    WrittenBy,
)
from shared.names import TypeKey

T = TypeVar("T")


def read_type(key: TypeKey, workload: str, entry: Mapping[str, Any], where: str) -> TypeSpec:
    """The type that this merged entry describes."""
    values: dict[str, Any] = {"key": key, "workload": workload, "kind": Kind.COLLECTION, "named_by": ""}
    _expect_known(entry, _TYPE_KEYS, where)
    for name, read in _TYPE_KEYS.items():
        if name in entry:
            values[name] = read(entry[name], f"{where}, {name}")
    values["collections"] = values.pop("sets", ()) + values.get("collections", ())
    return _checked(_filled(TypeSpec, values, where), where)


def read_lookup(key: TypeKey, entry: Mapping[str, Any], where: str) -> Lookup:
    """The looked-up type that this merged entry describes."""
    _expect_known(entry, _LOOKUP_KEYS, where)
    values = {
        name: read(entry[name], f"{where}, {name}") for name, read in _LOOKUP_KEYS.items() if name in entry
    }
    lookup = _filled(Lookup, values | {"key": key}, where)
    for name in ("by_id", "by_identity"):
        if getattr(lookup, name).count("{}") != 1:
            raise CatalogError(f"{where}, {name}", "the address needs one {} for the value")
    return lookup


def _checked(spec: TypeSpec, where: str) -> TypeSpec:
    if spec.kind is Kind.COLLECTION and not spec.named_by:
        raise CatalogError(f"{where}, named_by", "a collection's items need a property that names them")
    if (spec.kind is Kind.SINGLETON) != bool(spec.witness):
        raise CatalogError(f"{where}, witness", "a singleton, and only that, needs a property it always has")
    if spec.kind is Kind.SINGLETON and (spec.named_by or spec.each):
        raise CatalogError(where, "a singleton has neither a property that names it nor items to read each")
    if not spec.path.startswith("/"):
        raise CatalogError(f"{where}, path", "begins with a slash, below the version's address")
    if spec.version not in ("v1.0", "beta"):
        raise CatalogError(f"{where}, version", "is v1.0 or beta")
    if set(spec.title) != {"en", "fr"}:
        raise CatalogError(f"{where}, title", "needs en and fr, no more")
    _check_permissions(spec, where)
    return spec


def _check_permissions(spec: TypeSpec, where: str) -> None:
    needs = {
        "read": spec.identity is not Identity.USER,
        "write": spec.identity is not Identity.USER,
        "user_read": spec.identity is not Identity.APP,
        "user_write": spec.identity is not Identity.APP,
    }
    for name, needed in needs.items():
        if needed and not getattr(spec, name):
            raise CatalogError(f"{where}, {name}", "is missing")
        if not needed and getattr(spec, name):
            raise CatalogError(f"{where}, {name}", f"has no use where identity is {spec.identity.value}")


def _expect_known(entry: Mapping[str, Any], known: Mapping[str, object], where: str) -> None:
    for name in entry:
        if name not in known:
            raise CatalogError(f"{where}, {name}", "no entry has such a key")


def _filled(kind: Callable[..., T], values: Mapping[str, Any], where: str) -> T:
    for slot in fields(kind):  # type: ignore[arg-type]  # only dataclasses come here
        if slot.name not in values and slot.default is MISSING and slot.default_factory is MISSING:
            raise CatalogError(f"{where}, {slot.name}", "is missing")
    return kind(**values)


def _each(value: Any, where: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    for name, member in words.table(value, where).items():
        yield name, words.table(member, f"{where}.{name}"), f"{where}.{name}"


def _record(kind: Callable[..., T], readers: Mapping[str, Callable[[Any, str], Any]]) -> Callable[..., T]:
    def read(table: Any, where: str, **given: Any) -> T:
        _expect_known(words.table(table, where), readers, where)
        values = {name: readers[name](value, f"{where}.{name}") for name, value in table.items()}
        return _filled(kind, given | values, where)

    return read


_answer = _record(Answer, {"status": words.whole_number, "code": words.text, "message": words.text})
_reveal = _record(
    Reveal,
    {"path": words.pattern, "when": words.values_by_pattern, "address": words.text, "into": words.text},
)
_long_text = _record(LongText, {"extension": words.text, "base64": words.flag})
_sub_resource = _record(
    SubResource,
    {
        "read_by": words.one_of(ReadBy),
        "written_by": words.one_of(WrittenBy),
        "read_path": words.text,
        "write_path": words.text,
        "payload": words.text,
        "on_create": words.flag,
        "constants": words.table,
        "link": words.text,
        "set_only": words.texts,
    },
)


def _sub_resources(value: Any, where: str) -> tuple[SubResource, ...]:
    found = []
    for name, table, place in _each(value, where):
        part = _sub_resource(table, place, property=name, read_by=ReadBy.ANSWER)
        needs = {
            "read_path": part.read_by is ReadBy.REQUEST,
            "write_path": part.written_by is not WrittenBy.BODY,
            "payload": part.written_by is WrittenBy.ACTION,
            "link": part.written_by is WrittenBy.LINKS,
        }
        for key, needed in needs.items():
            if needed and not getattr(part, key):
                raise CatalogError(f"{place}.{key}", "is missing")
        found.append(part)
    return tuple(found)


def _references(value: Any, where: str) -> tuple[Reference, ...]:
    found: list[Reference] = []
    for name, table, place in _each(value, where):
        _expect_known(table, {"at": (), "special": (), "embedded": ()}, place)
        special = frozenset(
            str(member) for member in words.members(table.get("special", []), f"{place}.special")
        )
        embedded = words.flag(table.get("embedded", False), f"{place}.embedded")
        paths = words.patterns(table.get("at", []), f"{place}.at")
        found.extend(Reference(path, TypeKey(name), special, embedded) for path in paths)
    return tuple(found)


def _collections(value: Any, where: str) -> tuple[Collection, ...]:
    table = words.table(value, where)
    return tuple(
        Collection(words.pattern(path, f"{where}.{path}"), words.patterns(key, f"{where}.{path}"))
        for path, key in table.items()
    )


def _tuple_of(read: Callable[..., T]) -> Callable[[Any, str], tuple[T, ...]]:
    return lambda value, where: tuple(
        read(member, f"{where}[{at}]") for at, member in enumerate(words.members(value, where))
    )


_TYPE_KEYS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "title": words.text_table,
    "kind": words.one_of(Kind),
    "version": words.text,
    "path": words.text,
    "named_by": words.text,
    "bucket": words.text,
    "tier": words.whole_number,
    "read": words.texts,
    "write": words.texts,
    "identity": words.one_of(Identity),
    "user_read": words.texts,
    "user_write": words.texts,
    "update": words.one_of(UpdateMethod),
    "creatable": words.flag,
    "deletable": words.flag,
    "query": words.text_table,
    "each": words.flag,
    "each_query": words.text_table,
    "only": words.values_by_pattern,
    "but": words.values_by_pattern,
    "witness": words.text,
    "discriminators": words.patterns,
    "strip": words.patterns,
    "keep": words.values_by_pattern,
    "drop_if": words.values_by_pattern,
    "sets": lambda value, where: tuple(Collection(path) for path in words.patterns(value, where)),
    "collections": _collections,
    "atomic": words.patterns,
    "references": _references,
    "long_texts": lambda value, where: tuple(
        _long_text(table, place, path=words.pattern(name, place))
        for name, table, place in _each(value, where)
    ),
    "secrets": words.patterns,
    "given_once": words.patterns,
    "reveals": _tuple_of(_reveal),
    "sub_resources": _sub_resources,
    "immutable": words.patterns,
    "required_on_update": words.texts,
    "alone": words.texts,
    "implied": words.values_by_pattern,
    "unchangeable": _tuple_of(words.values_by_pattern),
    "delete_first": words.table,
    "visible_within": words.seconds,
    "absent_answers": _tuple_of(_answer),
}
_LOOKUP_KEYS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "version": words.text,
    "named_by": words.text,
    "by_id": words.text,
    "by_identity": words.text,
    "read": words.texts,
    "bucket": words.text,
}
