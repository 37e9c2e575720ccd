"""Somebody at the sign-in pages of a simulated tenant, and syncs that wait for them."""

from __future__ import annotations

from typing import Any

import httpx

FILTERS = "beta/deviceManagement/assignmentFilters"
USERS_TYPE = "mobile-device-management-policies"
TYPES = {"include": [USERS_TYPE, "assignment-filters"], "exclude": []}
WAITS = "pendingAuthentication"


class Person:
    """Somebody at the sign-in pages of one tenant."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def types(self, code: str, account: str = "admin") -> dict[str, Any]:
        return self._does(userCode=code, account=account)

    def opens(self, url: str, account: str = "admin") -> httpx.Response | None:
        """Follows the link, picks an account, and has the browser send what the provider hands it."""
        back = self._does(url=url, account=account)["redirect"]
        if back is None:
            return None
        return httpx.request(back["method"], back["url"], data=back["form"], timeout=30)

    def _does(self, **what: Any) -> dict[str, Any]:
        answer = self.driver.control.post("/sign-in", json=what)
        assert answer.status_code < 300, answer.text
        done: dict[str, Any] = answer.json()
        return done


def asking_tenant(driver: Any, seconds: int = 60, **settings: Any) -> Any:
    """A tenant in which a person has to sign in; its codes may be polled every second."""
    one = driver(
        "small",
        authentication="servicePrincipalAndUser",
        signInTimeout=f"PT{seconds}S",
        types=TYPES,
        **settings,
    )
    one.control.patch("/behaviour", json={"deviceCodeInterval": 1}).raise_for_status()
    one.person = Person(one)
    return one


def waiting(driver: Any, **options: Any) -> dict[str, Any]:
    """A sync that waits for somebody to sign in."""
    sync = driver.sync(**options)
    assert sync["status"] == WAITS, sync
    return sync


def said(driver: Any, path: str, language: str) -> dict[str, Any]:
    return driver.api.get(f"/tenants/{driver.id}{path}", headers={"accept-language": language}).json()
