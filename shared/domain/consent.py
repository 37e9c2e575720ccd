"""The link by which an administrator of a tenant consents to all that our app needs."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class ConsentApp:
    """Our app as a tenant knows it: where its people sign in, its directory's id, the app's id, and the
    address of Graph in its cloud.
    """

    login: str
    directory: str
    client_id: str
    graph: str


def admin_consent_url(app: ConsentApp, redirect_uri: str, state: str) -> str:
    """`.default` asks for everything that the app registration lists, application and delegated permissions
    alike (learn.microsoft.com/entra/identity-platform/v2-admin-consent).
    """
    query = urlencode(
        {
            "client_id": app.client_id,
            "scope": f"{app.graph}/.default",
            "redirect_uri": redirect_uri,
            "state": state,
        }
    )
    return f"{app.login}/{app.directory}/v2.0/adminconsent?{query}"
