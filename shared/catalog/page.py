"""Writes docs/catalog.md from the catalog: `python -m shared.catalog.page`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from shared.catalog.loader import load
from shared.domain.catalog import (
    Catalog,
    Condition,
    Identity,
    Kind,
    Lookup,
    TypeSpec,
    UpdateMethod,
    WrittenBy,
)

PAGE = Path(__file__).parents[2] / "docs" / "catalog.md"
_WRITTEN = {
    WrittenBy.ACTION: "as a complete list, by an action",
    WrittenBy.BODY: "with the item",
    WrittenBy.MEMBERS: "member by member",
    WrittenBy.LINKS: "link by link",
}

_AS = {
    Identity.APP: "app",
    Identity.USER: "signed-in user",
    Identity.TRY: "app, else signed-in user",
}


def page(catalog: Catalog) -> str:
    """The whole page."""
    lines = [
        "# Catalog",
        "",
        "Generated from `shared/catalog/*.toml` by `python -m shared.catalog.page`; do not edit. Which types",
        "Accord manages, where they stand in Microsoft Graph, what they need, and what is special.",
        "",
        "| type | title | workload | address | update | as | throttling bucket | order |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_row(spec) for spec in _sorted(catalog.types.values())),
        "",
        "Looked up by name where a type refers to them, never backed up:",
        "",
        "| type | known by | read needs |",
        "| --- | --- | --- |",
        *(_lookup(lookup) for lookup in sorted(catalog.lookups.values(), key=lambda one: one.key)),
    ]
    for spec in _sorted(catalog.types.values()):
        lines += ["", f"## {spec.key}", "", f"{spec.title['en']} ({spec.title['fr']}).", "", *_facts(spec)]
    return "\n".join(lines) + "\n"


def _sorted(specs: Iterable[TypeSpec]) -> list[TypeSpec]:
    return sorted(specs, key=lambda spec: (spec.workload, spec.key))


def _row(spec: TypeSpec) -> str:
    update = "PUT, whole" if spec.update is UpdateMethod.PUT else "PATCH"
    cells = (
        f"[{spec.key}](#{spec.key})",
        spec.title["en"],
        spec.workload,
        f"`/{spec.version}{spec.path}`",
        update,
        _AS[spec.identity],
        spec.bucket,
        str(spec.tier),
    )
    return f"| {' | '.join(cells)} |"


def _lookup(lookup: Lookup) -> str:
    return f"| {lookup.key} | `{lookup.named_by}` | {_code(lookup.read)} |"


def _facts(spec: TypeSpec) -> list[str]:
    named = "one object" if spec.kind is Kind.SINGLETON else f"`{spec.named_by}`"
    if spec.discriminators:
        named += f", and {_code(spec.discriminators)} where names are equal"
    facts = [f"Item: {named}.", *_permissions(spec)]
    if spec.references:
        facts.append(f"Refers to {', '.join(sorted({reference.to for reference in spec.references}))}.")
    facts += [
        f"`{part.property}` is written {_WRITTEN[part.written_by]}"
        + (f" (`{part.write_path}`)." if part.write_path else ".")
        for part in spec.sub_resources
    ]
    facts += [sentence.format(_code(names)) for sentence, names in _lists(spec) if names]
    facts += [
        f"`{name}` is never set to {_either(found)}: that follows from other changes."
        for name, found in spec.implied.items()
    ]
    facts += [f"Never written: objects with {_condition(one)}." for one in spec.unchangeable]
    if not spec.creatable and spec.kind is Kind.COLLECTION:
        facts.append("Never created." if spec.deletable else "Never created, never deleted.")
    if spec.but:
        facts.append(f"Left to other types: objects with {_condition(spec.but)}.")
    if spec.only:
        facts.append(f"Only objects with {_condition(spec.only)}.")
    return [f"- {fact}" for fact in facts]


def _lists(spec: TypeSpec) -> Iterator[tuple[str, Sequence[str]]]:
    yield "Compared as one: {}.", spec.atomic
    yield "Never stored: {}.", spec.secrets
    yield "The file of a new item holds {} until the item is created.", spec.given_once
    yield "In files of their own: {}.", [text.path for text in spec.long_texts]
    yield "An update cannot change {}.", spec.immutable
    yield "Changed by a request of its own: {}.", spec.alone


def _permissions(spec: TypeSpec) -> list[str]:
    facts = []
    if spec.identity is not Identity.USER:
        facts += [f"Read needs {_code(spec.read)}.", f"Write needs {_code(spec.write)}."]
    if spec.identity is not Identity.APP:
        facts += [
            f"As a user, read needs {_code(spec.user_read)} (delegated).",
            f"As a user, write needs {_code(spec.user_write)} (delegated).",
        ]
    return facts


def _condition(condition: Condition) -> str:
    return " and ".join(f"`{path}` {_either(found)}" for path, found in condition.items())


def _either(found: Iterable[Any]) -> str:
    return " or ".join(f"`{_json(value)}`" for value in found)


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    PAGE.write_text(page(load()), encoding="utf-8")
