"""Objects: read, create, update and delete them, generically over the table of types."""

from __future__ import annotations

import copy
import re
from dataclasses import replace

from .access import check_licence, check_permission
from .errors import method_error
from .exchange import Answer, Request
from .hooks import Body, Show, Write
from .hooks.registry import hooks_of
from .lookup import check_references, existing, is_visible, users_of
from .moments import stamp
from .querying import answer_list, context, read_query
from .routing import Route
from .schema import schema
from .shaping import merge, overlay, selected, shape
from .subresources import expand
from .table import Table, Type
from .tenant import Record
from .validation import Judge, judge_create, judge_update

_GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


def shown(request: Request, table: Table, entry: Type, record: Record) -> Body:
    """An object as the service shows it, before `$select`."""
    models = schema(request.version)
    body = shape({**record.body, "id": record.id}, entry.model, models)
    if entry.identifier == "none":
        body.pop("id", None)
    for name in (n.name for n in entry.navigation.values() if n.always):
        body |= expand(request, table, entry, record, {name: ""})
    for hook in hooks_of(entry):
        if hook.show is not None:
            hook.show(Show(request, table, entry, models, record, body))
    return body


def read(request: Request, table: Table, route: Route) -> Answer:
    """GET of a collection, an item or a singleton."""
    entry = route.entry
    check_permission(request, entry, "read")
    check_licence(request, entry)
    if route.is_item:
        return _read_item(request, table, route)
    models = schema(request.version)
    query = read_query(request, entry, models)
    records = {r.id: r for r in request.tenant.all(entry.path) if is_visible(r, request)}

    def show(key: str) -> Body:
        return shown(request, table, entry, records[key])

    def finish(key: str, body: Body) -> Body:
        for name in entry.hidden_in_lists:
            if name in body:
                body[name] = None
        return body | expand(request, table, entry, records[key], query.expand)

    return Answer(200, answer_list(request, entry, query, list(records), models, show, finish))


def _read_item(request: Request, table: Table, route: Route) -> Answer:
    entry = route.entry
    _check_key(request, route)
    query = read_query(request, entry, schema(request.version), item=True)
    record = existing(request, route)
    body = selected(shown(request, table, entry, record), query.select, entry)
    annotated = {"@odata.context": context(request, entry, entity=not entry.singleton), **body}
    return Answer(200, annotated | expand(request, table, entry, record, query.expand))


def _check_key(request: Request, route: Route) -> None:
    """Ids of the directory are guids; the service says so before it looks."""
    key = route.key
    if key is None or route.entry.identifier != "guid" or route.entry.alternate_key == "userPrincipalName":
        return
    if not _GUID.match(key):
        message = f"Invalid object identifier '{key}'."
        raise route.entry.dialect.refuse(message) if request.is_write else route.entry.dialect.missing(key)


def create(request: Request, table: Table, route: Route) -> Answer:
    """POST to a collection."""
    entry, portal = route.entry, request.caller.portal
    if route.is_item or entry.singleton or not (entry.creatable or portal):
        raise method_error()
    check_permission(request, entry, "create")
    check_licence(request, entry)
    sent = copy.deepcopy(request.json())
    models = schema(request.version)
    wanted = sent.pop("id", None) if portal else None
    judge_create(sent, entry, Judge(models, entry.dialect))
    record = Record(
        id=wanted or request.tenant.new_id(entry.path, "number" if entry.identifier == "number" else "guid"),
        body=overlay(copy.deepcopy(entry.defaults), _own(sent, entry)),
        created_at=request.now,
        visible_at=request.now + _delay(request, entry),
    )
    _stamp(record, entry, request.now, creating=True)
    write = Write(request, table, entry, models, record, sent)
    check_references(request, entry, record.body, sent)
    _before(write)
    request.tenant.put(entry.path, record)
    body = selected(shown(request, table, entry, record), None, entry)
    location = f"{request.origin}/{request.version}/{entry.path}/{record.id}"
    return Answer(
        201, {"@odata.context": context(request, entry, entity=True), **body}, {"Location": location}
    )


def _delay(request: Request, entry: Type) -> float:
    chosen = request.tenant.behaviour.visibilityDelay
    if request.caller.portal:
        return 0.0
    return entry.visible_after if chosen is None else chosen


def _own(sent: Body, entry: Type) -> Body:
    """What is the object's own: sub-resources and links sent with it are kept apart by the hooks."""
    return {
        name: value
        for name, value in sent.items()
        if name not in entry.deep_insert
        and ("@" not in name or (name == "@odata.type" and entry.polymorphic))
    }


def _stamp(record: Record, entry: Type, now: float, *, creating: bool) -> None:
    if creating and entry.created:
        record.body[entry.created] = stamp(now)
    if entry.modified and (entry.modified_on_create or not creating):
        record.body[entry.modified] = stamp(now)
    if entry.counter:
        record.body[entry.counter] = int(record.body.get(entry.counter) or 0) + 1


def _before(write: Write) -> None:
    for hook in hooks_of(write.entry):
        if hook.before_write is not None:
            hook.before_write(write)


