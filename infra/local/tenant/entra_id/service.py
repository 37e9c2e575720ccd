"""The one Entra ID of a process: its tenants, the app's registration, its signing key and its clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from infra.local.tenant.consents import service_principal
from infra.local.tenant.tenant import Record, Tenant, World
from infra.local.tenant.tokens import Signer

from .given import Given
from .refusals import missing, refused
from .registration import Registration
from .web_api import WebApi


@dataclass(frozen=True, slots=True)
class Service:
    """What every part of a sign-in needs."""

    world: World
    signer: Signer
    app: Registration
    clock: Callable[[], float]
    api: WebApi
    given: Given = field(default_factory=Given)

    @property
    def now(self) -> float:
        return self.clock()

    def known_app(self, form: dict[str, str], tenant: Tenant) -> Record:
        """The app's service principal in the tenant. SignInError unless `client_id` is the app and the tenant
        knows it.
        """
        app_id = form.get("client_id", "")
        if not app_id:
            raise missing("client_id")
        principal = service_principal(tenant, app_id)
        if app_id.lower() != self.app.app_id or principal is None or not tenant.consented:
            raise refused(700016, app=app_id, tenant=tenant.display_name)
        return principal


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request to the token endpoint: the tenant of the address, the form's fields, and the page that sends
    them (`Origin`), if a page does.
    """

    service: Service
    tenant: Tenant
    form: dict[str, str]
    origin: str = ""

    def required(self, name: str) -> str:
        """A field of the form; SignInError without it."""
        value = self.form.get(name)
        if not value:
            raise missing(name)
        return value
