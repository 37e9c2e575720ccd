"""Where the identity provider of one tenant answers, and how msal is made to ask it.

On one machine the identity provider stands at another address. msal accepts HTTPS authorities only, so the
authority stays the production one and the HTTP client below it sends the requests elsewhere; nothing else
differs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from shared.adapters.entra.credentials import Credential, as_msal

TIME_OUT: Final = 20.0
"""Seconds for one answer of the identity provider."""
DESCRIPTION_LASTS: Final = 24 * 3600.0
"""Seconds that the provider's description of itself (its endpoints) is kept, as msal keeps it."""
_DESCRIPTION: Final = "/.well-known/openid-configuration"


class ProviderDown(Exception):
    """The identity provider answered that it cannot answer."""


@dataclass(frozen=True, slots=True)
class Address:
    """Whom to ask for what: the app in one tenant of one cloud.

    `cloud_login` and `graph` are the cloud's addresses, for the authority and the scopes; `login_endpoint` is
    where the identity provider really answers, if not there.
    """

    tenant: str
    client_id: str
    cloud_login: str = "https://login.microsoftonline.com"
    login_endpoint: str | None = None
    graph: str = "https://graph.microsoft.com"

    @property
    def everything_granted(self) -> str:
        """The scope that stands for whatever has been granted for Graph."""
        return self.scope(".default")

    def scope(self, permission: str) -> str:
        """A permission of Graph, such as `Group.Read.All`, as a scope of this cloud."""
        return f"{self.graph.rstrip('/')}/{permission}"

    def reachable(self, url: str) -> str:
        """The same page where it can be reached: elsewhere than in the cloud, on one machine."""
        cloud, endpoint = self.cloud_login.rstrip("/"), (self.login_endpoint or self.cloud_login).rstrip("/")
        return endpoint + url.removeprefix(cloud) if url.startswith(cloud + "/") else url


class Provider:
    """Makes msal's applications for one address; they share connections and the provider's description of
    itself, so that each question after the first is one request. May be used from several threads. `http` is
    for tests.
    """

    def __init__(self, address: Address, http: Any = None) -> None:
        self.address = address
        self._http = http or Http(address.reachable)

    def public(self, token_cache: Any = None) -> Any:
        """The app without its credential, as the device flow needs it."""
        import msal

        return msal.PublicClientApplication(self.address.client_id, **self._options(token_cache))

    def confidential(self, credential: Credential, token_cache: Any = None) -> Any:
        """The app with its credential. Raises ValueError where msal cannot use that."""
        import msal

        return msal.ConfidentialClientApplication(
            self.address.client_id, client_credential=as_msal(credential), **self._options(token_cache)
        )

    def _options(self, token_cache: Any) -> dict[str, Any]:
        return {
            "authority": f"{self.address.cloud_login.rstrip('/')}/{self.address.tenant}",
            # The clouds are known: asking which one this is would be one more host to reach.
            "instance_discovery": False,
            "http_client": self._http,
            "token_cache": token_cache,
        }


class Http:
    """What msal sends its requests with: a time limit, the host put in place, and no answer taken for one
    that is none.
    """

    def __init__(self, reachable: Callable[[str], str], clock: Callable[[], float] = time.monotonic) -> None:
        import requests

        self._session = requests.Session()
        self._reachable, self._clock = reachable, clock
        self._kept: dict[str, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def post(self, url: str, **options: Any) -> Any:
        return self._sent("POST", url, options)

    def get(self, url: str, **options: Any) -> Any:
        if not url.endswith(_DESCRIPTION):
            return self._sent("GET", url, options)
        with self._lock:
            since, answer = self._kept.get(url, (0.0, None))
            if answer is None or self._clock() - since > DESCRIPTION_LASTS:
                answer = self._sent("GET", url, options)
                if answer.status_code == 200:
                    self._kept[url] = (self._clock(), answer)
            return answer

    def close(self) -> None:
        self._session.close()

    def _sent(self, method: str, url: str, options: dict[str, Any]) -> Any:
        answer = self._session.request(method, self._reachable(url), timeout=TIME_OUT, **options)
        if answer.status_code == 429 or answer.status_code >= 500:
            raise ProviderDown(f"HTTP {answer.status_code}")
        return answer
