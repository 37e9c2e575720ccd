"""Signed in again before a deploy; and what is kept of a sign-in, whatever happens to the host."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from azure.storage.blob import BlobServiceClient
from signing_in import FILTERS, USERS_TYPE, WAITS, Person, asking_tenant, waiting
from status_scenes import only

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

TERMS = "terms-of-use-agreements"
TERMS_AT = "identityGovernance/termsOfUse/agreements"


@pytest.fixture
def asking(driver: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a tenant in which a person has to sign in."""
    return partial(asking_tenant, driver)


@pytest.fixture
def storage(stack: Any) -> Callable[[str, str], bytes]:
    """Reads the one blob of a tenant whose name ends so."""

    def read(tenant: str, end: str) -> bytes:
        with BlobServiceClient.from_connection_string(stack.storage) as service:
            for container in service.list_containers():
                client = service.get_container_client(container.name)
                for blob in client.list_blobs():
                    if tenant in f"{container.name}/{blob.name}" and blob.name.endswith(end):
                        return client.download_blob(blob.name).readall()
        raise LookupError(f"{tenant} has no blob {end}")

    return read


# --- again before a deploy ----------------------------------------------------------------------------------


def approved(driver: Any) -> dict[str, Any]:
    """A sync that waits for approval of two changes, one of which needs the user, whose sign-in is revoked;
    approved, it waits for somebody to sign in again.
    """
    driver.filter("Kiosks")
    sync = waiting(driver)
    driver.person.types(sync["authentication"]["userCode"])
    assert driver.wait(sync["id"], "end")["outcome"] == "succeeded"
    clone = driver.clone()
    (path,) = clone.files(f"entra/{USERS_TYPE}")
    clone.edit(path, termsOfUseUrl="https://portal.manage.microsoft.com/new")
    clone.edit("intune/assignment-filters/Kiosks.json", description="wanted")
    clone.push()
    asked = driver.sync()
    assert (asked["status"], asked["plan"]["changes"], asked["plan"]["blocked"]) == ("pendingApproval", 2, 0)
    driver.control.post("/revoke-sign-ins").raise_for_status()
    assert driver.decide(asked["id"], "approve").status_code == 202
    while (record := driver.wait(asked["id"]))["status"] == "pendingApproval":
        pass
    return record


def held(driver: Any) -> tuple[str, str]:
    (policy,) = driver.objects("beta/policies/mobileDeviceManagementPolicies")
    return policy["termsOfUseUrl"].rpartition("/")[2], driver.portal(FILTERS, "Kiosks")["description"]


def test_before_a_deploy_a_person_is_asked_once_more_and_signs_in(asking) -> None:
    driver = asking()
    sync = approved(driver)
    assert sync["status"] == WAITS

    driver.person.types(sync["authentication"]["userCode"])
    ended = driver.wait(sync["id"], "end")

    assert (ended["outcome"], ended["deploy"]["applied"]) == ("succeeded", 2), driver.report(sync["id"])
    assert held(driver) == ("new", "wanted")


def test_before_a_deploy_nobody_signs_in_and_nothing_is_written(asking) -> None:
    driver = asking()
    driver.settings(signInTimeout="PT4S")
    sync = approved(driver)
    ended = driver.wait(sync["id"], "end")

    assert (ended["outcome"], ended["cause"], ended["status"]) == ("cancelled", "signInDeadline", "newError")
    assert driver.writes() == []
    assert driver.clone().read("intune/assignment-filters/Kiosks.json")["description"] == "wanted"


@pytest.mark.parametrize("how", ["continue", "decline"])
def test_before_a_deploy_without_a_user_the_rest_is_deployed(asking, how) -> None:
    driver = asking(onSignInTimeout="continue" if how == "continue" else "cancel")
    if how == "continue":
        driver.settings(signInTimeout="PT4S")
    sync = approved(driver)
    if how == "decline":
        driver.person.types(sync["authentication"]["userCode"], "decline")
    ended = driver.wait(sync["id"], "end")

    assert ended["outcome"] == "partiallySucceeded"
    assert ended["incomplete"] == ["deploy", "userAuthentication"]
    assert (ended["deploy"]["applied"], ended["deploy"]["skipped"]) == (1, 1)
    assert held(driver)[1] == "wanted"
    assert held(driver)[0] != "new"


