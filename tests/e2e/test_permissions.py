"""Permissions on the running stack: missing, granted, ignored, withdrawn, on their way."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

INTUNE = ("DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All")
READ, WRITE = (f"application-{name.replace('.', '_')}" for name in INTUNE)
TYPES = {"include": ["assignment-filters", "named-locations"], "exclude": []}
FILTERS = "beta/deviceManagement/assignmentFilters"
LOCATIONS = "v1.0/identity/conditionalAccess/namedLocations"
FRENCH = {"accept-language": "fr"}


class Permissions:
    """The permissions of one tenant, over the API and as its administrators grant and withdraw them."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def listed(self) -> dict[str, Any]:
        return self._call("GET", "")

    def check(self) -> dict[str, str]:
        return self._states(self._call("POST", "/check"))

    def ignore(self, permission: str) -> dict[str, str]:
        return self._states(self._call("POST", f"/{permission}/ignore"))

    def restore(self, permission: str) -> dict[str, str]:
        return self._states(self._call("DELETE", f"/{permission}/ignore"))

    def states(self) -> dict[str, str]:
        return self._states(self.listed())

    def withdraw(self, *names: str) -> None:
        for name in names:
            self.driver.control.delete(f"/grants/{name}").raise_for_status()

    def grant(self, *names: str) -> None:
        for name in names:
            self.driver.control.put(f"/grants/{name}").raise_for_status()

    def opens(self, url: str, account: str = "admin") -> str:
        """Somebody opens the consent link and answers; where the browser is sent then."""
        answer = self.driver.control.post("/sign-in", json={"url": url, "account": account})
        assert answer.status_code < 300, answer.text
        back: str = answer.json()["redirect"]["url"]
        return back

    @staticmethod
    def _states(answer: dict[str, Any]) -> dict[str, str]:
        return {one["id"]: one["state"] for one in answer["value"]}

    def _call(self, method: str, path: str) -> dict[str, Any]:
        one = self.driver
        return one._json(one.api.request(method, f"/tenants/{one.id}/permissions{path}"))


@pytest.fixture
def tenant(driver: Callable[..., Any]) -> Callable[..., Any]:
    """A tenant with one filter and one location, and its permissions."""

    def make(**settings: Any) -> tuple[Any, Permissions]:
        one = driver(types=TYPES, **settings)
        one.filter("Windows")
        one.make(
            LOCATIONS,
            **{"@odata.type": "#microsoft.graph.countryNamedLocation"},
            displayName="Home",
            countriesAndRegions=["FR"],
            includeUnknownCountriesAndRegions=False,
        )
        return one, Permissions(one)

    return make


def labels(driver: Any) -> tuple[str, str, str]:
    """The status, and what people read."""
    shown = [driver.tenant(language) for language in ("en", "fr")]
    return shown[0]["status"], shown[0]["statusLabel"], shown[1]["statusLabel"]


PENDING = ("pendingAdminConsent", "Pending admin consent", "Consentement administrateur en attente")


def unread(sync: dict[str, Any]) -> list[tuple[str, str, bool]]:
    return [
        (one["type"], one["reason"], one["counted"])
        for one in sync["notRead"]
        if one["type"] in TYPES["include"]
    ]


def test_a_missing_permission_waits_for_consent_which_ends_the_wait_by_itself(tenant) -> None:
    one, permissions = tenant()
    permissions.withdraw(*INTUNE)

    lacking = one.sync()
    assert (lacking["outcome"], lacking["incomplete"]) == ("partiallySucceeded", ["notRead"])
    assert unread(lacking) == [("assignment-filters", "permissionMissing", True)]
    assert labels(one) == PENDING
    assert one.tenant()["permissionsRequired"] == 2
    assert permissions.states()[READ] == "required"
    assert INTUNE[0] in one.api.get(f"/tenants/{one.id}/syncs/{lacking['id']}/report?format=html").text

    url = permissions.listed()["adminConsentUrl"]
    declined = httpx.get(permissions.opens(url, "decline"), headers=FRENCH)
    assert declined.status_code == 403
    assert "Rien n’a été accordé" in declined.text
    assert "AADSTS65004" in declined.text
    assert labels(one) == PENDING

    fresh = permissions.listed()["adminConsentUrl"]
    assert fresh != url, "a link is good once"
    back = permissions.opens(fresh)
    forged = re.sub(r"state=[^&]*", f"state={one.id}.guessed", back)
    assert httpx.get(forged).status_code == 400
    thanks = httpx.get(back)
    assert (thanks.status_code, "Thank you, all is granted" in thanks.text) == (200, True)
    assert labels(one) == ("partiallySucceeded", "Partially succeeded", "Partiellement réussi")
    assert permissions.states()[READ] == "granted"
    used = httpx.get(back, headers=FRENCH)
    assert (used.status_code, "Ce lien n’est pas attendu" in used.text) == (400, True)

    assert one.sync()["outcome"] == "succeeded"
    assert labels(one)[0] == "idle"


