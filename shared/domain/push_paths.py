"""Which paths a push may touch, and by which names: checked before any content is read."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from shared.domain.catalog import Catalog, Kind, TypeSpec
from shared.domain.file_name import fold, side_form, stem_in, well_formed
from shared.names import ItemPath, TypeKey

BESIDE: Final = frozenset({"README.md", ".gitignore", ".gitattributes", ".editorconfig"})
"""Files at the top that Accord leaves alone."""


@dataclass(frozen=True, slots=True)
class PushFault:
    """Why a push is refused: the file, the line where it is known (from 1), and what to do about it."""

    path: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        return f"{self.path}{'' if self.line is None else f':{self.line}'}: {self.reason}"


def spec_at(catalog: Catalog, path: str) -> TypeSpec | None:
    """The type in whose folder the path lies."""
    parts = path.split("/")
    spec = catalog.types.get(TypeKey(parts[1])) if len(parts) == 3 else None
    return spec if spec is not None and spec.workload == parts[0] else None


def path_faults(
    catalog: Catalog, old: Collection[str], changed: Mapping[str, bytes | None]
) -> list[PushFault]:
    """What is wrong with the paths of the files that a push adds or changes."""
    new = {path for path, data in changed.items() if data is not None}
    faults = [fault for path in sorted(new) if (fault := _place(catalog, path, old)) is not None]
    return faults + _twins(old, changed, new)


def _place(catalog: Catalog, path: str, old: Collection[str]) -> PushFault | None:
    if path in BESIDE:
        return None
    parts = path.split("/")
    workloads = sorted({spec.workload for spec in catalog.types.values()})
    if parts[0] not in workloads:
        known = ", ".join(workloads)
        return PushFault(path, None, f"{parts[0]!r} is no workload: files lie below {known}")
    spec = spec_at(catalog, path)
    if spec is None:
        return PushFault(path, None, _no_type(catalog, parts))
    if path in old:
        return None
    return _name(spec, path)


def _no_type(catalog: Catalog, parts: list[str]) -> str:
    known = catalog.types.get(TypeKey(parts[1])) if len(parts) > 1 else None
    if known is None:
        return (
            f"{parts[1]!r} is no type that Accord knows"
            if len(parts) > 1
            else "a file lies in a type's folder"
        )
    if known.workload != parts[0]:
        return f"{known.key} lies below {known.workload}"
    return f"items lie in {known.workload}/{known.key}/ itself, not below it"


def _name(spec: TypeSpec, path: str) -> PushFault | None:
    if path != unicodedata.normalize("NFC", path):
        return PushFault(path, None, "the name is not in Unicode's composed form (NFC)")
    stem = stem_in(ItemPath(path))
    if not path.endswith(".json") or is_text(spec, path):
        return None  # a long text: its item says whether it belongs there
    if spec.kind is Kind.SINGLETON:
        right = f"{spec.workload}/{spec.key}/{spec.key}.json"
        return None if path == right else PushFault(path, None, f"{spec.key} has one file only: {right}")
    if not well_formed(stem):
        return PushFault(path, None, "the name holds characters that must be escaped as %XX, or is too long")
    return None


def is_text(spec: TypeSpec, path: str) -> bool:
    """Is this the name of a long text rather than of an item? One that ends in `.json` may be either."""
    name = path.rpartition("/")[2]
    form = side_form(spec.long_texts)
    return any(form.fullmatch(name, at) for at, letter in enumerate(name) if letter == ".")


def _twins(old: Collection[str], changed: Mapping[str, bytes | None], new: set[str]) -> list[PushFault]:
    """Paths that a file system ignoring case or Unicode form would take for one, also among folders."""
    gone = {path for path, data in changed.items() if data is None}
    there: dict[str, str] = {}
    for path in sorted([path for path in old if path not in gone and path not in new]):
        for part in _parts(path):
            there.setdefault(fold(part), part)
    faults = []
    for path in sorted(new):
        for part in _parts(path):
            other = there.setdefault(fold(part), part)
            if other != part:
                reason = f"the path equals {other!r} but for case or Unicode form"
                faults.append(PushFault(path, None, reason))
                break
    return faults


def _parts(path: str) -> list[str]:
    names = path.split("/")
    return ["/".join(names[:length]) for length in range(1, len(names) + 1)]
