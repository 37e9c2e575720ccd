"""People who sign in to the page by the organization's directory, as far as the directory's own page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import LANGUAGES
from entra_home import Home, connected
from status_scenes import only

ROOT = Path(__file__).resolve().parents[2]
OURS = {
    "description": "ours",
    "displayName": "Ours",
    "platform": "windows10AndLater",
    "rule": '(device.model -eq "A")',
}
KEPT = """() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"""

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.timeout(240),
    pytest.mark.calm("a host of its own, for the directory that it belongs to"),
]


@pytest.fixture(scope="module")
def home_stack(
    azurite: str, tenant_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, Home]]:
    with connected(ROOT, azurite, tenant_server, tmp_path_factory.mktemp("home")) as both:
        yield both


@pytest.fixture
def stack(home_stack: tuple[Any, Home]) -> Any:
    return home_stack[0]


@pytest.fixture
def home(home_stack: tuple[Any, Home]) -> Home:
    return home_stack[1]


@pytest.fixture
def visitor(person: Any) -> Any:
    """Makes people who come by the directory's page, which has no icon."""

    def make(language: str = "en") -> Any:
        one = person(language)
        one.expects(r"status of 404")
        return one

    return make


def picks(page: Any, account: str) -> None:
    """At the directory's page: picking an account is signing in."""
    page.locator(f"button[name=account][value={account}]").click()


def redeemed(person: Any) -> int:
    """How often the page asked the directory for tokens."""
    return sum(one.endswith("/oauth2/v2.0/token") for one in person.requests)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_signs_in_and_comes_back_to_where_they_were(
    visitor: Any, driver: Any, home: Home, language: str
) -> None:
    tenant = driver(types=only("assignment-filters"))
    home.assign("member", "Operator")
    reader = visitor(language)
    page = reader.page
    page.goto(f"/?search={tenant.id}")
    picks(page, "member")
    reader.link(tenant.id).wait_for()
    assert page.url == f"{reader.app}/?search={tenant.id}", "where they were, and nothing of the sign-in"
    header = page.get_by_role("banner")
    header.get_by_text("Kim Berg").wait_for()
    header.get_by_text(reader.words("core.role.Operator")).wait_for()
    reader.axe()
    reader.fits()
    page.set_viewport_size({"width": 360, "height": 800})
    reader.fits()
    kept = page.evaluate(KEPT)
    assert "eyJ" not in kept, "a token is kept where it outlives the page"
    assert not re.search("code|verifier|nonce", kept)
    assert redeemed(reader) == 1


def test_a_token_that_ends_is_renewed_without_a_word(visitor: Any, driver: Any, home: Home) -> None:
    tenant = driver()
    home.assign("member", "Reader")
    home.behave(tokenLifetime=95)  # it counts as ending 90 s before it does
    reader = visitor()
    try:
        page = reader.page
        page.goto(f"/?search={tenant.id}")
        picks(page, "member")
        reader.link(tenant.id).wait_for()
        with page.expect_response(lambda one: one.url.endswith("/oauth2/v2.0/token"), timeout=60_000) as told:
            pass
        assert told.value.status == 200
        with page.expect_response(lambda one: "/api/v1/tenants" in one.url, timeout=60_000) as read:
            pass
        assert read.value.status in (200, 304)
    finally:
        home.behave(tokenLifetime=3599)


def test_who_signs_out_stays_so_until_they_sign_in_again(visitor: Any, driver: Any, home: Home) -> None:
    tenant = driver()
    home.assign("member", "Reader")
    reader = visitor()
    page = reader.page
    page.goto(f"/?search={tenant.id}")
    picks(page, "member")
    reader.link(tenant.id).wait_for()
    reader.button("core.signOut").click()
    sign_in = reader.button("core.signInAtDirectory")
    sign_in.wait_for()
    assert "/oauth2/v2.0/logout?" in " ".join(reader.requests)
    reader.axe()
    page.reload()
    sign_in.wait_for()
    sign_in.click()
    picks(page, "admin")
    page.get_by_role("banner").get_by_text("Administrator").first.wait_for()


def test_who_is_refused_is_told_why_and_not_sent_round_in_circles(visitor: Any, home: Home) -> None:
    reader = visitor()
    page = reader.page
    page.goto("/")
    picks(page, "blocked")
    page.get_by_role("alert").get_by_text("AADSTS53003").wait_for()
    assert page.url == f"{reader.app}/"
    assert redeemed(reader) == 0
    reader.button("core.signInAtDirectory").wait_for()


def test_an_answer_that_nobody_asked_for_is_not_redeemed(visitor: Any, home: Home) -> None:
    reader = visitor()
    page = reader.page
    page.goto("/#code=1.forged&state=forged")
    reader.button("core.signInAtDirectory").wait_for()
    assert redeemed(reader) == 0
    assert "#" not in page.url


def test_an_answer_with_another_state_is_not_redeemed(visitor: Any, home: Home) -> None:
    reader = visitor()
    page = reader.page
    page.goto("/")
    page.locator("button[name=account]").first.wait_for()
    begun = {"state": "right", "nonce": "n", "verifier": "v" * 43, "address": "/"}
    page.goto("/page/none")
    page.evaluate("kept => sessionStorage.setItem('accord-sign-in', kept)", json.dumps(begun))
    page.goto("/#code=1.forged&state=wrong")
    page.get_by_role("alert").get_by_text("state").wait_for()
    assert redeemed(reader) == 0


def test_whoever_has_no_role_is_told_so(visitor: Any, home: Home) -> None:
    home.assign("member")
    reader = visitor()
    reader.expects("403")
    page = reader.page
    page.goto("/")
    picks(page, "member")
    page.get_by_text("Reader").first.wait_for()


def test_people_are_offered_what_they_may_and_no_more(visitor: Any, driver: Any, home: Home) -> None:
    tenant = driver(types=only("assignment-filters"))
    for role, offered in (("Reader", 0), ("Operator", 1)):
        home.assign("member", role)
        one = visitor()
        page = one.page
        page.goto(f"/?search={tenant.id}")
        picks(page, "member")
        one.link(tenant.id).wait_for()
        page.get_by_role("banner").get_by_text(one.words(f"core.role.{role}")).wait_for()
        start = one.button("tenants.startOf", tenant=tenant.id)
        assert start.count() == offered
    start.click()
    page.get_by_text(one.words("status.started", tenant=tenant.id)).first.wait_for()
    (sync,) = tenant.api.get(f"/tenants/{tenant.id}/syncs").json()["value"]
    assert sync["startedBy"] == {"kind": "person", "name": "Kim Berg"}


def test_who_may_not_decide_looks_at_the_review(visitor: Any, driver: Any, home: Home) -> None:
    tenant = driver(types=only("assignment-filters"))
    tenant.wait(tenant.start(mode="backupOnly")["id"], "end")
    clone = tenant.clone()
    clone.write("intune/assignment-filters/Ours.json", OURS)
    clone.push("Add a filter")
    sync = tenant.sync()
    assert sync["status"] == "pendingApproval"
    for role, offered in (("Operator", 0), ("Approver", 1)):
        home.assign("member", role)
        one = visitor()
        page = one.page
        page.goto(f"/?tenant={tenant.id}&sync={sync['id']}&view=review")
        picks(page, "member")
        page.get_by_role("region", name=one.words("review.decision")).wait_for()
        page.get_by_role("banner").get_by_text(one.words(f"core.role.{role}")).wait_for()
        assert one.button("review.approve").count() == offered
        assert page.get_by_text(one.words("review.approversDecide")).count() == 1 - offered
