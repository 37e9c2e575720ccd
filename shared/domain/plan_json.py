"""The plan as a blob, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.domain.digest import dump_change
from shared.domain.item import ABSENT
from shared.domain.plan import Action, Blocked, BlockedCode, Change, Plan, PropertyChange
from shared.names import ChangeId, Digest, ItemPath, ObjectId, TenantId, TypeKey


def dump_plan(plan: Plan) -> bytes:
    """The plan as JSON."""
    value = {
        "tenant": plan.tenant,
        "catalog": plan.catalog,
        "digest": plan.digest,
        "changes": [dump_change(change) for change in plan.changes],
    }
    return json.dumps(value, separators=(",", ":")).encode()


def load_plan(data: bytes) -> Plan:
    """The plan from its JSON."""
    value = json.loads(data)
    changes = tuple(load_change(one) for one in value["changes"])
    return Plan(TenantId(value["tenant"]), value["catalog"], changes, Digest(value["digest"]))


def load_change(value: Mapping[str, Any]) -> Change:
    """A change from its JSON."""
    blocked = value["blocked"]
    return Change(
        id=ChangeId(value["id"]),
        action=Action(value["action"]),
        type=TypeKey(value["type"]),
        item=value["item"],
        path=ItemPath(value["path"]),
        object_id=None if value["objectId"] is None else ObjectId(value["objectId"]),
        properties=tuple(load_property(one) for one in value["properties"]),
        conflict=value["conflict"],
        depends_on=tuple(ChangeId(one) for one in value["dependsOn"]),
        blocked=None if blocked is None else Blocked(BlockedCode(blocked["code"]), blocked["detail"]),
        replaces=None if value["replaces"] is None else ChangeId(value["replaces"]),
    )


def load_property(value: Mapping[str, Any]) -> PropertyChange:
    """A property from its JSON."""
    return PropertyChange(
        path=tuple(value["path"]),
        base=value.get("base", ABSENT),
        tenant=value.get("tenant", ABSENT),
        repository=value.get("repository", ABSENT),
        conflict=value["conflict"],
    )
