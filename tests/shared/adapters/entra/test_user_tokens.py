"""The signed-in user's token: silently, by the class of the sign-in, and refreshed once for everybody."""

import datetime as dt
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from entra_answers import ADA, CLIENT, TENANT, Recorded, code, refusal, tokens
from user_access import MemoryTokenCaches

from shared.adapters.entra.credentials import Secret
from shared.adapters.entra.provider import Address, Provider, ProviderDown
from shared.adapters.entra.user_sign_in import EntraSignIn
from shared.adapters.entra.user_tokens import StoredUserTokens, granted_scopes
from shared.errors import SignInFailed, StorageUnavailable
from shared.names import TenantId
from shared.user_ports import CacheKind, StoredCache

CONTOSO = TenantId("contoso")
SCOPE = "Policy.ReadWrite.MobilityManagement"


class World:
    """Somebody is signed in to contoso; `passed` seconds have gone by since."""

    def __init__(self, kind: CacheKind = CacheKind.PUBLIC, **first: Any) -> None:
        self.entra, self.caches, self.turn = Recorded(), MemoryTokenCaches(), threading.Lock()
        self.passed = 0.0
        self.sign_in(kind, **first)

    def sign_in(self, kind: CacheKind = CacheKind.PUBLIC, **first: Any) -> StoredCache:
        entra = Recorded([code(), tokens(**first)])
        device = EntraSignIn(entra.provider(), lambda: Secret("s3cret"))
        found = device.poll_device(device.begin_device([SCOPE]).flow)
        at = dt.datetime.now(dt.UTC)
        return self.caches.store(CONTOSO, StoredCache(found.cache, kind, found.account, at))

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self.passed)

    def user(self, provider: Provider | None = None) -> StoredUserTokens:
        """What one activity holds."""
        return StoredUserTokens(
            CONTOSO,
            provider or self.entra.provider(),
            lambda: Secret("s3cret"),
            self.caches,
            self.turn,
            self.now,
        )

    def refused(self, user: StoredUserTokens | None = None) -> SignInFailed:
        with pytest.raises(SignInFailed) as failed:
            (user or self.user()).user_token()
        return failed.value


def test_the_token_of_the_sign_in_itself_is_used_while_it_lasts() -> None:
    world = World()
    assert world.user().scopes() == {SCOPE}
    assert world.entra.forms == []


def test_the_account_is_the_directorys_id_of_whoever_signed_in() -> None:
    assert World().user().account() == "user-1"


def test_nobody_signed_in_needs_a_person() -> None:
    world = World()
    world.caches.delete(CONTOSO)
    failed = world.refused()
    assert (failed.code, failed.transient) == ("userSignInNeeded", False)


@pytest.mark.parametrize(
    ("kind", "with_secret"), [(CacheKind.PUBLIC, False), (CacheKind.WEB, True)], ids=["device", "browser"]
)
def test_a_token_that_ended_is_refreshed_by_the_class_of_the_sign_in(
    kind: CacheKind, with_secret: bool
) -> None:
    world = World(kind)
    world.passed = 3400
    world.entra.answers.append(tokens("at-2", refresh="rt-2", scopes="Agreement.Read.All", lasts=9000))
    assert world.user().scopes() == {"Agreement.Read.All"}
    (form,) = world.entra.forms
    assert (form["grant_type"], form["refresh_token"]) == ("refresh_token", "rt-1")
    assert "https://graph.microsoft.com/.default" in form["scope"].split()
    assert ("client_secret" in form) is with_secret


def test_a_refreshed_token_is_kept_for_everybody() -> None:
    world = World(lasts=60)
    world.passed = 59
    world.entra.answers.append(tokens("at-2", refresh="rt-2", lasts=9000))
    token = world.user().user_token()
    kept = world.caches.load(CONTOSO)
    assert kept is not None
    assert b"rt-2" in kept.cache
    assert (kept.kind, kept.account) == (CacheKind.PUBLIC, ADA)
    assert world.user().user_token() == token
    assert len(world.entra.forms) == 1


