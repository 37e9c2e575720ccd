"""How a sync's intermediate results lie in its blobs: names, and values to JSON and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain import journal as journals
from shared.domain import plan_json, tenant_state
from shared.domain.agreement import IDS
from shared.domain.file_name import type_in
from shared.domain.journal import Journal
from shared.domain.plan import Plan
from shared.domain.scope import Scope
from shared.domain.snapshot import NotRead, NotReadReason, RawItem, TypeRead
from shared.domain.tenant_state import TenantState
from shared.names import BASE, CommitId, ItemPath, ObjectId, TypeKey
from shared.ports import Artifacts, Repository

SCOPE = "scope.json"
STATE = "state.json"
"""The tenant's side as compared: what the reviewer saw, and which ids the references name."""
PLAN = "plan.json"
JOURNAL = "journal.json"
LEFT = "left.json"
"""What a revert left to later commits."""
SNAPSHOT = "snapshot/"


def snapshot_name(key: TypeKey) -> str:
    """The blob of one type's result."""
    return f"{SNAPSHOT}{key}.json"


def cursor_name(key: TypeKey) -> str:
    """The blob from which an unfinished read of a type goes on."""
    return f"cursor/{key}"


def asked_name(key: TypeKey) -> str:
    """The blob that tells which items, missing from a type's list, have been asked for one by one."""
    return f"cursor/{key}/asked"


def dumps(value: Any) -> bytes:
    """Compact JSON, as every blob of ours holds it. Half a character, which a service may answer, stays the
    escape that JSON has for it.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def dump_scope(scope: Scope) -> bytes:
    """The scope as JSON."""
    return dumps(
        {
            "buckets": {bucket: list(keys) for bucket, keys in scope.buckets.items()},
            "notRead": [dump_not_read(one) for one in scope.not_read],
            "writeMissing": {key: list(names) for key, names in scope.write_missing.items()},
            "lookupsMissing": sorted(scope.lookups_missing),
            "needsUser": sorted(scope.needs_user),
            "doingWithout": {key: list(names) for key, names in scope.doing_without.items()},
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
        frozenset(TypeKey(key) for key in value["lookupsMissing"]),
        frozenset(TypeKey(key) for key in value.get("needsUser", ())),
        {TypeKey(key): tuple(names) for key, names in value.get("doingWithout", {}).items()},
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
    items = [{"id": one.object_id, "raw": one.raw} for one in result.items]
    return dumps({"type": result.type, "items": items, "reader": result.reader})


def load_result(data: bytes) -> TypeRead | NotRead:
    """The other way round."""
    value = json.loads(data)
    if "notRead" in value:
        return load_not_read(value["notRead"])
    items = tuple(RawItem(ObjectId(one["id"]), one["raw"]) for one in value["items"])
    return TypeRead(TypeKey(value["type"]), items, value.get("reader", ""))


def load_snapshot(artifacts: Artifacts, keys: Iterable[TypeKey]) -> list[TypeRead | NotRead]:
    """Every type's result; one without a blob was not read."""
    found: list[TypeRead | NotRead] = []
    for key in keys:
        data = artifacts.get(snapshot_name(key))
        missing = NotRead(key, NotReadReason.READ_FAILED, True, f"reading {key}: nothing was stored")
        found.append(missing if data is None else load_result(data))
    return found


def base_ids(repository: Repository) -> dict[TypeKey, dict[ObjectId, ItemPath]]:
    """By type: object id → path of everything B knows; empty before the first sync."""
    base = repository.refs().get(BASE)
    data = None if base is None else repository.read_file(base, IDS)
    known: dict[TypeKey, dict[ObjectId, ItemPath]] = {}
    for path, object_id in json.loads(data or b"{}").items():
        key = type_in(path)
        if key is not None:
            known.setdefault(key, {})[ObjectId(object_id)] = ItemPath(path)
    return known


def load_plan(artifacts: Artifacts) -> Plan | None:
    """The sync's plan, if it made one."""
    data = artifacts.get(PLAN)
    return None if data is None else plan_json.load_plan(data)


def load_journal(artifacts: Artifacts) -> Journal | None:
    """What a deploy has done; None where none began."""
    data = artifacts.get(JOURNAL)
    return None if data is None or not data else journals.load(data)


def load_state(artifacts: Artifacts) -> TenantState:
    """The tenant's side as the comparison saw it."""
    data = artifacts.get(STATE)
    if data is None:
        raise LookupError("reading the tenant's state as compared: the comparison has not written it")
    return tenant_state.load(data)


def dump_left(left: Iterable[tuple[ItemPath, CommitId]]) -> bytes:
    """Files that a revert left to a later commit, with that commit."""
    return dumps([list(one) for one in left])


def load_left(artifacts: Artifacts) -> tuple[tuple[ItemPath, CommitId], ...]:
    """The other way round; empty where nothing was reverted."""
    data = artifacts.get(LEFT)
    return tuple((ItemPath(path), CommitId(commit)) for path, commit in json.loads(data or b"[]"))
