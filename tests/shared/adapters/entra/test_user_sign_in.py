"""People signing in: what each answer of the identity provider means, and what is kept of it."""

import datetime as dt
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from entra_answers import (
    ADA,
    CLIENT,
    HOME,
    TENANT,
    Recorded,
    code,
    refusal,
    tokens,
)

from shared.adapters.entra.credentials import Secret
from shared.adapters.entra.provider import ProviderDown
from shared.adapters.entra.user_sign_in import EntraSignIn
from shared.errors import SignInFailed
from shared.user_ports import BrowserLink, CacheKind, Polled, PollKind

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
SCOPES = ["Policy.ReadWrite.MobilityManagement", "Agreement.Read.All"]
BACK = "https://accord.example/callback/sign-in"


def sign_in(entra: Recorded, **address: Any) -> EntraSignIn:
    return EntraSignIn(entra.provider(**address), lambda: Secret("s3cret"), now=lambda: NOW)


def polled(*answers: Any) -> Polled:
    """What a poll of a fresh device code comes to."""
    entra = Recorded([code(), *answers])
    device = sign_in(entra)
    return device.poll_device(device.begin_device(SCOPES).flow)


def begun(entra: Recorded) -> tuple[EntraSignIn, BrowserLink]:
    browser = sign_in(entra)
    return browser, browser.begin_browser(SCOPES, "state-1", BACK)


def redeemed(answer: Any, **form: str) -> Polled:
    """What redeeming the code of a fresh link comes to. `answer`: of the flow, or the answer itself."""
    entra = Recorded()
    browser, link = begun(entra)
    entra.answers.append(answer(link) if callable(answer) else answer)
    return browser.redeem(link.flow, {"state": "state-1", "code": "auth-code", **form})


def with_nonce(link: BrowserLink) -> dict[str, Any]:
    return tokens(nonce=parse_qs(urlsplit(link.url).query)["nonce"][0])


# --- device codes -------------------------------------------------------------------------------------------


def test_a_device_code_says_what_a_person_needs_and_keeps_the_rest_secret() -> None:
    entra = Recorded([code()])
    begun = sign_in(entra).begin_device(SCOPES)
    assert begun.user_code == "ABCD1234"
    assert begun.verification_uri == "https://login.microsoftonline.com/device"
    assert (begun.expires_at, begun.interval) == (NOW + dt.timedelta(minutes=15), 5)
    assert json.loads(json.dumps(begun.flow))["device_code"] == "secret-device-code"
    assert "ABCD1234" not in repr(begun)
    assert "secret" not in repr(begun)
    (form,) = entra.forms
    assert form["client_id"] == CLIENT
    assert "client_secret" not in form
    assert set(form["scope"].split()) == {
        *(f"https://graph.microsoft.com/{one}" for one in SCOPES),
        "openid",
        "profile",
        "offline_access",
    }


def test_another_clouds_permissions_carry_its_name() -> None:
    entra = Recorded([code()])
    sign_in(entra, graph="https://graph.microsoft.us").begin_device(["Agreement.Read.All"])
    assert "https://graph.microsoft.us/Agreement.Read.All" in entra.forms[0]["scope"].split()


def test_on_one_machine_people_are_sent_where_the_provider_stands_in() -> None:
    entra = Recorded([code()])
    local = sign_in(entra, login_endpoint="http://127.0.0.1:7072")
    assert local.begin_device(SCOPES).verification_uri == "http://127.0.0.1:7072/device"
    link = local.begin_browser(SCOPES, "state-1", BACK)
    assert link.url.startswith(f"http://127.0.0.1:7072/{TENANT}/oauth2/v2.0/authorize?")


def test_a_poll_is_one_request_and_pending_is_no_answer_yet() -> None:
    entra = Recorded(
        [code(), refusal("authorization_pending", 70016), refusal("authorization_pending", 70016)]
    )
    device = sign_in(entra)
    begun = device.begin_device(SCOPES)
    first = device.poll_device(begun.flow)
    second = device.poll_device(first.flow)
    assert [one.kind for one in (first, second)] == [PollKind.PENDING, PollKind.PENDING]
    assert (second.interval, dict(second.flow)) == (5, dict(begun.flow))
    assert len(entra.forms) == 3


def test_slowing_down_makes_the_interval_longer_for_all_further_polls() -> None:
    entra = Recorded([code(), *[refusal("slow_down", 70016)] * 2, refusal("authorization_pending", 70016)])
    device = sign_in(entra)
    flow, seen = device.begin_device(SCOPES).flow, []
    for _ in range(3):
        found = device.poll_device(flow)
        flow = found.flow
        seen.append((found.kind, found.interval))
    assert seen == [(PollKind.SLOW_DOWN, 10), (PollKind.SLOW_DOWN, 15), (PollKind.PENDING, 15)]
    assert json.dumps(dict(flow))


