"""The summary report as JSON: kept without language, given with the error's texts in the reader's."""

from __future__ import annotations

import datetime as dt
from typing import Any

from shared.domain.item import ABSENT
from shared.domain.report import Report, Row, RowError
from shared.domain.sync import SyncError, SyncRecord
from shared.names import SyncId, TenantId
from shared.texts import Language, known, say
from shared.wire.error import error_json, fault_json
from shared.wire.sync import decision_json
from shared.wire.tenant import plan_json
from shared.wire.times import optional_time, time_text


def report_json(report: Report) -> dict[str, Any]:
    """The report as it is stored (schema `ReportAnswer`, before `in_language`)."""
    facts = report.facts
    return {
        **_head(facts.sync),
        "displayName": facts.display_name,
        "counts": {"rows": len(report.rows), "unchanged": facts.unchanged},
        "rows": [_row(row) for row in report.rows],
        "notRead": [
            {
                "type": one.type,
                "reason": one.reason.value,
                "counted": one.counted,
                "detail": one.detail,
                "requestId": one.request_id,
                "names": list(one.names),
            }
            for one in facts.not_read
        ],
        "unresolved": [
            {"file": one.path, "to": one.to, "value": one.object_id, "why": one.why}
            for one in facts.unresolved
        ],
        "faults": [{"file": one.path, "line": one.line, "reason": one.reason} for one in facts.faults],
        "left": [{"file": path, "commit": commit} for path, commit in facts.left],
    }


def _head(sync: SyncRecord) -> dict[str, Any]:
    drift, deploy = sync.drift, sync.deploy
    return {
        "sync": sync.id,
        "tenant": sync.tenant,
        "mode": sync.options.mode.value,
        "comment": sync.options.comment,
        "startedBy": {"kind": sync.started_by.kind.value, "name": sync.started_by.name},
        "startedAt": time_text(sync.started_at),
        "endedAt": optional_time(sync.ended_at),
        "outcome": sync.outcome and sync.outcome.value,
        "cause": sync.cause and sync.cause.value,
        "incomplete": [one.value for one in sync.incomplete],
        "drift": {
            "added": drift.added,
            "changed": drift.changed,
            "removed": drift.removed,
            "commit": drift.commit,
        },
        "deploy": {
            "applied": deploy.applied,
            "failed": deploy.failed,
            "stale": deploy.stale,
            "skipped": deploy.skipped,
        },
        "plan": sync.plan and plan_json(sync.plan),
        "decision": decision_json(sync.decision),
        "error": sync.error and _error(sync.error),
    }


def _error(error: SyncError) -> dict[str, str]:
    return {
        "code": error.code,
        "message": error.message,
        "operation": error.operation,
        "detail": error.detail,
        "requestId": error.request_id,
    }


def _row(row: Row) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "action": row.action.value,
        "type": row.type,
        "item": row.item,
        "path": row.property,
        "change": row.change.value,
        "conflict": row.conflict,
        "error": row.error and _row_error(row.error),
        "file": row.path,
    }
    sides = {"base": row.base, "tenant": row.tenant, "repository": row.repository}
    return shown | {side: value for side, value in sides.items() if value is not ABSENT}


def _row_error(error: RowError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "requestId": error.request_id}


def in_language(document: dict[str, Any], language: Language) -> dict[str, Any]:
    """The stored report with the texts of its errors."""
    error, ended = document["error"], document["endedAt"]
    if error is not None:
        at = dt.datetime.fromisoformat(ended) if ended else None
        value = SyncError(
            error["code"], error["message"], error["operation"], error["detail"], error["requestId"]
        )
        error = error_json(value, TenantId(document["tenant"]), SyncId(document["sync"]), at, language)
    rows = [_row_in_language(row, language) for row in document["rows"]]
    return {**document, "error": error, "rows": rows}


def _row_in_language(row: dict[str, Any], language: Language) -> dict[str, Any]:
    error = row["error"]
    if error is None:
        return row
    return {**row, "error": fault_json(error["code"], error["message"], error["requestId"], language)}


def reason_text(reason: str, language: Language) -> str:
    """Why a type was not read, in words."""
    return say(f"notRead.{reason}", language) if known(f"notRead.{reason}") else reason
