"""Refresh tokens: by whom they are good, and until when."""

from __future__ import annotations

from typing import Any

import pytest

SECRET = {"client_secret": "accord-local-secret"}
SCOPE = "https://graph.microsoft.com/.default openid profile offline_access"
BACK = "http://127.0.0.1/callback/sign-in"


def by_device(directory: Any, account: str = "admin", scope: str = SCOPE) -> Any:
    """The answer that brings the first refresh token of a device code."""
    form = {"client_id": "ac000000-0000-4000-8000-000000000001", "scope": scope}
    path = f"/{directory.entra_id}/oauth2/v2.0/devicecode"
    begun = directory.http.request("POST", path, data=form).json()
    directory.sign_in(account, userCode=begun["user_code"])
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    return directory.token(grant_type=grant, device_code=begun["device_code"]).json()


def by_browser(directory: Any) -> Any:
    app = directory.confidential()
    flow = app.initiate_auth_code_flow(["User.Read"], redirect_uri=BACK, response_mode="form_post")
    fields = directory.sign_in("admin", url=flow["auth_uri"])["redirect"]["form"]
    return directory.token(
        grant_type="authorization_code",
        code=fields["code"],
        redirect_uri=BACK,
        code_verifier=flow["code_verifier"],
        **SECRET,
    ).json()


def refreshed(directory: Any, token: str, **more: str) -> Any:
    return directory.token(grant_type="refresh_token", refresh_token=token, **more)


def test_a_device_codes_token_is_refreshed_without_a_secret(directory: Any) -> None:
    answer = refreshed(directory, by_device(directory)["refresh_token"])
    assert answer.status_code == 200
    assert answer.json()["refresh_token"]


def test_a_device_codes_token_is_refused_with_a_secret(directory: Any) -> None:
    answer = refreshed(directory, by_device(directory)["refresh_token"], **SECRET)
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [700025])


def test_a_web_sign_ins_token_is_refused_without_a_secret(directory: Any) -> None:
    token = by_browser(directory)["refresh_token"]
    answer = refreshed(directory, token)
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [7000218])
    assert refreshed(directory, token, **SECRET).status_code == 200


def test_each_answer_brings_a_new_token_and_the_old_one_stays_good(directory: Any) -> None:
    first = by_device(directory)["refresh_token"]
    directory.clock.ahead += 5
    second = refreshed(directory, first).json()["refresh_token"]
    assert second != first
    assert refreshed(directory, first).status_code == 200
    assert refreshed(directory, second).status_code == 200


def test_revoked_sign_ins_end_every_token_of_before(directory: Any) -> None:
    token = by_device(directory)["refresh_token"]
    directory.control("POST", "revoke-sign-ins")
    answer = refreshed(directory, token)
    assert (answer.json()["error"], answer.json()["error_codes"]) == ("invalid_grant", [50173])
    assert refreshed(directory, by_device(directory)["refresh_token"]).status_code == 200


def test_a_token_not_used_for_ninety_days_ends(directory: Any) -> None:
    token = by_device(directory)["refresh_token"]
    directory.clock.ahead += 89 * 86400
    token = refreshed(directory, token).json()["refresh_token"]
    directory.clock.ahead += 89 * 86400
    assert refreshed(directory, token).status_code == 200
    directory.clock.ahead += 2 * 86400
    assert refreshed(directory, token).json()["error_codes"] == [700082]


def test_a_policy_that_blocks_the_user_ends_the_session(directory: Any) -> None:
    token = by_device(directory)["refresh_token"]
    directory.control("PUT", "blocked-users/admin")
    assert refreshed(directory, token).json()["error_codes"] == [53003]
    directory.control("DELETE", "blocked-users/admin")
    assert refreshed(directory, token).status_code == 200


def test_a_token_is_good_in_its_own_tenant(make_directory: Any) -> None:
    token = by_device(make_directory())["refresh_token"]
    assert refreshed(make_directory(), token).json()["error_codes"] == [50020]


@pytest.mark.parametrize("token", ["x", "0.abc.def.ghi"])
def test_what_is_no_refresh_token_is_refused(directory: Any, token: str) -> None:
    assert refreshed(directory, token).json()["error_codes"] == [70000]


def test_a_scope_withdrawn_since_is_missed_only_when_asked_for(directory: Any) -> None:
    answer = by_device(directory)
    assert "Policy.ReadWrite.MobilityManagement" in answer["scope"]
    directory.control("DELETE", "scopes/Policy.ReadWrite.MobilityManagement")
    left = refreshed(directory, answer["refresh_token"]).json()
    assert "Policy.ReadWrite.MobilityManagement" not in left["scope"]
    asked = "Policy.ReadWrite.MobilityManagement offline_access"
    refusal = refreshed(directory, answer["refresh_token"], scope=asked).json()
    assert (refusal["error_codes"], refusal["suberror"]) == ([65001], "consent_required")


def test_only_who_asks_for_offline_access_gets_a_refresh_token(directory: Any) -> None:
    answer = by_device(directory, scope="User.Read")
    assert "refresh_token" not in answer
    assert "id_token" not in answer


def test_everything_consented_to_cannot_be_asked_for_beside_a_single_scope(directory: Any) -> None:
    form = {"client_id": "ac000000-0000-4000-8000-000000000001", "scope": f"{SCOPE} User.Read"}
    path = f"/{directory.entra_id}/oauth2/v2.0/devicecode"
    assert directory.http.request("POST", path, data=form).json()["error_codes"] == [70011]


def test_a_tenant_made_anew_knows_nobody(directory: Any) -> None:
    token = by_device(directory)["refresh_token"]
    directory.http.request("PUT", f"/control/tenants/{directory.key}", json={"seed": "empty"})
    assert refreshed(directory, token).json()["error_codes"] == [50173]


def test_the_control_address_tells_what_was_given(directory: Any) -> None:
    answer = by_device(directory)
    given = directory.control("GET", "given-secrets")
    for name in ("access_token", "refresh_token", "id_token"):
        assert given[name] == [answer[name]]
    assert len(given["device_code"]) == 1
    assert given["code"] == []
