"""Tenants and their settings as JSON, and settings from a parsed body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shared.domain.settings import (
    Application,
    Authentication,
    CredentialKind,
    DriftPolicy,
    OnSignInTimeout,
    Schedule,
    Settings,
)
from shared.domain.sync import LastSync, PendingPlan, PlanSummary, TenantRecord
from shared.names import TypeKey
from shared.texts import Language, say
from shared.wire.error import error_json
from shared.wire.times import duration_text, optional_time, time_text

if TYPE_CHECKING:
    from shared.wire.schema.tenant import SettingsBody

ALL_TYPES: Final = "*"


def tenant_json(tenant: TenantRecord, language: Language, origin: str) -> dict[str, Any]:
    """A tenant as the API gives it (schema `TenantAnswer`)."""
    return {
        "id": tenant.id,
        "displayName": tenant.display_name,
        "entraTenantId": tenant.entra_tenant_id,
        "status": tenant.status.value,
        "statusLabel": say(f"status.{tenant.status.value}", language),
        "statusSince": optional_time(tenant.status_since),
        "activeSync": tenant.active_sync,
        "lastSync": tenant.last_sync and _last_sync(tenant, tenant.last_sync, language),
        "nextSyncAt": optional_time(tenant.next_sync_at),
        "webUrl": f"{origin}/?tenant={tenant.id}",
        "pendingPlan": tenant.pending_plan and _pending(tenant.pending_plan),
        "changesWaiting": tenant.changes_waiting,
        "permissionsRequired": len(tenant.permissions_required),
        "settings": settings_json(tenant.settings),
    }


def _last_sync(tenant: TenantRecord, last: LastSync, language: Language) -> dict[str, Any]:
    return {
        "id": last.id,
        "outcome": last.outcome.value,
        "incomplete": [one.value for one in last.incomplete],
        "endedAt": time_text(last.ended_at),
        "error": last.error and error_json(last.error, tenant.id, last.id, last.ended_at, language),
    }


def _pending(pending: PendingPlan) -> dict[str, Any]:
    return {"sync": pending.sync, **plan_json(pending.plan)}


def plan_json(plan: PlanSummary) -> dict[str, Any]:
    """A plan in numbers, as it stands in a tenant; a sync's adds `sameAs`."""
    return {
        "digest": plan.digest,
        "changes": plan.changes,
        "deletions": plan.deletions,
        "conflicts": plan.conflicts,
        "blocked": plan.blocked,
        "expiresAt": optional_time(plan.expires_at),
    }


def settings_json(settings: Settings) -> dict[str, Any]:
    """All settings, defaults included (schema `SettingsBody`); `access` holds only what narrows."""
    return {
        "authentication": settings.authentication.value,
        "onSignInTimeout": settings.on_sign_in_timeout.value,
        "signInTimeout": duration_text(settings.sign_in_timeout, "M"),
        "approvalTimeout": duration_text(settings.approval_timeout, "D"),
        "syncTimeout": duration_text(settings.sync_timeout, "M"),
        "tenantApprovalTimeout": duration_text(settings.tenant_approval_timeout, "H"),
        "schedule": {
            "enabled": settings.schedule.enabled,
            "cron": settings.schedule.cron,
            "timeZone": settings.schedule.time_zone,
        },
        "types": {"include": list(settings.include), "exclude": list(settings.exclude)},
        "drift": _drift(settings),
        "protected": list(settings.protected),
        "requireSecondPerson": settings.require_second_person,
        "access": {role: list(ids) for role, ids in settings.access.items() if ids},
        "cloud": settings.cloud,
        "application": {
            "clientId": settings.application.client_id,
            "credential": {
                "kind": settings.application.credential.value,
                "keyVaultName": settings.application.key_vault_name,
            },
        },
    }


def _drift(settings: Settings) -> str | dict[str, str]:
    if not settings.drift_of:
        return settings.drift.value
    return {ALL_TYPES: settings.drift.value} | {key: one.value for key, one in settings.drift_of.items()}


def settings_of(body: SettingsBody) -> Settings:
    """The settings that a validated body asks for."""
    drift = body.drift if isinstance(body.drift, dict) else {ALL_TYPES: body.drift}
    return Settings(
        authentication=Authentication(body.authentication),
        on_sign_in_timeout=OnSignInTimeout(body.on_sign_in_timeout),
        sign_in_timeout=body.sign_in_timeout,
        approval_timeout=body.approval_timeout,
        sync_timeout=body.sync_timeout,
        tenant_approval_timeout=body.tenant_approval_timeout,
        schedule=Schedule(body.schedule.enabled, body.schedule.cron, body.schedule.time_zone),
        include=tuple(body.types.include),
        exclude=tuple(body.types.exclude),
        drift=DriftPolicy(drift.get(ALL_TYPES, DriftPolicy.ADOPT.value)),
        drift_of={TypeKey(key): DriftPolicy(one) for key, one in drift.items() if key != ALL_TYPES},
        protected=tuple(body.protected),
        require_second_person=body.require_second_person,
        access={
            role: tuple(ids)
            for role, ids in (
                ("reader", body.access.reader),
                ("operator", body.access.operator),
                ("approver", body.access.approver),
            )
            if ids
        },
        cloud=body.cloud,
        application=Application(
            body.application.client_id,
            CredentialKind(body.application.credential.kind),
            body.application.credential.key_vault_name,
        ),
    )


def writable_json(tenant: TenantRecord) -> dict[str, Any]:
    """What an administrator may write of a tenant: what a merge patch is applied to (schema `TenantBody`)."""
    return {
        "displayName": tenant.display_name,
        "entraTenantId": tenant.entra_tenant_id,
        "settings": settings_json(tenant.settings),
    }


def merged(target: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7396): null removes, objects merge, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
