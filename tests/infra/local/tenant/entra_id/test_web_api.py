"""Signing in to the organization's own web API by its page, a single-page application."""

from __future__ import annotations

import base64
import hashlib
import urllib.parse
from collections.abc import Callable
from typing import Any

import jwt
import pytest

API = "ac000000-0000-4000-8000-000000000002"
SCOPE = f"api://{API}/access_as_user"
PAGE = "http://127.0.0.1:7071"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def link(directory: Any, **changes: str) -> str:
    query = {
        "client_id": API,
        "response_type": "code",
        "redirect_uri": f"{PAGE}/",
        "response_mode": "fragment",
        "scope": f"openid profile offline_access {SCOPE}",
        "state": "the-state",
        "nonce": "the-nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    kept = {name: value for name, value in query.items() if value}
    return f"/{directory.entra_id}/oauth2/v2.0/authorize?{urllib.parse.urlencode(kept)}"


def code_of(directory: Any, account: str = "admin", **changes: str) -> str:
    told = directory.sign_in(account, url=link(directory, **changes))
    assert told["state"] == "done", told
    fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(told["redirect"]["url"]).fragment))
    assert fields["state"] == "the-state"
    return fields["code"]


def redeemed(directory: Any, code: str = "", origin: str | None = PAGE, **changes: str) -> Any:
    form = {
        "client_id": API,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": f"{PAGE}/",
        "code_verifier": VERIFIER,
        **changes,
    }
    headers = {"Origin": origin} if origin else {}
    place = f"/{directory.entra_id}/oauth2/v2.0/token"
    return directory.http.request("POST", place, data=form, headers=headers)


def claims_of(directory: Any, token: str) -> dict[str, Any]:
    keys = directory.http.request("GET", f"/{directory.entra_id}/discovery/v2.0/keys").json()
    key = jwt.PyJWK(keys["keys"][0])
    found: dict[str, Any] = jwt.decode(token, key, ["RS256"], audience=API)
    return found


def signed_in(directory: Any, account: str = "admin") -> Any:
    return redeemed(directory, code_of(directory, account)).json()


def refusal(answer: Any) -> int:
    assert answer.status_code == 400, answer.text
    number: int = answer.json()["error_codes"][0]
    return number


def test_a_person_gets_a_token_with_their_roles(directory: Any) -> None:
    answer = redeemed(directory, code_of(directory))
    assert answer.headers["access-control-allow-origin"] == PAGE
    claims = claims_of(directory, answer.json()["access_token"])
    assert (claims["ver"], claims["azp"], claims["scp"]) == ("2.0", API, "access_as_user")
    assert (claims["roles"], claims["name"]) == (["Administrator"], "Administrator")
    assert claims["iss"] == f"https://login.microsoftonline.com/{directory.entra_id}/v2.0"


def test_an_id_token_has_the_nonce_and_the_roles_but_no_scope(directory: Any) -> None:
    claims = claims_of(directory, signed_in(directory)["id_token"])
    assert (claims["nonce"], claims["roles"]) == ("the-nonce", ["Administrator"])
    assert "scp" not in claims
    assert "azp" not in claims


def test_roles_and_groups_are_assigned(directory: Any) -> None:
    directory.control("PUT", "app-roles/member", {"roles": ["Operator", "Approver"], "groups": ["g1"]})
    claims = claims_of(directory, signed_in(directory, "member")["access_token"])
    assert (claims["roles"], claims["groups"]) == (["Operator", "Approver"], ["g1"])
    told = directory.control("GET", "app-roles")
    assert told["value"]["member"] == {
        "id": claims["oid"],
        "roles": ["Operator", "Approver"],
        "groups": ["g1"],
    }
    assert (told["clientId"], told["scope"]) == (API, SCOPE)
    directory.control("PUT", "app-roles/member", {"roles": ["Owner"]}, status=400)
    directory.control("PUT", "app-roles/nobody", {"roles": ["Reader"]}, status=404)


def test_whoever_has_no_role_gets_a_token_without_roles(directory: Any) -> None:
    assert "roles" not in claims_of(directory, signed_in(directory, "guest")["access_token"])


def test_too_many_groups_are_left_out(directory: Any) -> None:
    directory.control("PUT", "app-roles/admin", {"groups": [f"g{n}" for n in range(201)]})
    claims = claims_of(directory, signed_in(directory)["access_token"])
    assert "groups" not in claims
    assert claims["_claim_names"] == {"groups": "src1"}


