"""What Entra ID refuses, with the numbers and sentences of
learn.microsoft.com/entra/identity-platform/reference-error-codes.
"""

from __future__ import annotations

import tomllib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "refusals.toml"


@dataclass(frozen=True, slots=True)
class Entry:
    """One number of the table."""

    status: int
    error: str
    message: str
    suberror: str = ""


@cache
def table() -> dict[int, Entry]:
    """All refusals by number."""
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {int(number): Entry(**entry) for number, entry in raw.items()}


class SignInError(Exception):
    """An OAuth error: HTTP status, error code and AADSTS number with its sentence."""

    def __init__(self, status: int, error: str, number: int, message: str) -> None:
        super().__init__(f"AADSTS{number}: {message}")
        self.status = status
        self.error = error
        self.number = number

    def described(self, now: float) -> str:
        """The `error_description`, with the ids that support asks for."""
        return self._described(str(uuid.uuid4()), str(uuid.uuid4()), now)

    def _described(self, trace: str, correlation: str, now: float) -> str:
        return f"{self} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {moment(now)}"

    def body(self, now: float) -> dict[str, Any]:
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        body: dict[str, Any] = {
            "error": self.error,
            "error_description": self._described(trace, correlation, now),
            "error_codes": [self.number],
            "timestamp": moment(now),
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }
        if suberror := table()[self.number].suberror:
            body["suberror"] = suberror
        return body


def refused(number: int, *, error: str | None = None, **values: str) -> SignInError:
    """The refusal of that number; `error` where OAuth wants another code for the place it happens at."""
    entry = table()[number]
    return SignInError(entry.status, error or entry.error, number, entry.message.format(**values))


def missing(name: str) -> SignInError:
    """A parameter that the request should have."""
    return refused(900144, name=name)


def moment(now: float) -> str:
    """A time as Entra ID writes it in errors."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
