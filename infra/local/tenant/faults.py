"""Planted faults: which request meets one, and what then happens.

A fault is matched by method and by a regular expression on the address with its query (`/v1.0/groups?$top=5`,
`/{tenant}/oauth2/v2.0/token`); `skip` lets some requests by first, `times` ends it (null: never).
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from .errors import GraphError
from .tenant import Fault, Tenant

ACTIONS = ("status", "delay", "reset", "truncate", "malformed", "emptyPage", "drop")
_MESSAGES = {
    429: ("TooManyRequests", "Too many requests."),
    500: ("InternalServerError", "There was an internal server error while processing the request."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable."),
    504: ("GatewayTimeout", "The upstream server did not answer in time."),
    403: ("Forbidden", "Access is denied."),
    404: ("ResourceNotFound", "The resource was not found."),
}


class FaultError(ValueError):
    """A fault that was described wrongly; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a fault does to one request."""

    delay: float = 0.0
    error: GraphError | None = None
    reset: str | None = None
    truncate: int | None = None
    malformed: bool = False
    empty_page: bool = False
    drop: bool = False


NOTHING = Effect()


def parse_fault(raw: dict[str, Any], fault_id: str) -> Fault:
    """A fault from the control interface's JSON."""
    known = {"method", "path", "times", "skip", "code", "message", "headers", "retryAfter", *ACTIONS}
    if unknown := sorted(set(raw) - known):
        raise FaultError(f"a fault has no '{unknown[0]}'; it knows {', '.join(sorted(known))}")
    chosen = [name for name in ACTIONS if name in raw]
    if len(chosen) != 1:
        raise FaultError(f"a fault needs exactly one of {', '.join(ACTIONS)}")
    path = raw.get("path")
    if not isinstance(path, str):
        raise FaultError("a fault needs a path: a regular expression on the address")
    try:
        re.compile(path)
    except re.error as exc:
        raise FaultError(f"the path is not a regular expression: {exc}") from exc
    if chosen == ["reset"] and raw["reset"] not in ("before", "after"):
        raise FaultError("reset is 'before' or 'after' (after the request was applied)")
    action = {k: raw[k] for k in (*chosen, "code", "message", "headers", "retryAfter") if k in raw}
    method = raw.get("method")
    times = raw.get("times", 1)
    return Fault(
        id=fault_id,
        path=path,
        action=action,
        method=str(method).upper() if method else None,
        times=None if times is None else int(times),
        skip=int(raw.get("skip", 0)),
    )


def meet(tenant: Tenant, method: str, target: str) -> Effect:
    """The effect of the first fault that this request meets; counts it."""
    for fault in list(tenant.faults):
        if fault.method not in (None, method) or not re.search(fault.path, target):
            continue
        if fault.skip > 0:
            fault.skip -= 1
            continue
        fault.met += 1
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                tenant.faults.remove(fault)
        return _effect(fault)
    return NOTHING


def _effect(fault: Fault) -> Effect:
    action = fault.action
    if "status" in action:
        status = int(action["status"])
        code, message = _MESSAGES.get(status, ("generalException", "An unspecified error has occurred."))
        headers = {str(k): str(v) for k, v in (action.get("headers") or {}).items()}
        if "retryAfter" in action:
            headers["Retry-After"] = str(action["retryAfter"])
        return Effect(
            error=GraphError(status, action.get("code", code), action.get("message", message), headers)
        )
    return Effect(
        delay=float(action.get("delay", 0)),
        reset=action.get("reset"),
        truncate=int(action["truncate"]) if "truncate" in action else None,
        malformed=bool(action.get("malformed")),
        empty_page=bool(action.get("emptyPage")),
        drop=bool(action.get("drop")),
    )


def describe(fault: Fault) -> dict[str, Any]:
    """A fault as the control interface shows it."""
    return asdict(fault)
