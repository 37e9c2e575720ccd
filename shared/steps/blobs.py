"""How a sync's intermediate results lie in its blobs: names, and values to JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.domain.scope import Scope
from shared.domain.snapshot import NotRead, NotReadReason, RawItem, TypeRead
from shared.names import BASE, ItemPath, ObjectId, TypeKey
from shared.ports import Artifacts, Repository

SCOPE = "scope.json"
SNAPSHOT = "snapshot/"
IDS = ".accord/ids.json"
"""Beside B's files, on `refs/accord/base`: path → object id."""


def snapshot_name(key: TypeKey) -> str:
    """The blob of one type's result."""
    return f"{SNAPSHOT}{key}.json"


def cursor_name(key: TypeKey) -> str:
    """The blob from which an unfinished read of a type goes on."""
    return f"cursor/{key}"


def dumps(value: Any) -> bytes:
    """Compact JSON, as every blob of ours holds it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def dump_scope(scope: Scope) -> bytes:
    """The scope as JSON."""
    return dumps(
        {
            "buckets": {bucket: list(keys) for bucket, keys in scope.buckets.items()},
            "notRead": [dump_not_read(one) for one in scope.not_read],
            "writeMissing": {key: list(names) for key, names in scope.write_missing.items()},
        }
    )


def load_scope(artifacts: Artifacts) -> Scope:
    """The scope that this sync's permission check found."""
    data = artifacts.get(SCOPE)
    if data is None:
        raise LookupError("reading the sync's scope: the permission check has not written it")
    value = json.loads(data)
    return Scope(
        {bucket: tuple(TypeKey(key) for key in keys) for bucket, keys in value["buckets"].items()},
        tuple(load_not_read(one) for one in value["notRead"]),
        {TypeKey(key): tuple(names) for key, names in value["writeMissing"].items()},
    )


def dump_not_read(one: NotRead) -> dict[str, Any]:
    """Why a type was not read, as JSON."""
    return {
        "type": one.type,
        "reason": one.reason.value,
        "counted": one.counted,
        "detail": one.detail,
        "requestId": one.request_id,
        "names": list(one.names),
    }


def load_not_read(value: Mapping[str, Any]) -> NotRead:
    """The other way round."""
    return NotRead(
        TypeKey(value["type"]),
        NotReadReason(value["reason"]),
        value["counted"],
        value["detail"],
        value["requestId"],
        tuple(value["names"]),
    )


def dump_result(result: TypeRead | NotRead) -> bytes:
    """One type's blob."""
    if isinstance(result, NotRead):
        return dumps({"notRead": dump_not_read(result)})
    return dumps(
        {"type": result.type, "items": [{"id": one.object_id, "raw": one.raw} for one in result.items]}
    )


def load_result(data: bytes) -> TypeRead | NotRead:
    """The other way round."""
    value = json.loads(data)
    if "notRead" in value:
        return load_not_read(value["notRead"])
    items = tuple(RawItem(ObjectId(one["id"]), one["raw"]) for one in value["items"])
    return TypeRead(TypeKey(value["type"]), items)


def load_ids(repository: Repository) -> dict[ItemPath, ObjectId]:
    """B's object ids by path; empty before the first sync."""
    base = repository.refs().get(BASE)
    data = None if base is None else repository.read_file(base, IDS)
    return {} if data is None else {ItemPath(path): ObjectId(one) for path, one in json.loads(data).items()}


def base_ids(repository: Repository) -> dict[TypeKey, dict[ObjectId, ItemPath]]:
    """By type: object id → path of everything B knows."""
    known: dict[TypeKey, dict[ObjectId, ItemPath]] = {}
    for path, object_id in load_ids(repository).items():
        known.setdefault(TypeKey(path.split("/")[1]), {})[object_id] = path
    return known
