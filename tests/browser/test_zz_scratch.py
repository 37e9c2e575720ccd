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



def test_pictures(person, driver, home):
    tenant = driver(types=only("assignment-filters"))
    home.assign("member", "Operator", "Approver")
    reader = person("fr", width=360)
    reader.expects("40")
    page = reader.page
    page.goto(f"/?search={tenant.id}")
    picks(page, "member")
    reader.link(tenant.id).wait_for()
    page.get_by_role("banner").get_by_text("Kim Berg").wait_for()
    page.screenshot(path=f"/tmp/lab/identity/table-360.png")
    reader.fits()

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