def test_a_dropped_token_is_never_answered_again() -> None:
    world = World()
    user = world.user()
    first = user.user_token()
    world.entra.answers.append(tokens("at-2"))
    user.drop()
    second = user.user_token()
    assert second != first
    assert user.user_token() == second
    assert len(world.entra.forms) == 1


def test_a_drop_takes_the_token_that_another_instance_has_refreshed() -> None:
    world = World()
    here, there = world.user(), world.user()
    old = here.user_token()
    there.user_token()
    world.entra.answers.append(tokens("at-2", lasts=9000))
    there.drop()
    fresh = there.user_token()
    here.drop()
    assert here.user_token() == fresh != old
    assert len(world.entra.forms) == 1


def test_a_token_that_others_found_refused_first_is_not_dropped_twice() -> None:
    world = World()
    user = world.user()
    old = user.user_token()
    world.entra.answers.append(tokens("at-2"))
    user.drop(old)
    fresh = user.user_token()
    user.drop(old)
    assert user.user_token() == fresh != old
    user.drop(fresh)
    world.entra.answers.append(tokens("at-3"))
    assert user.user_token() not in (old, fresh)
    kept = world.caches.load(CONTOSO)
    assert kept is not None
    assert old.encode() not in kept.cache
    assert len(world.entra.forms) == 2


def test_a_drop_ahead_of_any_token_asks_for_a_new_one() -> None:
    world = World()
    world.entra.answers.append(tokens("at-2", scopes="Agreement.Read.All"))
    user = world.user()
    user.drop()
    assert user.scopes() == {"Agreement.Read.All"}
    assert user.scopes() == {"Agreement.Read.All"}
    assert len(world.entra.forms) == 1


def test_many_threads_refresh_once() -> None:
    world = World(lasts=60)
    world.passed = 59

    def slowly() -> dict[str, Any]:
        time.sleep(0.05)
        return tokens("at-2", lasts=9000)

    world.entra.answers.append(slowly)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: world.user().user_token(), range(16)))
    assert len(found) == 1
    assert len(world.entra.forms) == 1


def racing(world: World, meanwhile: Callable[[], Any], answer: Any) -> None:
    """While the refresh is under way, another process does `meanwhile`."""

    def race() -> Any:
        meanwhile()
        return answer

    world.entra.answers.append(race)


def test_another_processs_newer_cache_is_the_one_to_use() -> None:
    world = World(lasts=60)
    world.passed = 59
    other = World()
    other.caches, other.passed = world.caches, 59
    other.entra.answers.append(tokens("theirs", refresh="rt-theirs", lasts=9000))
    racing(world, lambda: other.user().user_token(), tokens("ours", refresh="rt-ours", lasts=9000))
    token = world.user().user_token()
    assert token == other.user().user_token()
    kept = world.caches.load(CONTOSO)
    assert kept is not None
    assert b"rt-theirs" in kept.cache
    assert b"rt-ours" not in kept.cache


def test_somebody_who_signs_in_while_the_old_token_is_refused_is_taken() -> None:
    world = World(lasts=60)
    world.passed = 59
    racing(
        world,
        lambda: world.sign_in(lasts=9000, preferred_username="bob@contoso.example"),
        refusal("invalid_grant", 50173),
    )
    assert world.user().scopes() == {SCOPE}
    kept = world.caches.load(CONTOSO)
    assert kept is not None
    assert kept.account == "bob@contoso.example"


def test_who_was_signed_out_meanwhile_stays_signed_out() -> None:
    world = World(lasts=60)
    world.passed = 59
    racing(world, lambda: world.caches.delete(CONTOSO), tokens("at-2", lasts=9000))
    assert "was signed out" in world.refused().detail
    assert world.caches.load(CONTOSO) is None


