"""How people who open the page prove who they are: by the directory that the installation is connected to;
on one machine by the app's own key, without asking; else by a key that they type.

The key goes to this very page and to nobody else. It is given only where the app has one, which no app in
Azure has; only to a request by the loopback interface's own names, which a name that an attacker points at
127.0.0.1 is not; and only to a script of the page itself. Asking is a POST, since browsers put the page's
origin on every POST and let no script set it (Fetch standard, "append a request `Origin` header"): it also
gives away a proxy that brings others to this machine under its name.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import azure.functions as func

from functions.triggers.needs import ApiSettings

SCOPE: Final = "access_as_user"
"""What the app registration exposes, and tokens of people must have (`adapters/bearer`)."""
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via")


def session(request: func.HttpRequest, settings: ApiSettings) -> dict[str, Any]:
    """`{"kind": "entra", "authority", "issuer", "clientId", "scope"}` where people sign in to a directory;
    `{"kind": "key", "key": …}`; or `{"kind": "askKey"}`: the person types a key.
    """
    if settings.sign_in is not None:
        place = settings.sign_in
        return {
            "kind": "entra",
            "authority": place.authority,
            "issuer": place.issuer,
            "clientId": place.client_id,
            "scope": f"openid profile offline_access api://{place.client_id}/{SCOPE}",
        }
    if settings.local_key and _by_own_page(request):
        return {"kind": "key", "key": settings.local_key}
    return {"kind": "askKey"}


def _by_own_page(request: func.HttpRequest) -> bool:
    """Whether a script of this very page asks, in a browser on this machine."""
    headers = request.headers
    asked, asker = urlsplit(request.url), urlsplit(headers.get("Origin", ""))
    host = headers.get("Host", asked.netloc)
    return (
        asker.scheme in ("http", "https")
        and asker.netloc == host == asked.netloc
        and asker.hostname in LOOPBACK
        and headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
        and not any(name in headers for name in FORWARDED)
    )
