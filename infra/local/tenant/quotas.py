"""Throttling by the documented quotas: learn.microsoft.com/graph/throttling-limits.

The page gives numbers, not the algorithm. `documented` counts a sliding window per bucket; `burst10` lets
through a steady rate with a burst of at most ten. A client that respects one must also live under the other.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from .errors import GraphError
from .exchange import Request
from .table import Type
from .tenant import Tenant


@dataclass(frozen=True, slots=True)
class Limit:
    """`amount` units in `window` seconds. Scope: "tenant" (all apps) or "app" (one app in one tenant)."""

    name: str
    amount: float
    window: float
    scope: str = "app"
    writes_only: bool = False
    retry_after: bool = True


_INTUNE = (
    Limit("any/app", 1000, 20),
    Limit("any/tenant", 2000, 20, scope="tenant"),
    Limit("write/app", 100, 20, writes_only=True),
    Limit("write/tenant", 200, 20, scope="tenant", writes_only=True),
)
# Its note: these resources do not return a Retry-After header with 429.
_CONDITIONAL_ACCESS = (Limit("any/tenant", 1, 1, scope="tenant", retry_after=False),)
_DIRECTORY = (
    Limit("write/app", 3000, 150, writes_only=True),
    Limit("write/tenant", 18000, 300, scope="tenant", writes_only=True),
)
# learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-…
_SHAREPOINT = (Limit("units/app", 1200, 60),)

# Base costs in resource units; any other request costs 1.
_COSTS = {
    ("GET", "applications"): 2,
    ("GET", "groups/{id}/members"): 3,
    ("POST", "directoryobjects/getbyids"): 3,
    ("GET", "serviceprincipals/{id}/approleassignments"): 2,
    ("GET", "subscribedskus"): 3,
    ("GET", "users"): 2,
}


def limits_of(quota: str, tenant: Tenant) -> tuple[Limit, ...]:
    """The limits of a quota. The directory's depend on how many users the tenant has."""
    if quota.startswith("intune/"):
        return _INTUNE
    if quota == "conditionalAccess":
        return _CONDITIONAL_ACCESS
    if quota == "sharepoint":
        return _SHAREPOINT
    users = tenant.count("users")
    units = 3500 if users < 50 else 5000 if users <= 500 else 8000
    return (Limit("units/app", units, 10), *_DIRECTORY)


def cost_of(request: Request, quota: str) -> int:
    """What a request costs in units of its quota. Directory requests follow the page's table of costs."""
    if quota == "sharepoint":
        return 2 if request.is_write else 1
    if quota != "directory":
        return 1
    segments = request.path.strip("/").lower().split("/")
    shape = "/".join(
        [segments[0].split("(")[0], *("{id}" if i == 1 else s for i, s in enumerate(segments[1:], 1))]
    )
    if segments[:2] == ["directoryobjects", "getbyids"]:
        shape = "directoryobjects/getbyids"
    cost = _COSTS.get((request.method, shape), 1)
    options = request.options()
    cost -= 1 if "$select" in options else 0
    cost += 1 if "$expand" in options else 0
    top = options.get("$top", "")
    cost -= 1 if top.isdigit() and int(top) < 20 else 0
    return max(cost, 1)


@dataclass
class Meter:
    """What one limit has seen: moments and costs for the window, a level for the steady rate."""

    seen: deque[tuple[float, float]] = field(default_factory=deque)
    used: float = 0.0
    level: float = 0.0
    at: float = 0.0

    def wait(self, limit: Limit, cost: float, now: float, profile: str) -> float:
        """Seconds until `cost` more fits; 0 when it fits now."""
        if profile == "burst10":
            return self._steady_wait(limit, cost, now)
        while self.seen and self.seen[0][0] <= now - limit.window:
            self.used -= self.seen.popleft()[1]
        over = self.used + cost - limit.amount
        if over <= 0:
            return 0.0
        for moment, spent in self.seen:
            over -= spent
            if over <= 0:
                return max(moment + limit.window - now, 0.001)
        return limit.window

    def _steady_wait(self, limit: Limit, cost: float, now: float) -> float:
        rate = limit.amount / limit.window
        self.level = max(0.0, self.level - (now - self.at) * rate)
        self.at = now
        over = self.level + cost - max(min(10.0, limit.amount), cost)
        return over / rate if over > 1e-9 else 0.0

    def spend(self, limit: Limit, cost: float, now: float) -> None:
        self.seen.append((now, cost))
        self.used += cost
        self.level = min(self.level + cost, 2 * max(min(10.0, limit.amount), cost))


def meter(request: Request, entry: Type | None, quota: str | None = None) -> dict[str, str]:
    """Counts a request; raises 429 when a limit is reached. Returns headers for the answer.

    Refused requests count too ("all requests accrue against your usage limits",
    learn.microsoft.com/graph/throttling#best-practices-to-handle-throttling), and Retry-After says so.
    """
    tenant, profile = request.tenant, request.tenant.behaviour.quotas
    name = quota or (entry.service.quota if entry else "directory")
    if profile == "off" or request.caller.portal:
        return {}
    cost, refused = cost_of(request, name), None
    for limit in limits_of(name, tenant):
        if limit.writes_only and not _counts_as_write(request):
            continue
        owner = request.caller.app_id if limit.scope == "app" else "*"
        found: Meter = tenant.meters.setdefault(f"{name}|{limit.name}|{owner}", Meter())
        units = 1 if limit.writes_only else cost
        over = found.wait(limit, units, request.now, profile) > 0
        found.spend(limit, units, request.now)
        if over and refused is None:
            wait = found.wait(limit, units, request.now, profile)
            refused = _throttled(request, entry, limit, wait)
    if refused is not None:
        raise refused
    return {"x-ms-resource-unit": str(cost)} if name == "directory" else {}


def _counts_as_write(request: Request) -> bool:
    """`getByIds` is a POST that writes nothing: its write cost is 0 on the page."""
    return request.is_write and not request.path.lower().startswith("/directoryobjects/")


def _throttled(request: Request, entry: Type | None, limit: Limit, wait: float) -> GraphError:
    headers = {"Retry-After": str(max(1, math.ceil(wait)))} if limit.retry_after else {}
    if entry is None or entry.service.quota == "directory":
        kind = "Write" if limit.writes_only else "ReadWrite"
        scope = "Tenant" if limit.scope == "tenant" else "Tenant_Application"
        headers["x-ms-throttle-scope"] = f"{scope}/{kind}/{request.caller.app_id}/{request.tenant.entra_id}"
        headers["x-ms-throttle-information"] = (
            "WriteLimitExceeded" if limit.writes_only else "ResourceUnitLimitExceeded"
        )
    code = entry.dialect.throttled if entry else "TooManyRequests"
    return GraphError(429, code, "Too many requests.", headers)
