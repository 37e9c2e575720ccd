"""Canonical form: what is kept of an object as the service gave it, and the way back.

The same object in another tenant, read another day, gives the same content: volatile and read-only properties
are gone, ids of other objects are symbols, values that are secret are a marker, unordered lists are sorted.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from shared.domain.catalog import Reference, TypeSpec
from shared.domain.item import ABSENT, SECRET, Content, Json, Value
from shared.domain.marker import BASE64, Symbol, escape, mark, replace_symbols, symbol
from shared.domain.pattern import keep_only, parse, remove, transform
from shared.domain.properties import same
from shared.domain.reference import GUID, Index, Unresolvable
from shared.domain.shape import sort_collections
from shared.names import TypeKey

ALWAYS_STRIPPED: Final = frozenset(
    {
        "id", "createdDateTime", "lastModifiedDateTime", "modifiedDateTime", "deletedDateTime", "version",
        "supportsScopeTags", "isAssigned", "settingCount", "creationSource", "deployedAppCount",
        "isGlobalScript", "highestAvailableVersion", "topicIdentifier", "certificate", "token",
        "lastSyncDateTime", "lastHeartbeatDateTime", "companyCodes", "deviceHealthScriptType",
    }
)  # fmt: skip
"""Top-level properties that no type keeps: the service sets them."""

STRIPPED_ANYWHERE: Final = frozenset({"secretReferenceValueId", "isEncrypted"})
"""Properties of a secret's storage, at any depth."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """An id that stayed: the type it should name, the id, and why it has no symbol."""

    to: TypeKey
    object_id: str
    why: Unresolvable


@dataclass(frozen=True, slots=True)
class CanonicalItem:
    """An object in canonical form, and the ids in it that no index explains."""

    content: Content
    unresolved: tuple[Unresolved, ...] = ()


def canonical(spec: TypeSpec, raw: Mapping[str, Json], index: Index) -> CanonicalItem:
    """The canonical form of an object as read from the service. The raw object is left as it is."""
    content = {key: _escaped(value) for key, value in raw.items() if not _annotation(key, value)}
    _hide_secrets(spec, content)
    content = stripped(spec, content)
    _drop(spec, content)
    for text in spec.long_texts:
        if text.base64:
            transform(content, parse(text.path), _decoded)
    unresolved = refer(spec, content, index)
    sort_collections(spec, content)
    return CanonicalItem(content, unresolved)


def normalise(spec: TypeSpec, content: Content, index: Index | None = None) -> dict[str, Json]:
    """Content of a file under the current catalog: what the catalog now strips, hides, sorts or refers to.

    With an index, known ids become symbols and symbols follow renames. Idempotent.
    """
    result = stripped(spec, content)
    _drop(spec, result)
    if index is not None:
        refer(spec, result, index)
    sort_collections(spec, result)
    return result


def stripped(spec: TypeSpec, content: Content) -> dict[str, Json]:
    """A copy without what the service sets and nobody keeps."""
    result = {key: _copied(value) for key, value in content.items() if not _annotation(key, value)}
    _strip(spec, result)
    return result


def _annotation(key: str, value: Json) -> bool:
    if "@" not in key:
        return key in STRIPPED_ANYWHERE
    return key != "@odata.type" or (isinstance(value, str) and value.startswith("#Collection("))


def _escaped(value: Json) -> Json:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, dict):
        return {
            key: _escaped(inner)
            for key, inner in value.items()
            if key in STRIPPED_ANYWHERE or not _annotation(key, inner)
        }
    return [_escaped(inner) for inner in value] if isinstance(value, list) else value


def _copied(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items() if not _annotation(key, inner)}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _hide_secrets(spec: TypeSpec, content: dict[str, Json]) -> None:
    # Before anything is stripped: a condition of the pattern may rest on a property that goes.
    for text in spec.secrets:
        transform(content, parse(text), lambda _: SECRET)


def _strip(spec: TypeSpec, content: dict[str, Json]) -> None:
    for name in ALWAYS_STRIPPED & content.keys():
        del content[name]
    for text in spec.strip:
        remove(content, parse(text))
    for text, names in spec.keep.items():
        keep_only(content, parse(text), names)


def _drop(spec: TypeSpec, content: dict[str, Json]) -> None:
    """Removes values that say that there is nothing."""
    for text, nothing in spec.drop_if.items():
        transform(content, parse(text), partial(_unless, (None, *nothing)))


def _unless(nothing: tuple[Json, ...], value: Json) -> Value:
    return ABSENT if any(same(value, one) for one in nothing) else value


def _decoded(value: Json) -> Json:
    """Base64 as the text in it; what is no UTF-8 text, or is spelled otherwise, stays as it is, marked."""
    if not isinstance(value, str) or value == SECRET:
        return value
    try:
        octets = base64.b64decode(value, validate=True)
        if base64.b64encode(octets).decode() == value:
            return escape(octets.decode("utf-8"))
    except (binascii.Error, ValueError):
        pass
    return mark(BASE64, value)


def refer(spec: TypeSpec, content: dict[str, Json], index: Index) -> tuple[Unresolved, ...]:
    """Puts symbols for known ids, and current ones for old ones, in place; answers the ids that stay."""
    open_ids: dict[str, Unresolved] = {}
    for reference in spec.references:
        transform(content, parse(reference.path), partial(_referred, reference, index, open_ids))
    return tuple(open_ids.values())


def _referred(to: Reference, index: Index, open_ids: dict[str, Unresolved], value: Json) -> Json:
    if not isinstance(value, str) or not value or value in to.special or value == SECRET:
        return value
    if to.embedded:
        text = replace_symbols(value, lambda old: str(index.current(old)))
        return GUID.sub(lambda found: _symbol_or(found[0], to, index), text)
    known = symbol(value)
    if known is not None:
        return str(index.current(known))
    now = index.symbol(to.to, value)
    if isinstance(now, Symbol):
        open_ids.pop(value, None)
        return str(now)
    open_ids[value] = Unresolved(to.to, value, now)
    return value


def _symbol_or(object_id: str, to: Reference, index: Index) -> str:
    now = index.symbol(to.to, object_id)
    return str(now) if isinstance(now, Symbol) else object_id
