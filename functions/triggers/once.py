"""`Idempotency-Key`: the same request, sent again within a day, gets the first answer (mechanics.md 1)."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, assert_never
from urllib.parse import urlsplit

from functions.triggers.answers import Answer
from functions.triggers.call import Call
from shared.errors import Problem
from shared.names import SyncId, TenantId
from shared.stores import FirstCall, InUse, OtherRequest, StoredAnswer

Handler = Callable[[Call], Awaitable[Answer]]
_KEY: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?")
RETRY_AFTER: Final = "5"
_MEDIA_TYPE: Final = "Content-Type"
LONG: Final = 64 * 1024
"""Answers of so many bytes are kept compressed: a row holds 1 MiB, and 1,000 problem documents are more."""
_PACKED: Final = "="
"""How the text of such an answer begins, as no JSON does."""


@dataclass(frozen=True, slots=True)
class Once:
    """One request under its key: where its row lies, and what its body hashes to."""

    tenant: TenantId | None
    row: str
    request: str


def once_of(call: Call) -> Once | None:
    """The row of this call, if it is a POST that brought a key. Raises Problem for a key that is none."""
    key = call.request.headers.get("Idempotency-Key")
    if key is None or call.request.method != "POST":
        return None
    if not _KEY.fullmatch(key):
        raise call.query.refused("Idempotency-Key", "idempotencyKey")
    tenant = call.tenant_record.id if call.tenant_record else None
    path = urlsplit(call.request.url).path
    name = f"{call.caller.actor.id}\n{call.request.method}\n{path}\n{key}"
    return Once(tenant, _hash(name.encode()), _hash(call.request.get_body()))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def once(call: Call, handler: Handler, *, secret: bool) -> Answer:
    """Handles the call, or answers what it was answered before.

    A refusal is an answer too, and is remembered; a fault of ours (5xx) is not, so that a retry is a first
    call. `secret`: the answer must not be stored; the handler makes the same one again from the call's
    `seed`.
    """
    mine = once_of(call)
    if mine is None:
        return await handler(call)
    answers, now, subject = call.services.answers, call.services.clock.now(), call.services.new_sync_id()
    stands = await answers.begin(mine.tenant, mine.row, mine.request, now, subject)
    match stands:
        case InUse():
            raise Problem("idempotencyKeyInUse", 409, headers={"Retry-After": RETRY_AFTER})
        case OtherRequest():
            raise Problem("idempotencyKeyReused", 422)
        case StoredAnswer():
            if secret and stands.status < 300:
                return await handler(replace(call, seed=mine.row, again=True))
            return _restored(stands)
        case FirstCall():
            new_id = SyncId(stands.subject or subject)
            first = replace(call, seed=mine.row, new_id=new_id, resumed=stands.again)
            return await _first(first, handler, mine, secret=secret)
        case _:
            assert_never(stands)


async def _first(call: Call, handler: Handler, mine: Once, *, secret: bool) -> Answer:
    answers = call.services.answers
    given = await handler(call)
    if given.status >= 500:
        await answers.forget(mine.tenant, mine.row)
    else:
        await answers.finish(mine.tenant, mine.row, _stored(given, secret=secret))
    return given


def _stored(given: Answer, *, secret: bool) -> StoredAnswer:
    body = b"" if secret and given.status < 300 else given.body
    text = body.decode() if len(body) < LONG else _PACKED + base64.b64encode(zlib.compress(body)).decode()
    return StoredAnswer(given.status, {**given.headers, _MEDIA_TYPE: given.media_type}, text)


def _restored(stored: StoredAnswer) -> Answer:
    headers = dict(stored.headers)
    media_type = headers.pop(_MEDIA_TYPE)
    packed = stored.body.startswith(_PACKED)
    body = zlib.decompress(base64.b64decode(stored.body[1:])) if packed else stored.body.encode()
    return Answer(stored.status, body, media_type, headers)
