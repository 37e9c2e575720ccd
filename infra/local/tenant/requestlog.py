"""The log of requests that tests read: every Graph and token request, writes with their bodies."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from .exchange import Request
from .tenant import Tenant

_SECRETS = frozenset(
    {"client_secret", "client_assertion", "refresh_token", "code", "code_verifier", "device_code"}
)


def record(request: Request, status: int) -> None:
    """Logs a Graph request. Status 0: the connection was reset before anything was done."""
    body: Any = None
    if request.is_write and request.content:
        try:
            body = json.loads(request.content)
        except ValueError:
            body = request.content.decode("utf-8", "replace")
    entry = {
        "at": _moment(request.now),
        "method": request.method,
        "path": f"/{request.version}{request.path}",
        "query": request.query,
        "status": status,
        "requestId": request.request_id,
        "principal": "portal" if request.caller.portal else request.caller.app_id,
        "bodySha256": hashlib.sha256(request.content).hexdigest() if request.content else None,
        "body": body,
        "batch": request.batch,
    }
    _append(request.tenant, entry)


def record_token(
    tenant: Tenant, path: str, form: dict[str, str], status: int, request_id: str, now: float
) -> None:
    """Logs a request for a token, without its secrets."""
    shown = {name: "***" if name in _SECRETS else value for name, value in form.items()}
    _append(
        tenant,
        {
            "at": _moment(now),
            "method": "POST",
            "path": path,
            "query": "",
            "status": status,
            "requestId": request_id,
            "principal": form.get("client_id", ""),
            "bodySha256": None,
            "body": shown,
            "batch": None,
        },
    )


def _append(tenant: Tenant, entry: dict[str, Any]) -> None:
    tenant.logged += 1
    tenant.log.append({"n": tenant.logged, **entry})


def _moment(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
