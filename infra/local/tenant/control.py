"""The control interface: what tests and `dev.py` do to tenants from outside. JSON, no sign-in, local only."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response

from . import approval_control
from .app_roles import app_roles
from .entra_id.control import SIGN_IN_PARTS, Asking, Misuse
from .entra_id.registration import change_registration
from .entra_id.service import Service
from .errors import GraphError
from .exchange import PORTAL, VERSIONS, Request
from .faults import FaultError, describe, parse_fault
from .graph import Graph, refusal
from .objects import shown
from .routing import resolve
from .seeding import SEEDS, Seeder
from .subresources import expand, members_of
from .table import Type
from .tenant import Behaviour, Licences, Record, Tenant, World

Body = dict[str, Any]
_CHOICES = {
    "quotas": ("documented", "burst10", "off"),
    "revocation": ("token", "now"),
    "deviceCodes": ("allowed", "blocked"),
    "foreignAccounts": ("token", "page"),
}


class ControlError(Exception):
    """A control request that cannot be done, with the status to answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """`/control/...`, documented in docs/simulated-tenant.md."""

    def __init__(self, world: World, graph: Graph, seeder: Seeder, entra: Service) -> None:
        self._world = world
        self._graph = graph
        self._seeder = seeder
        self._entra = entra

    async def respond(self, http: HttpRequest, path: str) -> Response:
        steps = [s for s in path.strip("/").split("/") if s]
        try:
            return await self._dispatch(http, steps)
        except (ControlError, Misuse) as error:
            return JSONResponse({"error": str(error)}, error.status)

    async def _dispatch(self, http: HttpRequest, steps: list[str]) -> Response:
        if steps == ["health"]:
            return JSONResponse({"status": "ok", "tenants": len(self._world.tenants)})
        if steps == ["app"]:
            return await self._app(http)
        if not steps or steps[0] != "tenants":
            raise ControlError(404, f"nothing is controlled at /control/{'/'.join(steps)}")
        if len(steps) == 1:
            return JSONResponse({"value": [_summary(t) for t in self._world.tenants.values()]})
        if len(steps) == 2:
            return await self._tenant(http, steps[1])
        tenant = self._world.find(steps[1])
        if tenant is None:
            raise ControlError(404, f"there is no tenant {steps[1]}")
        parts: dict[str, Callable[[HttpRequest, Tenant, list[str]], Awaitable[Response]]] = {
            "behaviour": self._behaviour,
            "faults": self._faults,
            "grants": self._grants,
            "licences": self._licences,
            "requests": self._requests,
            "objects": self._objects,
            "approvals": self._approvals,
        }
        part = parts.get(steps[2])
        if steps[2] in SIGN_IN_PARTS:
            return await self._signing_in(http, tenant, steps[2:])
        if part is None:
            known = ", ".join(sorted([*parts, *SIGN_IN_PARTS]))
            raise ControlError(404, f"a tenant has no {steps[2]}; it has {known}")
        return await part(http, tenant, steps[3:])

    async def _tenant(self, http: HttpRequest, key: str) -> Response:
        tenant = self._world.find(key)
        if http.method == "PUT":
            return await self._make(http, key)
        if tenant is None:
            raise ControlError(404, f"there is no tenant {key}")
        if http.method == "DELETE":
            self._world.remove(tenant)
            return Response(status_code=204)
        return JSONResponse(_details(tenant))

    async def _make(self, http: HttpRequest, key: str) -> Response:
        sent = await _json(http)
        seed = sent.pop("seed", "empty")
        name, entra_id = sent.pop("displayName", None), sent.pop("entraTenantId", None)
        if seed not in SEEDS:
            raise ControlError(400, f"there is no seed {seed}; there are {', '.join(SEEDS)}")
        clash = self._world.by_entra_id(entra_id) if entra_id else None
        if clash is not None and clash.key != key:
            raise ControlError(409, f"the Entra tenant id {entra_id} belongs to {clash.key}")
        behaviour = _behaviour(Behaviour(), sent)
        tenant = self._seeder.make(key, seed, name, entra_id)
        tenant.behaviour = behaviour
        tenant.save()
        return JSONResponse(_details(tenant), 201)

    async def _behaviour(self, http: HttpRequest, tenant: Tenant, _steps: list[str]) -> Response:
        if http.method in ("PATCH", "PUT"):
            start = tenant.behaviour if http.method == "PATCH" else Behaviour()
            tenant.behaviour = _behaviour(start, await _json(http))
            tenant.meters.clear()
            tenant.save()
        return JSONResponse(asdict(tenant.behaviour))

    async def _faults(self, http: HttpRequest, tenant: Tenant, steps: list[str]) -> Response:
        if http.method == "POST":
            try:
                fault = parse_fault(await _json(http), str(uuid.uuid4()))
            except FaultError as error:
                raise ControlError(400, str(error)) from error
            tenant.faults.append(fault)
            return JSONResponse({"id": fault.id}, 201)
        if http.method == "DELETE":
            tenant.faults[:] = [f for f in tenant.faults if steps and f.id != steps[0]]
            return Response(status_code=204)
        return JSONResponse({"value": [describe(f) for f in tenant.faults]})

    async def _grants(self, http: HttpRequest, tenant: Tenant, steps: list[str]) -> Response:
        if http.method in ("PUT", "DELETE"):
            if len(steps) != 1 or steps[0] not in app_roles():
                raise ControlError(404, f"Microsoft Graph has no application permission {'/'.join(steps)}")
            if http.method == "PUT":
                tenant.grants.setdefault(steps[0], self._world.clock())
            else:
                tenant.grants.pop(steps[0], None)
            tenant.save()
        return JSONResponse({"value": sorted(tenant.grants)})

    async def _licences(self, http: HttpRequest, tenant: Tenant, _steps: list[str]) -> Response:
        if http.method in ("PUT", "PATCH"):
            sent = await _json(http)
            known = {f.name for f in fields(Licences)}
            if not set(sent) <= known or not all(isinstance(v, bool) for v in sent.values()):
                raise ControlError(400, f"licences are true or false: {', '.join(sorted(known))}")
            for name, value in sent.items():
                setattr(tenant.licences, name, value)
            tenant.save()
        return JSONResponse(asdict(tenant.licences))

    async def _app(self, http: HttpRequest) -> Response:
        """The app's registration, which all tenants share."""
        if http.method == "PATCH":
            try:
                change_registration(self._entra.app, await _json(http))
            except ValueError as error:
                raise ControlError(400, str(error)) from error
            self._entra.app.save(self._world.storage)
        return JSONResponse(self._entra.app.to_json())

    async def _signing_in(self, http: HttpRequest, tenant: Tenant, steps: list[str]) -> Response:
        """What people do: sign in, consent; and what policies and administrators do to them."""
        handler = SIGN_IN_PARTS[steps[0]]
        asked = Asking(self._entra, tenant, http.method, steps[1:], await _json(http))
        body = handler(asked)
        tenant.save()
        return Response(status_code=204) if body is None else JSONResponse(body)

    async def _approvals(self, http: HttpRequest, tenant: Tenant, steps: list[str]) -> Response:
        """The tenant's own multi admin approval."""
        sent = await _json(http) if http.method in ("PUT", "POST") else {}
        try:
            found = approval_control.answer(tenant, http.method, steps, sent, self._world.clock())
        except approval_control.Unknown as unknown:
            raise ControlError(404, str(unknown)) from unknown
        return JSONResponse(found)

    async def _requests(self, http: HttpRequest, tenant: Tenant, _steps: list[str]) -> Response:
        if http.method == "DELETE":
            tenant.log.clear()
            return Response(status_code=204)
        after = int(http.query_params.get("after", "0"))
        value = [entry for entry in tenant.log if entry["n"] > after]
        return JSONResponse({"value": value, "last": tenant.logged})

    async def _objects(self, http: HttpRequest, tenant: Tenant, steps: list[str]) -> Response:
        """An object as the portal sees and changes it: no permission needed, visible at once."""
        version = steps.pop(0) if steps and steps[0] in VERSIONS else "beta"
        request = Request(
            tenant=tenant,
            caller=PORTAL,
            method=http.method,
            version=version,
            path="/" + "/".join(steps),
            headers={"content-type": "application/json"},
            content=await http.body(),
            now=self._world.clock(),
        )
        try:
            if http.method == "GET":
                return JSONResponse(self._read(request, http.query_params.get("name")))
            answer = self._graph.dispatch(request)
        except GraphError as error:
            answer = refusal(error, request)
        if answer.body is None:
            return Response(status_code=answer.status)
        return JSONResponse(answer.body, answer.status)

    def _read(self, request: Request, name: str | None) -> Any:
        """One whole object, or all of an address (`?name=` keeps those of that name)."""
        route = resolve(self._graph.table, request.path, request.version)
        entry = route.entry
        records = list(request.tenant.all(entry.path))
        if route.is_item:
            wanted = entry.segments[-1] if entry.singleton else route.key
            found = [r for r in records if r.id == wanted]
            if not found:
                raise entry.dialect.missing(str(wanted))
            return self._whole(request, entry, found[0])
        kept = [r for r in records if name is None or r.body.get(entry.name) == name]
        return {"value": [self._whole(request, entry, record) for record in kept]}

    def _whole(self, request: Request, entry: Type, record: Record) -> Body:
        body = shown(request, self._graph.table, entry, record)
        for name, navigation in entry.navigation.items():
            if navigation.children:
                inner = f"$expand={','.join(navigation.children)}"
                body[name] = expand(request, self._graph.table, entry, record, {name: inner})[name]
            else:
                body[name] = members_of(request, self._graph.table, entry, record, navigation)
        return body


