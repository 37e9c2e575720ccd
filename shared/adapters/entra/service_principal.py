"""Signs in as the service principal of one tenant, by Microsoft's own library (msal)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from shared.adapters.entra.claims import claim
from shared.adapters.entra.credentials import Credential
from shared.adapters.entra.provider import Provider
from shared.adapters.entra.refusals import app_refused, translated
from shared.errors import SignInFailed


class ServicePrincipalTokens:
    """Fills `TokenSource`. One per tenant; may be used from several threads.

    `credential` is asked for when signing in anew, and again after a refusal: a secret that was replaced is
    taken up by itself.
    """

    def __init__(self, provider: Provider, credential: Callable[[], Credential]) -> None:
        self._provider, self._credential = provider, credential
        self._scope = provider.address.everything_granted
        self._app: Any = None
        self._lock = threading.Lock()

    def app_token(self) -> str:
        """A bearer token for Graph, from msal's cache while it lasts. Raises SignInFailed."""
        with self._lock:
            known = self._app is not None
            try:
                return self._asked()
            except SignInFailed as refused:
                if not known or refused.transient:
                    raise
                return self._asked()  # with the credential as it is now

    def roles(self) -> frozenset[str]:
        """The application permissions that the token carries. Raises SignInFailed."""
        return granted_roles(self.app_token())

    def drop(self) -> None:
        """Forgets the cached token, so that the next one carries new roles."""
        with self._lock:
            if self._app is not None:
                self._app.remove_tokens_for_client()

    def _asked(self) -> str:
        try:
            if self._app is None:
                self._app = self._provider.confidential(self._credential())
            result = self._app.acquire_token_for_client(scopes=[self._scope])
            if "access_token" in result:
                return str(result["access_token"])
            raise app_refused(result)
        except BaseException as fault:
            # msal remembers refusals for a minute; the next attempt shall really ask.
            self._app = None
            if isinstance(fault, SignInFailed) or not isinstance(fault, Exception):
                raise
            raise translated(fault) from fault


def granted_roles(token: str) -> frozenset[str]:
    """The `roles` of one of our own tokens for Graph; what is in them is not for us to verify."""
    roles = claim(token, "roles")
    return frozenset(str(role) for role in roles) if isinstance(roles, list) else frozenset()
