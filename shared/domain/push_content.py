"""What an item's file may say: checked property by property before a push is accepted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from shared.domain.canonical import stripped
from shared.domain.catalog import Catalog, Kind, Reference, TypeSpec
from shared.domain.item import ABSENT, SECRET, Content, Json, PropertyPath, Value, pointer
from shared.domain.json_form import compact
from shared.domain.marker import BASE64, FILE, markers, payload, stray, symbol
from shared.domain.pattern import Pattern, dig, matches, parse, places, touches
from shared.domain.properties import same, triples

_SURROGATE = re.compile("[\ud800-\udfff]")
"""JSON may spell it, no encoding can: neither Graph nor a report would take it."""


def content_faults(catalog: Catalog, spec: TypeSpec, content: Content, old: Content | None) -> list[str]:
    """Why this content cannot be accepted. `old`: the file before, if it was there; what it held already is
    not held against its next version.
    """
    return [
        *_name_faults(spec, content),
        *_stripped_faults(spec, content, old),
        *(list(_secret_faults(spec, content, old)) or _replaced_faults(spec, content, old)),
        *_character_faults(content),
        *_text_faults(catalog, spec, content),
    ]


def _name_faults(spec: TypeSpec, content: Content) -> Iterator[str]:
    if spec.kind is Kind.SINGLETON:
        return
    name = content.get(spec.named_by)
    if not isinstance(name, str) or not name:
        yield f"/{spec.named_by} must name the item"


def _stripped_faults(spec: TypeSpec, content: Content, old: Content | None) -> Iterator[str]:
    before = _read_only(spec, old) if old is not None else frozenset()
    for path in sorted(_read_only(spec, content) - before):
        yield f"{pointer(path)} is set by the service and never kept: remove it"


def _read_only(spec: TypeSpec, content: Content) -> frozenset[PropertyPath]:
    """The properties that the canonical form does not keep."""
    return frozenset(_lost((), dict(content), stripped(spec, content)))


def _lost(path: PropertyPath, whole: Json, kept: Json) -> Iterator[PropertyPath]:
    if isinstance(whole, dict) and isinstance(kept, dict):
        for name, value in whole.items():
            if name not in kept:
                yield (*path, name)
            else:
                yield from _lost((*path, name), value, kept[name])
    elif isinstance(whole, list) and isinstance(kept, list) and len(whole) == len(kept):
        for index, value in enumerate(whole):
            yield from _lost((*path, str(index)), value, kept[index])


def _secret_faults(spec: TypeSpec, content: Content, old: Content | None) -> Iterator[str]:
    for text in spec.secrets:
        if text in spec.given_once:
            continue
        before = [container[key] for container, key in places(dict(old or {}), parse(text))]
        for container, key in places(dict(content), parse(text)):
            value = container[key]
            if value != SECRET and value not in before:
                yield f"/{key} is a secret and is not kept in the repository: write {SECRET!r} in its place"


def _replaced_faults(spec: TypeSpec, content: Content, old: Content | None) -> Iterator[str]:
    """Values in place of a marker: what only the service can tell to be a secret would else be dropped by the
    next backup without a word, since a marker never differs.
    """
    if old is None:
        return
    for path, (_, before, after) in sorted(triples(spec, None, old, content).items()):
        if _replaces_secret(before, after):
            yield (
                f"{pointer(path)} holds a secret, which the service keeps and the repository does not:"
                f" leave {SECRET!r} in its place, and change it in the tenant"
            )


def _replaces_secret(before: Value, after: Value) -> bool:
    if before == SECRET:
        return after is not ABSENT and after is not None and after != SECRET
    if isinstance(before, dict) and isinstance(after, dict):
        if before.get("@odata.type") != after.get("@odata.type"):
            return False  # another kind of value, which need not be a secret
        return any(_replaces_secret(inner, after.get(name, ABSENT)) for name, inner in before.items())
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return any(map(_replaces_secret, before, after))
    return False


def _character_faults(content: Content) -> Iterator[str]:
    found = _SURROGATE.search(compact(dict(content)))
    if found is not None:
        yield f"a text holds half of a character: \\u{ord(found[0]):x} without its other half"


def _text_faults(catalog: Catalog, spec: TypeSpec, content: Content) -> Iterator[str]:
    for path, text in _strings((), dict(content)):
        if "{{" not in text or payload(text, BASE64) is not None:
            continue
        where = pointer(path)
        if stray(text):
            yield f"{where} holds '{{{{' that is no marker: double it to '{{{{{{{{' if it is meant literally"
            continue
        for marker in markers(text):
            reason = _marker_fault(catalog, spec, path, text, marker)
            if reason is not None:
                yield f"{where} {reason}"


def _strings(path: PropertyPath, value: Json) -> Iterator[tuple[PropertyPath, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings((*path, name), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _strings((*path, str(index)), inner)


def _marker_fault(catalog: Catalog, spec: TypeSpec, path: PropertyPath, text: str, marker: str) -> str | None:
    if marker == SECRET:
        return None if text == SECRET else f"holds {SECRET} inside a longer text: it stands alone"
    if payload(marker, FILE) is not None:
        return f"holds {marker}, but no long text is kept there"
    found = symbol(marker)
    if found is None:
        return f"holds {marker}, which is no marker that Accord knows"
    if found.type not in catalog.types and found.type not in catalog.lookups:
        return f"refers to {found.type!r}, which is no type that Accord knows"
    here = [reference for pattern, reference in _places(spec.references) if matches(pattern, path)]
    if not any(reference.to == found.type for reference in here):
        allowed = ", ".join(sorted({reference.to for reference in here})) or "no references"
        return f"refers to {found.type}: {allowed} can stand there"
    if text != marker and not any(reference.embedded for reference in here):
        return f"holds {marker} inside a longer text: there it stands alone"
    return None


@lru_cache(maxsize=256)
def _places(references: tuple[Reference, ...]) -> tuple[tuple[Pattern, Reference], ...]:
    return tuple((parse(reference.path), reference) for reference in references)


def immutable_faults(spec: TypeSpec, old: Content, new: Content) -> Iterator[str]:
    """What an update of an existing object cannot change; a changed kind is a delete and a create."""
    if old.get("@odata.type") != new.get("@odata.type"):
        return
    fixed = [parse(text) for text in spec.immutable]
    for path, (_, before, after) in sorted(triples(spec, None, old, new).items()):
        if not same(before, after) and any(touches(pattern, path) for pattern in fixed):
            yield f"{pointer(path)} cannot be changed once the object exists"


def marked_unchangeable(spec: TypeSpec, content: Content) -> bool:
    """Does the file itself say that the object is built in? Often only the service knows."""
    return any(
        all(any(same(dig(dict(content), name), one) for one in values) for name, values in condition.items())
        for condition in spec.unchangeable
    )
