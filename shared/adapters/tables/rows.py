"""Values to rows and back: row keys, and records as JSON split over columns that each stay within a string's
64 KiB.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter

from shared.domain.start import made_at
from shared.names import CommitId, SyncId, TenantId

T = TypeVar("T")

PART: Final = 16_000
"""Characters a column: at most 64 KB of UTF-16, whatever the characters."""
LATEST: Final = 9_999_999_999_999

TENANT: Final = "tenant"


def inverted(milliseconds: int) -> str:
    """Thirteen digits that sort the newest first."""
    return f"{LATEST - milliseconds:013d}"


def milliseconds(at: dt.datetime) -> int:
    """Since 1970."""
    return int(at.timestamp() * 1000)


def sync_row(sync: SyncId) -> str:
    """Where a sync lies, from its id alone: the newest comes first in the tenant's partition."""
    return f"sync_{inverted(made_at(sync))}_{sync}"


def decision_row(sync: SyncId) -> str:
    """The row whose insert decides what becomes of a plan."""
    return f"decision_{sync}"


def cancel_row(sync: SyncId) -> str:
    """The row that asks a sync to stop."""
    return f"cancel_{sync}"


def sign_in_row(subject: SyncId, number: int) -> str:
    """The row that settles a sign-in."""
    return f"signIn_{subject}_{number}"


def tenant_approval_row(sync: SyncId, approval: str) -> str:
    """The row that says how the tenant's own approvers answered one request."""
    return f"tenantApproval_{sync}_{approval}"


def event_row(subject: SyncId | TenantId, seq: int) -> str:
    """An event of a sync, or of a tenant where there is no sync."""
    return f"event_{subject}_{seq:06d}"


def push_row(commit: CommitId) -> str:
    """Who pushed a commit."""
    return f"push_{commit}"


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def to_json(value: object) -> str:
    """A record as JSON. Enums by value, times in RFC 3339, durations in ISO 8601."""
    kind: Any = type(value)
    return _adapter(kind).dump_json(value).decode()


def from_json(kind: type[T], text: str) -> T:
    """The other way round. Fields that this release does not know are left out."""
    wanted: Any = kind
    record: T = _adapter(wanted).validate_json(text)
    return record


def columns(name: str, text: str) -> dict[str, str]:
    """The text over as many columns as it needs: `name`, `name1`, `name2` …"""
    parts = [text[start : start + PART] for start in range(0, len(text), PART)] or [""]
    return {f"{name}{index or ''}": part for index, part in enumerate(parts)}


def text_of(row: Mapping[str, Any], name: str) -> str:
    """The other way round."""
    parts, index = [row[name]], 1
    while (part := row.get(f"{name}{index}")) is not None:
        parts.append(part)
        index += 1
    return "".join(parts)


def record_of(kind: type[T], row: Mapping[str, Any]) -> T:
    """The record in the columns `record` …"""
    return from_json(kind, text_of(row, "record"))


def entity(partition: str, row: str, record: object, **more: Any) -> dict[str, Any]:
    """A row that holds a record, and beside it what is worth a column of its own."""
    return {"PartitionKey": partition, "RowKey": row, **more, **columns("record", to_json(record))}
