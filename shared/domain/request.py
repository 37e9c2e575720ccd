"""From an approved change to the exact requests, purely.

`desired` is the item as it shall be: its re-read canonical content with the approved changes put in, every
reference turned into an id, doubled braces single again, long texts plain. `current` is the raw re-read
object. What is written of it is decided here: an update by PATCH carries the touched top-level properties,
complete (whether a service merges or replaces a nested object is documented for few), a removed one as null;
an update by PUT the whole item; parts behind addresses of their own their complete list. A value that is
secret is written as it was re-read, or left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from shared.domain import catalog, part_writes
from shared.domain.catalog import Kind, SubResource, TypeSpec, UpdateMethod, WrittenBy
from shared.domain.item import Content, PropertyPath
from shared.domain.marker import symbols
from shared.domain.pattern import parse, values
from shared.domain.service_form import service_form, writable
from shared.domain.snapshot import Raw
from shared.names import ObjectId, TypeKey


@dataclass(frozen=True, slots=True)
class Request:
    """One request to Graph: `path` is below the version's address. A write is every method but GET and HEAD,
    except the service's read actions. `bucket`: the throttling bucket it counts in. `doing`: what it does,
    for messages. `once`: a create, which is not repeated when its fate is unknown. `type`: whose request it
    is, which says who sends it (the service principal, or a signed-in user).
    """

    method: str
    version: str
    path: str
    bucket: str
    body: Any = None
    doing: str = ""
    once: bool = False
    type: TypeKey | None = None


@dataclass(frozen=True, slots=True)
class Unwritable:
    """The change cannot be written as it stands; `detail` names the place and what is wrong there."""

    detail: str


def create_request(spec: TypeSpec, name: str, desired: Content) -> Request | Unwritable:
    """The POST. It holds the parts that are written with a create, and no secret."""
    if fault := _unresolved(spec, desired):
        return fault
    body = service_form(spec, desired, None)
    for part in spec.sub_resources:
        if part.property in body:
            if part.on_create:
                body[part.property] = _with_constants(part, body[part.property])
            else:
                del body[part.property]
    return _request(spec, "POST", spec.path, body, f"creating {spec.key} {name!r}", once=True)


def completing_requests(
    spec: TypeSpec, name: str, object_id: ObjectId, desired: Content, current: Raw | None = None
) -> tuple[Request, ...] | Unwritable:
    """What a create still needs once its object exists: the parts that its body could not hold. `current`:
    the object as just read, which may have some of them already.
    """
    if fault := _unresolved(spec, desired):
        return fault
    parts = [part for part in spec.sub_resources if not part.on_create and desired.get(part.property)]
    return tuple(_write_parts(spec, name, object_id, current or {}, service_form(spec, desired, None), parts))


def update_requests(
    spec: TypeSpec,
    name: str,
    object_id: ObjectId,
    current: Raw,
    desired: Content,
    touched: Collection[PropertyPath],
) -> tuple[Request, ...] | Unwritable:
    """The requests of an update, in order; all may be repeated after a fresh re-read. `touched`: the paths of
    the approved changes.
    """
    if spec.is_unchangeable(current):
        return Unwritable(
            f"{spec.key} {name!r} is built in or mastered elsewhere: the service does not let it change"
        )
    if fault := _unresolved(spec, desired):
        return fault
    form = service_form(spec, desired, current)
    own, parts = _split(spec, {path[0] for path in touched})
    requests: list[Request] = []
    doing, path = f"updating {spec.key} {name!r}", item_path(spec, object_id)
    if own and spec.update is UpdateMethod.PUT:
        requests.append(_request(spec, "PUT", path, _put_body(spec, form), doing))
    elif own:
        for together in _together(spec, form, own):
            body = _patch_body(spec, form, current, together, touched)
            requests.append(_request(spec, "PATCH", path, body, doing))
    requests.extend(_write_parts(spec, name, object_id, current, form, parts))
    return tuple(requests)


def delete_requests(spec: TypeSpec, name: str, object_id: ObjectId, current: Raw) -> tuple[Request, ...]:
    """The delete, and before it the PATCH that some objects need first."""
    path = item_path(spec, object_id)
    first = {
        key: value for key, value in spec.delete_first.items() if key in current and current[key] != value
    }
    requests: list[Request] = []
    if first:
        body = writable(spec, current) | first
        requests.append(_request(spec, "PATCH", path, body, f"preparing the delete of {spec.key} {name!r}"))
    return (*requests, _request(spec, "DELETE", path, None, f"deleting {spec.key} {name!r}"))


def item_path(spec: TypeSpec, object_id: ObjectId) -> str:
    """One item's own address, below the version's."""
    return spec.path if spec.kind is Kind.SINGLETON else f"{spec.path}/{quote(object_id, safe='')}"


def _request(spec: TypeSpec, method: str, path: str, body: Any, doing: str, *, once: bool = False) -> Request:
    return Request(method, spec.version, path, spec.bucket, body, doing, once, spec.key)


def _unresolved(spec: TypeSpec, desired: Content) -> Unwritable | None:
    """A reference that is no id yet is an error, never left out: an excluded emergency account lost locks
    people out.
    """
    for reference in spec.references:
        for value in values(dict(desired), parse(reference.path)):
            if isinstance(value, str) and next(symbols(value), None) is not None:
                return Unwritable(f"{reference.path} holds {value}, which is not resolved")
    return None


def _split(spec: TypeSpec, touched: set[str]) -> tuple[set[str], list[SubResource]]:
    """The touched properties that the item's own address takes, and the touched parts with addresses of
    theirs.
    """
    parts = [
        part
        for part in spec.sub_resources
        if part.property in touched and part.written_by is not WrittenBy.BODY
    ]
    return touched - {part.property for part in parts}, parts


def _together(spec: TypeSpec, form: Mapping[str, Any], own: set[str]) -> list[set[str]]:
    """The touched properties by the PATCH that carries them; without those that follow from other writes."""
    sent = {name for name in own if form.get(name) not in spec.implied.get(name, ())}
    alone = sorted(sent & set(spec.alone))
    return [one for one in (sent - set(alone), *({name} for name in alone)) if one]


def _put_body(spec: TypeSpec, form: dict[str, Any]) -> dict[str, Any]:
    elsewhere = {part.property for part in spec.sub_resources if part.written_by is not WrittenBy.BODY}
    return {name: value for name, value in form.items() if name not in elsewhere}


def _patch_body(
    spec: TypeSpec, form: dict[str, Any], current: Raw, own: set[str], touched: Collection[PropertyPath]
) -> dict[str, Any]:
    body = {name: current[name] for name in spec.required_on_update if name in current}
    body |= {name: form.get(name) for name in sorted(own)}
    for path in touched:
        if path[0] in own:
            _put_null(body, writable(spec, current), path)
    return body


def _put_null(body: dict[str, Any], before: dict[str, Any], path: PropertyPath) -> None:
    """Sends null for a nested property that the change removes: where a service merges, leaving it out would
    keep it.
    """
    here: Any = body
    there: Any = before
    for segment in path:
        if not isinstance(here, dict) or not isinstance(there, dict) or segment not in there:
            return
        if segment not in here:
            here[segment] = None
        here, there = here[segment], there[segment]


def _write_parts(
    spec: TypeSpec,
    name: str,
    object_id: ObjectId,
    current: Raw,
    form: Mapping[str, Any],
    parts: Iterable[SubResource],
) -> Iterator[Request]:
    for part in parts:
        members = _with_constants(part, form.get(part.property) or [])
        path = f"{item_path(spec, object_id)}/{part.write_path}"
        doing = f"writing {part.property} of {spec.key} {name!r}"
        if part.written_by is WrittenBy.ACTION:
            yield _request(spec, "POST", path, {part.payload: members}, doing)
        else:
            # Keyed, as the catalog's loader sees to.
            collection = spec.collection(part.property) or catalog.Collection(part.property)
            before = current.get(part.property) or []
            for step in part_writes.steps(spec, part, collection, before, members):
                yield _request(spec, step.method, path + step.path, step.body, doing, once=step.once)


def _with_constants(part: SubResource, members: Any) -> Any:
    if not part.constants or not isinstance(members, list):
        return members
    return [{**member, **part.constants} if isinstance(member, dict) else member for member in members]
