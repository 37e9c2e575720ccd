"""How much of a text a status row keeps (mechanics.md 5); reports and logs keep the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from shared.domain.snapshot import NotRead
from shared.domain.sync import SyncError, SyncRecord

MESSAGE: Final = 1_024
DETAIL: Final = 8_192
NOT_READ: Final = 20
NOT_READ_DETAIL: Final = 512
NAMES: Final = 5


def cut(text: str, size: int) -> str:
    """The text within so many bytes of UTF-8; what was cut off shows as an ellipsis."""
    data = text.encode()
    if len(data) <= size:
        return text
    return data[: size - 3].decode(errors="ignore") + "…"


def bounded_error(error: SyncError) -> SyncError:
    """The error as a row keeps it: the message is one line, for it is a tooltip."""
    message = " ".join(error.message.split())
    return replace(
        error,
        message=cut(message, MESSAGE),
        operation=cut(error.operation, MESSAGE),
        detail=cut(error.detail, DETAIL),
        request_id=cut(error.request_id, 256),
    )


def bounded(sync: SyncRecord) -> SyncRecord:
    """The sync as its row keeps it: counted types that were not read come first, and the first 20 stay."""
    ordered = sorted(sync.not_read, key=lambda one: not one.counted)
    return replace(
        sync,
        not_read=tuple(_bounded_not_read(one) for one in ordered[:NOT_READ]),
        error=None if sync.error is None else bounded_error(sync.error),
    )


def _bounded_not_read(one: NotRead) -> NotRead:
    names = tuple(cut(name, 256) for name in one.names[:NAMES])
    return replace(one, detail=cut(one.detail, NOT_READ_DETAIL), names=names)
