"""Permissions as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.domain.permissions import Permission
from shared.wire.times import optional_time


def permissions_json(found: Iterable[Permission], consent_url: str | None) -> dict[str, Any]:
    """All of a tenant's (schema `PermissionList`)."""
    return {"value": [_permission(one) for one in found], "adminConsentUrl": consent_url}


def _permission(one: Permission) -> dict[str, Any]:
    need = one.need
    return {
        "id": need.id,
        "name": need.name,
        "kind": need.kind.value,
        "access": need.access.value,
        "state": one.state.value,
        "updated": one.updated,
        "optional": need.optional,
        "types": list(need.types),
        "checkedAt": optional_time(one.checked_at),
    }
