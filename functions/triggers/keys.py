"""Function keys: made, listed and removed by administrators."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

import azure.durable_functions as df

from functions.triggers.answers import Answer, answer
from functions.triggers.bodies import fault
from functions.triggers.call import Call
from functions.triggers.endpoint import Traits, endpoint
from functions.triggers.who import key_hash
from shared.domain.access import KeyRecord, Role
from shared.errors import Problem
from shared.names import TenantId
from shared.stores import AuditEntry
from shared.wire.service import key_json

if TYPE_CHECKING:
    from shared.wire.schema.service import KeyBody

keys = df.Blueprint()


@endpoint(keys, "listKeys")
async def list_keys(call: Call) -> Answer:
    """Every key, without the keys themselves."""
    found = await call.services.keys.all()
    return answer({"value": [key_json(one) for one in found], "nextLink": None})


@endpoint(keys, "createKey", Traits(secret=True, loads=("signing_key",)))
async def create_key(call: Call) -> Answer:
    """A new key. Only this answer holds it; it is nowhere stored, and the same request makes the same one."""
    key = _new_key(call)
    existing = await call.services.keys.find(key_hash(key))
    if call.again and existing is None:
        # It has been removed since: sending the request again must not bring it back.
        raise Problem("keyNotFound", 404, values={"key": key_hash(key)[:16]})
    record = existing or await _added(call, key)
    location = call.address("keys", record.id)
    return answer({**key_json(record), "key": key}, 201, Location=location)


@endpoint(keys, "deleteKey")
async def delete_key(call: Call) -> Answer:
    """Removes a key: from now on it opens nothing."""
    name = call.part("key")
    if not (name.isascii() and name.isalnum()) or not await call.services.keys.delete(name):
        raise Problem("keyNotFound", 404, values={"key": name[:100]})
    await _audited(call, "key.deleted", name)
    return Answer(204)


def _new_key(call: Call) -> str:
    """256 random bits, or as many that follow from the request's Idempotency-Key."""
    seed = secrets.token_bytes(32)
    if call.seed is not None:
        seed = hmac.digest(call.services.signing_key, f"key {call.seed}".encode(), hashlib.sha256)
    return "accord_" + base64.urlsafe_b64encode(seed).rstrip(b"=").decode()


async def _added(call: Call, key: str) -> KeyRecord:
    from shared.wire.schema.service import KeyBody

    record = _record(call, call.body(KeyBody), key)
    await call.services.keys.add(record)
    await _audited(call, "key.created", f"{record.id} {record.role.value} {record.name}")
    return record


def _record(call: Call, body: KeyBody, key: str) -> KeyRecord:
    now, digest = call.services.clock.now(), key_hash(key)
    if body.expires_at is not None and body.expires_at <= now:
        raise Problem("invalidBody", 422, errors=[fault("/expiresAt", "past", call.language)])
    reach = tuple(TenantId(one) for one in body.tenants or ())
    by = call.caller.actor.name
    return KeyRecord(digest[:16], body.name, Role(body.role), digest, now, by, reach, body.expires_at)


async def _audited(call: Call, action: str, detail: str) -> None:
    entry = AuditEntry(call.services.clock.now(), call.caller.actor, action, detail=detail)
    await call.services.audit.add(entry)
