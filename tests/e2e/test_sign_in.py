"""People signing in, on the running stack: every way it can go, through HTTP alone (product.md 3.2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from signing_in import USERS_TYPE, WAITS, asking_tenant, said, waiting

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def asking(driver: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a tenant in which a person has to sign in."""
    return partial(asking_tenant, driver)


def test_a_code_typed_lets_the_sync_go_on_by_itself(asking) -> None:
    driver = asking()
    sync = waiting(driver)
    shown = sync["authentication"]
    assert (driver.tenant()["statusLabel"], driver.tenant("fr")["statusLabel"]) == (
        "Pending authentication", "Authentification en attente",
    )  # fmt: skip

    driver.person.types(shown["userCode"])
    ended = driver.wait(sync["id"], "end")

    assert (ended["outcome"], ended["incomplete"], ended["authentication"]) == ("succeeded", [], None)
    account = said(driver, "/authentication", "en")
    assert account["state"] == "signedIn"
    assert account["account"].startswith("admin@")


def test_nobody_signs_in_and_the_sync_is_cancelled_with_the_reason_first(asking) -> None:
    driver = asking(seconds=3)
    ended = driver.wait(driver.start()["id"], "end")

    assert (ended["outcome"], ended["cause"], ended["status"]) == ("cancelled", "signInDeadline", "newError")
    error, french = ended["error"], said(driver, f"/syncs/{ended['id']}", "fr")["error"]
    assert error["code"] == "signInDeadline"
    assert error["message"].startswith("Cancelled")
    assert french["message"].startswith("Annulée")
    assert ("policy" in error["advice"], "link" in error["advice"]) == (True, True)
    assert ("stratégie" in french["advice"], "lien" in french["advice"]) == (True, True)
    assert driver.tenant()["status"] == "newError"


def test_a_deadline_that_lets_the_sync_continue_leaves_out_what_needs_a_user(asking) -> None:
    driver = asking(seconds=2, onSignInTimeout="continue")
    ended = driver.wait(driver.start()["id"], "end")

    without_a_user(driver, ended)


def without_a_user(driver: Any, ended: dict[str, Any]) -> None:
    assert (ended["outcome"], ended["incomplete"]) == ("partiallySucceeded", ["userAuthentication"]), ended
    assert ended["status"] == "partiallySucceeded"
    not_read = [one for one in ended["notRead"] if one["type"] == USERS_TYPE]
    assert [(one["reason"], one["counted"]) for one in not_read] == [("userNotSignedIn", True)]
    assert ended["progress"]["typesDone"] == 1
    assert [name for name in driver.clone().files() if name.startswith("intune/assignment-filters/")]


@pytest.mark.parametrize("account", ["decline", "blocked"])
def test_a_sign_in_that_fails_goes_on_with_the_service_principal_alone(asking, account) -> None:
    driver = asking()
    sync = waiting(driver)

    driver.person.types(sync["authentication"]["userCode"], account)

    without_a_user(driver, driver.wait(sync["id"], "end"))
    state = said(driver, "/authentication", "en")
    assert state == {"account": None, "state": "none", "signedInAt": None}


@pytest.mark.parametrize("account", ["guest", "otherTenant"])
def test_a_wrong_account_is_told_why_and_gets_a_new_code_until_the_same_deadline(asking, account) -> None:
    driver = asking()
    sync = waiting(driver)
    first = sync["authentication"]
    driver.person.types(first["userCode"], account)

    second = first
    while second["userCode"] == first["userCode"]:
        second = driver.get(sync["id"])["authentication"]
    french = said(driver, f"/syncs/{sync['id']}", "fr")["authentication"]
    driver.person.types(second["userCode"])
    ended = driver.wait(sync["id"], "end")

    assert (first["notice"], second["expiresAt"]) == (None, first["expiresAt"])
    assert "was refused" in second["notice"]
    assert "a été refusé" in french["notice"]
    assert (ended["outcome"], ended["incomplete"]) == ("succeeded", [])


