"""Values of a plan as JSON, and the digest that names the plan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from shared.domain.item import ABSENT
from shared.domain.json_form import compact
from shared.domain.plan import Blocked, Change, PropertyChange
from shared.names import Digest, TenantId


def digest_of(tenant: TenantId, catalog: str, changes: Iterable[Change]) -> Digest:
    """Covers tenant, catalog version, order, and every change with its three values, object id, dependencies
    and what blocks it; not the sync, the time or a commit. Equal plans have equal digests.
    """
    value: Any = {
        "tenant": tenant,
        "catalog": catalog,
        "changes": [dump_change(change) for change in changes],
    }
    # "surrogatepass": JSON may hold a lone surrogate, and a digest must not fail on it.
    octets = compact(value).encode("utf-8", "surrogatepass")
    return Digest(f"sha256:{hashlib.sha256(octets).hexdigest()}")


def dump_change(change: Change) -> dict[str, Any]:
    """A change as JSON: an absent value is a member left out."""
    return {
        "id": change.id,
        "action": change.action.value,
        "type": change.type,
        "item": change.item,
        "path": change.path,
        "objectId": change.object_id,
        "properties": [dump_property(one) for one in change.properties],
        "conflict": change.conflict,
        "dependsOn": list(change.depends_on),
        "blocked": dump_blocked(change.blocked),
        "replaces": change.replaces,
    }


def dump_blocked(blocked: Blocked | None) -> dict[str, str] | None:
    """What blocks a change, as JSON."""
    return None if blocked is None else {"code": blocked.code.value, "detail": blocked.detail}


def dump_property(change: PropertyChange) -> dict[str, Any]:
    """A property with its three values; `path` is the list of its segments."""
    sides = {"base": change.base, "tenant": change.tenant, "repository": change.repository}
    there = {name: value for name, value in sides.items() if value is not ABSENT}
    return {"path": list(change.path), **there, "conflict": change.conflict}
