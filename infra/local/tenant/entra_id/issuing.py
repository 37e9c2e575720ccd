"""The tokens an app gets for a signed-in person.

learn.microsoft.com/entra/identity-platform/access-token-claims-reference, id-token-claims-reference and
refresh-tokens. Graph's access tokens are of version 1.0.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from infra.local.tenant.app_roles import APP_ID, APP_NAME
from infra.local.tenant.tenant import Tenant
from infra.local.tenant.tokens import GRAPH, Signer

from .accounts import Person
from .metadata import HOME
from .refusals import refused
from .scopes import Asked, answered
from .service import Service

_KIND = "refresh"


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """What a refresh token holds. `signed_in_at`: when the person did; `issued_at`: this token of the chain.
    `web`: a confidential client's; `device`: the chain began with a device code; `generation`: the
    tenant's sign-ins that it belongs to.
    """

    tenant: str
    account: str
    scope: str
    signed_in_at: float
    issued_at: float
    web: bool
    device: bool
    generation: int

    def sealed(self, signer: Signer) -> str:
        return signer.seal(_KIND, asdict(self))

    @staticmethod
    def opened(text: str, signer: Signer) -> RefreshToken:
        """SignInError for anything that is no refresh token of ours."""
        held = signer.unseal(_KIND, text)
        if held is None:
            raise refused(70000)
        return RefreshToken(**held)


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in to give tokens for. `proof`: how the app proved itself (`appidacr`), "0" not at all."""

    tenant: Tenant
    person: Person
    asked: Asked
    refresh: RefreshToken
    proof: str
    nonce: str = ""
    client_info: bool = False


def issue(service: Service, session: Session, held: frozenset[str]) -> dict[str, Any]:
    """The token endpoint's answer: a token with the permissions `held`, and what else was asked."""
    now, asked, tenant = service.now, session.asked, session.tenant
    lifetime = tenant.behaviour.tokenLifetime
    answer: dict[str, Any] = {
        "token_type": "Bearer",
        "scope": answered(asked, held),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": service.signer.sign(_access_claims(session, held, now)),
    }
    if "offline_access" in asked.open_id:
        answer["refresh_token"] = session.refresh.sealed(service.signer)
    if "openid" in asked.open_id:
        claims = id_claims(tenant, session.person, asked, APP_ID, now, session.nonce)
        answer["id_token"] = service.signer.sign({**claims, **_home(session, {})})
    if session.client_info:
        answer["client_info"] = _client_info(session.person)
    return answer


def _access_claims(session: Session, held: frozenset[str], now: float) -> dict[str, Any]:
    tenant, person = session.tenant, session.person
    open_id = session.asked.open_id - {"offline_access"}
    claims = {
        "aud": GRAPH,
        "iss": f"https://sts.windows.net/{tenant.entra_id}/",
        **times(tenant, now),
        "acct": 1 if _is_guest(session) else 0,
        "acr": "1",
        "amr": ["pwd", "mfa"],
        "app_displayname": APP_NAME,
        "appid": APP_ID,
        "appidacr": session.proof,
        "idtyp": "user",
        "name": person.name,
        "oid": person.id,
        "scp": " ".join(sorted(held | open_id)),
        "sub": pairwise(person, GRAPH),
        "tid": tenant.entra_id,
        "unique_name": person.login,
        "uti": unique(),
        "ver": "1.0",
        "wids": list(person.roles),
    }
    return claims | _home(session, {"upn": person.upn})


def id_claims(
    tenant: Tenant, person: Person, asked: Asked, app_id: str, now: float, nonce: str
) -> dict[str, Any]:
    """The claims of an ID token for an app."""
    claims: dict[str, Any] = {
        "aud": app_id,
        "iss": f"{HOME}/{tenant.entra_id}/v2.0",
        **times(tenant, now),
        "oid": person.id,
        "sub": pairwise(person, app_id),
        "tid": tenant.entra_id,
        "uti": unique(),
        "ver": "2.0",
    }
    if "profile" in asked.open_id:
        claims |= {"name": person.name, "preferred_username": person.login}
    return {**claims, "nonce": nonce} if nonce else claims


def _home(session: Session, own: dict[str, Any]) -> dict[str, Any]:
    """`own` for the tenant's people; for a guest where their account lives (`idp`), and no `upn`."""
    if not _is_guest(session):
        return own
    home = session.person.home_tenant
    return {"idp": f"https://sts.windows.net/{home}/", "email": session.person.login}


def _is_guest(session: Session) -> bool:
    return session.person.home_tenant != session.tenant.entra_id


def times(tenant: Tenant, now: float) -> dict[str, int]:
    """When a token begins and ceases to count."""
    moment = int(now)
    return {"iat": moment, "nbf": moment, "exp": moment + tenant.behaviour.tokenLifetime}


def pairwise(person: Person, app: str) -> str:
    """`sub`: another one for each app."""
    digest = hashlib.sha256(f"{person.id} {app}".encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def unique() -> str:
    """`uti`: the token's own id."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()


def _client_info(person: Person) -> str:
    """Whose account it is at home: what msal makes `home_account_id` of."""
    text = json.dumps({"uid": person.home_id, "utid": person.home_tenant})
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
