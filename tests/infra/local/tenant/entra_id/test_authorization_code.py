"""Signing in by the browser: msal's authorization code flow with PKCE, and what is refused on the way."""

from __future__ import annotations

import urllib.parse
from typing import Any

import pytest

# msal recommends form_post; other modes must work as well.
pytestmark = pytest.mark.filterwarnings("ignore:response_mode")

SCOPES = ["https://graph.microsoft.com/Policy.ReadWrite.MobilityManagement"]
BACK = "http://127.0.0.1:7071/callback/sign-in"


def began(directory: Any, mode: str = "form_post", uri: str = BACK) -> tuple[Any, dict[str, Any]]:
    app = directory.confidential()
    return app, app.initiate_auth_code_flow(SCOPES, redirect_uri=uri, response_mode=mode, state="the-state")


def brought(redirect: Any) -> dict[str, str]:
    """What the browser brings to the app."""
    if redirect["form"] is not None:
        return dict(redirect["form"])
    parts = urllib.parse.urlsplit(redirect["url"])
    return dict(urllib.parse.parse_qsl(parts.query or parts.fragment))


@pytest.mark.parametrize(("mode", "method"), [("form_post", "POST"), ("query", "GET"), ("fragment", "GET")])
def test_msal_redeems_what_the_browser_brings(directory: Any, mode: str, method: str) -> None:
    app, flow = began(directory, mode)
    told = directory.sign_in("admin", url=flow["auth_uri"])
    assert told["redirect"]["method"] == method
    assert told["redirect"]["url"].startswith(BACK)
    fields = brought(told["redirect"])
    assert fields["state"] == "the-state"
    answer = app.acquire_token_by_auth_code_flow(flow, fields)
    assert answer["id_token_claims"]["preferred_username"] == f"admin@{directory.key}.onmicrosoft.com"
    (account,) = app.get_accounts()
    renewed = app.acquire_token_silent_with_error(SCOPES, account, force_refresh=True)
    assert renewed["token_source"] == "identity_provider"


def test_a_public_client_redeems_without_a_secret(directory: Any) -> None:
    app = directory.public()
    flow = app.initiate_auth_code_flow(SCOPES, redirect_uri="http://localhost:8400")
    fields = brought(directory.sign_in("admin", url=flow["auth_uri"])["redirect"])
    assert "access_token" in app.acquire_token_by_auth_code_flow(flow, fields)


@pytest.mark.parametrize(
    ("account", "number"), [("decline", 65004), ("blocked", 53003), ("otherTenant", 50020)]
)
def test_a_person_who_cannot_sign_in_comes_back_with_the_reason(
    directory: Any, account: str, number: int
) -> None:
    app, flow = began(directory)
    told = directory.sign_in(account, url=flow["auth_uri"])
    fields = brought(told["redirect"])
    assert (told["state"], fields["error"]) == ("refused", "access_denied")
    assert f"AADSTS{number}" in fields["error_description"]
    assert app.acquire_token_by_auth_code_flow(flow, fields)["error"] == "access_denied"


def test_somebody_of_another_tenant_may_be_kept_on_the_page(make_directory: Any) -> None:
    directory = make_directory(foreignAccounts="page")
    _, flow = began(directory)
    told = directory.sign_in("otherTenant", url=flow["auth_uri"])
    assert (told["state"], told["error"]["number"], told["redirect"]) == ("onPage", 50020, None)


def redeemable(directory: Any, **changes: str) -> dict[str, str]:
    """A form that redeems a fresh code, with changes."""
    _, flow = began(directory)
    fields = brought(directory.sign_in("admin", url=flow["auth_uri"])["redirect"])
    form = {
        "grant_type": "authorization_code",
        "code": fields["code"],
        "redirect_uri": BACK,
        "code_verifier": flow["code_verifier"],
        "client_secret": "accord-local-secret",
    }
    return {**form, **changes}