def test_an_interval_of_none_does_not_poll_for_ever() -> None:
    entra = Recorded([{**code(), "interval": 0}, refusal("authorization_pending", 70016)])
    device = sign_in(entra)
    begun = device.begin_device(SCOPES)
    assert begun.interval >= 1
    assert device.poll_device({**begun.flow, "interval": 0}).kind is PollKind.PENDING


def test_a_person_who_signed_in_leaves_a_public_cache() -> None:
    found = polled(tokens())
    assert (found.kind, found.account, found.cache_kind) == (PollKind.SIGNED_IN, ADA, CacheKind.PUBLIC)
    assert b"rt-1" in found.cache
    assert "rt-1" not in repr(found)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal("authorization_declined", 65004), PollKind.DECLINED),
        (refusal("access_denied"), PollKind.DECLINED),
        (refusal("access_denied", 90094), PollKind.BLOCKED),
        (refusal("invalid_grant", 53003), PollKind.BLOCKED),
        (refusal("invalid_grant", 53000), PollKind.BLOCKED),
        (refusal("invalid_grant", 50105), PollKind.BLOCKED),
        (refusal("invalid_grant", 50053), PollKind.BLOCKED),
        (refusal("invalid_grant", 50057), PollKind.BLOCKED),
        (refusal("interaction_required", 50076), PollKind.BLOCKED),
        (refusal("invalid_grant", 999999), PollKind.BLOCKED),
        (refusal("invalid_grant", 50020), PollKind.WRONG_ACCOUNT),
        (refusal("invalid_grant", 50034), PollKind.WRONG_ACCOUNT),
        (refusal("invalid_grant", 90072), PollKind.WRONG_ACCOUNT),
        (refusal("expired_token", 70020), PollKind.USED_OR_EXPIRED),
        (refusal("code_expired"), PollKind.USED_OR_EXPIRED),
        (refusal("bad_verification_code", 70018), PollKind.USED_OR_EXPIRED),
        (refusal("invalid_grant", 54005), PollKind.USED_OR_EXPIRED),
    ],
    ids=lambda value: (
        value.value if isinstance(value, PollKind) else f"{value['error']}-{value.get('error_codes')}"
    ),
)
def test_a_refusal_is_told_from_any_other(answer: dict[str, Any], kind: PollKind) -> None:
    found = polled(answer)
    assert found.kind is kind
    assert found.detail == answer["error_description"].partition(" Trace ID")[0]
    assert (found.cache, dict(found.flow)) == (b"", {})


def test_an_app_that_allows_no_device_codes_is_told_what_to_allow() -> None:
    found = polled(refusal("invalid_client", 7000218))
    assert found.kind is PollKind.BLOCKED
    assert "allow them under" in found.detail
    assert "sign in with the link" in found.detail


@pytest.mark.parametrize("number", [50020, 53003], ids=str)
def test_numbers_only_in_the_text_count_too(number: int) -> None:
    answer = refusal("invalid_grant", number)
    del answer["error_codes"]
    assert polled(answer).kind in (PollKind.WRONG_ACCOUNT, PollKind.BLOCKED)


@pytest.mark.parametrize(
    ("answer", "transient", "code_"),
    [
        (ProviderDown("HTTP 503"), True, "credentialRefused"),
        (requests.ConnectionError("reset"), True, "credentialRefused"),
        (refusal("temporarily_unavailable"), True, "credentialRefused"),
        (refusal("invalid_grant", 90033), True, "credentialRefused"),
        ("<html>Bad gateway</html>", True, "credentialRefused"),
        (refusal("unauthorized_client", 700016), False, "consentMissing"),
        (refusal("invalid_request", 90002), False, "credentialRefused"),
    ],
    ids=["503", "reset", "busy", "directory down", "no JSON", "app unknown", "tenant unknown"],
)
def test_what_is_not_about_the_person_is_an_error(answer: Any, transient: bool, code_: str) -> None:
    for ask in (lambda: polled(answer), lambda: sign_in(Recorded([answer])).begin_device(SCOPES)):
        with pytest.raises(SignInFailed) as failed:
            ask()
        assert (failed.value.transient, failed.value.code) == (transient, code_)


# --- whose account it is ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"home": HOME}, f"is a guest, whose own directory is {HOME}"),
        ({"idp": f"https://sts.windows.net/{HOME}/"}, "is a guest"),
        ({"acct": 1}, "is a guest"),
        ({"tid": HOME, "home": HOME}, f"belongs to another directory ({HOME})"),
        ({"tid": ""}, "belongs to another directory (unknown)"),
        ({"home": "9188040d-6c67-4c5b-b112-36a304b66dad"}, "is a personal Microsoft account"),
    ],
    ids=["home directory", "idp", "acct", "other tenant", "no tenant", "personal"],
)
def test_an_account_of_elsewhere_is_told_why(claims: dict[str, Any], why: str) -> None:
    found = polled(tokens(**claims))
    assert found.kind is PollKind.WRONG_ACCOUNT
    assert f"{ADA} {why}" in found.detail
    assert (found.account, found.cache) == (ADA, b"")


