"""`/control/tenants/{t}/approvals`: access policies, and what a second administrator does about requests."""

from __future__ import annotations

from typing import Any, Final

from . import multi_admin_approval as approvals
from .tenant import Record, Tenant

Body = dict[str, Any]
DECISIONS: Final = {
    "approve": "approved",
    "reject": "rejected",
    "cancel": "cancelled",
    "expire": "expired",
}


class Unknown(Exception):
    """There is no such policy type, request or decision."""


def answer(tenant: Tenant, method: str, steps: list[str], sent: Body, now: float) -> Body:
    """Does it, and answers all policies and requests as they are afterwards. Raises Unknown."""
    match method, steps:
        case (("PUT" | "DELETE"), ["policies", kind]):
            _policy(tenant, kind, sent, keep=method == "PUT", now=now)
        case "POST", ["requests", key]:
            _decide(tenant, key, sent, now)
        case "GET", []:
            pass
        case _:
            raise Unknown("approvals have policies/{type} (PUT, DELETE) and requests/{id} (POST)")
    return {
        "policies": [{"policyType": one.id, **one.body} for one in tenant.all(approvals.POLICIES)],
        "requests": [approvals.shown(one, now) for one in tenant.all(approvals.REQUESTS)],
    }


def _policy(tenant: Tenant, kind: str, sent: Body, *, keep: bool, now: float) -> None:
    known = sorted(set(approvals.PROTECTS.values()))
    if kind not in known:
        raise Unknown(f"there is no policy type {kind}; there are {', '.join(known)}")
    if not keep:
        tenant.remove(approvals.POLICIES, kind)
        return
    excluded = [str(app) for app in sent.get("excluded", [])]
    tenant.put(approvals.POLICIES, Record(kind, {"excluded": excluded}, created_at=now, visible_at=now))


def _decide(tenant: Tenant, key: str, sent: Body, now: float) -> None:
    filed = tenant.get(approvals.REQUESTS, key)
    if filed is None:
        raise Unknown(f"there is no approval request {key}")
    status = DECISIONS.get(str(sent.get("decision")))
    if status is None:
        raise Unknown(f"a decision is one of {', '.join(DECISIONS)}")
    by, note = str(sent.get("by", "Second administrator")), str(sent.get("note", ""))
    approvals.decide(tenant, filed, status, by, note, now)