async def _json(http: HttpRequest) -> Body:
    content = await http.body()
    try:
        value = json.loads(content or b"{}")
    except ValueError as error:
        raise ControlError(400, "the body is not JSON") from error
    if not isinstance(value, dict):
        raise ControlError(400, "the body is not a JSON object")
    return value


def _behaviour(current: Behaviour, sent: Body) -> Behaviour:
    """The behaviour with what was sent over it; "documented" and null mean the table's own."""
    known = {f.name for f in fields(Behaviour)}
    if unknown := sorted(set(sent) - known):
        raise ControlError(400, f"there is no behaviour {unknown[0]}; there are {', '.join(sorted(known))}")
    values = {**asdict(current), **sent}
    if values["visibilityDelay"] == "documented":
        values["visibilityDelay"] = None
    for name, allowed in _CHOICES.items():
        if values[name] not in allowed:
            raise ControlError(400, f"{name} is {' or '.join(allowed)}")
    if values["deviceCodeInterval"] < 1:
        raise ControlError(400, "deviceCodeInterval is a second at least: clients count on it")
    values["latency"] = {**current.latency, **values["latency"]}
    return Behaviour(**values)


def _summary(tenant: Tenant) -> Body:
    counts = {path: tenant.count(path) for path in tenant.addresses()}
    return {
        "id": tenant.key,
        "entraTenantId": tenant.entra_id,
        "displayName": tenant.display_name,
        "counts": counts,
    }


def _details(tenant: Tenant) -> Body:
    return {
        **_summary(tenant),
        "licences": asdict(tenant.licences),
        "behaviour": asdict(tenant.behaviour),
        "grants": sorted(tenant.grants),
        "consented": tenant.consented,
    }
