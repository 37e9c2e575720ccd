"""What the environment sets, read in this one place.

In Azure these are the function app's application settings; on one machine `dev.py run` gives them to the
host.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CLOUDS: Final[Mapping[str, tuple[str, str]]] = {
    "global": ("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "usGov": ("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "usGovDoD": ("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    "china": ("https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
}
"""Login and Graph address of each national cloud (learn.microsoft.com/graph/deployments)."""

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class PageSignIn:
    """`authority`: the directory's address, as a browser reaches it; `issuer`: what it calls itself;
    `client_id`: the app to sign in to.
    """

    authority: str
    issuer: str
    client_id: str


@dataclass(frozen=True, slots=True)
class AppSettings:
    """The app's own settings.

    `storage` is a connection string, or empty where `storage_account` names an account reached with a managed
    identity (`storage_client_id` for a user-assigned one). `local_key` is a key with all roles, set on one
    machine only. `data` is the local folder that stands in for Key Vault; None in Azure. Durations are in
    seconds.
    """

    storage: str
    storage_account: str | None
    storage_client_id: str | None
    login_endpoint: str | None
    graph_endpoint: str | None
    client_id: str | None
    client_secret: str | None
    public_url: str | None
    host_name: str | None
    """The function app's own host name, as Azure gives it."""
    local_key: str | None
    key_vault_url: str | None
    data: Path | None
    cache: Path
    slice_seconds: float
    """How long one activity works before it hands back what it has (mechanics.md 2)."""
    propagation_seconds: float
    """How long a permission that is granted, and in no token yet, is looked for again (mechanics.md 3)."""
    read_back_seconds: float
    """How long a deploy waits for a write to show (product.md 3.7)."""
    lease_seconds: int
    """How long a dead process still holds a blob that it had leased: 15 to 60 (Blob Storage)."""
    visible_within: float | None
    """Overrides the catalog's `visible_within`; None in production, shortened by tests."""
    api_tenant_id: str | None = None
    """The directory (its GUID) whose tokens the API accepts; None: it accepts function keys alone."""
    api_client_id: str | None = None
    """The app registration (its GUID) that those tokens are made for; people sign in to it on the page."""
    api_cloud: str = "global"
    """The cloud of that directory."""

    @property
    def sign_in(self) -> PageSignIn | None:
        """How people sign in to the page; None: by no directory."""
        if self.api_tenant_id is None or self.api_client_id is None:
            return None
        cloud = CLOUDS[self.api_cloud][0]
        login, tenant = (self.login_endpoint or cloud).rstrip("/"), self.api_tenant_id
        return PageSignIn(f"{login}/{tenant}", f"{cloud}/{tenant}/v2.0", self.api_client_id)

    def callback_address(self, name: str) -> str:
        """Where the identity provider sends people back to; registered with the app."""
        if self.public_url:
            return f"{self.public_url.rstrip('/')}/callback/{name}"
        if self.host_name:
            return f"https://{self.host_name}/callback/{name}"
        raise ValueError("no address for callbacks: set ACCORD_PUBLIC_URL to where people reach the service")

    def addresses(self, cloud: str) -> tuple[str, str]:
        """The login and the Graph address of a cloud, overridden where this machine says so."""
        login, graph = CLOUDS[cloud]
        return (self.login_endpoint or login).rstrip("/"), (self.graph_endpoint or graph).rstrip("/")


def load(environment: Mapping[str, str] = os.environ) -> AppSettings:
    """Reads the settings; a missing storage connection is a `ValueError` that says what to set."""
    text = {name: value for name, value in environment.items() if value}
    storage, account = text.get("AzureWebJobsStorage", ""), text.get("AzureWebJobsStorage__accountName")
    if not storage and not account:
        raise ValueError(
            "no storage: set AzureWebJobsStorage to a connection string, or AzureWebJobsStorage__accountName "
            "to an account that the managed identity may use; `python3 dev.py run` does it by itself"
        )
    data = text.get("ACCORD_DATA")
    visible = text.get("ACCORD_VISIBLE_WITHIN")
    return AppSettings(
        storage=storage,
        storage_account=account,
        storage_client_id=text.get("AzureWebJobsStorage__clientId"),
        login_endpoint=text.get("ACCORD_LOGIN_ENDPOINT"),
        graph_endpoint=text.get("ACCORD_GRAPH_ENDPOINT"),
        client_id=text.get("ACCORD_CLIENT_ID"),
        client_secret=text.get("ACCORD_CLIENT_SECRET"),
        public_url=text.get("ACCORD_PUBLIC_URL"),
        host_name=text.get("WEBSITE_HOSTNAME"),
        local_key=text.get("ACCORD_LOCAL_KEY"),
        key_vault_url=text.get("ACCORD_KEY_VAULT_URL"),
        data=Path(data) if data else None,
        cache=Path(text.get("ACCORD_CACHE", str(Path(tempfile.gettempdir()) / "accord-cache"))),
        slice_seconds=float(text.get("ACCORD_SLICE_SECONDS", "240")),
        propagation_seconds=float(text.get("ACCORD_PROPAGATION_SECONDS", "300")),
        read_back_seconds=float(text.get("ACCORD_READ_BACK_SECONDS", "300")),
        lease_seconds=int(text.get("ACCORD_LEASE_SECONDS", "60")),
        visible_within=float(visible) if visible else None,
        **_api_directory(text),
    )


def _api_directory(text: Mapping[str, str]) -> dict[str, str]:
    """Whose tokens the API accepts. Raises ValueError for half of it: a typing error must not open or close
    the service unnoticed.
    """
    names = ("ACCORD_API_TENANT_ID", "ACCORD_API_CLIENT_ID")
    given = [text.get(name, "").lower() for name in names]
    if not any(given):
        return {}
    for name, value in zip(names, given, strict=True):
        if not _GUID.fullmatch(value):
            raise ValueError(f"the directory of the API: set {name} to a GUID, or neither of {names}")
    cloud = text.get("ACCORD_API_CLOUD", "global")
    if cloud not in CLOUDS:
        raise ValueError(f"the directory of the API: ACCORD_API_CLOUD is one of {', '.join(CLOUDS)}")
    return {"api_tenant_id": given[0], "api_client_id": given[1], "api_cloud": cloud}