@pytest.mark.parametrize(
    "claims",
    [{}, {"acct": 0}, {"idp": f"https://sts.windows.net/{TENANT}/"}, {"home": TENANT.upper()}],
    ids=["plain", "acct", "own idp", "case"],
)
def test_an_account_of_the_tenant_is_right(claims: dict[str, Any]) -> None:
    assert polled(tokens(**claims)).kind is PollKind.SIGNED_IN


# --- the browser --------------------------------------------------------------------------------------------


def test_the_link_asks_for_a_form_post_with_pkce_state_and_nonce() -> None:
    _, link = begun(Recorded())
    asked = {name: values[0] for name, values in parse_qs(urlsplit(link.url).query).items()}
    assert (asked["client_id"], asked["state"], asked["redirect_uri"]) == (CLIENT, "state-1", BACK)
    assert (asked["response_mode"], asked["response_type"]) == ("form_post", "code")
    assert asked["code_challenge_method"] == "S256"
    assert asked["prompt"] == "select_account"
    assert "https://graph.microsoft.com/Agreement.Read.All" in asked["scope"].split()
    assert link.flow["code_verifier"] not in link.url
    assert json.loads(json.dumps(link.flow)) == link.flow
    assert link.flow["code_verifier"] not in repr(link)


def test_the_code_is_redeemed_with_the_verifier_and_the_apps_credential() -> None:
    entra = Recorded()
    browser, link = begun(entra)
    entra.answers.append(with_nonce(link))
    found = browser.redeem(json.loads(json.dumps(link.flow)), {"state": "state-1", "code": "auth-code"})
    assert (found.kind, found.account, found.cache_kind) == (PollKind.SIGNED_IN, ADA, CacheKind.WEB)
    (form,) = entra.forms
    assert form["code_verifier"] == link.flow["code_verifier"]
    assert (form["code"], form["redirect_uri"], form["client_secret"]) == ("auth-code", BACK, "s3cret")


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ({"error": "access_denied", "error_description": "AADSTS65004: User declined."}, PollKind.DECLINED),
        ({"error": "invalid_grant", "error_description": "AADSTS53003: Blocked."}, PollKind.BLOCKED),
        ({"error": "interaction_required"}, PollKind.BLOCKED),
        ({"state": "state-2", "code": "auth-code"}, PollKind.USED_OR_EXPIRED),
        ({}, PollKind.USED_OR_EXPIRED),
    ],
    ids=["declined", "blocked", "interaction", "other state", "nothing"],
)
def test_what_the_browser_brings_back_instead_of_a_code(form: dict[str, str], kind: PollKind) -> None:
    browser, link = begun(Recorded())
    assert browser.redeem(link.flow, {"state": "state-1", **form}).kind is kind


def test_of_what_a_browser_posts_no_more_is_kept_than_a_row_holds() -> None:
    browser, link = begun(Recorded())
    long = {"error": "access_denied", "error_description": "AADSTS65004: " + "x" * 60_000}
    assert len(browser.redeem(link.flow, {"state": "state-1", **long}).detail) == 1_000


@pytest.mark.parametrize("number", [54005, 70008, 501481], ids=["redeemed", "expired", "verifier"])
def test_a_code_that_is_no_longer_good(number: int) -> None:
    assert redeemed(refusal("invalid_grant", number)).kind is PollKind.USED_OR_EXPIRED


def test_an_answer_made_for_another_sign_in_is_none() -> None:
    assert redeemed(tokens(nonce="another")).kind is PollKind.USED_OR_EXPIRED


def test_a_guest_in_the_browser_is_told_why() -> None:
    def guests(link: BrowserLink) -> dict[str, Any]:
        return with_nonce(link) | {"client_info": tokens(home=HOME)["client_info"]}

    assert redeemed(guests).kind is PollKind.WRONG_ACCOUNT


@pytest.mark.parametrize("number", [7000215, 7000222], ids=["wrong secret", "expired secret"])
def test_the_apps_own_credential_is_nobodys_fault_who_signs_in(number: int) -> None:
    with pytest.raises(SignInFailed) as failed:
        redeemed(refusal("invalid_client", number))
    assert (failed.value.code, failed.value.transient) == ("credentialRefused", False)


def test_a_flow_that_begins_while_the_provider_is_down_says_so() -> None:
    class Down(Recorded):
        def get(self, url: str, **options: Any) -> Any:
            raise ProviderDown("HTTP 503")

    for begin in (
        lambda: sign_in(Down()).begin_device(SCOPES),
        lambda: sign_in(Down()).begin_browser(SCOPES, "state-1", BACK),
    ):
        with pytest.raises(SignInFailed) as failed:
            begin()
        assert failed.value.transient
