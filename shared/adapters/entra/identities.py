"""Every identity the service works with, made when first asked for and kept for the life of the process: the
service principal of each tenant, and the ways for people to sign in to it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import astuple
from functools import partial
from typing import Any, TypeVar, assert_never

from shared.adapters.entra.credentials import Credential, Federated, Secret, certificate_from, secret_from
from shared.adapters.entra.provider import Address, Provider
from shared.adapters.entra.service_principal import ServicePrincipalTokens
from shared.adapters.entra.user_sign_in import EntraSignIn
from shared.adapters.entra.user_tokens import StoredUserTokens
from shared.domain.settings import Application, CredentialKind
from shared.domain.sync import TenantRecord
from shared.errors import SecretUnreadable
from shared.user_ports import TokenCaches

T = TypeVar("T")


class Identities:
    """`address` says whom to ask for a tenant's tokens; `own_secret` is the service's client secret, None
    where `assertion` (a token of the managed identity, which the app registration trusts) proves it; `named`
    reads what an administrator keeps under a name.
    """

    def __init__(
        self,
        address: Callable[[TenantRecord], Address],
        own_secret: str | None,
        assertion: Callable[[], str],
        named: Callable[[str], bytes],
    ) -> None:
        self._address, self._own_secret = address, own_secret
        self._assertion, self._named = assertion, named
        self._kept: dict[tuple[Any, ...], Any] = {}
        self._lock = threading.Lock()

    def service_principal(self, tenant: TenantRecord) -> ServicePrincipalTokens:
        """The tenant's service principal; kept, so that msal's cache is."""
        provider, credential = self._provider(tenant), self._credential_of(tenant)
        return self._once("app", tenant, lambda _: ServicePrincipalTokens(provider, credential))

    def sign_in(self, tenant: TenantRecord) -> EntraSignIn:
        """How people sign in to the tenant."""
        return EntraSignIn(self._provider(tenant), self._credential_of(tenant))

    def user(self, tenant: TenantRecord, caches: TokenCaches) -> StoredUserTokens:
        """The tenant's signed-in user, afresh: whoever signed out since is not remembered."""
        turn = self._once("turn", tenant, lambda _: threading.Lock())
        provider, credential = self._provider(tenant), self._credential_of(tenant)
        return StoredUserTokens(tenant.id, provider, credential, caches, turn)

    def _provider(self, tenant: TenantRecord) -> Provider:
        return self._once("provider", tenant, Provider)

    def _once(self, what: str, tenant: TenantRecord, make: Callable[[Address], T]) -> T:
        address = self._address(tenant)
        key = (what, tenant.id, *astuple(address), *astuple(tenant.settings.application))
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make(address)
            kept: T = self._kept[key]
            return kept

    def _credential_of(self, tenant: TenantRecord) -> Callable[[], Credential]:
        return partial(self._credential, tenant.settings.application)

    def _credential(self, application: Application) -> Credential:
        """What proves the app, read anew. Raises SecretUnreadable."""
        name = application.key_vault_name or ""
        match application.credential:
            case CredentialKind.DEFAULT:
                return Secret(self._own_secret) if self._own_secret else Federated(self._assertion)
            case CredentialKind.SECRET:
                return self._read("client secret", name, secret_from)
            case CredentialKind.CERTIFICATE:
                return self._read("certificate", name, certificate_from)
            case CredentialKind.FEDERATED:
                return Federated(partial(self._token_named, name) if name else self._assertion)
            case _ as never:
                assert_never(never)

    def _token_named(self, name: str) -> str:
        """An assertion that somebody else renews where it is kept, such as a workload identity's."""
        return self._read("federated token", name, secret_from).value

    def _read(self, what: str, name: str, parse: Callable[[bytes], T]) -> T:
        if not name:
            raise SecretUnreadable(
                f"reading the tenant's {what}: set `application.credential.keyVaultName` in its settings"
            )
        try:
            return parse(self._named(name))
        except ValueError as error:
            raise SecretUnreadable(f"reading the {what} {name}: {error}") from error
