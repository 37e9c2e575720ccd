"""Finding objects, seen with one request's eyes, and checking the references between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .exchange import Request
from .routing import Route
from .table import Reference, Table, Type
from .tenant import Record


def is_visible(record: Record, request: Request) -> bool:
    """Whether lists and reads show an object yet."""
    return request.caller.portal or record.visible_at <= request.now


def find(request: Request, route: Route) -> Record | None:
    """The object of a route, visible or not."""
    entry = route.entry
    if entry.singleton:
        return next(request.tenant.all(entry.path), None)
    if route.alternate is not None:
        name, value = route.alternate
        return _by(request, entry, name, value)
    key = route.key or ""
    record = request.tenant.get(entry.path, key)
    if record is None and entry.alternate_key == "userPrincipalName":
        return _by(request, entry, "userPrincipalName", key)
    return record


def _by(request: Request, entry: Type, name: str, value: str) -> Record | None:
    wanted = value.lower()
    for record in request.tenant.all(entry.path):
        found = record.id if name == "id" else record.body.get(name)
        if str(found).lower() == wanted:
            return record
    return None


def existing(request: Request, route: Route) -> Record:
    """The object of a route, or the service's 404: also while it is not yet shown."""
    record = find(request, route)
    hidden = record is not None and not is_visible(record, request)
    if hidden and request.is_write and not route.entry.visible_after:
        hidden = False  # Intune writes to its own store at once; only its lists lag
    if record is None or hidden:
        raise route.entry.dialect.missing(route.key or (route.alternate[1] if route.alternate else ""))
    return record


def values_at(body: Any, path: str) -> Iterator[Any]:
    """All values at a path like `a.b[].c`."""
    name, _, rest = path.partition(".")
    many = name.endswith("[]")
    found = body.get(name.removesuffix("[]")) if isinstance(body, dict) else None
    members = found if many and isinstance(found, list) else [] if many else [found]
    for member in members:
        if rest:
            yield from values_at(member, rest)
        elif member is not None:
            yield member


def exists(request: Request, path: str, key: str, value: str) -> bool:
    """Whether an object is there and already shown to this caller."""
    for record in request.tenant.all(path):
        found = record.id if key == "id" else record.body.get(key)
        if str(found).lower() == value.lower():
            return is_visible(record, request)
    return False


def check_references(request: Request, entry: Type, body: dict[str, Any], sent: dict[str, Any]) -> None:
    """Refuses ids of objects that do not exist, in the properties this request sends."""
    top = {name.partition("@")[0] for name in sent}
    for reference in entry.references:
        if reference.path.split(".")[0].removesuffix("[]") not in top:
            continue
        for value in values_at(body, reference.path):
            check_reference(request, entry, reference, str(value))


def check_reference(request: Request, entry: Type, reference: Reference, value: str) -> None:
    """Refuses one id, unless its object exists or it is a special value."""
    if value in reference.special:
        return
    if not any(exists(request, path, reference.key, value) for path in reference.to):
        name = reference.path.rsplit(".", 1)[-1].removesuffix("[]")
        message = reference.message.format(path=name, id=value)
        raise entry.dialect.refuse(message, reference.status)


def users_of(request: Request, table: Table, entry: Type, object_id: str) -> list[str]:
    """Names of the objects that refer to this one, at the addresses the table names as `in_use`."""
    found = []
    for path in entry.in_use:
        other = table[path]
        paths = [r.path for r in other.references if entry.path in r.to]
        for record in request.tenant.all(path):
            held = {str(v) for p in paths for v in values_at(record.body, p)}
            for assignment in record.nav.get("assignments", []):
                target = assignment.get("target", {})
                held.add(str(target.get("deviceAndAppManagementAssignmentFilterId")))
            if object_id in held:
                found.append(str(record.body.get(other.name)))
    return found
