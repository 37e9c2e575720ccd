"""What lies below an object: assignments, settings, members …, and its actions."""

from __future__ import annotations

import copy

from .access import check_licence, check_permission
from .errors import method_error, segment_error
from .exchange import Answer, Request
from .hooks import Body, Call, Show
from .hooks.registry import ACTIONS, hooks_of
from .lookup import existing, is_visible
from .querying import next_link, page_size, read_token
from .routing import Route
from .schema import Schema, schema
from .shaping import selected, shape
from .table import Navigation, Table, Type
from .tenant import Record

_OBJECT_PATHS = ("users", "groups", "servicePrincipals")


def members_of(
    request: Request, table: Table, entry: Type, record: Record, navigation: Navigation
) -> list[Body]:
    """All objects of a sub-resource, as the service shows them."""
    models = schema(request.version)
    for hook in hooks_of(entry):
        if hook.sub is not None:
            computed = hook.sub(Show(request, table, entry, models, record, {}), navigation.name)
            if computed is not None:
                return [shape(value, navigation.model, models) for value in computed]
    values = record.nav.get(navigation.name, [])
    if navigation.kind == "reference":
        return [
            body for v in values if (body := _directory_object(request, table, str(v), models)) is not None
        ]
    return [child_shown(value, navigation, models) for value in values]


def child_shown(value: Body, navigation: Navigation, models: Schema) -> Body:
    """A contained object; its own children come only when asked for ($expand) or at their address, but for
    those that always come along.
    """
    body = shape(value, navigation.model, models)
    for name in navigation.inline:
        if name in value:
            own = models.spelling(str(value.get("@odata.type"))) or navigation.model
            model = models.properties(own)[name].name
            body[name] = [shape(child, model, models) for child in value[name]]
    return body


def _directory_object(request: Request, table: Table, object_id: str, models: Schema) -> Body | None:
    for path in _OBJECT_PATHS:
        record = request.tenant.get(path, object_id)
        if record is not None and is_visible(record, request):
            entry = table[path]
            body = selected(shape({**record.body, "id": record.id}, entry.model, models), None, entry)
            return {"@odata.type": f"#microsoft.graph.{entry.model}", **body}
    return None


def expand(request: Request, table: Table, entry: Type, record: Record, wanted: dict[str, str]) -> Body:
    """The `$expand`ed sub-resources of one object, with the nested `$expand` of their children."""
    found: Body = {}
    models = schema(request.version)
    for name, inner in wanted.items():
        navigation = entry.navigation[name]
        members = members_of(request, table, entry, record, navigation)
        if navigation.kind == "reference":
            members = members[
                :20
            ]  # learn.microsoft.com/graph/api/group-list: up to 20, without a link to more
        children = _inner_expand(entry, navigation, inner)
        for child in children:
            for shown, kept in zip(members, record.nav.get(name, []), strict=False):
                shown[child] = _children(kept, child, navigation, models)
        found[f"{name}@odata.context"] = (
            f"{request.origin}/{request.version}/$metadata#{entry.path}('{record.id}')/{name}"
        )
        found[name] = members
    return found


def _inner_expand(entry: Type, navigation: Navigation, text: str) -> list[str]:
    """The nested `$expand=` inside `$expand=x(...)`; `$select` inside is left alone."""
    children: list[str] = []
    for option in text.split(";"):
        name, _, value = option.partition("=")
        if name.strip().lower() == "$expand":
            children += [v.strip() for v in value.split(",") if v.strip()]
    for child in children:
        if child not in navigation.children:
            raise entry.dialect.refuse(f"Could not expand the property named '{child}'.", code="BadRequest")
    return children


def _children(kept: Body, child: str, navigation: Navigation, models: Schema) -> list[Body]:
    model = models.properties(navigation.model)[child].name
    return [shape(value, model, models) for value in kept.get(child, [])]


def read_below(
    request: Request, table: Table, route: Route, navigation: Navigation, record: Record
) -> Answer:
    """GET of a sub-resource, one of its objects, or what that object contains."""
    address = (
        f"{request.origin}/{request.version}/$metadata#{route.entry.path}('{record.id}')/{navigation.name}"
    )
    members = members_of(request, table, route.entry, record, navigation)
    if not route.rest or route.rest == ("$ref",):
        if route.rest:
            members = [
                {"@odata.id": f"{request.origin}/v2/{request.tenant.entra_id}/directoryObjects/{m['id']}"}
                for m in members
            ]
        return _page(request, route.entry, navigation, address, members)
    child = next((m for m in members if m.get("id") == route.rest[0]), None)
    kept = next(
        (
            k
            for k in record.nav.get(navigation.name, [])
            if isinstance(k, dict) and k.get("id") == route.rest[0]
        ),
        None,
    )
    if child is None:
        raise route.entry.dialect.missing(route.rest[0])
    if len(route.rest) == 1:
        return Answer(200, {"@odata.context": f"{address}/$entity", **child})
    name = next((c for c in navigation.children if c.lower() == route.rest[1].lower()), None)
    if name is None or len(route.rest) > 2 or kept is None:
        raise segment_error(route.rest[1])
    values = _children(kept, name, navigation, schema(request.version))
    return Answer(200, {"@odata.context": f"{address}('{kept['id']}')/{name}", "value": values})


def _page(request: Request, entry: Type, navigation: Navigation, address: str, members: list[Body]) -> Answer:
    options = request.options()
    for option in options:
        if option.startswith("$") and option not in ("$top", "$select", "$skiptoken", "$count", "$expand"):
            message = f"The query specified in the URI is not valid. Query option '{option}' is not allowed."
            raise entry.dialect.refuse(message, code="BadRequest")
    if options.get("$expand") and navigation.name != "settings":
        raise entry.dialect.refuse(
            "Parsing OData Select and Expand failed: Could not expand the property.", code="BadRequest"
        )
    top = options.get("$top")
    if top is not None and (not top.isdigit() or not 1 <= int(top) <= entry.top):
        raise entry.dialect.refuse(f"Invalid value '{top}' for $top query option found.", code="BadRequest")
    start = int(read_token(options.get("$skiptoken"), entry).get("skip", 0))
    size = page_size(request, navigation.page_size, int(top) if top else None)
    page = members[start : start + size]
    if "$select" in options:
        wanted = {n.strip() for n in options["$select"].split(",")} | {"id"}
        page = [{k: v for k, v in m.items() if k in wanted or k.startswith("@")} for m in page]
    answer: Body = {"@odata.context": address}
    if options.get("$count", "").lower() == "true":
        answer["@odata.count"] = len(members)
    if start + size < len(members):
        answer["@odata.nextLink"] = next_link(request, {"skip": start + size})
    return Answer(200, {**answer, "value": page})


def act(request: Request, table: Table, route: Route) -> Answer:
    """An action or a function of an object."""
    action = route.action
    if action is None or request.method != action.method:
        raise method_error()
    entry = route.entry
    check_permission(request, entry, action.permission)
    check_licence(request, entry)
    record = existing(request, route)
    if (
        action.method != "GET"
        and entry.built_in
        and all(record.body.get(k) == v for k, v in entry.built_in.items())
    ):
        raise entry.dialect.refuse(entry.built_in_message)
    sent = copy.deepcopy(request.json()) if action.method == "POST" else {}
    sent.pop("@odata.type", None)
    changed = copy.deepcopy(record)
    call = Call(request, table, entry, schema(request.version), changed, sent, route.arguments)
    result = ACTIONS[action.hook](call)
    return Answer(204) if action.status == 204 else Answer(action.status, result)
