"""A request to Graph and its answer, apart from HTTP: a `$batch` makes the same values as a connection."""

from __future__ import annotations

import json
import urllib.parse
import uuid
from dataclasses import dataclass, field
from typing import Any

from .errors import DIALECTS, GraphError
from .tenant import Tenant

VERSIONS = ("v1.0", "beta")
WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an app (`roles`), or an app for a signed-in user (`scopes`, not None; `object_id` is then the
    user's, `admin` says whether the user holds the directory role for it). `portal` may do anything, at once.
    """

    app_id: str = ""
    object_id: str = ""
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    admin: bool = False
    portal: bool = False


PORTAL = Caller(portal=True)


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    `path` is below the version and still percent-encoded; `origin` is what links are built from.
    """

    tenant: Tenant
    caller: Caller
    method: str
    version: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    origin: str = "https://graph.microsoft.com"
    now: float = 0.0
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    batch: str | None = None

    @property
    def target(self) -> str:
        """Version, path and query, as faults and the log see them."""
        return f"/{self.version}{self.path}" + (f"?{self.query}" if self.query else "")

    @property
    def is_write(self) -> bool:
        return self.method in WRITES

    def options(self) -> dict[str, str]:
        """The query's parameters, lower-cased; system options may come without their dollar sign."""
        pairs = urllib.parse.parse_qsl(self.query, keep_blank_values=True)
        return {name.lower(): value for name, value in pairs}

    def json(self) -> dict[str, Any]:
        """The body as a JSON object, or a refusal."""
        media = self.headers.get("content-type", "").split(";")[0].strip().lower()
        if media != "application/json":
            message = "A write request must have the Content-Type header application/json."
            raise GraphError(415, "UnsupportedMediaType", message)
        try:
            value = json.loads(self.content or b"null")
        except ValueError as exc:
            message = "Unable to read JSON request payload. Please ensure payload is of valid JSON format."
            raise GraphError(400, "BadRequest", message) from exc
        if not isinstance(value, dict):
            raise DIALECTS["directory"].refuse("Empty Payload. JSON content expected.", code="BadRequest")
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and a JSON body (None: no body)."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
