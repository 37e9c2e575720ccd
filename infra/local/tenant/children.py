"""Any request below an object: reads, actions, and POST, PATCH, DELETE of what it contains or links to."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from .access import check_licence, check_permission
from .errors import method_error, segment_error
from .exchange import Answer, Request
from .hooks import Body, Child, Write
from .hooks.directory import referenced
from .hooks.registry import hooks_of
from .lookup import existing
from .routing import Route
from .schema import schema
from .shaping import merge
from .subresources import act, child_shown, read_below
from .table import Navigation, Table, Type
from .tenant import Record
from .validation import Judge


def serve(request: Request, table: Table, route: Route) -> Answer:
    """A sub-resource or an action."""
    if route.action is not None:
        return act(request, table, route)
    navigation = route.navigation
    if navigation is None:
        raise segment_error(route.entry.path)
    operation = "read" if request.method == "GET" else "update"
    check_permission(request, route.entry, operation, navigation)
    check_licence(request, route.entry)
    record = existing(request, route)
    if request.method == "GET":
        return read_below(request, table, route, navigation, record)
    if not navigation.writable:
        raise method_error()
    if navigation.kind == "reference":
        return _write_link(request, table, route, navigation, record)
    return _write_child(request, table, route, navigation, record)


def _write_link(
    request: Request, table: Table, route: Route, navigation: Navigation, record: Record
) -> Answer:
    """`POST {group}/members/$ref` and `DELETE {group}/members/{id}/$ref`."""
    entry = route.entry
    changed = copy.deepcopy(record)
    held: list[Any] = changed.nav.setdefault(navigation.name, [])
    sent = request.json() if request.method == "POST" else {}
    write = Write(request, table, entry, schema(request.version), changed, sent, old=record)
    for hook in hooks_of(entry):
        if hook.before_link is not None:
            hook.before_link(write, navigation.name)
    if request.method == "POST" and route.rest == ("$ref",):
        if set(sent) != {"@odata.id"}:
            raise entry.dialect.refuse("The request body must hold '@odata.id' and nothing else.")
        held.append(referenced(write, str(sent["@odata.id"]), held, navigation.targets))
    elif request.method == "DELETE" and len(route.rest) == 2 and route.rest[1] == "$ref":
        if route.rest[0] not in held:
            raise entry.dialect.missing(route.rest[0])
        held.remove(route.rest[0])
    else:
        raise method_error()
    request.tenant.put(entry.path, changed)
    return Answer(204)


def _write_child(
    request: Request, table: Table, route: Route, navigation: Navigation, record: Record
) -> Answer:
    """One contained object: made, changed, or removed (or put back to its default, where it cannot go)."""
    entry, models, method = route.entry, schema(request.version), request.method
    if entry.built_in and all(record.body.get(k) == v for k, v in entry.built_in.items()):
        raise entry.dialect.refuse(entry.built_in_message)
    at_item = len(route.rest) == 1
    if method not in navigation.methods or len(route.rest) > 1 or at_item == (method == "POST"):
        raise method_error()
    changed = copy.deepcopy(record)
    held: list[Body] = changed.nav.setdefault(navigation.name, [])
    write = Write(request, table, entry, models, changed, {}, old=record)
    old = _child_of(held, entry, route.rest[0]) if at_item else None
    if method == "DELETE" and old is not None:
        _remove(entry, navigation, held, old)
        request.tenant.put(entry.path, changed)
        return Answer(204)
    write.sent = _judged(Judge(models, entry.dialect), request.json(), navigation)
    child = _made(navigation, record.id, write.sent) if old is None else {**old, **merge(old, write.sent)}
    if old is not None and write.sent.get("@odata.type", old.get("@odata.type")) != old.get("@odata.type"):
        raise entry.dialect.refuse("The type of an object cannot be changed.")
    for name in navigation.required:
        if child.get(name) in (None, "", []):
            raise entry.dialect.refuse(f"The required property '{name}' is missing or empty.")
    for hook in hooks_of(entry):
        if hook.before_child is not None:
            hook.before_child(Child(write, navigation, child, old, held))
    held[:] = [child if one is old else one for one in held] + ([child] if old is None else [])
    request.tenant.put(entry.path, changed)
    if old is not None and navigation.update_status == 204:
        return Answer(204)
    return Answer(201 if old is None else 200, child_shown(child, navigation, models))


def _made(navigation: Navigation, record_id: str, sent: Body) -> Body:
    key = sent.get(navigation.key) if navigation.key else None
    identifier = f"{record_id}_{key}" if key else str(uuid.uuid5(uuid.UUID(record_id), str(uuid.uuid4())))
    return {"id": identifier, **sent}


def _remove(entry: Type, navigation: Navigation, held: list[Body], child: Body) -> None:
    default = next((one for one in entry.contains.get(navigation.name, []) if one["id"] == child["id"]), None)
    at = held.index(child)
    held[at : at + 1] = [copy.deepcopy(default)] if default is not None else []


def _judged(judge: Judge, sent: Body, navigation: Navigation) -> Body:
    judge.complex(sent, navigation.model, navigation.name)
    for name in ("id", *navigation.read_only):
        if name in sent:
            raise judge.dialect.not_writable(name)
    return copy.deepcopy(sent)


def _child_of(held: list[Body], entry: Type, object_id: str) -> Body:
    found = next((child for child in held if str(child.get("id")).lower() == object_id.lower()), None)
    if found is None:
        raise entry.dialect.missing(object_id)
    return found
