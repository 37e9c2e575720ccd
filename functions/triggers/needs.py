"""What the handlers need: the services, which tests fake, and the durable client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from shared.domain.access import Caller
from shared.domain.catalog import Catalog
from shared.domain.consent import ConsentApp
from shared.domain.sync import Actor, SyncRecord, TenantRecord
from shared.names import ChangeId, SyncId, TenantId
from shared.ports import Clock, EditedRepository, Sealed, TokenCaches, UserTokens
from shared.settings import PageSignIn
from shared.steps.decide import Plans
from shared.steps.permissions import Desk, Look
from shared.steps.sign_in import Attempt
from shared.stores import AnswerStore, Artifacts, AuditLog, Callbacks, KeyStore, StatusStore


class ApiSettings(Protocol):
    """The app's settings that the API goes by."""

    @property
    def public_url(self) -> str | None:
        """Where clients reach the service; None: wherever they reached it."""
        ...

    @property
    def local_key(self) -> str | None:
        """A key with all roles, on one machine only."""
        ...

    @property
    def sign_in(self) -> PageSignIn | None:
        """How people sign in to the page; None: by no directory."""
        ...


class BearerTokens(Protocol):
    """The tokens of one directory."""

    async def caller(self, token: str) -> Caller:
        """Who calls with this token. Raises Problem 401 for a token that is no good, 503 where nobody can
        say.
        """
        ...


class GitAnswer(Protocol):
    """What Git is answered."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


class GitSite(Protocol):
    """A tenant's repository over Git's smart HTTP, without a web framework."""

    def serve(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        actor: Actor,
        *,
        may_push: bool,
    ) -> GitAnswer:
        """Answers one request. `target`: the path below the repository and the query, `/info/refs?service=…`.

        Runs in the thread pool.
        """
        ...


class Services(Protocol):
    """Everything outside, each member built when it is first used."""

    @property
    def settings(self) -> ApiSettings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def status(self) -> StatusStore: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def keys(self) -> KeyStore: ...

    @property
    def bearer(self) -> BearerTokens | None:
        """Tokens of the directory that the API belongs to; None: it accepts none."""
        ...

    @property
    def answers(self) -> AnswerStore: ...
    @property
    def callbacks(self) -> Callbacks: ...
    @property
    def catalog(self) -> Catalog: ...

    @property
    def sealed(self) -> Sealed:
        """Encrypts what is kept of sign-ins."""
        ...

    @property
    def token_caches(self) -> TokenCaches:
        """Who is signed in to which tenant."""
        ...

    def user_tokens(self, tenant: TenantRecord) -> UserTokens:
        """The signed-in user of one tenant."""
        ...

    async def attempt(self, tenant: TenantRecord, subject: SyncId, number: int) -> Attempt:
        """One sign-in of a person to the tenant: a sync's, or one ahead of any."""
        ...

    def consent_app(self, tenant: TenantRecord) -> ConsentApp:
        """Our app as the tenant's administrators consent to it."""
        ...

    def permission_desk(self, tenant: TenantRecord) -> Desk:
        """What one tenant's permissions are kept with."""
        ...

    def permission_look(self, tenant: TenantRecord) -> AbstractAsyncContextManager[Look]:
        """What one look at a tenant's permissions works with."""
        ...

    @property
    def plans(self) -> Plans:
        """What a decision needs to know of stored plans."""
        ...

    @property
    def signing_key(self) -> bytes:
        """The HMAC key of the tokens in an operation's address, and of new function keys."""
        ...

    def new_sync_id(self) -> SyncId: ...
    def artifacts(self, tenant: TenantId, sync: SyncId) -> Artifacts: ...

    def of_tenant(self, tenant: TenantId) -> Artifacts:
        """The blobs of a tenant that belong to no sync."""
        ...

    def repository(self, tenant: TenantId) -> EditedRepository: ...

    def git(self, tenant: TenantId) -> GitSite: ...

    def note_pushes(self, tenant: TenantId) -> None:
        """Has pushes noted that could not be when they came."""
        ...

    async def ask_tenant(self, tenant: TenantRecord, sync: SyncRecord) -> Sequence[ChangeId]:
        """Asks the tenant about the writes that its own approval holds back; the changes to wake it for."""
        ...

    async def health(self) -> Mapping[str, bool]:
        """What the service stands on, and whether it answers: `{"storage": true}`."""
        ...


class DurableClient(Protocol):
    """The part of the Durable Functions client that handlers use."""

    async def start_new(
        self, orchestration_function_name: str, instance_id: str | None = None, client_input: Any = None
    ) -> str:
        """Starts an orchestration under this instance id."""
        ...

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any = None) -> None:
        """Wakes an orchestration that waits for an event of this name."""
        ...


def current() -> Services:
    """The process's own services, made at the first request."""
    from shared.services import services

    return services()
