"""Which permissions a tenant needs, and how each of them stands (product.md 3.3).

Needs follow from the tenant's settings and the catalog, never from one sync's selection. They are compared
with what was seen: the roles in the app's token, the scopes in the user's, and what the tenant's directory
says is granted. A permission is called by its id, such as `application-Policy_Read_All`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from fnmatch import fnmatchcase

from shared.domain import tenant_approval
from shared.domain.catalog import Catalog, Identity, TypeSpec
from shared.domain.settings import Authentication, Settings
from shared.names import PermissionId, TypeKey


class PermissionKind(Enum):
    """Whose permission it is: the app's own, or one that a signed-in user lends it."""

    APPLICATION = "application"
    DELEGATED = "delegated"


class Access(Enum):
    """What types need it for: to be read, or only to be written."""

    READ = "read"
    WRITE = "write"


class PermissionState(Enum):
    """`REQUIRED`: neither granted nor ignored. `PROPAGATING`: granted in the directory, in no token yet."""

    GRANTED = "granted"
    REQUIRED = "required"
    IGNORED = "ignored"
    PROPAGATING = "propagating"


@dataclass(frozen=True, slots=True)
class Need:
    """One permission that a tenant needs. `types`: those that need it, in the catalog's order.

    `optional`: only for looking up objects that items refer to (without it their ids stay ids), or for seeing
    how the tenant's own approval answers (without it what that holds back fails).
    """

    name: str
    kind: PermissionKind
    access: Access
    types: tuple[TypeKey, ...]
    optional: bool = False

    @property
    def id(self) -> PermissionId:
        """What the API calls it."""
        return permission_id(self.kind, self.name)

    @property
    def keeps_types(self) -> bool:
        """Whether it can be ignored without dropping the types that need it."""
        return self.optional or self.kind is PermissionKind.DELEGATED


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at a tenant showed. None: it could not be seen.

    `roles` of the app's token (none where the app is unknown in the tenant), `scopes` of the signed-in
    user's; `granted` and `consented`: application and delegated permissions that the directory lists.
    """

    at: dt.datetime
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    granted: frozenset[str] | None = None
    consented: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Grants:
    """What a tenant's directory lists as granted to our app for Graph: names such as `Group.Read.All`."""

    application: frozenset[str]
    delegated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Permission:
    """A need and how it stands. `checked_at`: None before the first check."""

    need: Need
    state: PermissionState
    updated: bool = False
    checked_at: dt.datetime | None = None


def permission_id(kind: PermissionKind, name: str) -> PermissionId:
    """Names hold letters, digits, hyphens and dots (learn.microsoft.com/graph/permissions-reference); ids no
    dots.
    """
    return PermissionId(f"{kind.value}-{name.replace('.', '_')}")


def included(settings: Settings, key: TypeKey) -> bool:
    """Whether the tenant's settings include this type."""
    chosen = any(fnmatchcase(key, pattern) for pattern in settings.include)
    return chosen and not any(fnmatchcase(key, pattern) for pattern in settings.exclude)


def with_user(settings: Settings) -> bool:
    """Whether the tenant allows a person to sign in for the types that need a user."""
    return settings.authentication is Authentication.SERVICE_PRINCIPAL_AND_USER


def as_user(spec: TypeSpec, settings: Settings, user_types: Collection[TypeKey]) -> bool:
    """Whether a user's permissions count for this type. `user_types`: those found to need one here.

    Without user authentication a type that may go either way stays the service principal's.
    """
    if spec.identity is Identity.TRY:
        return spec.key in user_types and with_user(settings)
    return spec.identity is Identity.USER


def needs(catalog: Catalog, settings: Settings, user_types: Collection[TypeKey] = ()) -> tuple[Need, ...]:
    """Every permission that the included types need, by kind and name.

    Delegated ones only with user authentication: types that need a user are not read without it.
    """
    gathered = _Gathered()
    for key, spec in catalog.types.items():
        if not included(settings, key):
            continue
        if not as_user(spec, settings, user_types):
            gathered.add(PermissionKind.APPLICATION, key, spec.read, spec.write)
        elif with_user(settings):
            gathered.add(PermissionKind.DELEGATED, key, spec.user_read, spec.user_write)
        else:
            continue
        for to in dict.fromkeys(one.to for one in spec.references if one.to in catalog.lookups):
            gathered.look_up(key, catalog.lookups[to].read)
        if tenant_approval.may_be_held(spec.path):
            gathered.look_up(key, tenant_approval.READ)
    return gathered.needs()


