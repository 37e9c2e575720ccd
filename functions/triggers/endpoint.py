"""What every call goes through: language, caller, role, tenant, once, and an answer whatever happens."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import azure.durable_functions as df
import azure.functions as func

from functions.triggers import answers, who
from functions.triggers.answers import Answer
from functions.triggers.call import Call, as_tenant_id, origin
from functions.triggers.needs import DurableClient, Services, current
from functions.triggers.once import Handler, once
from shared.domain.access import OPERATIONS, Caller, Operation, Role, holds, in_reach, may, may_call
from shared.domain.sync import Actor, ActorKind, Decision, TenantRecord
from shared.errors import Problem, StorageConflict, StorageUnavailable
from shared.names import TenantId
from shared.texts import Language, negotiate
from shared.wire.problem import MEDIA_TYPE, problem_json
from shared.wire.sync import decision_json

LOG: Final = logging.getLogger("accord.api")
NOBODY: Final = Caller(Actor(ActorKind.APP, "", "", ""), frozenset())
"""Who calls an operation that is open to everybody."""


@dataclass(frozen=True, slots=True)
class Traits:
    """`durable`: it needs the durable client. `creates`: the tenant in the path need not exist. `secret`: its
    answer is never stored. `guarded`: it authorises by itself. `loads`: services that read a file or ask a
    vault when first used, which is done in the thread pool beforehand.
    """

    durable: bool = False
    creates: bool = False
    secret: bool = False
    guarded: bool = False
    loads: tuple[str, ...] = ()


class Endpoint:
    """One operation with its handler. Tests call it as the framework does, with services of their own.

    `traits` say in what it differs from the others.
    """

    def __init__(self, operation: Operation, handler: Handler, traits: Traits) -> None:
        self.operation, self._handler, self._traits = operation, handler, traits

    async def __call__(
        self, request: func.HttpRequest, client: DurableClient | None = None, services: Services | None = None
    ) -> func.HttpResponse:
        """The response; never raises."""
        language = negotiate(request.headers.get("Accept-Language"))
        try:
            services = services or current()
            base = origin(request, services.settings.public_url)
        except Exception as exc:  # noqa: BLE001 - whatever it was, the client gets a document
            return answers.http(_refused(_unexpected(exc), language, origin(request, None)), request)
        given = await answered(partial(self._serve, request, client, services, language), language, base)
        return answers.http(answers.conditional(given, request), request)

    async def _serve(
        self,
        request: func.HttpRequest,
        client: DurableClient | None,
        services: Services,
        language: Language,
    ) -> Answer:
        role, caller = self.operation.role, NOBODY
        if role is not None and not self._traits.guarded:
            caller = await who.authenticate(request, services)
            if not may_call(caller, self.operation):
                raise forbidden(role)
        for name in self._traits.loads:
            await asyncio.to_thread(getattr, services, name)
        base = origin(request, services.settings.public_url)
        call = Call(request, self.operation, services, caller, language, base, client)
        if role is not None and self.operation.of_tenant:
            tenant = await permitted_tenant(request, services, caller, role, creates=self._traits.creates)
            call = replace(call, tenant_record=tenant)
        return await once(call, partial(_handled, self._handler), secret=self._traits.secret)


async def _handled(handler: Handler, call: Call) -> Answer:
    """The handler's answer; a refusal as the document it becomes, so that it can be remembered."""
    return await answered(partial(handler, call), call.language, call.origin)


async def answered(serve: Callable[[], Any], language: Language, base: str) -> Answer:
    """Whatever happens, an answer: refusals and faults are problem documents."""
    try:
        given: Answer = await serve()
    except Problem as problem:
        return _refused(problem, language, base)
    except StorageUnavailable as exc:
        LOG.warning("answering a request: %s", exc)
        return _refused(Problem("storageUnavailable", 503, headers={"Retry-After": "5"}), language, base)
    except StorageConflict:
        return _refused(Problem("busy", 503, headers={"Retry-After": "2"}), language, base)
    except Exception as exc:  # noqa: BLE001 - whatever it was, the client gets a document
        return _refused(_unexpected(exc), language, base)
    return given