@pytest.mark.parametrize(
    "answer",
    [
        refusal("invalid_grant", 50173, suberror="bad_token"),
        refusal("invalid_grant", 700082),
        refusal("invalid_grant", 53003),
        refusal("interaction_required", 50076),
        refusal("invalid_grant", 65001, suberror="consent_required"),
        refusal("invalid_grant", 50057),
    ],
    ids=["revoked", "expired", "blocked", "second factor", "consent", "disabled"],
)
def test_a_refused_refresh_needs_a_person(answer: dict[str, Any]) -> None:
    world = World(lasts=60)
    world.passed = 59
    world.entra.answers.append(answer)
    failed = world.refused()
    assert (failed.code, failed.transient) == ("userSignInNeeded", False)
    assert failed.detail == answer["error_description"].partition(" Trace ID")[0]


@pytest.mark.parametrize(
    ("answer", "transient", "code_"),
    [
        (ProviderDown("HTTP 503"), True, "credentialRefused"),
        (refusal("temporarily_unavailable"), True, "credentialRefused"),
        (refusal("invalid_grant", 90033), True, "credentialRefused"),
        ("<html>", True, "credentialRefused"),
        (refusal("invalid_client", 7000222), False, "credentialRefused"),
        (refusal("unauthorized_client", 700016), False, "consentMissing"),
    ],
    ids=["503", "busy", "directory down", "no JSON", "secret expired", "app unknown"],
)
def test_what_no_person_can_mend_asks_none(answer: Any, transient: bool, code_: str) -> None:
    world = World(CacheKind.WEB, lasts=60)
    world.passed = 59
    world.entra.answers.append(answer)
    failed = world.refused()
    assert (failed.transient, failed.code) == (transient, code_)


def test_a_sign_in_to_another_app_registration_does_not_count() -> None:
    world = World()
    other = Provider(Address(TENANT, CLIENT[::-1]), world.entra)
    failed = world.refused(world.user(other))
    assert failed.code == "userSignInNeeded"
    assert "app registration" in failed.detail
    assert world.entra.forms == []


def test_caches_that_others_replace_without_end_are_no_reason_to_ask_a_person() -> None:
    class Restless(MemoryTokenCaches):
        def renew(self, tenant: TenantId, cache: StoredCache) -> StoredCache | None:
            return self.store(tenant, replace(self.held[tenant]))

    world = World(lasts=60)
    world.passed = 59
    world.caches = Restless(world.caches.held)
    world.entra.answers = [tokens("at", lasts=9000) for _ in range(9)]
    assert world.refused().transient


def test_storage_that_is_down_is_no_reason_to_ask_a_person() -> None:
    class Down(MemoryTokenCaches):
        def load(self, tenant: TenantId) -> StoredCache | None:
            raise StorageUnavailable("reading user.sealed: no answer")

    world = World()
    world.caches = Down()
    assert world.refused().transient


def test_a_refreshed_token_that_cannot_be_kept_is_used_all_the_same() -> None:
    class Full(MemoryTokenCaches):
        def renew(self, tenant: TenantId, cache: StoredCache) -> StoredCache | None:
            raise StorageUnavailable("writing user.sealed: no answer")

    world = World(lasts=60)
    world.passed = 59
    world.caches = Full(world.caches.held)
    world.entra.answers.append(tokens("at-2", scopes="Agreement.Read.All", lasts=9000))
    user = world.user()
    assert user.scopes() == {"Agreement.Read.All"}
    assert user.scopes() == {"Agreement.Read.All"}
    assert len(world.entra.forms) == 1


@pytest.mark.parametrize("text", ["", "opaque", "a.e30.b"])
def test_a_token_without_readable_scopes_has_none(text: str) -> None:
    assert granted_scopes(text) == frozenset()


def test_a_fresh_token_shows_that_the_sign_in_was_revoked_whatever_the_cache_holds() -> None:
    world = World()
    user = world.user()
    user.user_token()
    world.entra.answers += [tokens("at-2"), tokens("at-3"), refusal("invalid_grant", 50173)]

    first, second = user.fresh_token(), world.user().fresh_token()

    assert first != second
    with pytest.raises(SignInFailed) as failed:
        world.user().fresh_token()
    assert (failed.value.code, failed.value.transient) == ("userSignInNeeded", False)
