"""Which types a sync reads and may write: what the settings include, what was asked for, what the
permissions allow.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from shared.domain.catalog import Catalog, Identity, TypeSpec
from shared.domain.permissions import PermissionKind, as_user, included, lacking, permission_id, with_user
from shared.domain.plan import Blocked, BlockedCode
from shared.domain.settings import Settings
from shared.domain.snapshot import NotRead, NotReadReason
from shared.names import PermissionId, TypeKey

__all__ = ["Granted", "Scope", "included", "lacking", "scope"]


@dataclass(frozen=True, slots=True)
class Scope:
    """`buckets`: throttling bucket → the types to read in it, in the catalog's order. `not_read`: known
    already.

    `write_missing`: included types whose changes are blocked, with the permissions they lack; `needs_user`:
    those whose changes are blocked because nobody is signed in. `lookups_missing`: unmanaged types whose
    objects nobody may look up, so that ids of theirs stay ids. `doing_without`: types that are read although
    a permission for that is missing, with those names: a person ignores it, and the service has the last
    word.
    """

    buckets: Mapping[str, tuple[TypeKey, ...]]
    not_read: tuple[NotRead, ...]
    write_missing: Mapping[TypeKey, tuple[str, ...]]
    lookups_missing: frozenset[TypeKey] = frozenset()
    needs_user: frozenset[TypeKey] = frozenset()
    doing_without: Mapping[TypeKey, tuple[str, ...]] = field(default_factory=dict)

    @property
    def types(self) -> tuple[TypeKey, ...]:
        """Every type to read."""
        return tuple(key for keys in self.buckets.values() for key in keys)

    @property
    def restrictions(self) -> Mapping[TypeKey, Blocked]:
        """The types none of whose changes can be written, and why."""
        missing = {
            key: Blocked(BlockedCode.PERMISSION_MISSING, ", ".join(names))
            for key, names in self.write_missing.items()
        }
        alone = {key: Blocked(BlockedCode.NEEDS_USER, "nobody is signed in") for key in self.needs_user}
        return missing | alone


@dataclass(frozen=True, slots=True)
class Granted:
    """The roles in the app's token and the scopes in the signed-in user's (None: nobody is signed in).

    `ignored`: permissions that a person ignores; `coming`: those that the directory has granted and no token
    carries yet.
    """

    roles: Collection[str]
    scopes: Collection[str] | None = None
    ignored: Collection[PermissionId] = ()
    coming: Collection[PermissionId] = ()


def scope(
    catalog: Catalog,
    settings: Settings,
    asked: Collection[TypeKey],
    granted: Granted,
    user_types: Collection[TypeKey] = (),
) -> Scope:
    """The scope of one sync. `asked`: empty for all. `user_types`: the types found to need a user in this
    tenant.
    """
    found = _Found()
    for key, spec in catalog.types.items():
        if not included(settings, key) or (asked and key not in asked):
            found.not_read.append(NotRead(key, NotReadReason.EXCLUDED, counted=False))
        elif as_user(spec, settings, user_types):
            _by_user(spec, settings, granted, found)
        elif spec.identity is Identity.TRY and key in user_types and not lacking(spec.read, granted.roles):
            found.needs_user.add(key)
            found.leave(spec, NotReadReason.USER_NEEDED, "refuses the service principal", counted=False)
        else:
            _by_app(spec, granted, found)
    return found.scope(
        frozenset(key for key, one in catalog.lookups.items() if lacking(one.read, granted.roles))
    )


def _by_app(spec: TypeSpec, granted: Granted, found: _Found) -> None:
    """An application permission that is missing and ignored drops its types, also one for writing: only
    optional and delegated ones can be ignored without that (product.md 3.3).
    """
    kind = PermissionKind.APPLICATION
    given_up = [
        name
        for name in lacking(dict.fromkeys((*spec.read, *spec.write)), granted.roles)
        if permission_id(kind, name) in granted.ignored
    ]
    if given_up:
        found.write_missing[spec.key] = tuple(given_up)
        detail = f"needs {', '.join(given_up)}, which is ignored"
        found.leave(spec, NotReadReason.PERMISSION_IGNORED, detail, *given_up, counted=False)
        return
    found.take(spec, kind, lacking(spec.read, granted.roles), lacking(spec.write, granted.roles), granted)


def _by_user(spec: TypeSpec, settings: Settings, granted: Granted, found: _Found) -> None:
    """A delegated permission that is ignored counts as if it were there: the service has the last word."""
    if not with_user(settings):
        found.needs_user.add(spec.key)
        found.leave(spec, NotReadReason.USER_NEEDED, "needs a signed-in user", counted=False)
        return
    if granted.scopes is None:
        found.needs_user.add(spec.key)
        found.leave(spec, NotReadReason.USER_NOT_SIGNED_IN, "needs a signed-in user")
        return
    kind = PermissionKind.DELEGATED
    read, write = (lacking(names, granted.scopes) for names in (spec.user_read, spec.user_write))
    ignored = {name for name in (*read, *write) if permission_id(kind, name) in granted.ignored}
    if ignored.intersection(read):
        found.doing_without[spec.key] = tuple(name for name in read if name in ignored)
    read, write = (tuple(name for name in names if name not in ignored) for names in (read, write))
    found.take(spec, kind, read, write, granted)


@dataclass(slots=True)
class _Found:
    """A scope while it is being made."""

    buckets: dict[str, list[TypeKey]] = field(default_factory=dict)
    not_read: list[NotRead] = field(default_factory=list)
    write_missing: dict[TypeKey, tuple[str, ...]] = field(default_factory=dict)
    needs_user: set[TypeKey] = field(default_factory=set)
    doing_without: dict[TypeKey, tuple[str, ...]] = field(default_factory=dict)

    def leave(
        self, spec: TypeSpec, reason: NotReadReason, why: str, *names: str, counted: bool = True
    ) -> None:
        """`names`: the permissions it is for."""
        detail = f"reading {spec.key}: {why}"
        self.not_read.append(NotRead(spec.key, reason, counted, detail, names=names))

    def take(
        self,
        spec: TypeSpec,
        kind: PermissionKind,
        read: tuple[str, ...],
        write: tuple[str, ...],
        granted: Granted,
    ) -> None:
        """Reads the type unless it lacks what that needs; what it lacks for either blocks its changes."""
        if missing := tuple(dict.fromkeys((*read, *write))):
            self.write_missing[spec.key] = missing
        if not read:
            self.buckets.setdefault(spec.bucket, []).append(spec.key)
        elif all(permission_id(kind, name) in granted.coming for name in read):
            why = f"needs {', '.join(read)}, which has been granted and has not arrived yet"
            self.leave(spec, NotReadReason.PERMISSION_PROPAGATING, why, *read)
        else:
            why = f"needs {', '.join(read)}, which nobody has granted"
            self.leave(spec, NotReadReason.PERMISSION_MISSING, why, *read)

    def scope(self, lookups_missing: frozenset[TypeKey]) -> Scope:
        buckets = {bucket: tuple(keys) for bucket, keys in self.buckets.items()}
        return Scope(
            buckets,
            tuple(self.not_read),
            self.write_missing,
            lookups_missing,
            frozenset(self.needs_user),
            self.doing_without,
        )
