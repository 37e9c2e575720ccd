"""Authorization codes: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from infra.local.tenant.signins import AuthorizationCode
from infra.local.tenant.tenant import Tenant

from . import web_api
from .people import Choice, decide
from .refusals import SignInError, missing, refused
from .returning import Return
from .scopes import Asked, read_scope
from .service import Service

_MODES = ("query", "fragment", "form_post")
_METHODS = ("plain", "S256")


@dataclass(frozen=True, slots=True)
class Link:
    """A link to the page that is good enough to answer to its `redirect_uri`, in the way it asks for."""

    tenant: Tenant
    query: Mapping[str, str]
    back: Return
    platform: str

    @property
    def asked(self) -> Asked:
        read = web_api.read_scope if self.platform == "spa" else read_scope
        return read(self.query.get("scope", ""))


def read_link(service: Service, tenant: Tenant, query: Mapping[str, str]) -> Link:
    """The link of a query. SignInError for what only the page can say, since no address can be trusted."""
    own = web_api.is_web_api(query)
    if not own:
        service.known_app(dict(query), tenant)
    uri = query.get("redirect_uri", "")
    if not uri:
        raise refused(900971)
    platform = ("spa" if service.api.knows(uri) else None) if own else service.app.platform_of(uri)
    if platform is None:
        raise refused(50011, uri=uri, app=web_api.API_APP_ID if own else service.app.app_id)
    mode = query.get("response_mode") or "query"
    if mode not in _MODES:
        raise refused(70007, mode=mode)
    return Link(tenant, query, Return(uri, mode, query.get("state")), platform)


def fault_of(link: Link) -> SignInError | None:
    """What is wrong with the rest of the link: sent back to the app."""
    try:
        _check(link)
    except SignInError as error:
        return error
    return None


def _check(link: Link) -> None:
    query = link.query
    for name in ("response_type", "scope"):
        if not query.get(name):
            raise missing(name)
    if query["response_type"] != "code":
        raise refused(70005, response_type=query["response_type"])
    _ = link.asked
    challenge, method = query.get("code_challenge", ""), query.get("code_challenge_method", "plain")
    if "code_challenge_method" in query and method not in _METHODS:
        raise refused(501491, method=method)
    if ("code_challenge" in query or "code_challenge_method" in query) and not 43 <= len(challenge) <= 128:
        raise refused(50147)
    if query.get("prompt") == "none":
        raise refused(50058)


def settle(service: Service, link: Link, choice: Choice) -> Return:
    """What the browser brings back to the app after a person picked an account.

    SignInError when Entra ID keeps them on its own page.
    """
    fault = fault_of(link)
    if fault is not None:
        return link.back.refusal(fault, service.now)
    found = decide(link.tenant, service.app, link.asked, choice)
    link.tenant.save()
    if found is None:
        return link.back.with_fields(
            {"code": _new_code(service, link, choice), "session_state": str(uuid.uuid4())}
        )
    on_page = found.number == 50020 and link.tenant.behaviour.foreignAccounts == "page"
    if on_page or found.number == 90094:
        raise found
    return link.back.refusal(found, service.now, error_code="access_denied")


def _new_code(service: Service, link: Link, choice: Choice) -> str:
    query, sign_ins = link.query, link.tenant.sign_ins
    sign_ins.forget(service.now - 86400)
    challenge = query.get("code_challenge", "")
    code = AuthorizationCode(
        code=f"1.{secrets.token_urlsafe(96)}",
        scope=query["scope"],
        redirect_uri=link.back.address,
        account=choice.account,
        issued_at=service.now,
        web=link.platform == "web",
        spa=link.platform == "spa",
        challenge=challenge,
        method=query.get("code_challenge_method", "plain") if challenge else "",
        nonce=query.get("nonce", ""),
    )
    sign_ins.codes[code.code] = code
    link.tenant.save()
    return code.code
