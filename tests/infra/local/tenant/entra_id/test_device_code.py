"""Device codes by Microsoft's own MSAL, and each way they end."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest

SCOPES = ["https://graph.microsoft.com/Policy.ReadWrite.MobilityManagement"]
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def once(directory: Any, app: Any, flow: dict[str, Any]) -> Any:
    """One poll, in good time."""
    directory.clock.ahead += 1
    return app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)


def signed_in(directory: Any, account: str = "admin") -> Any:
    app = directory.public()
    flow = app.initiate_device_flow(SCOPES)
    directory.sign_in(account, userCode=flow["user_code"])
    return app, once(directory, app, flow)


def test_a_device_code_says_where_to_type_it(directory: Any) -> None:
    flow = directory.public().initiate_device_flow(SCOPES)
    assert flow["verification_uri"] == "http://127.0.0.1:7072/devicelogin"
    assert flow["expires_in"] == 900
    assert flow["user_code"] in flow["message"]
    assert flow["user_code"] not in flow["device_code"]


def test_the_administrator_gets_tokens_with_every_consented_permission(directory: Any) -> None:
    app, answer = signed_in(directory)
    claims = claims_of(answer["access_token"])
    assert claims["idtyp"] == "user"
    assert claims["upn"] == f"admin@{directory.key}.onmicrosoft.com"
    assert "62e90394-69f5-4237-9190-012177145e10" in claims["wids"]
    assert {"Policy.ReadWrite.MobilityManagement", "Policy.Read.All", "openid"} <= set(claims["scp"].split())
    assert claims["appidacr"] == "0"
    assert "roles" not in claims
    (account,) = app.get_accounts()
    assert account["home_account_id"] == f"{claims['oid']}.{directory.entra_id}"
    assert answer["id_token_claims"]["tid"] == directory.entra_id


def test_msal_finds_the_token_in_its_cache_and_refreshes_it(directory: Any) -> None:
    app, answer = signed_in(directory)
    (account,) = app.get_accounts()
    cached = app.acquire_token_silent(SCOPES, account)
    assert cached["access_token"] == answer["access_token"]
    renewed = app.acquire_token_silent_with_error(SCOPES, account, force_refresh=True)
    assert renewed["token_source"] == "identity_provider"
    assert claims_of(renewed["access_token"])["oid"] == claims_of(answer["access_token"])["oid"]


def test_nobody_has_decided_yet(directory: Any) -> None:
    app = directory.public()
    answer = once(directory, app, app.initiate_device_flow(SCOPES))
    assert (answer["error"], answer["error_codes"]) == ("authorization_pending", [70016])


@pytest.mark.parametrize(
    ("account", "error", "number", "state"),
    [
        ("decline", "authorization_declined", 65004, "declined"),
        ("blocked", "invalid_grant", 53003, "blocked"),
        ("otherTenant", "invalid_grant", 50020, "refused"),
    ],
)
def test_a_person_who_cannot_sign_in_ends_the_code(
    directory: Any, account: str, error: str, number: int, state: str
) -> None:
    app = directory.public()
    flow = app.initiate_device_flow(SCOPES)
    told = directory.sign_in(account, userCode=flow["user_code"])
    assert (told["state"], told["error"]["number"]) == (state, number)
    for _ in range(2):
        answer = once(directory, app, flow)
        assert (answer["error"], answer["error_codes"]) == (error, [number])
    assert directory.control("GET", "sign-in")["value"][-1]["state"] == state
    body = {"account": "admin", "userCode": flow["user_code"]}
    directory.control("POST", "sign-in", body, status=409)


def test_somebody_of_another_tenant_may_be_told_on_the_page_alone(make_directory: Any) -> None:
    directory = make_directory(foreignAccounts="page")
    app = directory.public()
    flow = app.initiate_device_flow(SCOPES)
    told = directory.sign_in("otherTenant", userCode=flow["user_code"])
    assert (told["state"], told["error"]["number"]) == ("pending", 50020)
    assert once(directory, app, flow)["error"] == "authorization_pending"
    directory.sign_in("admin", userCode=flow["user_code"])
    assert "access_token" in once(directory, app, flow)


def test_a_guest_gets_tokens_that_tell_where_they_are_at_home(directory: Any) -> None:
    app, answer = signed_in(directory, "guest")
    claims = claims_of(answer["access_token"])
    home = claims["idp"].rstrip("/").rsplit("/", 1)[-1]
    assert home != directory.entra_id
    assert claims["acct"] == 1
    assert claims["tid"] == directory.entra_id
    assert "upn" not in claims
    (account,) = app.get_accounts()
    assert account["home_account_id"].endswith(f".{home}")
    raw = answer.get("client_info") or ""
    assert not raw or json.loads(base64.urlsafe_b64decode(raw + "=="))["utid"] == home


def test_a_code_is_good_for_one_redemption(directory: Any) -> None:
    app = directory.public()
    flow = app.initiate_device_flow(SCOPES)
    directory.sign_in("admin", userCode=flow["user_code"])
    assert "access_token" in once(directory, app, flow)
    assert once(directory, app, flow)["error_codes"] == [54005]


def test_a_code_nobody_used_in_time_expires(directory: Any) -> None:
    app = directory.public()
    flow = app.initiate_device_flow(SCOPES)
    directory.clock.ahead += 901
    answer = directory.token(grant_type=GRANT, device_code=flow["device_code"])
    assert (answer.json()["error"], answer.json()["error_codes"]) == ("expired_token", [70020])
    body = {"account": "admin", "userCode": flow["user_code"]}
    directory.control("POST", "sign-in", body, status=409)


def test_an_impatient_client_is_told_to_slow_down(make_directory: Any) -> None:
    directory = make_directory(deviceCodeInterval=5)
    flow = directory.public().initiate_device_flow(SCOPES)

    def poll() -> Any:
        return directory.token(grant_type=GRANT, device_code=flow["device_code"]).json()

    assert poll()["error"] == "authorization_pending"
    directory.clock.ahead += 3
    assert poll()["error"] == "slow_down"
    directory.sign_in("admin", userCode=flow["user_code"])
    directory.clock.ahead += 6
    assert poll()["error"] == "slow_down"
    directory.clock.ahead += 16
    assert "access_token" in poll()


def test_an_unknown_code_is_refused(directory: Any) -> None:
    answer = directory.token(grant_type=GRANT, device_code="x")
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_verification_code")
    body = {"account": "admin", "userCode": "NONE"}
    directory.control("POST", "sign-in", body, status=404)


@pytest.mark.parametrize(
    ("more", "number"),
    [
        pytest.param({"client_secret": "accord-local-secret"}, 700025, id="a secret"),
        pytest.param({"client_assertion": "x"}, 700025, id="an assertion"),
        pytest.param({"device_code": ""}, 900144, id="no code"),
        pytest.param({"client_id": "b" * 8}, 700016, id="another app"),
    ],
)
def test_a_request_that_cannot_redeem_is_refused(directory: Any, more: dict[str, str], number: int) -> None:
    flow = directory.public().initiate_device_flow(SCOPES)
    directory.sign_in("admin", userCode=flow["user_code"])
    form = {"grant_type": GRANT, "device_code": flow["device_code"], **more}
    assert directory.token(**form).json()["error_codes"] == [number]


def test_device_codes_need_an_app_that_allows_public_clients(directory: Any) -> None:
    directory.http.request("PATCH", "/control/app", json={"publicClient": False})
    app = directory.public()
    flow = app.initiate_device_flow(SCOPES)
    directory.sign_in("admin", userCode=flow["user_code"])
    answer = once(directory, app, flow)
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [7000218])


def test_a_policy_may_block_device_codes(directory: Any) -> None:
    directory.control("PATCH", "behaviour", {"deviceCodes": "blocked"})
    _, answer = signed_in(directory)
    assert (answer["error"], answer["suberror"], answer["error_codes"]) == (
        "invalid_grant",
        "message_only",
        [53003],
    )


def test_a_policy_against_device_codes_follows_their_sessions(directory: Any) -> None:
    app, _ = signed_in(directory)
    directory.control("PATCH", "behaviour", {"deviceCodes": "blocked"})
    (account,) = app.get_accounts()
    answer = app.acquire_token_silent_with_error(SCOPES, account, force_refresh=True)
    assert answer["error_codes"] == [53003]


@pytest.mark.parametrize(
    ("form", "number"),
    [
        pytest.param({"scope": "User.Read"}, 900144, id="no client"),
        pytest.param({"client_id": "ac000000-0000-4000-8000-000000000001"}, 900144, id="no scope"),
        pytest.param(
            {"client_id": "ac000000-0000-4000-8000-000000000001", "scope": "Everything.Read"},
            650053,
            id="a scope Graph does not have",
        ),
    ],
)
def test_a_request_for_a_code_is_checked(directory: Any, form: dict[str, str], number: int) -> None:
    answer = directory.http.request("POST", f"/{directory.entra_id}/oauth2/v2.0/devicecode", data=form)
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [number])


def test_the_provider_may_be_down(directory: Any) -> None:
    fault = {"path": "/oauth2/v2.0/", "status": 503, "times": None}
    directory.control("POST", "faults", fault)
    form = {"client_id": "ac000000-0000-4000-8000-000000000001", "scope": "User.Read"}
    answer = directory.http.request("POST", f"/{directory.entra_id}/oauth2/v2.0/devicecode", data=form)
    assert answer.status_code == 503
    assert directory.token(grant_type=GRANT, device_code="x").status_code == 503


def test_the_message_can_be_french(directory: Any) -> None:
    form = {"client_id": "ac000000-0000-4000-8000-000000000001", "scope": "User.Read"}
    path = f"/{directory.entra_id}/oauth2/v2.0/devicecode?mkt=fr-FR"
    assert "entrez le code" in directory.http.request("POST", path, data=form).json()["message"]


def test_the_log_keeps_no_device_code(directory: Any) -> None:
    app = directory.public()
    flow = app.initiate_device_flow(SCOPES)
    once(directory, app, flow)
    log = directory.control("GET", "requests")["value"]
    assert [entry["path"].rsplit("/", 1)[-1] for entry in log] == ["devicecode", "token"]
    assert flow["device_code"] not in json.dumps(log)


def test_discovery_may_be_down_as_well(directory: Any) -> None:
    fault = {"path": "openid-configuration", "status": 503}
    directory.control("POST", "faults", fault)
    path = f"/{directory.entra_id}/v2.0/.well-known/openid-configuration"
    assert [directory.http.request("GET", path).status_code for _ in range(2)] == [503, 200]


def test_sign_ins_under_way_survive_the_process(start: Any) -> None:
    app, first = "ac000000-0000-4000-8000-000000000001", start()
    made = first.request("PUT", "/control/tenants/kept", json={"seed": "empty"}).json()
    token = f"/{made['entraTenantId']}/oauth2/v2.0/token"
    form = {"client_id": app, "scope": "User.Read offline_access"}
    begun = first.request("POST", token.replace("token", "devicecode"), data=form).json()
    choice = {"userCode": begun["user_code"], "account": "admin"}
    first.request("POST", "/control/tenants/kept/sign-in", json=choice)
    first.request("PATCH", "/control/app", json={"secret": "another"})
    second = start()
    redeem = {"client_id": app, "grant_type": GRANT, "device_code": begun["device_code"]}
    answer = second.request("POST", token, data=redeem).json()
    assert second.request("GET", "/control/app").json()["secret"] == "another"
    third = start()
    renew = {"client_id": app, "grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    assert third.request("POST", token, data=renew).status_code == 200
    assert third.request("POST", token, data=redeem).json()["error_codes"] == [54005]
