"""The page as a whole: languages, themes, a lost connection, and what it may load."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import LANGUAGES

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(240)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tenants_are_shown_without_a_key_being_asked_for(person: Any, driver: Any, language: str) -> None:
    tenant = driver()
    reader = person(language)
    page = reader.open("/")
    page.get_by_role("link", name=tenant.id).wait_for()
    assert page.locator("html").get_attribute("lang") == language
    reader.axe()
    assert all(one.startswith(tenant.base) for one in reader.requests), "a host that is not ours"
