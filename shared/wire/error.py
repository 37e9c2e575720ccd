"""A sync's error as JSON: its code's text in the reader's language, what was being done, what to do."""

from __future__ import annotations

import datetime as dt
from typing import Any

from shared.domain.sync import SyncError
from shared.names import SyncId, TenantId
from shared.texts import Language, known, say
from shared.wire.times import time_text


def error_json(
    error: SyncError, tenant: TenantId, sync: SyncId, at: dt.datetime | None, language: Language
) -> dict[str, Any]:
    """The error of a sync (schema `SyncErrorAnswer`); `text` is what *Copy error* copies."""
    message, advice = message_of(error.code, error.message, language), advice_of(error.code, language)
    operation = _operation(error, tenant, language)
    facts = {
        "code": error.code,
        "operation": operation,
        "detail": error.detail,
        "request": error.request_id,
        "advice": advice,
        "tenant": tenant,
        "sync": sync,
        "at": time_text(at) if at else "",
    }
    lines = [
        say("ticket.line", language, name=say(f"ticket.{name}", language), value=value)
        for name, value in facts.items()
        if value
    ]
    return {
        "code": error.code,
        "message": message,
        "operation": operation,
        "detail": error.detail,
        "requestId": error.request_id,
        "advice": advice,
        "text": "\n".join([say("ticket.heading", language, message=message), *lines]),
    }


def fault_json(code: str, message: str, request_id: str, language: Language) -> dict[str, str]:
    """Why a change was not applied (schema `ChangeErrorAnswer`).

    `detail` is what was in the way, in the words of whoever found it; where the code is a service's own, they
    are the message.
    """
    if known(f"blocked.{code}"):
        told = say(f"blocked.{code}", language, detail=message)
    else:
        told = message_of(code, message, language)
    return {
        "code": code,
        "message": told,
        "detail": "" if told == message else message,
        "requestId": request_id,
        "advice": advice_of(code, language),
    }


def _operation(error: SyncError, tenant: TenantId, language: Language) -> str:
    """What was being done, in the reader's language where the code tells it."""
    key = f"error.{error.code}.operation"
    return say(key, language, tenant=tenant) if known(key) else error.operation


def message_of(code: str, message: str, language: Language) -> str:
    """The text of a code of ours; a service's own code has only the service's words."""
    return say(f"error.{code}.message", language) if known(f"error.{code}.message") else message or code


def advice_of(code: str, language: Language) -> str:
    """What to do about a code of ours; empty for a service's own."""
    return say(f"error.{code}.advice", language) if known(f"error.{code}.advice") else ""
