"""Loads the catalog: merges defaults, traits and entries, and checks every word of them.

A file is named for its workload and holds four tables: `defaults` (for every entry of the file), `traits`
(named bundles that an entry takes in with `traits = […]`), `types` and `lookups`. They are merged in this
order, the entry last: tables key by key, lists by appending, anything else replaced. What an entry may say is
in `shared/catalog/entry.py`.
"""

from __future__ import annotations

import functools
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from enum import Enum
from importlib import resources
from typing import Any, Final

from shared.catalog.entry import read_lookup, read_type
from shared.catalog.words import CatalogError
from shared.domain.catalog import Catalog, Lookup, TypeSpec, WrittenBy
from shared.names import TypeKey

FILES: Final = ("entra", "intune", "sharepoint")
_TABLES: Final = frozenset({"defaults", "traits", "types", "lookups"})
_FOR_LOOKUPS: Final = ("version", "bucket")


@functools.cache
def load() -> Catalog:
    """The product's catalog. A fault in a file is a CatalogError that names the entry and the key."""
    folder = resources.files("shared.catalog")
    return parse({name: (folder / f"{name}.toml").read_text(encoding="utf-8") for name in FILES})


def parse(files: Mapping[str, str]) -> Catalog:
    """The catalog of these files: workload → TOML."""
    types: dict[TypeKey, TypeSpec] = {}
    lookups: dict[TypeKey, Lookup] = {}
    for workload, text in files.items():
        document = _document(workload, text)
        defaults, traits = document.get("defaults", {}), document.get("traits", {})
        for key, entry in document.get("types", {}).items():
            where = f"{workload}.toml, types.{key}"
            _once(key, where, types, lookups)
            types[TypeKey(key)] = read_type(
                TypeKey(key), workload, _merged(where, defaults, traits, entry), where
            )
        for key, entry in document.get("lookups", {}).items():
            where = f"{workload}.toml, lookups.{key}"
            _once(key, where, types, lookups)
            shared = {name: defaults[name] for name in _FOR_LOOKUPS if name in defaults}
            lookups[TypeKey(key)] = read_lookup(TypeKey(key), shared | entry, where)
    _check_whole(types, lookups)
    return Catalog(types, lookups, _version(types, lookups))


def _document(workload: str, text: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise CatalogError(f"{workload}.toml", str(fault)) from fault
    if unknown := sorted(set(document) - _TABLES):
        raise CatalogError(f"{workload}.toml", f"there is no table called {', '.join(unknown)}")
    return document


def _merged(
    where: str, defaults: Mapping[str, Any], traits: Mapping[str, Any], entry: Mapping[str, Any]
) -> dict[str, Any]:
    result = dict(defaults)
    for name in entry.get("traits", ()):
        if name not in traits:
            raise CatalogError(f"{where}, traits", f"no trait is called {name!r}")
        result = _laid_over(result, traits[name])
    return _laid_over(result, {name: value for name, value in entry.items() if name != "traits"})


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    both = {key: _merged_value(below[key], above[key]) for key in below.keys() & above.keys()}
    return {**below, **above, **both}


def _merged_value(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return _laid_over(below, above)
    if isinstance(below, list) and isinstance(above, list):
        return below + [member for member in above if member not in below]
    return above


def _once(key: str, where: str, *taken: Mapping[TypeKey, object]) -> None:
    if any(key in table for table in taken):
        raise CatalogError(where, "another entry has this key")


def _check_whole(types: Mapping[TypeKey, TypeSpec], lookups: Mapping[TypeKey, Lookup]) -> None:
    """What only the whole catalog can tell: references lead somewhere, members written singly have a key, and
    what is given once is among the secrets.
    """
    for spec in types.values():
        where = f"{spec.workload}.toml, types.{spec.key}"
        for reference in spec.references:
            if reference.to not in types and reference.to not in lookups:
                raise CatalogError(
                    f"{where}, references", f"no type and no lookup is called {reference.to!r}"
                )
        for pattern in set(spec.given_once) - set(spec.secrets):
            raise CatalogError(f"{where}, given_once", f"{pattern} is not among the secrets")
        for part in spec.sub_resources:
            collection = spec.collection(part.property)
            single = part.written_by in (WrittenBy.MEMBERS, WrittenBy.LINKS)
            if single and not (collection and collection.key):
                raise CatalogError(
                    f"{where}, sub_resources.{part.property}",
                    "members written singly need a keyed collection",
                )


def _version(types: Mapping[TypeKey, TypeSpec], lookups: Mapping[TypeKey, Lookup]) -> str:
    content = {
        "types": {key: asdict(spec) for key, spec in types.items()},
        "lookups": {key: asdict(lookup) for key, lookup in lookups.items()},
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=_plain)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"the catalog holds a {type(value).__name__}, which has no canonical form")
