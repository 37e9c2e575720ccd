"""Which types a sync reads: what the settings include, what was asked for, what the permissions allow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from shared.domain.catalog import Catalog, TypeSpec
from shared.domain.settings import Settings
from shared.domain.snapshot import NotRead, NotReadReason
from shared.names import TypeKey


@dataclass(frozen=True, slots=True)
class Scope:
    """`buckets`: throttling bucket → the types to read in it, in the catalog's order. `not_read`: known
    already.

    `write_missing`: of the types to read, those whose changes are blocked, with the permissions they lack.
    `lookups_missing`: unmanaged types whose objects nobody may look up, so that ids of theirs stay ids.
    """

    buckets: Mapping[str, tuple[TypeKey, ...]]
    not_read: tuple[NotRead, ...]
    write_missing: Mapping[TypeKey, tuple[str, ...]]
    lookups_missing: frozenset[TypeKey] = frozenset()

    @property
    def types(self) -> tuple[TypeKey, ...]:
        """Every type to read."""
        return tuple(key for keys in self.buckets.values() for key in keys)


def included(settings: Settings, key: TypeKey) -> bool:
    """Whether the tenant's settings include this type."""
    chosen = any(fnmatchcase(key, pattern) for pattern in settings.include)
    return chosen and not any(fnmatchcase(key, pattern) for pattern in settings.exclude)


def scope(
    catalog: Catalog, settings: Settings, asked: Collection[TypeKey], granted: Collection[str]
) -> Scope:
    """The scope of one sync. `asked`: empty for all; `granted`: the roles in the app's token."""
    buckets: dict[str, list[TypeKey]] = {}
    not_read: list[NotRead] = []
    write_missing: dict[TypeKey, tuple[str, ...]] = {}
    for key, spec in catalog.types.items():
        if not included(settings, key) or (asked and key not in asked):
            not_read.append(NotRead(key, NotReadReason.EXCLUDED, counted=False))
            continue
        if missing := lacking(spec.read, granted):
            detail = f"reading {key} needs {', '.join(missing)}, which nobody has granted"
            not_read.append(NotRead(key, NotReadReason.PERMISSION_MISSING, counted=True, detail=detail))
            continue
        buckets.setdefault(spec.bucket, []).append(key)
        if missing := lacking(needed_to_write(spec), granted):
            write_missing[key] = missing
    return Scope(
        {bucket: tuple(keys) for bucket, keys in buckets.items()},
        tuple(not_read),
        write_missing,
        frozenset(key for key, one in catalog.lookups.items() if lacking(one.read, granted)),
    )


def needed_to_write(spec: TypeSpec) -> tuple[str, ...]:
    """What a change of this type needs; nothing can be written to a type without write permissions."""
    return spec.write


def lacking(needed: Collection[str], granted: Collection[str]) -> tuple[str, ...]:
    """Which of the needed permissions are missing. The one that also writes serves for the one that reads."""
    return tuple(
        name
        for name in needed
        if name not in granted and name.replace(".Read.", ".ReadWrite.") not in granted
    )
