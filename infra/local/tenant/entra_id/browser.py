"""The pages over HTTP: typing a code, picking an account, consenting."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, RedirectResponse, Response

from infra.local.tenant import faults
from infra.local.tenant.graph import ConnectionLost
from infra.local.tenant.tenant import Tenant

from . import authorize, consent, device
from .accounts import ACCOUNTS, person
from .metadata import find_tenant
from .pages import Reader, account_page, code_page, posting_page, result_page
from .people import Choice, decide_device
from .refusals import SignInError
from .returning import Return
from .scopes import read_scope
from .service import Service
from .wording import language_of


class Browser:
    """`/devicelogin`, `/{tenant}/oauth2/v2.0/authorize` and `/{tenant}/v2.0/adminconsent`."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def typed_code(self, http: HttpRequest, form: Mapping[str, str]) -> Response:
        """The page of device codes, from the code to the end."""
        reader = _reader(http)
        code = form.get("otc") or http.query_params.get("otc", "")
        if http.method == "GET" or not code:
            return _html(code_page(reader, code))
        found = device.find(self._service.world, code)
        if found is None:
            return _html(code_page(reader, code, "code_unknown"), 400)
        tenant, one = found
        if one.state != "pending":
            return _html(code_page(reader, code, "code_used"), 400)
        if self._service.now >= one.expires_at:
            return _html(code_page(reader, code, "code_expired"), 400)
        reader = _reader(http, tenant)
        choice = _choice(form)
        if choice is None:
            asked = sorted(read_scope(one.scope).graph)
            return _html(account_page(reader, "/devicelogin", {"otc": code}, delegated=asked))
        refusal = decide_device(tenant, self._service.app, one, choice, self._service.now)
        if refusal is None:
            login = person(tenant, choice.account).login
            return _html(result_page(reader, "done_title", reader.text("done_text", login=login)))
        if refusal.number == 65004:
            return _html(result_page(reader, "declined_title", reader.text("declined_text")))
        again = f"/devicelogin?{urlencode({'otc': code})}" if one.state == "pending" else ""
        return _refused(reader, refusal, again)

    async def linked(self, http: HttpRequest, name: str, rest: str, form: Mapping[str, str]) -> Response:
        """A page that an app's link leads to."""
        reader, query = _reader(http), dict(http.query_params)
        try:
            tenant = find_tenant(self._service.world, name)
            if (down := await self._down(tenant, http.method, f"/{name}/{rest}")) is not None:
                return down
            reader = _reader(http, tenant)
            if rest.endswith("logout"):
                return self._signed_out(reader, query.get("post_logout_redirect_uri", ""))
            if rest.endswith("adminconsent"):
                return self._consent(reader, http, consent.read_request(self._service, tenant, query), form)
            return self._authorize(reader, http, authorize.read_link(self._service, tenant, query), form)
        except SignInError as error:
            return _refused(reader, error, str(http.url) if http.method == "POST" else "")

    def _signed_out(self, reader: Reader, back: str) -> Response:
        """learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#send-a-sign-out-request"""
        if back and self._service.api.knows(back):
            return RedirectResponse(back, 302)
        return _html(result_page(reader, "signed_out_title", reader.text("signed_out_text")))

    def _authorize(
        self, reader: Reader, http: HttpRequest, link: authorize.Link, form: Mapping[str, str]
    ) -> Response:
        fault = authorize.fault_of(link)
        if fault is not None:
            return _sent_back(reader, link.back.refusal(fault, self._service.now))
        choice = _choice(form)
        if choice is None:
            return _html(account_page(reader, _here(http), {}, delegated=link.asked.graph))
        return _sent_back(reader, authorize.settle(self._service, link, choice))

    def _consent(
        self, reader: Reader, http: HttpRequest, asked: consent.Request, form: Mapping[str, str]
    ) -> Response:
        choice = _choice(form)
        if choice is not None:
            return _sent_back(reader, consent.settle(self._service, asked, choice))
        page = account_page(
            reader,
            _here(http),
            {},
            delegated=asked.delegated,
            application=asked.application,
            consent=True,
        )
        return _html(page)

    async def _down(self, tenant: Tenant, method: str, path: str) -> Response | None:
        effect = faults.meet(tenant, method, path)
        await asyncio.sleep(effect.delay)
        if effect.reset:
            raise ConnectionLost
        if effect.error is None:
            return None
        return Response(effect.error.message, effect.error.status, effect.error.headers)


def _reader(http: HttpRequest, tenant: Tenant | None = None) -> Reader:
    wanted = http.query_params.get("mkt") or http.query_params.get("ui_locales", "")
    language = language_of(wanted, http.headers.get("accept-language", ""))
    return Reader(language, tenant.display_name if tenant else "")


def _choice(form: Mapping[str, str]) -> Choice | None:
    account = form.get("account")
    return Choice(account, everyone=form.get("everyone") == "1") if account in ACCOUNTS else None


def _here(http: HttpRequest) -> str:
    """The page's own address: the form comes back to it, with the link's query."""
    return f"{http.url.path}?{http.url.query}"


def _sent_back(reader: Reader, back: Return) -> Response:
    if back.mode == "form_post":
        return _html(posting_page(reader, back.address, back.fields))
    return RedirectResponse(back.url, 302)


def _refused(reader: Reader, error: SignInError, again: str) -> Response:
    text = reader.text("needs_admin" if error.number == 90094 else "refused_text" if again else "over_text")
    return _html(result_page(reader, "refused_title", text, detail=str(error), again=again), 400)


def _html(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, {"Cache-Control": "no-store"})