def update(request: Request, table: Table, route: Route) -> Answer:
    """PATCH, or PUT where the table has it: PUT replaces all that can be written."""
    entry, whole = route.entry, request.method == "PUT"
    if not route.is_item or (request.method not in entry.update and not request.caller.portal):
        raise method_error()
    check_permission(request, entry, "update")
    check_licence(request, entry)
    _check_key(request, route)
    record = existing(request, route)
    _check_built_in(record, entry)
    sent = copy.deepcopy(request.json())
    models = schema(request.version)
    current = models.spelling(str(record.body.get("@odata.type", ""))) or entry.model
    judge_update(sent, entry, Judge(models, entry.dialect), current, whole=whole)
    changed = copy.deepcopy(record)
    if whole:
        _replace(changed, record, sent, entry)
    else:
        changed.body = merge(changed.body, _own(sent, entry))
    _stamp(changed, entry, request.now, creating=False)
    check_references(request, entry, changed.body, sent)
    _before(Write(request, table, entry, models, changed, sent, old=record))
    request.tenant.put(entry.path, changed)
    if whole or entry.update_status == 204:
        return Answer(204)
    body = selected(shown(request, table, entry, changed), None, entry)
    return Answer(200, {"@odata.context": context(request, entry, entity=True), **body})


def _replace(changed: Record, old: Record, sent: Body, entry: Type) -> None:
    """The whole object anew: what is missing goes back to its default, what is fixed must stay as it is."""
    for name in entry.required:
        if sent.get(name) in (None, "", []):
            raise entry.dialect.refuse(f"The required property '{name}' is missing or empty.")
    for name in entry.create_only:
        kept, given = old.body.get(name), sent.get(name, old.body.get(name))
        if isinstance(kept, dict) and isinstance(given, dict):
            given = {**kept, **{k: v for k, v in given.items() if v is not None}}
        if given != kept:
            raise entry.dialect.refuse(f"The property '{name}' cannot be changed.")
    service_set = {*entry.read_only, *entry.create_only}
    kept_body = {name: value for name, value in old.body.items() if name in service_set}
    fresh = overlay(copy.deepcopy(entry.defaults), _own(sent, entry))
    changed.body = {**fresh, **kept_body}


def _check_built_in(record: Record, entry: Type) -> None:
    if entry.built_in and all(record.body.get(name) == value for name, value in entry.built_in.items()):
        raise entry.dialect.refuse(entry.built_in_message)


def delete(request: Request, table: Table, route: Route) -> Answer:
    """DELETE of an item: refused for built-in objects and for what others use."""
    entry = route.entry
    if not route.is_item or entry.singleton or not (entry.deletable or request.caller.portal):
        raise method_error()
    check_permission(request, entry, "delete")
    check_licence(request, entry)
    _check_key(request, route)
    record = existing(request, route)
    _check_built_in(record, entry)
    for hook in hooks_of(entry):
        if hook.before_delete is not None:
            hook.before_delete(Write(request, table, entry, schema(request.version), record, {}, old=record))
    if users_of(request, table, entry, record.id):
        raise entry.dialect.refuse(entry.in_use_message)
    request.tenant.remove(entry.path, record.id)
    return Answer(204)


def by_ids(request: Request, table: Table) -> Answer:
    """`POST /directoryObjects/getByIds`: up to 1,000 ids; those not found are left out.

    learn.microsoft.com/graph/api/directoryobject-getbyids
    """
    entry = table["groups"]
    if request.method != "POST":
        raise method_error()
    check_permission(request, _any_object(entry), "read")
    sent = request.json()
    ids, types = sent.get("ids"), sent.get("types")
    if not isinstance(ids, list) or not 1 <= len(ids) <= 1000 or set(sent) - {"ids", "types", "@odata.type"}:
        raise entry.dialect.refuse("The parameter 'ids' must hold 1 to 1000 object ids.")
    kinds = {
        "group": "groups",
        "user": "users",
        "servicePrincipal": "servicePrincipals",
        "application": "applications",
    }
    wanted = [kinds.get(t, "") for t in types] if isinstance(types, list) and types else list(kinds.values())
    found = [_object(request, table, path, str(i)) for i in ids for path in wanted if path]
    value = [body for body in found if body is not None]
    address = f"{request.origin}/{request.version}/$metadata#directoryObjects"
    return Answer(200, {"@odata.context": address, "value": value})


def _any_object(entry: Type) -> Type:
    """The least privilege of directoryObjects is Directory.Read.All, whatever the type."""
    return replace(entry, permissions={"read": (("Directory.Read.All",), ("Directory.ReadWrite.All",))})


def _object(request: Request, table: Table, path: str, object_id: str) -> Body | None:
    record = request.tenant.get(path, object_id)
    if record is None or not is_visible(record, request):
        return None
    entry = table[path]
    body = selected(shown(request, table, entry, record), None, entry)
    return {"@odata.type": f"#microsoft.graph.{entry.model}", **body}


def directory_object(request: Request, table: Table, object_id: str) -> Answer:
    """`GET /directoryObjects/{id}`."""
    entry = table["groups"]
    if request.method != "GET":
        raise method_error()
    check_permission(request, _any_object(entry), "read")
    for path in ("users", "groups", "servicePrincipals", "applications"):
        body = _object(request, table, path, object_id)
        if body is not None:
            address = f"{request.origin}/{request.version}/$metadata#directoryObjects/$entity"
            return Answer(200, {"@odata.context": address, **body})
    raise entry.dialect.missing(object_id)
