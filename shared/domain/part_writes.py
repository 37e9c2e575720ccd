"""Parts of an item that are written one by one: members with addresses of their own, and links to others.

Members are matched by the key of their collection. What is new or changed is written before anything is
removed, so that an item is never without a member that others of it rest on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from shared.domain.catalog import Collection, SubResource, TypeSpec, WrittenBy
from shared.domain.properties import same
from shared.domain.service_form import writable
from shared.domain.shape import member_key


@dataclass(frozen=True, slots=True)
class Step:
    """One request for a part. `path` is below the part's address. `once`: it makes something, and is not
    repeated when its fate is unknown.
    """

    method: str
    path: str = ""
    body: Any = None
    once: bool = False


def steps(
    spec: TypeSpec, part: SubResource, collection: Collection, before: list[Any], members: list[Any]
) -> Iterator[Step]:
    """What turns the members as re-read (`before`) into the wanted ones."""
    known = {member_key(collection, member): member for member in before}
    wanted = {member_key(collection, member): member for member in members}
    if part.written_by is WrittenBy.LINKS:
        yield from _links(part, known, wanted)
    else:
        yield from _members(spec, part, collection, known, wanted)


def _links(part: SubResource, known: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[Step]:
    for key in (key for key in wanted if key not in known):
        address = part.link.replace("{}", quote(str(wanted[key]["id"]), safe=""))
        yield Step("POST", "/$ref", {"@odata.id": address}, once=True)
    for key in (key for key in known if key not in wanted):
        yield Step("DELETE", f"{_address(known[key])}/$ref")


def _members(
    spec: TypeSpec,
    part: SubResource,
    collection: Collection,
    known: Mapping[str, Any],
    wanted: Mapping[str, Any],
) -> Iterator[Step]:
    for key, member in sorted(wanted.items(), key=lambda one: not _sets(part, one[1])):
        if key not in known:
            yield Step("POST", "", _sendable(part, member), once=True)
            continue
        plain = writable(spec, {collection.path: [known[key]]})[collection.path][0]
        changed = _sendable(part, _changes(plain, member))
        if changed:
            kind = {name: member[name] for name in ("@odata.type",) if name in member}
            yield Step("PATCH", _address(known[key]), kind | changed)
    for key in (key for key in known if key not in wanted):
        yield Step("DELETE", _address(known[key]))


def _changes(plain: Mapping[str, Any], member: Mapping[str, Any]) -> dict[str, Any]:
    """The member's properties that differ, complete; null for those that go."""
    gone = {name: None for name in plain if name not in member and plain[name] is not None}
    return gone | {
        name: value for name, value in member.items() if name not in plain or not same(plain[name], value)
    }


def _sendable(part: SubResource, member: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in member.items() if value or name not in part.set_only}


def _sets(part: SubResource, member: Mapping[str, Any]) -> bool:
    return any(member.get(name) for name in part.set_only)


def _address(member: Mapping[str, Any]) -> str:
    return f"/{quote(str(member['id']), safe='')}"
