"""One call on its way through: who calls, in which language, on what, and the addresses to answer with."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit

import azure.functions as func

from functions.triggers import bodies
from functions.triggers.needs import DurableClient, Services
from functions.triggers.queries import Query
from shared.domain.access import Caller, Operation, Role, may
from shared.domain.sign_in import number
from shared.domain.sync import Stage, SyncRecord, TenantRecord
from shared.errors import Problem
from shared.names import SyncId, TenantId
from shared.steps.sign_in_flow import Vault
from shared.texts import Language
from shared.wire.sign_in import offer_json
from shared.wire.sync import sync_json

if TYPE_CHECKING:
    from pydantic import BaseModel

Model = TypeVar("Model", bound="BaseModel")

_TENANT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SYNC: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


@dataclass(frozen=True, slots=True)
class Call:
    """`tenant_record` is there where the path names a tenant that exists.

    Of a request with an `Idempotency-Key`, `seed` stands for it, `new_id` is what it makes (the same each
    time it is tried), and `again` says that it has been answered before.
    """

    request: func.HttpRequest
    operation: Operation
    services: Services
    caller: Caller
    language: Language
    origin: str
    client: DurableClient | None = None
    tenant_record: TenantRecord | None = None
    seed: str | None = None
    new_id: SyncId | None = None
    resumed: bool = False
    again: bool = False

    @property
    def query(self) -> Query:
        """The query parameters."""
        return Query(self.request.params, self.language)

    @property
    def tenant_id(self) -> TenantId:
        """The tenant that the path names, existing or not. Raises Problem where it cannot be one."""
        return as_tenant_id(self.part("tenant"))

    @property
    def tenant(self) -> TenantRecord:
        """The tenant that the path names."""
        if self.tenant_record is None:
            raise Problem("tenantNotFound", 404, values={"tenant": self.tenant_id})
        return self.tenant_record

    @property
    def durable(self) -> DurableClient:
        """The durable client, of an endpoint that asked for it."""
        if self.client is None:
            raise TypeError(f"{self.operation.id} was registered without the durable client")
        return self.client

    def part(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.route_params.get(name, ""))

    def body(self, model: type[Model]) -> Model:
        """The body as this model. Raises Problem."""
        return self.validated(model, bodies.read_json(self.request))

    def validated(self, model: type[Model], value: Any) -> Model:
        """A JSON value as this model. Raises Problem."""
        return bodies.validated(model, value, self.language)

    @property
    def sync_id(self) -> SyncId:
        """The sync that the path names, existing or not. Raises Problem where it cannot be one."""
        name = self.part("sync")
        if not _SYNC.fullmatch(name):
            raise self._no_sync()
        return SyncId(name)

    def _no_sync(self) -> Problem:
        name = self.part("sync")[:40]
        if self.tenant_record is None:
            return Problem("operationNotFound", 404, values={"sync": name})
        return Problem("syncNotFound", 404, values={"tenant": self.tenant_record.id, "sync": name})

    async def sync(self) -> SyncRecord:
        """The sync that the path names, of the tenant it names. Raises Problem."""
        found = await self.services.status.sync(self.tenant.id, self.sync_id)
        if found is None:
            raise self._no_sync()
        return found

    def sync_json(self, sync: SyncRecord) -> dict[str, Any]:
        """A sync as this caller gets it."""
        return sync_json(sync, self.tenant.resting, self.language, self.origin)

    async def shown(self, sync: SyncRecord) -> dict[str, Any]:
        """The same, with the code and the link to sign in by, for whoever may operate the tenant."""
        if sync.stage is not Stage.SIGN_IN or not self._operates():
            return self.sync_json(sync)
        services = self.services
        artifacts = services.artifacts(sync.tenant, sync.id)
        vault = Vault(sync.tenant, sync.id, number(sync), artifacts, services.sealed)
        flow = await asyncio.to_thread(vault.load)
        offer = None if flow is None else offer_json(flow, self.language)
        return self.sync_json(sync) | {"authentication": offer}

    def _operates(self) -> bool:
        tenant = self.tenant
        return may(self.caller, Role.OPERATOR, tenant.id, tenant.settings.access)

    def address(self, *parts: str) -> str:
        """An absolute address below `/api/v1`."""
        return "/".join((f"{self.origin}/api/v1", *parts))

    def sync_address(self, tenant: TenantId, sync: SyncId) -> str:
        """Where a sync is read."""
        return self.address("tenants", tenant, "syncs", sync)

    def operation_address(self, sync: SyncId, until: str) -> str:
        """Where a sync is followed without credentials: the token reads this one sync."""
        token = operation_token(self.services.signing_key, sync)
        query = {"until": until, "token": token} if until == "end" else {"token": token}
        return f"{self.address('operations', sync)}?{urlencode(query)}"

    def page(
        self, value: list[Any], after: str | None, pinned: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """A page of a list; `after`: where the next begins, `pinned`: parameters that it goes on with."""
        path = urlsplit(self.request.url).path
        query = Query({**self.request.params, **(pinned or {})}, self.language)
        link = f"{self.origin}{path}?{query.with_(after)}" if after else None
        return {"value": value, "nextLink": link}


def as_tenant_id(name: str) -> TenantId:
    """A name that can be a tenant's. Raises Problem for what cannot: it would be no key of a row."""
    if not _TENANT.fullmatch(name):
        raise Problem("tenantNotFound", 404, values={"tenant": name[:100]})
    return TenantId(name)


def origin(request: func.HttpRequest, public_url: str | None) -> str:
    """Where clients reach the service: as it is set, or as this request did."""
    if public_url:
        return public_url.rstrip("/")
    parts = urlsplit(request.url)
    return f"{parts.scheme}://{parts.netloc}"


def operation_token(key: bytes, sync: SyncId) -> str:
    """What stands in an operation's address instead of credentials; the reader says how long it counts."""
    mac = hmac.digest(key, f"operation {sync}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
