"""A tenant's settings, as api.md spells them. Durations are `timedelta`; the edge (`wire.py`) speaks ISO
8601.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from shared.names import TypeKey


class Authentication(Enum):
    """Whether a sync may ask a person to sign in for the types that need a user."""

    SERVICE_PRINCIPAL = "servicePrincipal"
    SERVICE_PRINCIPAL_AND_USER = "servicePrincipalAndUser"


class OnSignInTimeout(Enum):
    """What the sign-in deadline does: cancel the sync, or go on without a user, as if sign-in had failed."""

    CANCEL = "cancel"
    CONTINUE = "continue"


class DriftPolicy(Enum):
    """Adopt what changed in the tenant, or propose to put the repository's value back."""

    ADOPT = "adopt"
    REVERT = "revert"


class CredentialKind(Enum):
    """How the application proves itself; `default` is what the service itself is set up with."""

    DEFAULT = "default"
    CERTIFICATE = "certificate"
    SECRET = "secret"  # noqa: S105 - a kind of credential
    FEDERATED = "federated"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When syncs start by themselves: five cron fields, read in `time_zone` (IANA name)."""

    enabled: bool = False
    cron: str = "0 6 * * *"
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Application:
    """The app registration a tenant is reached with; no client id means the service's own."""

    client_id: str | None = None
    credential: CredentialKind = CredentialKind.DEFAULT
    key_vault_name: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an administrator decides about one tenant."""

    authentication: Authentication = Authentication.SERVICE_PRINCIPAL
    on_sign_in_timeout: OnSignInTimeout = OnSignInTimeout.CANCEL
    sign_in_timeout: dt.timedelta = dt.timedelta(minutes=3)
    approval_timeout: dt.timedelta = dt.timedelta(days=30)
    sync_timeout: dt.timedelta = dt.timedelta(minutes=60)
    tenant_approval_timeout: dt.timedelta = dt.timedelta(hours=72)
    schedule: Schedule = Schedule()
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    drift: DriftPolicy = DriftPolicy.ADOPT
    drift_of: Mapping[TypeKey, DriftPolicy] = field(default_factory=dict)
    """Types that differ from `drift`."""
    protected: tuple[str, ...] = ()
    """Patterns (`fnmatch`) over item paths that are never written."""
    require_second_person: bool = False
    access: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`reader`, `operator`, `approver` → user or group ids that the role is narrowed to."""
    cloud: str = "global"
    application: Application = Application()
