"""The page as a whole: languages, themes, a lost connection, and what it may load."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import LANGUAGES, Words

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


def test_a_lost_connection_is_said_and_recovered_from_by_itself(person: Any, driver: Any) -> None:
    tenant = driver()
    reader = person("en")
    say, row = reader.words, reader.row(tenant)
    reader.stays()
    with reader.offline():
        reader.page.get_by_text(say("core.lost")).wait_for()
        reader.axe()
        tenant.sync()
        reader.shows(row, "notRun")
    reader.page.get_by_text(say("core.lost")).wait_for(state="detached")
    reader.shows(row, "idle")
    assert reader.stayed()


def test_language_and_theme_are_chosen_and_kept(person: Any, driver: Any) -> None:
    tenant = driver()
    reader = person("en")
    row = reader.row(tenant)
    page = reader.page
    dark = reader.words("core.theme.dark")
    page.get_by_role("combobox", name=reader.words("core.theme.label")).select_option(label=dark)
    page.get_by_role("combobox", name=reader.words("core.language")).select_option("fr")
    row.get_by_text("Non exécuté", exact=True).wait_for()
    page.reload()
    row.get_by_text("Non exécuté", exact=True).wait_for()
    assert page.locator("html").get_attribute("lang") == "fr"
    assert page.locator("html").get_attribute("data-theme") == "dark"


SEED = {
    "status.copyError": ("Copy error", "Copier l’erreur"),
    "status.logs": ("Logs", "Journaux"),
    "status.artifacts": ("Artifacts", "Artéfacts"),
    "review.approve": ("Approve", "Approuver"),
    "review.reject": ("Reject", "Rejeter"),
    "review.rejectAndRevert": ("Reject and revert", "Rejeter et rétablir"),
}


@pytest.mark.parametrize("key", SEED)
def test_the_page_uses_the_words_it_was_asked_to(key: str) -> None:
    assert tuple(Words(language)(key) for language in LANGUAGES) == SEED[key]