async def permitted_tenant(
    request: func.HttpRequest, services: Services, caller: Caller, role: Role, *, creates: bool = False
) -> TenantRecord | None:
    """The tenant in the path, if the caller may act on it in this role. Raises Problem.

    A tenant out of the caller's reach is forbidden whether it exists or not, so that nothing shows which do.
    """
    name = as_tenant_id(str(request.route_params.get("tenant", "")))
    return await _permitted(services, caller, role, name, creates=creates)


async def permitted(services: Services, caller: Caller, role: Role, name: str) -> TenantRecord:
    """A tenant named elsewhere than in the path, if the caller may act on it in this role. Raises Problem."""
    tenant = await _permitted(services, caller, role, as_tenant_id(name))
    if tenant is None:
        raise Problem("tenantNotFound", 404, values={"tenant": name})
    return tenant


async def _permitted(
    services: Services, caller: Caller, role: Role, name: TenantId, *, creates: bool = False
) -> TenantRecord | None:
    if not in_reach(caller, name):
        raise forbidden(role)
    tenant = await services.status.tenant(name)
    if tenant is None and not creates:
        raise Problem("tenantNotFound", 404, values={"tenant": name})
    if tenant is not None and not may(caller, role, name, tenant.settings.access):
        raise forbidden(role) if caller.ids_whole or not holds(caller, role) else _groups_unknown(role)
    return tenant


def forbidden(role: Role) -> Problem:
    """Who calls lacks this role, here or altogether."""
    return Problem("forbidden", 403, values={"role": role.value})


def _groups_unknown(role: Role) -> Problem:
    """The tenant names who may, and whether this caller is in one of those groups cannot be told."""
    return Problem("groupsUnknown", 403, values={"role": role.value})


def _refused(problem: Problem, language: Language, base: str) -> Answer:
    document = problem_json(_with_addresses(problem, base), language, base)
    headers = dict(problem.headers)
    if problem.status == 401:
        headers.setdefault("WWW-Authenticate", who.CHALLENGE)
    return Answer(problem.status, answers.dumps(document), MEDIA_TYPE, headers)


def _with_addresses(problem: Problem, base: str) -> Problem:
    """Steps name a tenant and a sync; clients get its address beside them, and a decision as JSON."""
    extra = dict(problem.extra)
    if "sync" in extra and "tenant" in extra:
        extra["location"] = f"{base}/api/v1/tenants/{extra['tenant']}/syncs/{extra['sync']}"
    if isinstance(extra.get("decision"), Decision):
        extra["decision"] = decision_json(extra["decision"])
    problem.extra = extra
    return problem


def _unexpected(exc: BaseException) -> Problem:
    """A fault of ours: what it was is logged, and the client gets the id it is logged under, nothing else."""
    correlation = uuid.uuid4().hex
    LOG.error("answering a request, correlation %s", correlation, exc_info=exc)
    return Problem("internal", 500, extra={"correlationId": correlation})


PLAIN: Final = Traits()


def endpoint(
    blueprint: df.Blueprint, operation_id: str, traits: Traits = PLAIN
) -> Callable[[Handler], Endpoint]:
    """Registers a handler for one operation of the table in `domain/access.py`, under its method and path."""

    def register(handler: Handler) -> Endpoint:
        operation = OPERATIONS[operation_id]
        made = Endpoint(operation, handler, traits)
        methods = [operation.method, *(["HEAD"] if operation.method == "GET" else [])]
        name = _snake(operation_id)
        route = operation.route
        mount(blueprint, made, name, route, methods, durable=traits.durable)
        return made

    return register


def mount(
    blueprint: df.Blueprint,
    serve: Callable[..., Any],
    name: str,
    route: str,
    methods: list[str],
    *,
    durable: bool = False,
) -> None:
    """Tells the framework of one HTTP function: it wants a function whose parameters are its bindings."""

    async def plain(req: func.HttpRequest) -> func.HttpResponse:
        response: func.HttpResponse = await serve(req)
        return response

    async def with_client(  # type: ignore[no-untyped-def]
        req: func.HttpRequest, client
    ) -> func.HttpResponse:
        response: func.HttpResponse = await serve(req, client)
        return response

    function: Any = with_client if durable else plain
    function.__name__ = function.__qualname__ = name
    if durable:
        function = blueprint.durable_client_input(client_name="client")(function)
    blueprint.route(route=route, methods=methods, auth_level=func.AuthLevel.ANONYMOUS)(function)


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