@pytest.mark.parametrize(
    ("changes", "status", "error", "number"),
    [
        pytest.param({"client_secret": ""}, 401, "invalid_client", 7000218, id="no credential"),
        pytest.param({"client_secret": "x"}, 401, "invalid_client", 7000215, id="a wrong secret"),
        pytest.param({"code_verifier": "x" * 43}, 400, "invalid_grant", 501481, id="a wrong verifier"),
        pytest.param({"code_verifier": ""}, 400, "invalid_grant", 501481, id="no verifier"),
        pytest.param({"code": "x"}, 400, "invalid_grant", 70000, id="an unknown code"),
        pytest.param({"code": ""}, 400, "invalid_request", 900144, id="no code"),
        pytest.param(
            {"redirect_uri": "http://127.0.0.1/other"}, 400, "invalid_client", 500112, id="another address"
        ),
    ],
)
def test_a_code_is_redeemed_by_its_app_alone(
    directory: Any, changes: dict[str, str], status: int, error: str, number: int
) -> None:
    answer = directory.token(**redeemable(directory, **changes))
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [number])


def test_a_code_is_good_once(directory: Any) -> None:
    form = redeemable(directory)
    assert directory.token(**form).status_code == 200
    assert directory.token(**form).json()["error_codes"] == [54005]


def test_a_code_is_good_for_ten_minutes(directory: Any) -> None:
    form = redeemable(directory)
    directory.clock.ahead += 601
    assert directory.token(**form).json()["error_codes"] == [70008]


def test_a_code_is_good_in_its_own_tenant(make_directory: Any) -> None:
    form = redeemable(make_directory())
    assert make_directory().token(**form).json()["error_codes"] == [700005]


def test_a_public_clients_code_is_refused_with_a_secret(directory: Any) -> None:
    flow = directory.public().initiate_auth_code_flow(SCOPES, redirect_uri="http://localhost")
    fields = brought(directory.sign_in("admin", url=flow["auth_uri"])["redirect"])
    answer = directory.token(
        grant_type="authorization_code",
        code=fields["code"],
        redirect_uri="http://localhost",
        code_verifier=flow["code_verifier"],
        client_secret="accord-local-secret",
    )
    assert answer.json()["error_codes"] == [700025]


def link(directory: Any, **changes: str | None) -> str:
    query = {
        "client_id": "ac000000-0000-4000-8000-000000000001",
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": "User.Read",
        **changes,
    }
    text = urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})
    return f"https://login.microsoftonline.com/{directory.entra_id}/oauth2/v2.0/authorize?{text}"


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        pytest.param({"redirect_uri": "https://evil.example/"}, 50011, id="an address not registered"),
        pytest.param({"redirect_uri": f"{BACK}?x=1"}, 50011, id="an address with more"),
        pytest.param({"redirect_uri": None}, 900971, id="no address"),
        pytest.param({"client_id": "b" * 8}, 700016, id="another app"),
        pytest.param({"response_mode": "pigeon"}, 70007, id="an unknown mode"),
    ],
)
def test_a_link_that_cannot_be_trusted_stays_on_the_page(
    directory: Any, changes: dict[str, Any], number: int
) -> None:
    told = directory.sign_in("admin", url=link(directory, **changes))
    assert (told["state"], told["error"]["number"], told["redirect"]) == ("onPage", number, None)


@pytest.mark.parametrize(
    ("changes", "error", "number"),
    [
        pytest.param({"response_type": "token"}, "unsupported_response_type", 70005, id="implicit"),
        pytest.param({"scope": None}, "invalid_request", 900144, id="no scope"),
        pytest.param({"scope": "Everything.Read"}, "invalid_client", 650053, id="an unknown scope"),
        pytest.param({"code_challenge_method": "S999"}, "invalid_request", 501491, id="an unknown method"),
        pytest.param({"code_challenge": "short"}, "invalid_request", 50147, id="a short challenge"),
        pytest.param({"prompt": "none"}, "login_required", 50058, id="silently"),
    ],
)
def test_any_other_fault_of_a_link_goes_back_to_the_app(
    directory: Any, changes: dict[str, Any], error: str, number: int
) -> None:
    told = directory.sign_in("admin", url=link(directory, state="s", **changes))
    fields = brought(told["redirect"])
    assert (fields["error"], fields["state"]) == (error, "s")
    assert f"AADSTS{number}" in fields["error_description"]


def test_any_port_of_a_loopback_address_will_do_and_no_other_host(directory: Any) -> None:
    ports = link(directory, redirect_uri="http://127.0.0.1:50123/callback/sign-in")
    assert directory.sign_in("admin", url=ports)["state"] == "done"
    other = link(directory, redirect_uri="http://127.0.0.2:7071/callback/sign-in")
    assert directory.sign_in("admin", url=other)["state"] == "onPage"
