"""Items, their differences and commits as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from shared.domain.contrast import Contrast
from shared.domain.inventory import version_of
from shared.domain.item import ABSENT, pointer
from shared.domain.json_form import JsonFault, parse_object
from shared.domain.rewriting import Lack
from shared.domain.sync import Actor, ActorKind
from shared.names import CommitId
from shared.ports import Revision
from shared.steps.read_items import Differing, Shown, Whole
from shared.steps.refs import ACCORD
from shared.wire.change import cut
from shared.wire.times import time_text

_TRAILER: Final = re.compile(r"\n+Accord-Sync: ([0-7][0-9A-HJKMNP-TV-Z]{25})\s*\Z")


def shown_json(item: Shown) -> dict[str, Any]:
    """An item in a list (schema `ItemEntry`)."""
    held = item.held
    return {
        "path": held.path,
        "type": held.spec.key,
        "workload": held.spec.workload,
        "name": item.name,
        "blob": version_of(held.files),
        "size": item.size,
    }


def item_json(item: Whole, ref: CommitId | None) -> dict[str, Any]:
    """One item (schema `ItemAnswer`). `content` is null where the file is no JSON that can be read."""
    held, content = item.held, parse_object(item.data)
    return {
        "path": held.path,
        "type": held.spec.key,
        "workload": held.spec.workload,
        "name": item.name,
        "blob": version_of(held.files),
        "ref": ref,
        "content": None if isinstance(content, JsonFault) else content,
        "text": item.data.decode("utf-8", "replace"),
        "beside": {
            path.rpartition("/")[2]: data.decode("utf-8", "replace") for path, data in item.beside.items()
        },
    }


def differing_json(one: Differing, *, whole: bool) -> dict[str, Any]:
    """An item that differs (schema `DifferenceAnswer`); `whole`: long values are not cut."""
    return {
        "path": one.held.path,
        "type": one.held.spec.key,
        "workload": one.held.spec.workload,
        "name": one.name,
        "action": one.action.value,
        "properties": [_property(each, whole=whole) for each in one.properties],
        "fault": one.fault or None,
    }


def _property(one: Contrast, *, whole: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"path": pointer(one.path), "change": one.difference.value}
    for side, value in (("from", one.old), ("to", one.new)):
        if value is not ABSENT:
            shown[side] = value if whole else cut(value)
    return shown


def commit_json(one: Revision, pushers: Mapping[CommitId, Actor]) -> dict[str, Any]:
    """A commit (schema `CommitAnswer`). Whose credentials brought it counts, not what it says: a commit that
    somebody pushed is no sync's, whatever its message or its author line claims.
    """
    by, message = pushers.get(one.id), one.message
    own = by is None and one.author == ACCORD
    found = _TRAILER.search(message) if own else None
    kind = ActorKind.SERVICE if own else by.kind if by is not None else None
    return {
        "id": one.id,
        "at": time_text(one.at),
        "author": {"name": one.author.name, "kind": kind and kind.value},
        "pushedBy": by and {"name": by.name, "kind": by.kind.value, "via": by.via},
        "message": (message[: found.start()] if found else message).rstrip("\n"),
        "sync": found and found[1],
        "files": one.files,
    }


def lack_json(one: Lack) -> dict[str, Any]:
    """A reference that leads nowhere (schema `MissingReferenceAnswer`)."""
    return {"path": one.path, "type": one.type, "name": one.name, "reference": one.text}
