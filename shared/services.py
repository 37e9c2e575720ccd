"""Puts the program together: the one place that names concrete adapters.

Built when first used and kept for the life of the process; nothing connects, reads or logs at import.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any

from shared import settings as environment
from shared.names import ChangeId, SyncId, TenantId, TypeKey

if TYPE_CHECKING:
    from azure.storage.blob import BlobServiceClient

    from shared.adapters.bearer.tokens import EntraTokens
    from shared.adapters.blobs import Blobs
    from shared.adapters.entra.identities import Identities
    from shared.adapters.entra.provider import Address
    from shared.adapters.graph.tenant import GraphTenant
    from shared.adapters.repository.site import GitSite, TenantRepository
    from shared.adapters.secrets import FolderSecrets, VaultSecrets
    from shared.adapters.tables.answers import TableAnswerStore
    from shared.adapters.tables.audit import TableAuditLog
    from shared.adapters.tables.background import Background
    from shared.adapters.tables.callbacks import TableCallbacks
    from shared.adapters.tables.connection import Tables
    from shared.adapters.tables.keys import TableKeyStore
    from shared.adapters.tables.state import TableStatusStore
    from shared.domain.catalog import Catalog
    from shared.domain.consent import ConsentApp
    from shared.domain.sync import SyncRecord, TenantRecord
    from shared.ports import Artifacts, Sealed, TokenCaches, TokenSource, UserSignIn, UserTokens
    from shared.steps.permissions import Desk, Look
    from shared.steps.plans import StoredPlans
    from shared.steps.sign_in import Attempt
    from shared.steps.work import Work

REPOSITORIES = "repositories"


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """The present moment, in UTC."""
        return dt.datetime.now(dt.UTC)


class Services:
    """Every adapter, made from the settings when it is first asked for."""

    def __init__(self, settings: environment.AppSettings) -> None:
        self.settings = settings
        self.clock = SystemClock()

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog of types."""
        from shared.catalog.loader import load

        return load()

    @cached_property
    def _tables(self) -> Tables:
        from shared.adapters.tables.connection import Tables, by_account, by_connection_string

        if self.settings.storage:
            return Tables(by_connection_string(self.settings.storage))
        return Tables(by_account(self.settings.storage_account or "", self._credential))

    def _credential(self) -> Any:
        from azure.identity.aio import ManagedIdentityCredential

        return ManagedIdentityCredential(client_id=self.settings.storage_client_id)

    @cached_property
    def status(self) -> TableStatusStore:
        """Tenants, syncs and the rows by which races are decided."""
        from shared.adapters.tables.state import TableStatusStore

        return TableStatusStore(self._tables, self.clock.now)

    @cached_property
    def audit(self) -> TableAuditLog:
        """Who did what."""
        from shared.adapters.tables.audit import TableAuditLog

        return TableAuditLog(self._tables)

    @cached_property
    def keys(self) -> TableKeyStore:
        """Function keys."""
        from shared.adapters.tables.keys import TableKeyStore

        return TableKeyStore(self._tables)

    @cached_property
    def bearer(self) -> EntraTokens | None:
        """Bearer tokens of the directory that the API belongs to; None: of none."""
        from shared.adapters.bearer.directory import Directory
        from shared.adapters.bearer.tokens import EntraTokens

        one, login = self.settings, environment.CLOUDS[self.settings.api_cloud][0]
        if one.api_tenant_id is None or one.api_client_id is None:
            return None
        return EntraTokens(Directory(one.api_tenant_id, one.api_client_id, login, one.login_endpoint))

    @cached_property
    def answers(self) -> TableAnswerStore:
        """Answers kept for `Idempotency-Key`."""
        from shared.adapters.tables.answers import TableAnswerStore

        return TableAnswerStore(self._tables)

    @cached_property
    def callbacks(self) -> TableCallbacks:
        """States of callbacks that are waited for."""
        from shared.adapters.tables.callbacks import TableCallbacks

        return TableCallbacks(self._tables)

    @cached_property
    def signing_key(self) -> bytes:
        """The HMAC key of operation addresses."""
        return self._secrets.get(self._own("signing"))

    @cached_property
    def _secrets(self) -> FolderSecrets | VaultSecrets:
        from shared.adapters.secrets import FolderSecrets, VaultSecrets

        if self.settings.key_vault_url:
            return VaultSecrets(self.settings.key_vault_url, self.settings.storage_client_id)
        if self.settings.data is None:
            raise ValueError("no place for secrets: set ACCORD_KEY_VAULT_URL, or ACCORD_DATA on one machine")
        return FolderSecrets(self.settings.data / "secrets")

    def _own(self, name: str) -> str:
        """How a key of the service itself is called where it is kept."""
        return f"accord-{name}" if self.settings.key_vault_url else name

    def new_sync_id(self) -> SyncId:
        """A fresh id, sorting by time."""
        from shared.domain.start import ENTROPY, new_sync_id

        return new_sync_id(self.clock.now(), secrets.token_bytes(ENTROPY))

    @cached_property
    def _blob_service(self) -> BlobServiceClient:
        from shared.adapters.blobs import by_account, by_connection_string

        if self.settings.storage:
            return by_connection_string(self.settings.storage)
        from azure.identity import ManagedIdentityCredential

        credential = ManagedIdentityCredential(client_id=self.settings.storage_client_id)
        return by_account(self.settings.storage_account or "", credential)

    @cached_property
    def _artifacts(self) -> Blobs:
        from shared.adapters.blobs import Blobs

        seconds = self.settings.lease_seconds
        return Blobs(self._blob_service, lease_seconds=seconds, renew_after=seconds / 3)

    @cached_property
    def _repositories(self) -> Blobs:
        from shared.adapters.blobs import Blobs

        return Blobs(self._blob_service, container=REPOSITORIES)

    def artifacts(self, tenant: TenantId, sync: SyncId) -> Artifacts:
        """The blobs of one sync."""
        return self._artifacts.of(tenant, sync)

    def of_tenant(self, tenant: TenantId) -> Artifacts:
        """The blobs of a tenant that belong to no sync."""
        return self._artifacts.of_tenant(tenant)

    def repository(self, tenant: TenantId) -> TenantRepository:
        """The tenant's Git repository."""
        from shared.adapters.repository.site import TenantRepository

        return TenantRepository(self._repositories.container, tenant, self.settings.cache)

    def git(self, tenant: TenantId) -> GitSite:
        """Git over HTTP in front of it, its pushes checked against the catalog."""
        from shared.adapters.repository.site import GitSite
        from shared.steps.push import Notary, check_push, dump_actor

        repository = self.repository(tenant)
        notary = Notary(self.status, self.audit, tenant, self._background.run)
        return GitSite(repository, partial(check_push, self.catalog, repository), notary, dump_actor)

    def note_pushes(self, tenant: TenantId) -> None:
        """Has pushes noted that could not be when they came."""
        self.git(tenant).take_note()

    @cached_property
    def _background(self) -> Background:
        from shared.adapters.tables.background import Background

        return Background()

    @cached_property
    def plans(self) -> StoredPlans:
        """The plans as syncs stored them."""
        from shared.steps.plans import StoredPlans

        return StoredPlans(self.artifacts, self.repository, lambda: self.catalog)

    @cached_property
    def _identities(self) -> Identities:
        from shared.adapters.entra.identities import Identities

        return Identities(self._address, self.settings.client_secret, self._assertion, self._secrets.named)

    def _address(self, tenant: TenantRecord) -> Address:
        """Whom to ask for tokens of this tenant."""
        from shared.adapters.entra.provider import Address

        login, graph = environment.CLOUDS[tenant.settings.cloud]
        return Address(
            tenant=tenant.entra_tenant_id,
            client_id=tenant.settings.application.client_id or self.settings.client_id or "",
            cloud_login=login,
            login_endpoint=self.settings.login_endpoint,
            graph=graph,
        )

    def tokens(self, tenant: TenantRecord) -> TokenSource:
        """The service principal of one tenant."""
        return self._identities.service_principal(tenant)

    def user_sign_in(self, tenant: TenantRecord) -> UserSignIn:
        """How people sign in to one tenant."""
        return self._identities.sign_in(tenant)

    def user_tokens(self, tenant: TenantRecord) -> UserTokens:
        """The signed-in user of one tenant; an object for each activity."""
        return self._identities.user(tenant, self.token_caches)

    @cached_property
    def token_caches(self) -> TokenCaches:
        """Who is signed in to which tenant."""
        from shared.adapters.token_caches import SealedTokenCaches

        return SealedTokenCaches(self._artifacts.of_tenant, self.sealed)

    @cached_property
    def sealed(self) -> Sealed:
        """Encrypts what is kept of sign-ins."""
        from shared.adapters.sealed import AesGcmSeal

        return AesGcmSeal(self._secrets, self._own("sealing"))

    async def attempt(self, tenant: TenantRecord, subject: SyncId, number: int) -> Attempt:
        """One sign-in of a person to the tenant: a sync's, or one ahead of any."""
        from shared import workbench

        return await workbench.attempt(self, tenant, subject, number)

    def _assertion(self) -> str:
        """A token of the managed identity, which the app registration trusts (federated credential)."""
        from azure.identity import ManagedIdentityCredential

        with ManagedIdentityCredential(client_id=self.settings.storage_client_id) as credential:
            return str(credential.get_token("api://AzureADTokenExchange/.default").token)

    def graph(
        self,
        tenant: TenantRecord,
        user: UserTokens | None = None,
        needing: frozenset[TypeKey] = frozenset(),
        **more: Any,
    ) -> GraphTenant:
        """The tenant's Graph, as the service principal, and as `user` for the types `needing` one; `more` as
        `GraphTenant` takes it.
        """
        from shared.adapters.graph.tenant import AsUser, GraphTenant

        _, graph = self.settings.addresses(tenant.settings.cloud)
        return GraphTenant(graph, self.tokens(tenant), user=AsUser(user, needing), **more)

    def client_id(self, tenant: TenantRecord) -> str:
        """The app's id in this tenant."""
        return self._address(tenant).client_id

    def consent_app(self, tenant: TenantRecord) -> ConsentApp:
        """Our app as the tenant's administrators consent to it."""
        from shared.domain.consent import ConsentApp

        login, _ = self.settings.addresses(tenant.settings.cloud)
        address = self._address(tenant)
        return ConsentApp(login, address.tenant, address.client_id, address.graph)

    def work(self, payload: Mapping[str, Any]) -> AbstractAsyncContextManager[Work]:
        """What one activity of a sync works with; `payload` is the activity's input."""
        from shared import workbench

        return workbench.work(self, payload)

    def permission_desk(self, tenant: TenantRecord) -> Desk:
        """What one tenant's permissions are kept with."""
        from shared import workbench

        return workbench.permission_desk(self, tenant)

    def permission_look(self, tenant: TenantRecord) -> AbstractAsyncContextManager[Look]:
        """What one look at a tenant's permissions works with."""
        from shared import workbench

        return workbench.permission_look(self, tenant)

    async def ask_tenant(self, tenant: TenantRecord, sync: SyncRecord) -> Sequence[ChangeId]:
        """Asks the tenant about the writes that its own approval holds back (`reconcile`, every minute)."""
        from shared.adapters.graph.transport import Manner
        from shared.steps.await_tenant import ask_tenant

        artifacts, manner = self.artifacts(tenant.id, sync.id), Manner(attempts=1, refusals=1, time_out=15)
        async with self.graph(tenant, manner=manner) as api:
            return await ask_tenant(self.status, artifacts, api, sync, self.clock.now())

    async def health(self) -> Mapping[str, bool]:
        """Whether storage answers."""
        from shared.errors import AccordError

        try:
            await self.status.tenant(TenantId("health"))
        except AccordError:
            return {"storage": False}
        return {"storage": True}


@cache
def services() -> Services:
    """The process's services."""
    return Services(environment.load())