# --- secrets, events, kills ---------------------------------------------------------------------------------


def test_neither_history_nor_log_nor_status_holds_what_one_could_sign_in_with(asking, stack) -> None:
    driver = asking()
    sync = waiting(driver)
    shown = sync["authentication"]
    state = dict(parse_qsl(urlsplit(shown["signInUrl"]).query))["state"]
    with closing(sqlite3.connect(stack.data / "host.sqlite3")) as database:
        kept = "\n".join(database.iterdump())
    driver.person.types(shown["userCode"])
    assert driver.wait(sync["id"], "end")["outcome"] == "succeeded"
    with closing(sqlite3.connect(stack.data / "host.sqlite3")) as database:
        kept += "\n".join(database.iterdump())
        events = database.execute(
            "SELECT count(*) FROM history WHERE instance = ?", (f"{sync['id']}-signin-1",)
        ).fetchone()[0]
    log = driver.api.get(f"/tenants/{driver.id}/syncs/{sync['id']}/logs?format=jsonl").text
    rows = driver.api.get(f"/tenants/{driver.id}/audit").text

    for secret in (shown["userCode"], state, "device_code", "code_verifier"):
        assert secret not in kept
        assert secret not in log
        assert secret not in rows
    assert "signInAsked" in log
    assert events <= 20


def test_a_host_that_dies_while_somebody_is_waited_for_comes_back_to_the_wait(asking, stack) -> None:
    driver = asking()
    sync = waiting(driver)
    stack.kill()
    driver.person.types(sync["authentication"]["userCode"])
    stack.start()

    ended = driver.wait(sync["id"], "end")

    assert (ended["outcome"], ended["incomplete"]) == ("succeeded", [])


def test_a_new_sealing_key_in_the_middle_of_a_wait_loses_nobody(asking, stack, storage) -> None:
    driver = asking(seconds=300)
    sync = waiting(driver)
    keys = stack.data / "secrets" / "sealing"
    new = str(max(int(one.name) for one in keys.iterdir()) + 1)
    stack.kill()
    (keys / new).write_bytes(secrets.token_bytes(32))
    (keys / new).chmod(0o600)
    stack.start()

    driver.person.types(sync["authentication"]["userCode"])
    ended = driver.wait(sync["id"], "end")

    assert (ended["outcome"], ended["incomplete"]) == ("succeeded", [])
    assert storage(driver.id, "user.sealed").startswith(b"A1" + bytes([len(new)]) + new.encode())
    assert driver.sync()["outcome"] == "succeeded", "who signed in stays signed in"


# --- a type that may go either way --------------------------------------------------------------------------


def test_a_type_goes_from_the_app_to_a_person_when_the_service_refuses_the_app(driver) -> None:
    tenant = driver(
        "small", authentication="servicePrincipalAndUser", types=only(TERMS, "assignment-filters")
    )
    tenant.person = Person(tenant)
    tenant.control.patch("/behaviour", json={"deviceCodeInterval": 1, "appOnly": {TERMS_AT: True}})
    first = tenant.sync()
    assert (first["outcome"], first["incomplete"]) == ("succeeded", []), "nobody was asked"
    before = tenant.clone().files(f"entra/{TERMS}")
    assert before

    tenant.control.patch("/behaviour", json={"appOnly": {}}).raise_for_status()
    refused = tenant.sync()
    assert (refused["outcome"], refused["incomplete"]) == ("partiallySucceeded", ["notRead"])
    sync = waiting(tenant)
    tenant.person.types(sync["authentication"]["userCode"])
    ended = tenant.wait(sync["id"], "end")

    assert (ended["outcome"], ended["incomplete"]) == ("succeeded", [])
    assert (ended["progress"]["typesDone"], ended["drift"]["commit"]) == (2, None)
    assert tenant.clone().files(f"entra/{TERMS}") == before
