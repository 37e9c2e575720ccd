"""Graph: one request in, one answer out. Faults, quota, then the object that is asked for."""

from __future__ import annotations

import asyncio
import copy
import urllib.parse
from dataclasses import dataclass, replace

from . import children, faults, multi_admin_approval, objects
from .access import signed_in_user
from .errors import GraphError, error_body, method_error
from .exchange import Answer, Request
from .faults import Effect
from .quotas import meter
from .requestlog import record
from .routing import Route, resolve
from .table import Table
from .tenant import World


class ConnectionLost(Exception):
    """The connection is to be reset instead of answered."""


@dataclass(frozen=True, slots=True)
class Graph:
    """The Graph of all tenants of a world."""

    world: World
    table: Table

    async def answer(self, request: Request) -> tuple[Answer, Effect]:
        """Answers one request, with the faults it meets; writes the log. May raise ConnectionLost."""
        effect = faults.meet(request.tenant, request.method, urllib.parse.unquote(request.target))
        if effect.delay:
            await asyncio.sleep(effect.delay)
        if effect.reset == "before":
            record(request, 0)
            raise ConnectionLost
        answer = self._settle(replace(request, now=self.world.clock()), effect)
        record(request, answer.status)
        if effect.reset == "after":
            raise ConnectionLost
        return answer, effect

    def _settle(self, request: Request, effect: Effect) -> Answer:
        try:
            if effect.error is not None:
                raise effect.error
            answer = self._apply(request, drop=effect.drop)
        except GraphError as error:
            return refusal(error, request)
        if effect.empty_page and isinstance(answer.body, dict) and "value" in answer.body:
            kept = {k: v for k, v in answer.body.items() if k != "@odata.nextLink"}
            return replace(answer, body={**kept, "value": []})
        return answer

    def _apply(self, request: Request, *, drop: bool) -> Answer:
        """`drop`: the answer of a success, and nothing kept of it."""
        if not drop or not request.is_write:
            return self.dispatch(request)
        tenant = request.tenant
        kept = {path: [copy.deepcopy(r) for r in tenant.all(path)] for path in tenant.addresses()}
        answer = self.dispatch(request)
        for path in tenant.addresses():
            before = {r.id: r for r in kept.get(path, [])}
            for current in tenant.all(path):
                if current.id not in before:
                    tenant.remove(path, current.id)
            for old in before.values():
                if tenant.get(path, old.id) != old:
                    tenant.put(path, old)
        return answer

    def dispatch(self, request: Request) -> Answer:
        """Finds what the address means and does it. GraphError for every refusal."""
        steps = [s.lower() for s in request.path.strip("/").split("/")]
        if steps == ["me"]:
            request = signed_in_user(request)
        if steps[0] == "directoryobjects" and len(steps) == 2:
            headers = meter(request, None)
            if steps[1] in ("getbyids", "microsoft.graph.getbyids"):
                return _with(objects.by_ids(request, self.table), headers)
            return _with(objects.directory_object(request, self.table, steps[1]), headers)
        if steps[:2] == ["devicemanagement", "operationapprovalrequests"]:
            return _with(multi_admin_approval.serve(request, steps), meter(request, None))
        try:
            route = resolve(self.table, request.path, request.version)
        except GraphError:
            meter(request, None)
            raise
        headers = meter(request, route.entry)
        approval = multi_admin_approval.hold(request, route)
        answer = self._serve(request, route)
        multi_admin_approval.complete(request, approval)
        return _with(answer, headers)

    def _serve(self, request: Request, route: Route) -> Answer:
        if route.navigation is not None or route.action is not None:
            return children.serve(request, self.table, route)
        if request.method == "GET":
            return objects.read(request, self.table, route)
        if request.method == "POST":
            return objects.create(request, self.table, route)
        if request.method in ("PATCH", "PUT"):
            return objects.update(request, self.table, route)
        if request.method == "DELETE":
            return objects.delete(request, self.table, route)
        raise method_error()


def _with(answer: Answer, headers: dict[str, str]) -> Answer:
    return replace(answer, headers={**answer.headers, **headers})


def refusal(error: GraphError, request: Request) -> Answer:
    """An error as an answer."""
    client = request.headers.get("client-request-id", request.request_id)
    return Answer(error.status, error_body(error, request.request_id, client, request.now), error.headers)