def test_a_refresh_token_renews_for_a_day_and_no_longer(directory: Any) -> None:
    held = signed_in(directory)
    form = {"grant_type": "refresh_token", "scope": f"openid offline_access {SCOPE}"}

    def renewed() -> Any:
        return redeemed(directory, refresh_token=held["refresh_token"], **form)

    directory.clock.ahead += 23 * 3600
    held = renewed().json()
    assert held["access_token"]
    directory.clock.ahead += 2 * 3600
    assert refusal(renewed()) == 700084
    held = signed_in(directory)
    directory.control("POST", "revoke-sign-ins")
    assert refusal(renewed()) == 50173


@pytest.mark.parametrize(
    ("number", "send"),
    [
        (9002327, lambda d: redeemed(d, code_of(d), origin=None)),
        (9002326, lambda d: redeemed(d, code_of(d), origin="https://evil.example")),
        (9002326, lambda d: redeemed(d, code_of(d), client_secret="s")),
        (9002325, lambda d: redeemed(d, code_of(d, code_challenge="", code_challenge_method=""))),
        (501481, lambda d: redeemed(d, code_of(d), code_verifier="w" * 64)),
        (500112, lambda d: redeemed(d, code_of(d), redirect_uri="http://localhost:7071/")),
        (54005, lambda d: [redeemed(d, code) for code in [code_of(d)] * 2][1]),
        (70000, lambda d: redeemed(d, "1.nothing")),
        (70003, lambda d: redeemed(d, "x", grant_type="client_credentials")),
    ],
    ids="no-origin other-origin secret no-challenge verifier address used unknown grant".split(),
)
def test_what_is_not_the_pages_is_refused(directory: Any, number: int, send: Callable[[Any], Any]) -> None:
    answer = send(directory)
    assert refusal(answer) == number


def test_a_page_cannot_redeem_what_is_not_a_single_page_applications(directory: Any) -> None:
    answer = directory.http.request(
        "POST",
        f"/{directory.entra_id}/oauth2/v2.0/token",
        data={"client_id": "ac000000-0000-4000-8000-000000000001", "grant_type": "authorization_code"},
        headers={"Origin": PAGE},
    )
    assert refusal(answer) == 9002326


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"redirect_uri": "https://evil.example/"}, 50011),
        ({"redirect_uri": f"{PAGE}/elsewhere"}, 50011),
        ({"redirect_uri": ""}, 900971),
    ],
    ids=["another host", "another page", "none"],
)
def test_a_link_to_elsewhere_stays_on_the_page(directory: Any, changes: dict[str, str], number: int) -> None:
    told = directory.sign_in("admin", url=link(directory, **changes))
    assert (told["state"], told["error"]["number"]) == ("onPage", number)


@pytest.mark.parametrize(
    ("scope", "number"),
    [(f"api://{API}/everything", 650053), ("https://graph.microsoft.com/User.Read", 500011)],
    ids=["another scope", "another resource"],
)
def test_what_the_api_does_not_expose_is_told_to_the_page(directory: Any, scope: str, number: int) -> None:
    told = directory.sign_in("admin", url=link(directory, scope=scope))
    assert told["state"] == "refused"
    assert f"AADSTS{number}" in urllib.parse.unquote(told["redirect"]["url"])


def test_an_application_has_a_token_of_its_own(directory: Any) -> None:
    directory.control("PUT", "app-roles/app", {"roles": ["Operator"]})
    answer = directory.token(
        grant_type="client_credentials", client_secret="accord-local-secret", scope=f"api://{API}/.default"
    )
    claims = claims_of(directory, answer.json()["access_token"])
    assert (claims["idtyp"], claims["roles"]) == ("app", ["Operator"])
    assert "scp" not in claims


def test_who_signs_out_comes_back_to_the_page_and_to_no_other(directory: Any) -> None:
    def went(back: str) -> Any:
        place = f"/{directory.entra_id}/oauth2/v2.0/logout"
        return directory.http.request("GET", place, params={"post_logout_redirect_uri": back})

    assert went(f"{PAGE}/").headers["location"] == f"{PAGE}/"
    assert went("https://evil.example/").status_code == 200


def test_assignments_survive_a_restart(start: Callable[[], Any]) -> None:
    first = start()
    first.request("PUT", "/control/tenants/home", json={"seed": "empty"})
    first.request("PUT", "/control/tenants/home/app-roles/member", json={"roles": ["Approver"]})
    found = start().request("GET", "/control/tenants/home/app-roles").json()
    assert found["value"]["member"]["roles"] == ["Approver"]