def test_the_browsers_way_stands_beside_the_code(asking) -> None:
    driver = asking()
    sync = waiting(driver)
    link = sync["authentication"]["signInUrl"]

    refused = driver.person.opens(link, "guest")
    fresh = driver.get(sync["id"])["authentication"]
    again = driver.person.opens(link)
    done = driver.person.opens(fresh["signInUrl"])
    ended = driver.wait(sync["id"], "end")

    assert refused.status_code == 403
    assert "was refused" in fresh["notice"]
    assert fresh["signInUrl"] in refused.text.replace("&amp;", "&")
    assert again.status_code == 400, "a state counts once"
    assert done.status_code == 200
    assert "You are signed in" in done.text
    assert (ended["outcome"], ended["incomplete"]) == ("succeeded", [])
    driver.control.post("/revoke-sign-ins").raise_for_status()
    assert waiting(driver)["authentication"]["userCode"], "a token got in the browser is asked for anew too"


def test_somebody_signs_in_ahead_of_any_sync_and_out_again(asking) -> None:
    driver = asking()
    at = f"/tenants/{driver.id}/authentication"
    assert driver.api.get(at).json() == {"account": None, "state": "none", "signedInAt": None}

    begun = driver.api.post(at)
    assert begun.status_code == 202, begun.text
    assert driver.api.post(at).json() == begun.json(), "who asks again is shown the same code"
    assert driver.api.get(at).json()["state"] == "pending"
    driver.person.types(begun.json()["userCode"])
    state = {"state": "pending"}
    while state["state"] == "pending":
        state = driver.api.get(at).json()

    assert state["state"] == "signedIn"
    assert driver.sync()["outcome"] == "succeeded"
    assert driver.api.delete(at).status_code == 204
    assert driver.api.get(at).json() == {"account": None, "state": "none", "signedInAt": None}
    actions = [one["action"] for one in driver.api.get(f"/tenants/{driver.id}/audit").json()["value"]]
    for action in ("asked", "signedIn", "signedOut"):
        assert f"authentication.{action}" in actions
    waiting(driver)


def test_a_tenant_that_asks_nobody_refuses_to_begin_a_sign_in(driver) -> None:
    one = driver()
    answer = one.api.post(f"/tenants/{one.id}/authentication")

    assert (answer.status_code, answer.json()["code"]) == (409, "userAuthenticationOff")


def test_a_check_asks_now_and_a_reader_is_shown_no_code(asking) -> None:
    driver = asking()
    driver.control.patch("/behaviour", json={"deviceCodeInterval": 5}).raise_for_status()
    sync = waiting(driver)
    at = f"/tenants/{driver.id}/syncs/{sync['id']}"
    key = driver.api.post("/keys", json={"name": driver.id, "role": "Reader"}).json()["key"]
    reader = httpx.get(f"{driver.base}/api/v1{at}", headers={"x-functions-key": key}).json()

    pending = driver.api.post(f"{at}/authentication/check").json()
    driver.person.types(sync["authentication"]["userCode"])
    state = pending
    while state["state"] == "pending":
        state = driver.api.post(f"{at}/authentication/check").json()

    assert (pending, state) == ({"state": "pending"}, {"state": "signedIn"})
    assert (reader["status"], reader["authentication"]) == (WAITS, None)
    assert driver.wait(sync["id"], "end")["outcome"] == "succeeded"


def test_a_cancel_ends_the_wait_at_once(asking) -> None:
    driver = asking()
    sync = waiting(driver)

    driver.api.post(f"/tenants/{driver.id}/syncs/{sync['id']}/cancel", json={}).raise_for_status()
    ended = driver.wait(sync["id"], "end", seconds=90)

    assert (ended["outcome"], ended["cause"], ended["status"]) == ("cancelled", "person", "notRun")


def test_the_provider_being_down_is_no_reason_to_ask_anew(asking) -> None:
    driver = asking()
    sync = waiting(driver)
    driver.fault(path="/oauth2/v2.0/token", status=503, times=3)
    driver.person.types(sync["authentication"]["userCode"])

    ended = driver.wait(sync["id"], "end")

    assert (ended["outcome"], ended["incomplete"]) == ("succeeded", [])
