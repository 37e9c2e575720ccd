"""Signing in: as the service principal, for a token and for the roles in it, and silently as the user."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from small_catalog import CATALOG
from stores import MemoryArtifacts
from sync_ports import START
from user_access import FakeUserTokens

from shared.domain.catalog import Catalog, Identity
from shared.domain.settings import Authentication, Settings
from shared.domain.sign_in import TRIED_FOR, Tried
from shared.domain.sync import SyncError
from shared.errors import ReadFailed, SignInFailed
from shared.names import TypeKey
from shared.steps.authenticate import ATTEMPTS, Entered, authenticate
from shared.steps.check_permissions import check_permissions
from shared.steps.tenant_findings import load_findings, save_tried

GROUPS, POLICIES = TypeKey("groups"), TypeKey("policies")
WITH_USER = Settings(authentication=Authentication.SERVICE_PRINCIPAL_AND_USER)


def down(times):
    return [SignInFailed("signInUnavailable", "503", transient=True) for _ in range(times)]


def refused():
    return SignInFailed("credentialRefused", "AADSTS7000215: Invalid client secret", request_id="r-1")


def begun(scene, **options):
    scene.begin(**options)
    return scene


class Findings(MemoryArtifacts):
    """A tenant's blobs."""

    def get_with_etag(self, name):
        data = self.get(name)
        return None if data is None else (data, "etag")

    def put_if(self, name, data, etag):
        self.put(name, data)
        return "etag"


def enter(scene, findings=None, **changes):
    """One run of the step."""
    return scene.play(authenticate, **changes | ({} if findings is None else {"findings": findings}))


@pytest.fixture(params=["a token", "its roles"])
def step(request):
    return enter if request.param == "a token" else lambda scene: scene.play(check_permissions)


def test_who_signs_in_goes_on(scene):
    assert enter(begun(scene)) is Entered.SIGNED_IN
    assert "signedIn" in scene.log_events()


def test_a_refusal_ends_the_sync_with_the_providers_words_and_is_not_repeated(scene, step):
    begun(scene).tokens.refusals = [refused(), refused()]

    error = step(scene)

    assert isinstance(error, SyncError)
    assert (error.code, error.request_id) == ("credentialRefused", "r-1")
    assert "AADSTS7000215" in error.detail
    assert "Contoso" in error.message
    assert len(scene.tokens.refusals) == 1


def test_a_provider_that_is_down_is_asked_again_later_and_later(scene, step):
    begun(scene).tokens.refusals = down(ATTEMPTS - 1)

    assert not isinstance(step(scene), SyncError)

    assert scene.clock.at - START == dt.timedelta(seconds=2 + 4 + 8 + 16)


def test_a_provider_that_stays_down_ends_the_sync(scene, step):
    begun(scene).tokens.refusals = down(ATTEMPTS)

    assert step(scene).code == "signInUnavailable"


# --- the user -----------------------------------------------------------------------------------------------


def with_identity(key: TypeKey, identity: Identity) -> Catalog:
    spec = replace(CATALOG.types[key], identity=identity, user_read=("Read.User",))
    return replace(CATALOG, types={**CATALOG.types, key: spec})


def asks(scene, identity=Identity.USER, settings=WITH_USER, **options):
    """A sync of a tenant in which policies need (or may need) a user."""
    scene.record_settings(settings)
    scene.changes["catalog"] = with_identity(POLICIES, identity)
    return begun(scene, **options)


def test_the_stored_token_is_used_silently(scene):
    assert enter(asks(scene), user=FakeUserTokens()) is Entered.SIGNED_IN
    assert scene.log_events().count("signedIn") == 2


@pytest.mark.parametrize(
    "user",
    [FakeUserTokens(refusals=[SignInFailed("userSignInNeeded", "AADSTS50173")]), None],
    ids=["refused", "nobody"],
)
def test_a_person_is_asked_where_no_stored_token_counts(scene, user):
    assert enter(asks(scene), user=user) is Entered.ASK


@pytest.mark.parametrize(
    ("settings", "options"),
    [(Settings(), {}), (WITH_USER, {"types": (GROUPS,)})],
    ids=["the tenant allows no user", "no type of the sync needs one"],
)
def test_nobody_is_asked_in_vain(scene, settings, options):
    assert enter(asks(scene, settings=settings, **options)) is Entered.SIGNED_IN


def test_nobody_is_asked_again_for_what_was_given_up(scene):
    asks(scene)
    given_up = replace(scene.sync, without_user=True)
    scene.status.sync_rows[given_up.id] = given_up

    assert enter(scene) is Entered.SIGNED_IN


def test_the_provider_being_down_is_never_a_reason_to_ask_a_person(scene):
    user = FakeUserTokens(refusals=down(ATTEMPTS - 1))
    assert enter(asks(scene), user=user) is Entered.SIGNED_IN

    user.refusals = down(ATTEMPTS)
    assert isinstance(enter(scene, user=user), SyncError)


def test_the_service_principal_comes_first(scene):
    asks(scene).tokens.refusals = [refused()]

    assert isinstance(enter(scene, user=None), SyncError)


@pytest.mark.parametrize(("may", "then"), [(True, Entered.SIGNED_IN), (False, Entered.ASK)])
def test_a_type_that_may_go_either_way_is_tried_and_the_finding_kept(scene, may, then):
    findings = Findings()
    asks(scene, Identity.TRY).tenant.refuses_apps = set() if may else {POLICIES}

    assert enter(scene, findings) is then

    assert load_findings(findings).tried == {POLICIES: Tried(may, scene.clock.at)}


def test_a_finding_counts_for_a_month(scene):
    findings = Findings()
    asks(scene, Identity.TRY).tenant.refuses_apps = {POLICIES}
    save_tried(findings, {POLICIES: Tried(True, scene.clock.at)})

    assert enter(scene, findings) is Entered.SIGNED_IN
    scene.clock.pass_(TRIED_FOR.total_seconds())
    assert enter(scene, findings) is Entered.ASK


def test_a_refusal_is_tried_again_at_the_next_sync_after_a_consent(scene):
    asks(scene, Identity.TRY).tenant.refuses_apps = {POLICIES}
    assert enter(scene) is Entered.ASK
    scene.play(check_permissions)
    scene.clock.pass_(60)

    scene.tenant.refuses_apps = set()
    assert enter(scene) is Entered.ASK, "nothing has changed that anybody has seen"

    scene.tokens.granted = frozenset({"Read", "Write", "More"})
    scene.play(check_permissions)
    assert enter(scene) is Entered.SIGNED_IN


@pytest.mark.parametrize("fault", ["no permission", "a fault"])
def test_what_could_not_be_tried_shows_nothing(scene, fault):
    findings = Findings()
    asks(scene, Identity.TRY).tenant.refuses_apps = {POLICIES}
    if fault == "no permission":
        scene.tokens.granted = frozenset()
    else:
        scene.tenant.unread[POLICIES] = ReadFailed("trying policies", 503)

    assert enter(scene, findings) is Entered.SIGNED_IN
    assert load_findings(findings).tried == {}
