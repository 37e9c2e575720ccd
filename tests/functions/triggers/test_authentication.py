"""People signing in, over the API: who is shown how, what a check says, where the browser comes to."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from functions.triggers.authentication import (
    check_authentication,
    end_authentication,
    get_authentication,
    start_authentication,
)
from functions.triggers.callback_sign_in import sign_in_callback
from functions.triggers.operations import get_operation
from functions.triggers.syncs import cancel_sync, get_sync, list_syncs
from functions.triggers.tenants import delete_tenant
from shared.domain.access import Role
from shared.domain.settings import Authentication, Settings
from shared.domain.sign_in import SignInState
from shared.domain.sync import Stage
from shared.errors import SignInFailed
from shared.steps.sign_in import begin
from shared.user_ports import CacheKind, Polled, PollKind, WrongAccount
from shared.wire.schema.sync import AccountAnswer, SignInStateAnswer, SyncAnswer

WITH_USER = Settings(authentication=Authentication.SERVICE_PRINCIPAL_AND_USER)
SIGNED_IN = Polled(PollKind.SIGNED_IN, cache=b"c", account="ada@contoso.example", cache_kind=CacheKind.WEB)
GUEST = Polled(PollKind.WRONG_ACCOUNT, "<a guest>", account="bob@fabrikam.example")
DOWN = SignInFailed("credentialRefused", "503", transient=True)


@pytest.fixture
def asked(api):
    """A sync that waits for somebody to sign in, and its flow."""
    tenant = api.tenant(settings=WITH_USER)
    sync = api.sync(stage=Stage.SIGN_IN)

    async def begun():
        return await begin(await api.services.attempt(tenant, sync.id, 1), dt.timedelta(minutes=3))

    return sync, asyncio.run(begun())


@pytest.mark.parametrize(
    "role", [Role.OPERATOR, Role.ADMINISTRATOR, Role.READER, Role.APPROVER], ids=lambda role: role.value
)
def test_only_who_may_operate_the_tenant_is_shown_the_code(api, asked, body, keys, role):
    sync, flow = asked
    parts = {"tenant": "contoso", "sync": sync.id, "key": keys[role]}
    one = body(api.call(get_sync, **parts))
    operation = body(api.call(get_operation, sync=sync.id, key=keys[role]))
    (listed,) = body(api.call(list_syncs, tenant="contoso", key=keys[role]))["value"]
    shown = {
        "userCode": "CODE1",
        "verificationUri": "https://login.example/device",
        "signInUrl": flow.link.url,
        "expiresAt": "2026-03-01T06:03:00.000Z",
        "notice": None,
    }

    allowed = role in (Role.OPERATOR, Role.ADMINISTRATOR)
    for found in (one, operation, listed):
        assert found["status"] == "pendingAuthentication"
        assert found["authentication"] == (shown if allowed else None)


def test_what_is_answered_is_what_the_schema_says(api, asked, body):
    sync, _ = asked

    SyncAnswer.model_validate(body(api.call(get_sync, tenant="contoso", sync=sync.id)))
    AccountAnswer.model_validate(body(api.call(get_authentication, tenant="contoso")))
    checked = api.call(check_authentication, tenant="contoso", sync=sync.id)
    SignInStateAnswer.model_validate(body(checked))


def test_the_address_of_an_operation_alone_shows_no_code(api, asked, body):
    sync, _ = asked
    from functions.triggers.call import operation_token

    token = operation_token(api.services.signing_key, sync.id)
    shown = body(api.call(get_operation, sync=sync.id, query=f"token={token}", key=None))

    assert shown["authentication"] is None


@pytest.mark.parametrize(
    ("polled", "state", "woken"),
    [
        (Polled(PollKind.PENDING), "pending", False),
        (SIGNED_IN, "signedIn", True),
        (GUEST, "wrongAccount", False),
        (Polled(PollKind.DECLINED), "declined", True),
        (Polled(PollKind.BLOCKED), "blocked", True),
        (DOWN, "pending", False),
    ],
    ids=["nobody", "somebody", "a guest", "declined", "blocked", "down"],
)
def test_a_check_asks_now_and_wakes_whoever_waits(api, asked, body, polled, state, woken):
    sync, _ = asked
    api.services.provider.polls = [polled]
    api.services.clock.at += dt.timedelta(seconds=5)

    answer = api.call(check_authentication, tenant="contoso", sync=sync.id)

    assert (answer.status_code, body(answer)) == (200, {"state": state})
    assert api.client.raised == ([(f"{sync.id}-signin-1", "signIn-1")] if woken else [])


def test_a_check_of_a_sync_that_asks_nobody_says_so(api, body):
    api.tenant(settings=WITH_USER)
    sync = api.sync(stage=Stage.BACKING_UP)

    assert body(api.call(check_authentication, tenant="contoso", sync=sync.id)) == {"state": "none"}


def test_a_cancel_settles_the_sign_in_and_wakes_it(api, asked):
    sync, _ = asked
    api.call(cancel_sync, {}, tenant="contoso", sync=sync.id)

    assert api.services.status.sign_ins[sync.id, 1].state is SignInState.CANCELLED
    assert api.client.raised == [(sync.id, "cancel"), (f"{sync.id}-signin-1", "signIn-1")]


def test_ahead_of_any_sync_the_wait_is_started_once_and_the_answer_never_stored(api, body):
    api.tenant(settings=WITH_USER)
    same = {"Idempotency-Key": "k"}
    first = api.call(start_authentication, tenant="contoso", headers=same)
    again = api.call(start_authentication, tenant="contoso", headers=same)

    assert (first.status_code, first.headers["Retry-After"]) == (202, "5")
    assert first.headers["Location"].endswith("/api/v1/tenants/contoso/authentication")
    assert body(first) == body(again)
    assert {(name, instance) for name, instance, _ in api.client.started} == {
        ("sign_in", f"{api.services.status.rows['contoso'].sign_in_attempt}-signin-1")
    }
    assert "CODE1" not in str(api.services.answers.rows)
    assert body(api.call(get_authentication, tenant="contoso"))["state"] == "pending"
    assert api.call(end_authentication, tenant="contoso").status_code == 204
    assert body(api.call(get_authentication, tenant="contoso"))["state"] == "none"


@pytest.mark.parametrize(
    ("settings", "refusals", "status", "code"),
    [
        (Settings(), [], 409, "userAuthenticationOff"),
        (WITH_USER, [DOWN, DOWN], 503, "signInUnavailable"),
        (WITH_USER, [SignInFailed("consentMissing", "AADSTS700016")] * 2, 409, "signInRefused"),
    ],
    ids=["not asked for", "down", "refused"],
)
def test_where_nobody_can_sign_in_the_refusal_says_what_to_do(api, body, settings, refusals, status, code):
    api.tenant(settings=settings)
    api.services.provider.refusals = list(refusals)
    answer = api.call(start_authentication, tenant="contoso")

    assert (answer.status_code, body(answer)["code"]) == (status, code)


def test_a_tenant_that_is_removed_keeps_nobody_signed_in(api):
    api.tenant(settings=WITH_USER)
    api.services.token_caches.held["contoso"] = object()

    assert api.call(delete_tenant, tenant="contoso").status_code == 204
    assert api.services.token_caches.held == {}


# --- the browser --------------------------------------------------------------------------------------------


def posted(api, language="en", **form):
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Language": language}
    request = api.request("POST", "/callback/sign-in", urlencode(form).encode(), headers, None)
    answer = asyncio.run(sign_in_callback(request, api.client, api.services))
    return answer.status_code, answer.get_body().decode(), answer.headers


def test_the_browser_comes_back_to_a_page_in_its_language(api, asked):
    sync, flow = asked
    api.services.provider.redeemed = [SIGNED_IN]

    status, page, headers = posted(api, "fr", state=flow.link.flow["state"], code="c")

    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert '<html lang="fr">' in page
    assert "Vous êtes authentifié en tant que ada@contoso.example" in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert api.client.raised == [(f"{sync.id}-signin-1", "signIn-1")]
    assert posted(api, state=flow.link.flow["state"], code="c")[0] == 400, "a state counts once"


def test_more_fields_than_a_provider_posts_are_no_fault_of_ours(api):
    assert posted(api, **{f"field{number}": "x" for number in range(60)}, state="s")[0] == 400


def test_a_wrong_account_in_the_browser_is_told_why_and_gets_a_link(api, asked):
    _, flow = asked
    api.services.provider.redeemed = [GUEST]

    status, page, _ = posted(api, state=flow.link.flow["state"], code="c")

    assert status == 403
    assert "bob@fabrikam.example was refused" in page
    assert "&lt;a guest&gt;" in page
    assert '<a href="https://login.example/authorize?state=' in page
    assert api.client.raised == []


@pytest.mark.parametrize("wrong", WrongAccount, ids=lambda one: one.value)
def test_what_is_wrong_with_an_account_is_said_in_the_readers_language(api, asked, body, wrong):
    sync, flow = asked
    api.services.provider.redeemed = [replace(GUEST, wrong=wrong)]
    posted(api, state=flow.link.flow["state"], code="c")
    said = {
        language: body(
            api.call(get_sync, tenant="contoso", sync=sync.id, headers={"Accept-Language": language})
        )["authentication"]["notice"]
        for language in ("en", "fr")
    }

    assert said["en"].startswith("bob@fabrikam.example was refused")
    assert said["fr"].startswith("bob@fabrikam.example a été refusé")
    assert not any(GUEST.detail in text for text in said.values())


def link_in(page):
    """Where the page says to try again."""
    found = re.search(r'href="([^"]+state=([^"]+))"', page)
    return found and found[2]


def test_after_a_host_that_died_before_it_redeemed_the_answer_the_person_gets_a_fresh_link(api, asked):
    _, flow = asked
    state, now = flow.link.flow["state"], api.services.clock.now()
    asyncio.run(api.services.callbacks.take(state, "sign-in", now))

    status, page, _ = posted(api, state=state, code="c")
    fresh = link_in(page)
    assert (status, fresh not in (None, state)) == (400, True)

    assert link_in(posted(api, state=state, code="c")[1]) == fresh, "a link that works stays"
    api.services.provider.redeemed = [SIGNED_IN]
    assert posted(api, state=fresh, code="c")[0] == 200
    assert link_in(posted(api, state=state, code="c")[1]) is None, "nobody is waited for any more"


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(DOWN, 503), (SignInFailed("consentMissing", "AADSTS700016"), 400)],
    ids=["down", "refused"],
)
def test_where_there_is_no_fresh_link_the_page_says_so(api, asked, refusal, status):
    _, flow = asked
    state = flow.link.flow["state"]
    asyncio.run(api.services.callbacks.take(state, "sign-in", api.services.clock.now()))
    api.services.provider.refusals = [refusal]

    answered, page, _ = posted(api, state=state, code="c")

    assert (answered, link_in(page)) == (status, None)


def test_while_the_provider_is_down_the_same_answer_may_come_again(api, asked):
    _, flow = asked
    api.services.provider.redeemed = [DOWN, SIGNED_IN]
    state = flow.link.flow["state"]

    assert posted(api, state=state, code="c")[0] == 503
    assert posted(api, state=state, code="c")[0] == 200


@pytest.mark.parametrize("form", [{}, {"state": "made up", "code": "c"}, {"state": "x" * 70_000}])
def test_what_nobody_waits_for_signs_nobody_in(api, asked, form):
    status, page, _ = posted(api, **form)

    assert status == 400
    assert "not known" in page
    assert api.services.token_caches.held == {}
