"""What the service answered, taken apart: bodies, errors, waits, pages."""

from __future__ import annotations

import email.utils
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.catalog import TypeSpec
from shared.errors import NotAvailable, ReadFailed


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer that arrived whole. `body` is its JSON, None where it had none, and `malformed` says that
    there was something else. `retry_after` is in seconds, None where the service gave none. `approval`: the
    id of the tenant's own approval request that holds a write back.
    """

    status: int
    body: Any
    request_id: str = ""
    retry_after: float | None = None
    malformed: bool = False
    approval: str = ""

    @property
    def ok(self) -> bool:
        """Whether the service did what it was asked (2xx)."""
        return 200 <= self.status < 300

    @property
    def error(self) -> tuple[str, str]:
        """The service's own code and message; empty texts where the answer has none."""
        error = self.body.get("error") if isinstance(self.body, Mapping) else None
        if not isinstance(error, Mapping):
            return "", "the answer is not JSON" if self.malformed else ""
        return str(error.get("code") or ""), _sentence(str(error.get("message") or ""))

    @property
    def says_not_found(self) -> bool:
        """Whether the service itself says that there is no such object: a 404 alone may come from anything on
        the way.
        """
        return self.status == 404 and "notfound" in self.error[0].lower()


def _sentence(message: str) -> str:
    """The sentence for people: Intune wraps it in JSON of its own and adds ids of its operations."""
    if not message.startswith("{"):
        return message
    try:
        inner = json.loads(message)
    except ValueError:
        return message
    text = inner.get("Message") if isinstance(inner, dict) else None
    return text.partition(" - Operation ID")[0] if isinstance(text, str) else message


def parse(status: int, headers: Mapping[str, str], content: bytes, now: float) -> Reply:
    """The answer of one request. `now` is the time in seconds since 1970, for a Retry-After that names a
    date.
    """
    body, malformed = None, False
    if content.strip():
        try:
            body = json.loads(content)
        except ValueError:
            malformed = True
    request_id, approval = headers.get("request-id", ""), headers.get("x-msft-approval-code", "")
    return Reply(status, body, request_id, _wait(headers, now), malformed, approval)


def parse_part(part: Mapping[str, Any], now: float) -> Reply:
    """The answer of one request inside a `$batch`."""
    headers = {str(name).lower(): str(value) for name, value in (part.get("headers") or {}).items()}
    return Reply(int(part["status"]), part.get("body"), headers.get("request-id", ""), _wait(headers, now))


def _wait(headers: Mapping[str, str], now: float) -> float | None:
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return None


def read_failure(doing: str, reply: Reply, spec: TypeSpec | None = None) -> ReadFailed | NotAvailable:
    """The error that this answer is; NotAvailable by the catalog's answers for what a tenant lacks."""
    code, message = reply.error
    if spec is not None and not reply.ok:
        for known in spec.absent_answers:
            if (
                known.status == reply.status
                and known.code.lower() in code.lower()
                and known.message.lower() in message.lower()
            ):
                return NotAvailable(doing, reply.status, code, message, reply.request_id)
    return ReadFailed(doing, reply.status, code, message, reply.request_id)


def plain(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The object without what only its own address adds to it (`@odata.context`)."""
    return {name: value for name, value in raw.items() if name != "@odata.context"}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its objects, and the address of the next page."""

    objects: tuple[dict[str, Any], ...]
    next_link: str | None


def page(doing: str, reply: Reply) -> Page:
    """The page that a successful answer holds. Raises ReadFailed unless it is a list of objects."""
    body = reply.body
    if not isinstance(body, Mapping) or not isinstance(body.get("value"), list):
        raise ReadFailed(doing, reply.status, message="the answer is not a list", request_id=reply.request_id)
    objects = body["value"]
    if not all(isinstance(member, dict) for member in objects):
        raise ReadFailed(
            doing,
            reply.status,
            message="the list holds something else than objects",
            request_id=reply.request_id,
        )
    link = body.get("@odata.nextLink")
    if link is not None and not isinstance(link, str):
        raise ReadFailed(
            doing, reply.status, message="the next page has no address", request_id=reply.request_id
        )
    return Page(tuple(objects), link)
