"""Signs in as the service principal of one tenant, by Microsoft's own library (msal).

On one machine the identity provider stands at another address. msal accepts HTTPS authorities only, so the
authority stays the production one and the HTTP client below it sends the requests elsewhere; nothing else
differs.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, assert_never

from shared.errors import SignInFailed

TIME_OUT: Final = 20.0
"""Seconds for one answer of the identity provider."""
NO_CONSENT: Final = frozenset({65001, 500011, 650051, 650052, 650057, 700016, 7000229})
"""AADSTS numbers by which Entra says that the app, or Graph, has no service principal in the tenant, or no
consent (learn.microsoft.com/entra/identity-platform/reference-error-codes).
"""
PASSING: Final = frozenset({50196, 90033, 90055, 130006})
"""AADSTS numbers of faults that pass by themselves."""
_NUMBER: Final = re.compile(r"AADSTS(\d+)")


@dataclass(frozen=True, slots=True)
class Secret:
    """A client secret."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its private key, both in PEM."""

    certificate: str
    private_key: str = field(repr=False)
    passphrase: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Federated:
    """A token of another issuer that Entra trusts for this app, such as the managed identity's; asked for
    anew for each sign-in.
    """

    assertion: Callable[[], str] = field(repr=False)


Credential: TypeAlias = Secret | Certificate | Federated


class ServicePrincipalTokens:
    """Fills `TokenSource`. One per tenant; may be used from several threads.

    `cloud_login` and `graph` are the cloud's addresses, for the authority and the scope; `login_endpoint` is
    where the identity provider really answers, if not there.
    """

    def __init__(
        self,
        tenant: str,
        client_id: str,
        credential: Credential,
        *,
        cloud_login: str = "https://login.microsoftonline.com",
        login_endpoint: str | None = None,
        graph: str = "https://graph.microsoft.com",
    ) -> None:
        self._authority = f"{cloud_login.rstrip('/')}/{tenant}"
        self._client_id, self._credential = client_id, credential
        self._scope = f"{graph.rstrip('/')}/.default"
        self._hosts = (cloud_login.rstrip("/"), (login_endpoint or cloud_login).rstrip("/"))
        self._app: Any = None
        self._lock = threading.Lock()

    def app_token(self) -> str:
        """A bearer token for Graph, from msal's cache while it lasts. Raises SignInFailed."""
        with self._lock:
            try:
                if self._app is None:
                    self._app = self._new_app()
                result = self._app.acquire_token_for_client(scopes=[self._scope])
                if "access_token" in result:
                    return str(result["access_token"])
                raise _refused(result)
            except BaseException as fault:
                # msal remembers refusals for a minute; the next attempt shall really ask.
                self._app = None
                if isinstance(fault, SignInFailed) or not isinstance(fault, Exception):
                    raise
                raise _translated(fault) from fault

    def roles(self) -> frozenset[str]:
        """The application permissions that the token carries. Raises SignInFailed."""
        return granted_roles(self.app_token())

    def drop(self) -> None:
        """Forgets the cached token, so that the next one carries new roles."""
        with self._lock:
            if self._app is not None:
                self._app.remove_tokens_for_client()

    def _new_app(self) -> Any:
        import msal

        return msal.ConfidentialClientApplication(
            self._client_id,
            client_credential=_as_msal(self._credential),
            authority=self._authority,
            # The clouds are known: asking which one this is would be one more host to reach.
            instance_discovery=False,
            http_client=_Http(*self._hosts),
        )


def granted_roles(token: str) -> frozenset[str]:
    """The `roles` of one of our own tokens for Graph. Not verified: Graph does that; this is to know what to
    expect.
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return frozenset(str(role) for role in claims.get("roles", ()))
    except (IndexError, ValueError, AttributeError):
        return frozenset()


def _as_msal(credential: Credential) -> Any:
    match credential:
        case Secret(value):
            return value
        case Certificate(certificate, private_key, passphrase):
            found = {"private_key": private_key, "public_certificate": certificate}
            return found | {"passphrase": passphrase} if passphrase else found
        case Federated(assertion):
            return {"client_assertion": assertion}
        case _ as never:
            assert_never(never)


def _refused(result: Mapping[str, Any]) -> SignInFailed:
    detail = str(result.get("error_description") or result.get("error") or "no reason was given")
    numbers = {int(number) for number in result.get("error_codes") or ()} or _numbers(detail)
    code = "consentMissing" if numbers & NO_CONSENT else "credentialRefused"
    passing = bool(numbers & PASSING) or result.get("error") == "temporarily_unavailable"
    first = detail.splitlines()[0].partition(" Trace ID: ")[0]
    return SignInFailed(code, first, request_id=str(result.get("correlation_id") or ""), transient=passing)


def _translated(fault: Exception) -> SignInFailed:
    import requests

    if isinstance(fault, _ProviderDown | requests.RequestException):
        return SignInFailed(
            "credentialRefused", f"the identity provider did not answer: {fault}", transient=True
        )
    if isinstance(fault, ValueError):
        numbers = _numbers(str(fault))
        code = "consentMissing" if numbers & NO_CONSENT else "credentialRefused"
        return SignInFailed(code, f"{str(fault).splitlines()[0]}")
    return SignInFailed("credentialRefused", f"{type(fault).__name__}: {fault}")


def _numbers(text: str) -> set[int]:
    return {int(number) for number in _NUMBER.findall(text)}


class _ProviderDown(Exception):
    """The identity provider answered that it cannot answer."""


class _Http:
    """What msal sends its requests with: a time limit, the host put in place, and no answer taken for one
    that is none.
    """

    def __init__(self, cloud: str, endpoint: str) -> None:
        import requests

        self._session = requests.Session()
        self._cloud, self._endpoint = cloud, endpoint

    def post(self, url: str, **options: Any) -> Any:
        return self._sent("POST", url, options)

    def get(self, url: str, **options: Any) -> Any:
        return self._sent("GET", url, options)

    def close(self) -> None:
        self._session.close()

    def _sent(self, method: str, url: str, options: dict[str, Any]) -> Any:
        if url.startswith(self._cloud + "/"):
            url = self._endpoint + url.removeprefix(self._cloud)
        answer = self._session.request(method, url, timeout=TIME_OUT, **options)
        if answer.status_code == 429 or answer.status_code >= 500:
            raise _ProviderDown(f"HTTP {answer.status_code}")
        return answer
