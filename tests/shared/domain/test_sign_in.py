"""What becomes of a sign-in, decided without a clock or a network."""

import datetime as dt
from dataclasses import replace

import pytest

from shared.domain.catalog import Catalog, Identity, Kind, TypeSpec
from shared.domain.move import Ignored, Moved
from shared.domain.settings import OnSignInTimeout, Settings
from shared.domain.sign_in import (
    REFUSED_FOR,
    TRIED_FOR,
    GoOn,
    SignInResult,
    SignInState,
    Tried,
    attempted,
    closing,
    goes_on_without,
    number,
    onward,
    sign_in_scopes,
    signed_in_again,
    to_try,
    token_refused,
    user_types,
)
from shared.domain.sync import (
    Actor,
    ActorKind,
    Decision,
    DecisionKind,
    EventType,
    Stage,
    SyncOptions,
    SyncRecord,
    TenantRecord,
)

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
ADA = Actor(ActorKind.PERSON, "Ada", "ada-id", "page")
CANCEL, CONTINUE = OnSignInTimeout.CANCEL, OnSignInTimeout.CONTINUE


def spec(key: str, identity: Identity) -> TypeSpec:
    return TypeSpec(
        key, "entra", {}, Kind.COLLECTION, "v1.0", f"/{key}", "displayName", "entra", 1, ("R",), ("W",),
        identity=identity, user_read=(f"{key}.Read",), user_write=(f"{key}.ReadWrite",),
    )  # fmt: skip


SPECS = [spec("plain", Identity.APP), spec("users", Identity.USER), spec("either", Identity.TRY)]
CATALOG = Catalog({one.key: one for one in SPECS}, {}, "v")
ALL = frozenset(CATALOG.types)


@pytest.mark.parametrize(
    ("state", "on_timeout", "then"),
    [
        (SignInState.SIGNED_IN, CANCEL, GoOn.WITH_USER),
        (SignInState.DECLINED, CANCEL, GoOn.WITHOUT_USER),
        (SignInState.BLOCKED, CANCEL, GoOn.WITHOUT_USER),
        (SignInState.WRONG_ACCOUNT, CANCEL, GoOn.WITHOUT_USER),
        (SignInState.EXPIRED, CANCEL, GoOn.DEADLINE),
        (SignInState.EXPIRED, CONTINUE, GoOn.WITHOUT_USER),
        (SignInState.CANCELLED, CONTINUE, GoOn.CANCELLED),
    ],
    ids=lambda one: one.value,
)
def test_only_silence_cancels_a_sync_and_only_where_the_tenant_says_so(state, on_timeout, then):
    assert onward(state, on_timeout) is then


def test_the_deadline_says_whether_anybody_tried():
    guest = SignInResult(SignInState.WRONG_ACCOUNT, NOW, "guest@fabrikam.example", "a guest")
    later = NOW + dt.timedelta(minutes=3)

    assert closing(None, later) == SignInResult(SignInState.EXPIRED, later)
    assert closing(guest, later) == replace(guest, at=later)


SYNC = SyncRecord("S", "contoso", SyncOptions(), ADA, NOW, stage=Stage.SIGN_IN, step=2)
TENANT = TenantRecord("contoso", "Contoso", "e-1", Settings(), NOW, active_sync="S")


def test_the_sign_in_before_the_deploy_is_the_second():
    approved = Decision(DecisionKind.APPROVE, "sha256:0", ADA, NOW)

    assert number(SYNC) == 1
    assert number(replace(SYNC, decision=approved)) == 2


def test_a_sync_goes_on_without_a_user_once():
    moved = goes_on_without(2)(TENANT, SYNC)

    assert isinstance(moved, Moved)
    assert moved.sync is not None
    assert moved.sync.without_user
    assert goes_on_without(2)(moved.tenant, moved.sync) is Ignored.SAME


@pytest.mark.parametrize(
    ("tenant", "sync", "step"),
    [
        (TENANT, None, 2),
        (replace(TENANT, active_sync="T"), SYNC, 2),
        (TENANT, SYNC, 1),
        (TENANT, replace(SYNC, stage=Stage.ENDED), 2),
    ],
    ids=["no sync", "another holds the tenant", "an earlier step", "ended"],
)
def test_a_late_run_does_not_turn_a_sync_away_from_its_user(tenant, sync, step):
    assert goes_on_without(step)(tenant, sync) is Ignored.LATE


@pytest.mark.parametrize(
    ("tried", "again"),
    [
        ({}, ("either",)),
        ({"either": Tried(True, NOW - TRIED_FOR)}, ("either",)),
        ({"either": Tried(True, NOW - TRIED_FOR + dt.timedelta(seconds=1))}, ()),
        ({"either": Tried(False, NOW - REFUSED_FOR)}, ("either",)),
        ({"either": Tried(False, NOW - REFUSED_FOR + dt.timedelta(seconds=1))}, ()),
    ],
    ids=["never", "allowed a month ago", "allowed lately", "refused a day ago", "refused lately"],
)
def test_a_type_is_tried_with_the_app_once_a_month_and_daily_where_it_was_refused(tried, again):
    assert to_try(CATALOG, ALL, tried, NOW) == again
    assert to_try(CATALOG, frozenset({"plain", "users"}), tried, NOW) == ()


@pytest.mark.parametrize(
    ("may", "granted", "again"),
    [(False, 0, ("either",)), (False, 1, ("either",)), (False, -1, ()), (True, 1, ())],
    ids=["refused just then", "refused before", "refused after", "allowed"],
)
def test_what_was_refused_is_tried_again_once_permissions_have_changed(may, granted, again):
    found = {"either": Tried(may, NOW - dt.timedelta(minutes=5))}
    granted_at = found["either"].at + dt.timedelta(minutes=granted)
    assert to_try(CATALOG, ALL, found, NOW, granted_at) == again


@pytest.mark.parametrize(
    ("tried", "needs", "scopes"),
    [
        ({}, {"users"}, {"users", "either"}),
        ({"either": Tried(True, NOW)}, {"users"}, {"users"}),
        ({"either": Tried(False, NOW)}, {"users", "either"}, {"users", "either"}),
    ],
    ids=["not tried yet", "the app may", "the app was refused"],
)
def test_which_types_need_a_user_and_what_they_are_asked_for(tried, needs, scopes):
    wanted = {name for key in scopes for name in (f"{key}.Read", f"{key}.ReadWrite")}

    assert user_types(CATALOG, tried) == needs
    assert sign_in_scopes(CATALOG, ALL, tried) == wanted
    assert sign_in_scopes(CATALOG, frozenset({"plain"}), tried) == frozenset()


def test_a_refused_token_is_announced_once_until_somebody_signs_in():
    refused = token_refused(TENANT, None)

    assert isinstance(refused, Moved)
    assert refused.events == (EventType.SIGN_IN_NEEDED,)
    assert token_refused(refused.tenant, None) is Ignored.SAME
    mended = signed_in_again(refused.tenant, None)
    assert isinstance(mended, Moved)
    assert mended.tenant == TENANT
    assert signed_in_again(TENANT, None) is Ignored.SAME


def test_signing_out_forgets_the_last_attempt_and_what_was_announced():
    begun = attempted("A")(replace(TENANT, sign_in_needed=True), None)

    assert isinstance(begun, Moved)
    assert begun.tenant.sign_in_attempt == "A"
    assert begun.tenant.sign_in_needed
    assert attempted("A")(begun.tenant, None) is Ignored.SAME
    out = attempted(None)(begun.tenant, None)
    assert isinstance(out, Moved)
    assert out.tenant == TENANT
