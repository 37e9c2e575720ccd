"""Signing in with the real msal at the simulated Entra ID, which is as strict as the documentation."""

import datetime as dt
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from stores import MemoryArtifacts

from shared.adapters.entra.credentials import Secret
from shared.adapters.entra.provider import Address, Provider
from shared.adapters.entra.service_principal import ServicePrincipalTokens
from shared.adapters.entra.user_sign_in import EntraSignIn
from shared.adapters.entra.user_tokens import StoredUserTokens
from shared.adapters.sealed import AesGcmSeal
from shared.adapters.token_caches import SealedTokenCaches
from shared.errors import SignInFailed
from shared.names import TenantId
from shared.user_ports import CacheKind, DeviceCode, Polled, PollKind, StoredCache

APP, APP_SECRET = "ac000000-0000-4000-8000-000000000001", "accord-local-secret"
BACK = "http://127.0.0.1:7071/callback/sign-in"
SCOPE = "Policy.ReadWrite.MobilityManagement"
HERE = TenantId("here")


class Key:
    """One version of a key."""

    def newest(self, name: str) -> tuple[str, bytes]:
        return "1", bytes(32)

    def version(self, name: str, version: str) -> bytes | None:
        return bytes(32)


@dataclass
class Simulated:
    """One simulated tenant of this test's own, and what is kept of its user."""

    server: str
    key: str
    entra_id: str
    blobs: MemoryArtifacts = field(default_factory=MemoryArtifacts)

    def __post_init__(self) -> None:
        self.caches = SealedTokenCaches(lambda _: self.blobs, AesGcmSeal(Key(), "sealing"))
        self.provider = Provider(Address(self.entra_id, APP, login_endpoint=self.server))
        self.sign_in = EntraSignIn(self.provider, lambda: Secret(APP_SECRET))

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(method, f"{self.server}/control/tenants/{self.key}/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def types_code(self, code: DeviceCode, account: str = "admin") -> None:
        self.control("POST", "sign-in", {"userCode": code.user_code, "account": account})

    def polled(self, account: str) -> Polled:
        code = self.sign_in.begin_device([SCOPE])
        self.types_code(code, account)
        return self.sign_in.poll_device(code.flow)

    def keeps(self, found: Polled) -> None:
        assert found.kind is PollKind.SIGNED_IN, found.detail
        self.caches.store(
            HERE, StoredCache(found.cache, found.cache_kind, found.account, dt.datetime.now(dt.UTC))
        )

    def user(self) -> StoredUserTokens:
        return StoredUserTokens(HERE, self.provider, lambda: Secret(APP_SECRET), self.caches)

    def token_requests(self) -> list[dict[str, Any]]:
        requests = self.control("GET", "requests")["value"]
        return [one for one in requests if one["path"].endswith("/token")]


@pytest.fixture
def entra(tenant_server: str) -> Iterator[Simulated]:
    key = f"t-{uuid.uuid4().hex[:10]}"
    answer = httpx.put(
        f"{tenant_server}/control/tenants/{key}",
        json={"seed": "empty", "displayName": key, "visibilityDelay": 0, "quotas": "off"},
    )
    assert answer.is_success, answer.text
    yield Simulated(tenant_server, key, answer.json()["entraTenantId"])
    httpx.delete(f"{tenant_server}/control/tenants/{key}")


def test_a_person_types_the_code_and_their_token_lasts_beyond_the_first(entra: Simulated) -> None:
    entra.control("PATCH", "behaviour", {"deviceCodeInterval": 1})
    code = entra.sign_in.begin_device([SCOPE])
    assert entra.sign_in.poll_device(code.flow).kind is PollKind.PENDING
    entra.types_code(code)
    time.sleep(code.interval + 0.2)
    found = entra.sign_in.poll_device(code.flow)
    assert found.cache_kind is CacheKind.PUBLIC
    entra.keeps(found)
    user = entra.user()
    first = user.user_token()
    assert SCOPE in user.scopes()
    assert len(entra.token_requests()) == 2
    user.drop()
    assert user.user_token() != first
    assert entra.sign_in.poll_device(code.flow).kind is PollKind.USED_OR_EXPIRED


def test_who_polls_too_often_is_slowed_down(entra: Simulated) -> None:
    code = entra.sign_in.begin_device([SCOPE])
    pending = entra.sign_in.poll_device(code.flow)
    slowed = entra.sign_in.poll_device(pending.flow)
    assert (pending.kind, slowed.kind) == (PollKind.PENDING, PollKind.SLOW_DOWN)
    assert slowed.interval == code.interval + 5


@pytest.mark.parametrize(
    ("account", "kind", "said"),
    [
        ("decline", PollKind.DECLINED, "AADSTS65004"),
        ("blocked", PollKind.BLOCKED, "AADSTS53003"),
        ("guest", PollKind.WRONG_ACCOUNT, "robin.lee@partner.example is a guest, whose own directory is"),
        ("otherTenant", PollKind.WRONG_ACCOUNT, "AADSTS50020"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isalpha() else "",
)
def test_whoever_may_not_sign_in_is_told_why(
    entra: Simulated, account: str, kind: PollKind, said: str
) -> None:
    entra.control("PUT", "blocked-users/blocked")
    found = entra.polled(account)
    assert (found.kind, said in found.detail) == (kind, True), found


def test_a_policy_against_device_codes_blocks_them(entra: Simulated) -> None:
    entra.control("PATCH", "behaviour", {"deviceCodes": "blocked"})
    assert entra.polled("admin").kind is PollKind.BLOCKED


def test_a_code_that_nobody_typed_expires(entra: Simulated) -> None:
    entra.control("PATCH", "behaviour", {"deviceCodeLifetime": 1})
    code = entra.sign_in.begin_device([SCOPE])
    time.sleep(1.2)
    assert entra.sign_in.poll_device(code.flow).kind is PollKind.USED_OR_EXPIRED


def test_a_revoked_sign_in_needs_a_person_and_a_new_one_mends_it(entra: Simulated) -> None:
    entra.keeps(entra.polled("admin"))
    user = entra.user()
    user.user_token()
    entra.control("POST", "revoke-sign-ins")
    user.drop()
    with pytest.raises(SignInFailed, match="AADSTS50173") as failed:
        user.user_token()
    assert (failed.value.code, failed.value.transient) == ("userSignInNeeded", False)
    entra.keeps(entra.polled("admin"))
    assert SCOPE in entra.user().scopes()


def test_a_provider_that_is_down_asks_nobody(entra: Simulated) -> None:
    entra.keeps(entra.polled("admin"))
    user = entra.user()
    user.user_token()
    user.drop()
    entra.control("POST", "faults", {"path": "/token", "method": "POST", "times": 1, "status": 503})
    with pytest.raises(SignInFailed) as failed:
        user.user_token()
    assert failed.value.transient
    assert SCOPE in user.scopes()


def browser_flow(entra: Simulated, account: str = "admin") -> Polled:
    link = entra.sign_in.begin_browser([SCOPE], "state-1", BACK)
    assert link.url.startswith(entra.server)
    sent = entra.control("POST", "sign-in", {"url": link.url, "account": account})["redirect"]
    assert sent["url"] == BACK
    return entra.sign_in.redeem(link.flow, sent["form"])


def test_a_person_in_the_browser_is_refreshed_with_the_apps_secret(entra: Simulated) -> None:
    found = browser_flow(entra)
    assert found.cache_kind is CacheKind.WEB
    entra.keeps(found)
    user = entra.user()
    first = user.user_token()
    user.drop()
    assert user.user_token() != first


@pytest.mark.parametrize(
    ("account", "kind"), [("guest", PollKind.WRONG_ACCOUNT), ("decline", PollKind.DECLINED)], ids=str
)
def test_whoever_may_not_sign_in_by_the_browser(entra: Simulated, account: str, kind: PollKind) -> None:
    assert browser_flow(entra, account).kind is kind


def test_the_other_class_would_be_refused(entra: Simulated) -> None:
    """What the recorded class keeps away: AADSTS700025 and AADSTS7000218."""
    for found, other, number in (
        (entra.polled("admin"), CacheKind.WEB, "700025"),
        (browser_flow(entra), CacheKind.PUBLIC, "7000218"),
    ):
        entra.caches.store(HERE, StoredCache(found.cache, other, found.account, dt.datetime.now(dt.UTC)))
        user = entra.user()
        user.user_token()
        user.drop()
        with pytest.raises(SignInFailed, match=f"AADSTS{number}"):
            user.user_token()


def test_many_threads_of_many_instances_refresh_and_all_go_on(entra: Simulated) -> None:
    entra.keeps(entra.polled("admin"))
    users = [entra.user() for _ in range(4)]
    for user in users:
        user.user_token()
        user.drop()
    failed: list[BaseException] = []

    def ask(user: StoredUserTokens) -> None:
        try:
            assert SCOPE in user.scopes()
        except BaseException as fault:  # noqa: BLE001 - told by the test
            failed.append(fault)

    threads = [threading.Thread(target=ask, args=(user,)) for user in users * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []


def test_an_app_that_allows_no_public_clients_says_so(entra: Simulated) -> None:
    code = entra.sign_in.begin_device([SCOPE])
    entra.types_code(code)
    httpx.patch(f"{entra.server}/control/app", json={"publicClient": False}).raise_for_status()
    try:
        found = entra.sign_in.poll_device(code.flow)
    finally:
        httpx.patch(f"{entra.server}/control/app", json={"publicClient": True}).raise_for_status()
    assert (found.kind, "AADSTS7000218" in found.detail) == (PollKind.BLOCKED, True)


def test_roles_granted_after_a_drop_are_in_the_next_token(entra: Simulated) -> None:
    tokens = ServicePrincipalTokens(entra.provider, lambda: Secret(APP_SECRET))
    before = tokens.roles()
    entra.control("PATCH", "behaviour", {"grantDelay": 0})
    entra.control("PUT", "grants/Agreement.ReadWrite.All")
    assert tokens.roles() == before
    tokens.drop()
    assert "Agreement.ReadWrite.All" in tokens.roles()
