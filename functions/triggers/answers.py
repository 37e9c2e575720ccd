"""Answers, and how they become HTTP: entity tags, conditional requests, caching."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import azure.functions as func

JSON: Final = "application/json"
ALWAYS: Final[Mapping[str, str]] = {
    "Cache-Control": "private, no-cache",
    "Vary": "Accept-Language, Authorization, x-functions-key",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""Answers are one caller's, in one language, and are asked about again before they are used again."""

PACKED: Final = frozenset({JSON, "application/problem+json"})
LONG: Final = 4096
"""Bytes from which packing is worth while."""
REFUSED: Final = frozenset({"0", "0.0", "0.00", "0.000"})
KEPT: Final[tuple[str, ...]] = ("Cache-Control", "Vary", "ETag")
"""What a 304 says too."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body as it goes over the wire, and headers."""

    status: int = 200
    body: bytes = b""
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(value: Any, status: int = 200, media_type: str = JSON, **headers: str) -> Answer:
    """A JSON answer. Header names are given with `_` for `-`: `Retry_After="5"`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, dumps(value), media_type, named)


def download(body: bytes, media_type: str, name: str) -> Answer:
    """An answer that a browser saves under this name, which holds no character that needs quoting."""
    return Answer(200, body, media_type, {"Content-Disposition": f'attachment; filename="{name}"'})


def dumps(value: Any) -> bytes:
    """Compact JSON in UTF-8; half a character stays the escape that JSON has for it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "backslashreplace")


def tag(body: bytes) -> str:
    """A strong entity tag: the same bytes, the same tag."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def names(header: str | None) -> frozenset[str]:
    """The tags in an `If-Match` or `If-None-Match`, weak ones without their mark; `*` stands for itself."""
    return frozenset(part.strip().removeprefix("W/") for part in (header or "").split(",") if part.strip())


def conditional(given: Answer, request: func.HttpRequest) -> Answer:
    """A GET's answer with its tag, or 304 where the client has it already (RFC 9110, 13.1.2)."""
    if given.status != 200 or request.method not in ("GET", "HEAD"):
        return given
    own = given.headers.get("ETag") or tag(given.body)
    headers = {**given.headers, "ETag": own}
    known = names(request.headers.get("If-None-Match"))
    if own in known or "*" in known:
        # A 304 says of caching what the 200 would have said (RFC 9110, 15.4.5).
        return Answer(304, b"", given.media_type, {name: headers[name] for name in KEPT if name in headers})
    return replace(given, headers=headers)


def takes_gzip(request: func.HttpRequest) -> bool:
    """Whether the client says that it takes gzip (RFC 9110, 12.5.3)."""
    for part in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        if name == "gzip":
            return weight not in REFUSED
    return False


def compressed(given: Answer, request: func.HttpRequest) -> Answer:
    """A long JSON answer, packed for who takes that: a thousand tenants are a megabyte and more.

    Its tag becomes a weak one, since other bytes go over the wire; `names` takes it for the same.
    """
    packs = given.media_type in PACKED and len(given.body) >= LONG and "Content-Encoding" not in given.headers
    if not packs:
        return given
    vary = given.headers.get("Vary", ALWAYS["Vary"])
    headers = {**given.headers, "Vary": f"{vary}, Accept-Encoding"}
    if not takes_gzip(request):
        return replace(given, headers=headers)
    headers["Content-Encoding"] = "gzip"
    if own := headers.get("ETag"):
        headers["ETag"] = own if own.startswith("W/") else f"W/{own}"
    return replace(given, body=gzip.compress(given.body, compresslevel=1, mtime=0), headers=headers)


def http(given: Answer, request: func.HttpRequest) -> func.HttpResponse:
    """The answer as the framework sends it; without a body where HTTP has none."""
    given = compressed(given, request)
    bare = given.status in (204, 304) or request.method == "HEAD"
    headers = {**ALWAYS, **given.headers}
    if given.status in (204, 304):
        return func.HttpResponse(status_code=given.status, headers=headers)
    charset = "; charset=utf-8" if given.media_type.startswith("text/") else ""
    headers["Content-Type"] = given.media_type + charset
    return func.HttpResponse(
        b"" if bare else given.body, status_code=given.status, headers=headers, mimetype=given.media_type
    )