def test_an_ignored_permission_drops_its_types_until_that_is_taken_back(tenant) -> None:
    one, permissions = tenant()
    permissions.withdraw(*INTUNE)
    assert permissions.check()[WRITE] == "required"
    assert (one.tenant()["status"], one.tenant()["permissionsRequired"]) == ("notRun", 2)

    permissions.ignore(READ)
    assert permissions.ignore(WRITE)[WRITE] == "ignored"
    without = one.sync()
    assert (without["outcome"], without["incomplete"]) == ("succeeded", [])
    assert unread(without) == [("assignment-filters", "permissionIgnored", False)]
    assert labels(one)[0] == "idle"

    permissions.restore(WRITE)
    assert permissions.restore(READ)[READ] == "required"
    assert labels(one) == PENDING
    permissions.grant(*INTUNE)
    permissions.check()
    assert labels(one)[0] == "idle"


def test_a_permission_lost_before_the_deploy_skips_its_changes_and_blocks_them_from_then_on(tenant) -> None:
    one, permissions = tenant()
    assert one.sync()["outcome"] == "succeeded"
    clone = one.clone()
    clone.edit("intune/assignment-filters/Windows.json", description="Edited")
    clone.edit("entra/named-locations/Home.json", countriesAndRegions=["FR", "BE"])
    clone.push()
    asked = one.sync()
    assert (asked["plan"]["changes"], asked["plan"]["blocked"]) == (2, 0)

    permissions.withdraw(INTUNE[1])
    ended = one.decided(asked["id"], "approve")
    assert (ended["outcome"], ended["incomplete"]) == ("partiallySucceeded", ["deploy"])
    became = {change["type"]: change for change in one.changes(asked["id"])["value"]}
    assert became["named-locations"]["result"] == "applied"
    assert became["assignment-filters"]["result"] == "skipped"
    assert became["assignment-filters"]["error"]["code"] == "permissionMissing"
    assert one.portal(FILTERS, "Windows")["description"] == "Windows"
    assert labels(one) == PENDING

    blocked = one.sync()
    assert (blocked["outcome"], blocked["incomplete"]) == ("partiallySucceeded", ["blocked"])
    (change,) = one.changes(blocked["id"])["value"]
    assert change["blocked"]["code"] == "permissionMissing"
    assert INTUNE[1] in change["blocked"]["detail"]


@pytest.mark.calm("what is on its way for four seconds has come when a late sync looks")
def test_a_grant_that_is_on_its_way_is_waited_for_and_never_called_missing(tenant, stack) -> None:
    one, permissions = tenant()
    permissions.withdraw(*INTUNE)
    assert permissions.check()[READ] == "required"
    one.control.patch("/behaviour", json={"grantDelay": 4}).raise_for_status()

    permissions.grant(*INTUNE)
    assert permissions.check()[READ] == "propagating"
    assert one.tenant()["permissionsRequired"] == 0
    ended = one.sync()
    assert (ended["outcome"], unread(ended)) == ("succeeded", [])
    log = one.api.get(f"/tenants/{one.id}/syncs/{ended['id']}/logs", headers=FRENCH).text
    assert "permissionsComing" in log

    permissions.withdraw(INTUNE[1])
    permissions.check()
    permissions.grant(INTUNE[1])
    assert permissions.check()[WRITE] == "propagating"
    deadline = time.monotonic() + 60
    while permissions.states()[WRITE] != "granted":
        assert time.monotonic() < deadline
        httpx.post(f"{stack.api}/admin/functions/take_turns", json={"input": ""}).raise_for_status()
        time.sleep(1)


def test_a_tenant_that_does_not_know_the_app_waits_for_consent(tenant) -> None:
    one, permissions = tenant()
    one.control.delete("/consent").raise_for_status()

    unknown = one.sync()
    assert (unknown["outcome"], unknown["error"]["code"]) == ("failed", "consentMissing")
    assert labels(one) == PENDING
    assert set(permissions.states().values()) == {"required"}

    link = urlsplit(permissions.listed()["adminConsentUrl"])
    assert parse_qs(link.query)["scope"] == ["https://graph.microsoft.com/.default"]
    assert httpx.get(permissions.opens(link.geturl())).status_code == 200
    assert labels(one)[0] == "newError", "the last sync did fail"
    assert one.sync()["outcome"] == "succeeded"


def test_where_nothing_may_be_read_the_sync_says_so_in_both_languages(tenant) -> None:
    one, permissions = tenant()
    permissions.withdraw(*INTUNE, "Policy.Read.All")

    ended = one.sync()
    assert (ended["outcome"], ended["error"]["code"]) == ("failed", "nothingReadable")
    assert "Policy.Read.All" in ended["error"]["detail"]
    assert labels(one) == PENDING
    last = [one.tenant(language)["lastSync"]["error"]["message"] for language in ("en", "fr")]
    assert last == ["Nothing of the tenant could be read", "Rien n’a pu être lu dans le tenant"]


def test_a_delegated_permission_can_be_done_without_and_its_type_stays(driver) -> None:
    lent = "Policy.ReadWrite.MobilityManagement"
    one = driver(
        authentication="servicePrincipalAndUser",
        types={"include": ["mobile-device-management-policies"], "exclude": []},
    )
    permissions, permission = Permissions(one), f"delegated-{lent.replace('.', '_')}"
    one.control.delete(f"/scopes/{lent}").raise_for_status()

    assert permissions.check()[permission] == "required"
    assert permissions.ignore(permission)[permission] == "ignored"
    (listed,) = [found for found in permissions.listed()["value"] if found["id"] == permission]
    assert (listed["kind"], listed["types"]) == ("delegated", ["mobile-device-management-policies"])
