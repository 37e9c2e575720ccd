"""One tenant's page: every part of it, its settings, and its items without Git."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from browsing import LANGUAGES, Person
from driver import FILTERS
from status_scenes import KIOSKS, only, two_edits

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(300)]
both_languages = pytest.mark.parametrize("language", LANGUAGES)
TABS = ("history", "items", "settings", "permissions", "repository", "audit")
PHONE = 360


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", PHONE)])
def test_every_view_is_accessible_in_both_themes_and_fits_its_window(
    driver: Any, person: Any, language: str, width: int
) -> None:
    tenant = driver("small", types=only("assignment-filters", "groups"))
    tenant.filter("A name so long that it does not fit on one line of a telephone " * 2)
    two_edits(tenant)
    sync = tenant.sync()
    reader = person(language, width=width)
    place = f"/?tenant={tenant.id}"
    views = [
        f"/?search={tenant.id}",
        *(f"{place}&tab={tab}" for tab in TABS),
        f"{place}&tab=items&type=assignment-filters&item={KIOSKS}",
        f"{place}&tab=items&type=assignment-filters&item={KIOSKS}&show=edit",
        f"{place}&tab=items&type=assignment-filters&item={KIOSKS}&show=history",
        f"{place}&tab=items&show=compare",
        f"{place}&sync={sync['id']}",
        f"{place}&sync={sync['id']}&view=review",
    ]
    for view in views:
        reader.open(view)
        reader.page.wait_for_load_state("networkidle")
        reader.axe()
        reader.fits()


@both_languages
def test_the_settings_are_saved_and_the_next_five_times_written_out(
    driver: Any, person: Any, language: str
) -> None:
    tenant = driver()
    reader = person(language)
    say, page = reader.words, reader.page
    reader.open(f"/?tenant={tenant.id}&tab=settings")
    page.get_by_role("checkbox", name=say("tenant.scheduleOn")).check()
    page.get_by_label(say("tenant.rhythm"), exact=True).select_option("weekdays")
    page.get_by_label(say("tenant.at"), exact=True).fill("04:30")
    page.get_by_label(say("tenant.at"), exact=True).blur()
    times = page.locator(".next-times li")
    times.filter(has_text=re.compile("4[:.]30")).nth(4).wait_for()
    assert times.count() == 5
    reader.button("tenant.save").click()
    page.get_by_text(say("tenant.saved")).first.wait_for()
    schedule = tenant.tenant()["settings"]["schedule"]
    assert (schedule["enabled"], schedule["cron"]) == (True, "30 4 * * 1-5")
    reader.axe()

    reader.expects(r"status of 422")
    page.get_by_label(say("tenant.rhythm"), exact=True).select_option("expert")
    page.get_by_label(say("tenant.cron"), exact=True).fill("99 4 * * *")
    reader.button("tenant.save").click()
    page.locator("#settings-faults").wait_for()
    assert page.get_by_label(say("tenant.cron"), exact=True).get_attribute("aria-invalid") == "true"
    reader.axe()
    assert tenant.tenant()["settings"]["schedule"]["cron"] == "30 4 * * 1-5"


def edits(reader: Person) -> None:
    """Opens the item from the list, breaks its JSON, mends it, and saves the edit."""
    say, page = reader.words, reader.page
    reader.link("Kiosks").click()
    reader.link(say("items.edit")).click()
    editor = page.get_by_role("textbox", name=say("items.editorOf", name="Kiosks"), exact=True)
    text = editor.input_value()
    editor.fill(text.replace('"description": "Kiosks",', '"description": "Kiosks"'))
    page.get_by_text(say("items.notJson")).first.wait_for()
    editor.fill(text.replace('"description": "Kiosks"', '"description": "By hand"'))
    page.get_by_text(say("items.fine")).wait_for()
    reader.axe()
    page.get_by_label(say("items.comment")).fill("Better so")
    reader.button("items.save").click()


def is_committed(reader: Person, tenant: Any) -> None:
    """The window that says so, and that the tenant has not changed."""
    window = reader.dialog()
    window.get_by_role("heading", name=reader.words("items.committed"), exact=True).wait_for()
    window.get_by_text(reader.words("items.promiseDone", tenant=tenant.id)).wait_for()
    reader.axe()
    reader.button("core.close", window).last.click()


def views_of(reader: Person) -> Locator:
    """The links between an item's content, history and differences."""
    return reader.page.get_by_role("navigation", name=reader.words("items.views"), exact=True)


def restores(reader: Person) -> None:
    """Puts the item back to how it was first, from its history."""
    reader.link(reader.words("items.history"), views_of(reader)).click()
    reader.page.get_by_text("Better so").first.wait_for()
    reader.button("items.restoreItem").last.click()
    window = reader.dialog()
    window.get_by_text("By hand").first.wait_for()
    reader.axe()
    reader.button("items.restoreItem", window).click()


def copies(reader: Person, other: Any) -> None:
    """Copies the item to another tenant."""
    reader.link(reader.words("items.content"), views_of(reader)).click()
    reader.button("items.copy").click()
    window = reader.dialog()
    window.get_by_role("searchbox").fill(other.id)
    window.get_by_role("checkbox").check()
    reader.axe()
    reader.button("items.copyDo.one", window, n=1).click()
    reader.button("items.startSyncOf", window, tenant=other.id).wait_for()


@both_languages
def test_an_item_is_edited_restored_and_copied_and_nothing_is_deployed_by_it(
    driver: Any, person: Any, language: str
) -> None:
    tenant, other = (driver(types=only("assignment-filters")) for _ in range(2))
    tenant.filter("Kiosks")
    tenant.sync()
    other.sync()
    reader = person(language)
    reader.open(f"/?tenant={tenant.id}&tab=items&type=assignment-filters")
    edits(reader)
    is_committed(reader, tenant)
    assert tenant.clone().read(KIOSKS)["description"] == "By hand"
    assert tenant.portal(FILTERS, "Kiosks")["description"] == "Kiosks", "nothing reaches the tenant by it"
    restores(reader)
    is_committed(reader, tenant)
    assert tenant.clone().read(KIOSKS)["description"] == "Kiosks"
    copies(reader, other)
    assert other.clone().read(KIOSKS)["description"] == "Kiosks"
    assert other.objects(FILTERS) == [], "nor is anything deployed by a copy"
