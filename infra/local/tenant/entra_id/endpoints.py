"""Entra ID over HTTP: which address is served by what, the faults it meets, and the log of it."""

from __future__ import annotations

import asyncio
import urllib.parse
import uuid
from collections.abc import Callable
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response

from infra.local.tenant import faults
from infra.local.tenant.errors import GraphError
from infra.local.tenant.exchange import Answer
from infra.local.tenant.faults import Effect
from infra.local.tenant.graph import ConnectionLost
from infra.local.tenant.requestlog import record_token
from infra.local.tenant.tenant import Tenant

from . import device, grants
from .browser import Browser
from .metadata import SHARED, discovery, find_tenant, instances
from .refusals import SignInError
from .service import Service, TokenRequest
from .wording import language_of

_OAUTH_CODES = frozenset({"invalid_client", "invalid_grant", "invalid_request", "unauthorized_client"})
_PAGES = ("oauth2/v2.0/authorize", "v2.0/adminconsent", "oauth2/v2.0/logout")
_FORM = Callable[[Tenant, dict[str, str]], dict[str, Any]]


class Endpoints:
    """Everything outside `/v1.0`, `/beta` and `/control`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._browser = Browser(service)

    async def respond(self, http: HttpRequest, name: str, rest: str) -> Response:
        rest = rest.rstrip("/").lower()
        if http.method in ("GET", "POST") and (name == "devicelogin" or rest in _PAGES):
            form = await read_form(http) if http.method == "POST" else {}
            if name == "devicelogin":
                return self._browser.typed_code(http, form)
            return await self._browser.linked(http, name, rest, form)
        if name == "common" and rest == "discovery/instance":
            return JSONResponse(instances())
        if http.method == "GET" and rest in ("v2.0/.well-known/openid-configuration", "discovery/v2.0/keys"):
            return await self._metadata(name, rest)
        if http.method == "POST" and rest == "oauth2/v2.0/token":
            return await self._exchange(http, name, rest, self._token(http))
        if http.method == "OPTIONS" and rest == "oauth2/v2.0/token":
            return Response(status_code=204, headers=self._cors(http))
        if http.method == "POST" and rest == "oauth2/v2.0/devicecode":
            return await self._exchange(http, name, rest, self._device(http))
        return JSONResponse(
            {"error": "not_found", "error_description": f"Nothing is served at /{name}/{rest}."}, 404
        )

    async def _metadata(self, name: str, rest: str) -> Response:
        if rest.endswith("keys"):
            return JSONResponse(self._service.signer.jwks())
        try:
            tenant = None if name in SHARED else find_tenant(self._service.world, name)
        except SignInError as error:
            return JSONResponse(error.body(self._service.now), error.status)
        if tenant is not None:
            effect = await met(tenant, "GET", f"/{name}/{rest}")
            if effect.reset:
                raise ConnectionLost
            if effect.error:
                return JSONResponse(_down(effect.error).body, effect.error.status, effect.error.headers)
        return JSONResponse(discovery(name, tenant))

    def _token(self, http: HttpRequest) -> _FORM:
        page = http.headers.get("origin", "")
        return lambda tenant, form: grants.token(TokenRequest(self._service, tenant, form, page))

    def _cors(self, http: HttpRequest) -> dict[str, str]:
        """What lets a page read the answer: only one with a redirect address of a single-page application."""
        page = http.headers.get("origin", "")
        if not page or not self._service.api.serves(page):
            return {}
        return {
            "Access-Control-Allow-Origin": page,
            "Access-Control-Allow-Methods": "POST, OPTIONS",
            "Access-Control-Allow-Headers": "content-type",
            "Vary": "Origin",
        }

    def _device(self, http: HttpRequest) -> _FORM:
        language = language_of(http.query_params.get("mkt", ""), http.headers.get("accept-language", ""))
        return lambda tenant, form: device.begin(self._service, tenant, form, origin(http), language)

    async def _exchange(self, http: HttpRequest, name: str, rest: str, answer: _FORM) -> Response:
        """A form in, JSON out: faults first, then `answer`; logged."""
        form = await read_form(http)
        request_id, path = str(uuid.uuid4()), f"/{name}/{rest}"
        headers = {"Cache-Control": "no-store, no-cache", "x-ms-request-id": request_id, **self._cors(http)}
        tenant: Tenant | None = None
        try:
            tenant = find_tenant(self._service.world, name)
            await _wait(tenant)
            effect = await met(tenant, "POST", path)
            if effect.reset == "before":
                raise ConnectionLost
            found = _down(effect.error) if effect.error else Answer(200, answer(tenant, form))
            if effect.reset == "after":
                raise ConnectionLost
        except SignInError as error:
            found = Answer(error.status, error.body(self._service.now))
        if tenant is not None:
            record_token(tenant, path, form, found.status, request_id, self._service.now)
            self._service.given.note(tenant.key, form, found.body)
        return JSONResponse(found.body, found.status, {**headers, **found.headers})


async def met(tenant: Tenant, method: str, path: str) -> Effect:
    """The fault that a request meets, its delay already over."""
    effect = faults.meet(tenant, method, path)
    await asyncio.sleep(effect.delay)
    return effect


async def read_form(http: HttpRequest) -> dict[str, str]:
    """The fields of a form that was sent."""
    text = (await http.body()).decode("utf-8", "replace")
    return dict(urllib.parse.parse_qsl(text, keep_blank_values=True))


def origin(http: HttpRequest) -> str:
    """The address by which the caller reaches this process."""
    return f"{http.url.scheme}://{http.headers.get('host', http.url.netloc)}"


async def _wait(tenant: Tenant) -> None:
    milliseconds = tenant.behaviour.latency.get("write", 0)
    if milliseconds:
        await asyncio.sleep(milliseconds / 1000)


def _down(error: GraphError) -> Answer:
    """RFC 6749 5.2: a refusal has one of a few codes; any other fault is the provider being down."""
    code = error.code if error.code in _OAUTH_CODES else "temporarily_unavailable"
    return Answer(error.status, {"error": code, "error_description": error.message}, error.headers)
