"""Tenants and their settings."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.wire.schema.scalars import (
    Answer,
    Body,
    Cron,
    DigestText,
    Guid,
    PrincipalId,
    TenantSlug,
    Time,
    TimeZone,
    TypeName,
    duration,
)

StatusKey = Literal[
    "notRun", "idle", "starting", "inProgress", "newError", "pendingAuthentication", "pendingApproval",
    "partiallySucceeded", "pendingAdminConsent",
]  # fmt: skip
OutcomeKey = Literal[
    "succeeded", "rejected", "reverted", "expired", "partiallySucceeded", "cancelled", "failed"
]
IncompleteKey = Literal["deploy", "userAuthentication", "notRead", "massRemoval", "blocked"]
DriftKey = Literal["adopt", "revert"]

_SECOND, _HOUR, _DAY = dt.timedelta(seconds=1), dt.timedelta(hours=1), dt.timedelta(days=1)


TypePattern = Annotated[str, StringConstraints(pattern=r"^[a-z0-9*-]{1,100}$")]


class ScheduleBody(Body):
    """When syncs start by themselves."""

    enabled: bool = False
    cron: Cron = "0 6 * * *"
    time_zone: TimeZone = "UTC"


class TypesBody(Body):
    """Which types a sync reads: keys, or patterns with `*`; what is excluded wins."""

    include: list[TypePattern] = Field(default_factory=lambda: ["*"], max_length=300)
    exclude: list[TypePattern] = Field(default_factory=list, max_length=300)


class AccessBody(Body):
    """Narrows a role for this tenant to these users, groups or keys; an empty list narrows nothing."""

    reader: list[PrincipalId] = Field(default_factory=list, max_length=100)
    operator: list[PrincipalId] = Field(default_factory=list, max_length=100)
    approver: list[PrincipalId] = Field(default_factory=list, max_length=100)


class CredentialBody(Body):
    """How the application proves itself: `default` is what the service itself is set up with."""

    kind: Literal["default", "certificate", "secret", "federated"] = "default"
    key_vault_name: Annotated[
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,127}$")] | None,
        Field(description="The name of the secret or certificate in the Key Vault, never the secret."),
    ] = None


class ApplicationBody(Body):
    """The app registration that reaches the tenant."""

    client_id: Annotated[Guid | None, Field(description="Null: the service's own app.")] = None
    credential: CredentialBody = CredentialBody()


class SettingsBody(Body):
    """Everything an administrator decides about one tenant."""

    authentication: Literal["servicePrincipal", "servicePrincipalAndUser"] = "servicePrincipal"
    on_sign_in_timeout: Literal["cancel", "continue"] = "cancel"
    sign_in_timeout: duration(_SECOND, _HOUR, "M") = dt.timedelta(minutes=3)  # type: ignore[valid-type]
    approval_timeout: duration(_SECOND, 365 * _DAY, "D") = dt.timedelta(days=30)  # type: ignore[valid-type]
    sync_timeout: duration(_SECOND, _DAY, "M") = dt.timedelta(minutes=60)  # type: ignore[valid-type]
    tenant_approval_timeout: duration(_SECOND, 30 * _DAY, "H") = dt.timedelta(hours=72)  # type: ignore[valid-type]
    schedule: ScheduleBody = ScheduleBody()
    types: TypesBody = TypesBody()
    drift: Annotated[
        DriftKey | Annotated[dict[TypeName | Literal["*"], DriftKey], Field(max_length=300)],
        Field(description="For all types, or by type, with `*` for the others."),
    ] = "adopt"
    protected: list[Annotated[str, StringConstraints(min_length=1, max_length=300)]] = Field(
        default_factory=list, max_length=100, description="Patterns of item paths that are never written."
    )
    require_second_person: bool = False
    access: AccessBody = AccessBody()
    cloud: Literal["global", "usGov", "usGovDoD", "china"] = "global"
    application: ApplicationBody = ApplicationBody()


class TenantBody(Body):
    """A tenant as an administrator writes it; what is left out of the settings has its default."""

    display_name: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        examples=["Contoso"]
    )
    entra_tenant_id: Guid = Field(description="The directory's id in Microsoft Entra ID.")
    settings: SettingsBody = SettingsBody()


class SyncErrorAnswer(Answer):
    """What stopped a sync. `text` is for a ticket."""

    code: str
    message: str
    operation: str
    detail: str
    request_id: str
    advice: str
    text: str


class LastSyncAnswer(Answer):
    """How the newest ended sync ended."""

    id: str
    outcome: OutcomeKey
    incomplete: list[IncompleteKey]
    ended_at: Time
    error: SyncErrorAnswer | None


class PendingPlanAnswer(Answer):
    """The plan that waits for a decision."""

    sync: str
    digest: DigestText
    changes: int
    deletions: int
    conflicts: int
    blocked: int
    expires_at: Time | None


class TenantAnswer(Answer):
    """A tenant."""

    id: TenantSlug
    display_name: str
    entra_tenant_id: str
    status: StatusKey
    status_label: Annotated[str, Field(description="What people read, in the language of `Accept-Language`.")]
    status_since: Time | None
    active_sync: str | None
    last_sync: LastSyncAnswer | None
    next_sync_at: Time | None
    web_url: str
    pending_plan: PendingPlanAnswer | None
    changes_waiting: Annotated[
        int, Field(description="Repository and tenant differed so often when last compared.")
    ]
    permissions_required: int
    settings: SettingsBody


class TenantList(Answer):
    """Tenants, ordered by id."""

    value: list[TenantAnswer]
    next_link: str | None