def ever_needed(catalog: Catalog) -> frozenset[PermissionId]:
    """Every permission that some tenant may need by this catalog."""
    found = set()
    for spec in catalog.types.values():
        found |= {permission_id(PermissionKind.APPLICATION, name) for name in (*spec.read, *spec.write)}
        found |= {
            permission_id(PermissionKind.DELEGATED, name) for name in (*spec.user_read, *spec.user_write)
        }
    for lookup in catalog.lookups.values():
        found |= {permission_id(PermissionKind.APPLICATION, name) for name in lookup.read}
    if any(tenant_approval.may_be_held(spec.path) for spec in catalog.types.values()):
        found |= {permission_id(PermissionKind.APPLICATION, name) for name in tenant_approval.READ}
    return frozenset(found)


def permissions(
    needed: Iterable[Need],
    seen: Seen | None,
    ignored: Collection[PermissionId] = (),
    updated: Collection[PermissionId] = (),
) -> tuple[Permission, ...]:
    """How each need stands by what was seen last. An ignored one that is granted is granted; the mark of a
    new catalog goes once it is granted or ignored.
    """
    found = []
    for need in needed:
        state = PermissionState.REQUIRED if seen is None else _state(need, seen)
        if state is not PermissionState.GRANTED and need.id in ignored:
            state = PermissionState.IGNORED
        settled = state in (PermissionState.GRANTED, PermissionState.IGNORED)
        marked = need.id in updated and not settled
        found.append(Permission(need, state, marked, None if seen is None else seen.at))
    return tuple(found)


def required(found: Iterable[Permission]) -> tuple[PermissionId, ...]:
    """What is neither granted, nor on its way, nor ignored: as long as there is any, consent is missing."""
    return tuple(one.need.id for one in found if one.state is PermissionState.REQUIRED)


def propagating(found: Iterable[Permission]) -> tuple[Permission, ...]:
    """What the directory has granted and the token does not carry yet."""
    return tuple(one for one in found if one.state is PermissionState.PROPAGATING)


def lacking(needed: Collection[str], granted: Collection[str]) -> tuple[str, ...]:
    """Which of the needed permissions are missing. The one that also writes serves for the one that reads."""
    return tuple(
        name
        for name in needed
        if name not in granted and name.replace(".Read.", ".ReadWrite.") not in granted
    )


def _state(need: Need, seen: Seen) -> PermissionState:
    """A token says what holds; what it lacks, or where there is none, the directory says what will."""
    application = need.kind is PermissionKind.APPLICATION
    carried = seen.roles if application else seen.scopes
    listed = seen.granted if application else seen.consented
    if carried is not None and not lacking((need.name,), carried):
        return PermissionState.GRANTED
    if listed is None or lacking((need.name,), listed):
        return PermissionState.REQUIRED
    return PermissionState.GRANTED if carried is None else PermissionState.PROPAGATING


class _Gathered:
    """Needs while they are being gathered: name by kind → who needs it."""

    def __init__(self) -> None:
        self._found: dict[tuple[PermissionKind, str], Need] = {}
        self._lookups: dict[str, dict[TypeKey, None]] = {}

    def add(self, kind: PermissionKind, key: TypeKey, read: Iterable[str], write: Iterable[str]) -> None:
        for access, names in ((Access.READ, read), (Access.WRITE, write)):
            for name in names:
                held = self._found.get((kind, name), Need(name, kind, access, ()))
                types = held.types if key in held.types else (*held.types, key)
                reads = Access.READ in (access, held.access)
                access_ = Access.READ if reads else Access.WRITE
                self._found[kind, name] = replace(held, types=types, access=access_)

    def look_up(self, key: TypeKey, names: Iterable[str]) -> None:
        for name in names:
            self._lookups.setdefault(name, {})[key] = None

    def needs(self) -> tuple[Need, ...]:
        """What a type itself needs is not optional, whatever else it serves for."""
        kind = PermissionKind.APPLICATION
        for name, keys in self._lookups.items():
            if (kind, name) not in self._found:
                self._found[kind, name] = Need(name, kind, Access.READ, tuple(keys), optional=True)
        return tuple(sorted(self._found.values(), key=lambda one: (one.kind.value, one.name)))
