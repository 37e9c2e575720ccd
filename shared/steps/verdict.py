"""How a stage tells the orchestrator why a sync ends, and back: small JSON for the durable history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.sync import SyncError

LOST = SyncError(
    code="orchestrationLost",
    message="The sync's orchestration ended without ending the sync; what it had deployed was settled.",
    operation="running the sync",
)
DETAIL = 2_000
"""Characters of detail kept in the history."""


def dump_error(error: SyncError) -> dict[str, str]:
    """An error as a verdict carries it."""
    return {
        "code": error.code,
        "message": error.message,
        "operation": error.operation,
        "detail": error.detail[:DETAIL],
        "requestId": error.request_id,
    }


def load_error(verdict: Mapping[str, Any]) -> SyncError | None:
    """The error of a verdict, if it has one; an activity that failed every time has no words but its own."""
    error = verdict.get("error")
    if error is None:
        return None
    return SyncError(
        code=error["code"],
        message=error.get("message") or "The sync stopped at a fault in Accord itself.",
        operation=error.get("operation") or "running the sync",
        detail=error.get("detail", ""),
        request_id=error.get("requestId", ""),
    )
