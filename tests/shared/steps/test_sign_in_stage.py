"""A sync that waits for somebody to sign in: opened, and gone on from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scene import ADA, CONTOSO
from stores import MemoryAudit, MemoryCallbacks
from user_access import FakeUserSignIn, GlassSeal, MemoryTokenCaches

from shared.domain.move import Cancel
from shared.domain.settings import OnSignInTimeout, Settings
from shared.domain.sign_in import GoOn, SignInResult, SignInState
from shared.domain.sync import Stage
from shared.errors import SignInFailed
from shared.steps.sign_in import Attempt
from shared.steps.sign_in_flow import Vault
from shared.steps.sign_in_stage import Opened, go_on, open_sign_in
from shared.steps.work import Stop

DOWN = SignInFailed("credentialRefused", "503", transient=True)
REFUSED = SignInFailed("credentialRefused", "AADSTS7000218")


@pytest.fixture
def asking(scene):
    """A sync that is about to ask."""
    scene.begin()
    scene.enter(Stage.AUTHENTICATING)
    return scene


def attempt_of(scene, *refusals):
    return Attempt(
        Vault(CONTOSO, scene.sync_id, 1, scene.blobs, GlassSeal()),
        FakeUserSignIn(refusals=list(refusals)),
        MemoryTokenCaches(),
        MemoryCallbacks(),
        scene.status,
        MemoryAudit(),
        scene.clock,
        frozenset(),
        "https://accord.example/callback/sign-in",
        scene.clock.sleep,
    )


def test_the_sync_shows_as_waiting_once_there_is_a_code(asking):
    attempt = attempt_of(asking)
    opened = asking.play(open_sign_in, attempt)

    assert opened == Opened(asking.clock.at + Settings().sign_in_timeout)
    assert asking.sync.stage is Stage.SIGN_IN
    asking.clock.pass_(60)
    assert asking.play(open_sign_in, attempt) == opened, "the first run's deadline counts"
    assert "signInAsked" in asking.log_events()
    assert "CODE1" not in str(asking.blobs.get("log.jsonl"))


def test_while_the_provider_is_down_nobody_is_asked_and_the_deadline_does_not_run(asking):
    attempt = attempt_of(asking, *[DOWN] * 3)
    began = asking.clock.at
    opened = asking.play(open_sign_in, attempt)

    assert opened.deadline == asking.clock.at + Settings().sign_in_timeout
    assert asking.clock.at > began


@pytest.mark.parametrize("ends", ["the slice", "the time limit", "a cancel"])
def test_a_provider_that_stays_down_holds_nobody_up_for_ever(asking, ends):
    attempt, now = attempt_of(asking, *[DOWN] * 100), asking.clock.at
    if ends == "a cancel":
        asking.status.cancels[asking.sync_id] = Cancel(ADA, now)
    limits = {"the slice": {"slice_ends": now}, "the time limit": {"stop_at": now}, "a cancel": {}}[ends]

    wanted = {"the slice": None, "the time limit": Stop.TIME_LIMIT, "a cancel": Stop.CANCELLED}[ends]
    assert asking.play(open_sign_in, attempt, **limits) is wanted
    assert asking.sync.stage is Stage.AUTHENTICATING


def test_where_neither_code_nor_link_is_allowed_the_sign_in_has_failed(asking):
    attempt = attempt_of(asking, REFUSED, REFUSED)
    result = asking.play(open_sign_in, attempt)

    assert result.state is SignInState.BLOCKED
    assert asking.play(open_sign_in, attempt) == result
    assert asking.sync.stage is Stage.AUTHENTICATING


def test_a_sync_that_does_not_hold_its_tenant_any_more_asks_nobody(asking):
    asking.status.rows[CONTOSO] = replace(asking.record, active_sync=None)

    assert asking.play(open_sign_in, attempt_of(asking)) is Stop.SUPERSEDED


@pytest.mark.parametrize(
    ("state", "on_timeout", "onward", "without"),
    [
        (SignInState.SIGNED_IN, OnSignInTimeout.CANCEL, GoOn.WITH_USER, False),
        (SignInState.DECLINED, OnSignInTimeout.CANCEL, GoOn.WITHOUT_USER, True),
        (SignInState.EXPIRED, OnSignInTimeout.CONTINUE, GoOn.WITHOUT_USER, True),
        (SignInState.EXPIRED, OnSignInTimeout.CANCEL, GoOn.DEADLINE, False),
        (SignInState.CANCELLED, OnSignInTimeout.CANCEL, GoOn.CANCELLED, False),
    ],
    ids=lambda one: getattr(one, "value", str(one)),
)
def test_what_a_settled_sign_in_means_stands_on_the_syncs_row(asking, state, on_timeout, onward, without):
    asking.record_settings(Settings(on_sign_in_timeout=on_timeout))
    result = SignInResult(state, asking.clock.at, "ada@contoso.example")

    assert [asking.play(go_on, result) for _ in range(2)] == [onward, onward]
    assert asking.sync.without_user is without
