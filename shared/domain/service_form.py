"""Canonical content as the service takes it: long texts encoded, secrets as they were re-read or left out.

The references in it are ids already, and doubled braces single again (`request.py`).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from shared.domain.canonical import ALWAYS_STRIPPED, STRIPPED_ANYWHERE
from shared.domain.catalog import Collection, TypeSpec
from shared.domain.item import ABSENT, SECRET, Content, Json, Value
from shared.domain.marker import BASE64, payload
from shared.domain.pattern import keep_only, parse, remove, transform
from shared.domain.properties import same
from shared.domain.shape import member_key
from shared.domain.snapshot import Raw

_NOTHING: Final[dict[str, Json]] = {}


def service_form(spec: TypeSpec, content: Content, current: Raw | None) -> dict[str, Any]:
    """The whole content as a request's body holds it. Secrets come from `current`, the re-read object."""
    known = writable(spec, current) if current is not None else _NOTHING
    body = _with_secrets(spec, dict(content), known, ())
    result: dict[str, Any] = body if isinstance(body, dict) else {}
    for text in spec.long_texts:
        if text.base64:
            transform(result, parse(text.path), _encoded)
    return result


def writable(spec: TypeSpec, raw: Mapping[str, Json]) -> dict[str, Any]:
    """What of the re-read object may be sent back: no annotations, nothing volatile or read-only."""
    kept = _plain({name: value for name, value in raw.items() if name not in ALWAYS_STRIPPED})
    result: dict[str, Any] = kept if isinstance(kept, dict) else {}
    for text in spec.strip:
        remove(result, parse(text))
    for text, names in spec.keep.items():
        keep_only(result, parse(text), names)
    return result


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if _stays(name)}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _stays(name: str) -> bool:
    return name == "@odata.type" if "@" in name else name not in STRIPPED_ANYWHERE


def _encoded(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    as_it_was = payload(value, BASE64)
    return as_it_was if as_it_was is not None else base64.b64encode(value.encode()).decode()


def _with_secrets(spec: TypeSpec, wanted: Json, known: Value, path: tuple[str, ...]) -> Json:
    """A copy of `wanted` with each marker replaced by what `known` has at the same place, or left out."""
    if isinstance(wanted, dict):
        found: dict[str, Json] = {}
        for name, inner in wanted.items():
            there = known.get(name, ABSENT) if isinstance(known, dict) else ABSENT
            if inner != SECRET:
                found[name] = _with_secrets(spec, inner, there, (*path, name))
            elif there is not ABSENT and there is not None:
                found[name] = there
        return found
    if isinstance(wanted, list):
        collection = spec.collection(".".join(path))
        others = list(known) if isinstance(known, list) else []
        return [
            _with_secrets(spec, member, _same_member(collection, member, at, others, len(wanted)), path)
            for at, member in enumerate(wanted)
        ]
    return wanted


def _same_member(
    collection: Collection | None, member: Json, at: int, others: list[Json], length: int
) -> Value:
    """The re-read member that this one was: equal but for secrets, else of the same key, else at the same
    place of a list as long.
    """
    equal = next((other for other in others if same(member, other)), ABSENT)
    if equal is not ABSENT:
        return equal
    if collection is not None and collection.key:
        return next(
            (other for other in others if member_key(collection, other) == member_key(collection, member)),
            ABSENT,
        )
    return others[at] if len(others) == length else ABSENT
