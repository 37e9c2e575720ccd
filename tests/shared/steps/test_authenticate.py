"""Signing in as the service principal, for a token and for the roles in it."""

from __future__ import annotations

import datetime as dt

import pytest
from sync_ports import START

from shared.domain.sync import SyncError
from shared.errors import SignInFailed
from shared.steps.authenticate import ATTEMPTS, authenticate
from shared.steps.check_permissions import check_permissions


def down(times):
    return [SignInFailed("signInUnavailable", "503", transient=True) for _ in range(times)]


def refused():
    return SignInFailed("credentialRefused", "AADSTS7000215: Invalid client secret", request_id="r-1")


@pytest.fixture(params=[authenticate, check_permissions], ids=["a token", "its roles"])
def step(request):
    return request.param


def begun(scene):
    scene.begin()
    return scene


def test_who_signs_in_goes_on(scene):
    assert begun(scene).play(authenticate) is None
    assert "signedIn" in scene.log_events()


def test_a_refusal_ends_the_sync_with_the_providers_words_and_is_not_repeated(scene, step):
    begun(scene).tokens.refusals = [refused(), refused()]

    error = scene.play(step)

    assert isinstance(error, SyncError)
    assert (error.code, error.request_id) == ("credentialRefused", "r-1")
    assert "AADSTS7000215" in error.detail
    assert "Contoso" in error.message
    assert len(scene.tokens.refusals) == 1


def test_a_provider_that_is_down_is_asked_again_later_and_later(scene, step):
    begun(scene).tokens.refusals = down(ATTEMPTS - 1)

    assert not isinstance(scene.play(step), SyncError)

    assert scene.clock.at - START == dt.timedelta(seconds=2 + 4 + 8 + 16)


def test_a_provider_that_stays_down_ends_the_sync(scene, step):
    begun(scene).tokens.refusals = down(ATTEMPTS)

    assert scene.play(step).code == "signInUnavailable"
