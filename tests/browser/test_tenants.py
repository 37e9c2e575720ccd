"""The table of tenants: searching, filtering, sorting, choosing columns, and acting on many at once."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import LANGUAGES
from status_scenes import LABELS, only, two_edits

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(300)]
FOLDER = "intune/assignment-filters"


def three(driver: Any) -> list[Any]:
    """Two that wait with edits, and one whose plan deletes."""
    made = [driver(types=only("assignment-filters")) for _ in range(3)]
    for tenant in made[:2]:
        two_edits(tenant)
    made[2].filter("Doors")
    made[2].sync()
    clone = made[2].clone()
    clone.git("rm", "-q", f"{FOLDER}/Doors.json")
    clone.push("No doors")
    for tenant in made:
        assert tenant.sync()["status"] == "pendingApproval"
    return made


@pytest.mark.parametrize("language", LANGUAGES)
def test_many_are_selected_approved_and_those_that_delete_left_out(
    driver: Any, person: Any, language: str
) -> None:
    tenants = three(driver)
    reader = person(language)
    say, page = reader.words, reader.page
    page_of_waiting = "/?status=pendingApproval&sort=-name"
    reader.open(page_of_waiting)
    label = LABELS["pendingApproval"][LANGUAGES.index(language)]
    chip = page.get_by_role("button", name=f"{label} 3", exact=True)
    chip.wait_for()
    assert chip.get_attribute("aria-pressed") == "true"
    name = page.get_by_role("columnheader", name=say("tenants.name"))
    assert name.get_attribute("aria-sort") == "descending"
    assert set(page.locator("tbody th a").all_inner_texts()) == {tenant.id for tenant in tenants}
    for tenant in tenants:
        page.get_by_role("checkbox", name=say("tenants.select", tenant=tenant.id), exact=True).check()
    bar = page.get_by_role("region", name=say("tenants.bulk"))
    bar.wait_for()
    reader.axe()

    reader.button("tenants.approve", bar).click()
    window = reader.dialog()
    window.get_by_role("link", name=say("tenants.reviewOf", tenant=tenants[2].id)).wait_for()
    reader.axe()
    window.get_by_role("textbox").fill("All at once")
    reader.button("tenants.approveCount.other", window, n=2).click()
    window.wait_for(state="detached")
    for tenant in tenants[:2]:
        done = tenant.wait(tenant.syncs[-1], "end")
        assert (done["outcome"], done["decision"]["comment"]) == ("succeeded", "All at once")
    assert tenants[2].get(tenants[2].syncs[-1])["decision"] is None
    page.get_by_role("button", name=f"{label} 1", exact=True).wait_for()

    reader.button("tenants.revert", bar).click()
    reader.button("tenants.revertCount.one", window, n=1).click()
    window.wait_for(state="detached")
    assert tenants[2].wait(tenants[2].syncs[-1], "end")["outcome"] == "reverted"
    page.get_by_role("button", name=f"{label} 0", exact=True).click()
    for tenant in tenants:
        reader.shows(page.get_by_role("row").filter(has=reader.link(tenant.id)), "idle")
    reader.button("tenants.backUp", bar).click()
    reader.button("tenants.startCount.other", window, n=3).click()
    window.wait_for(state="detached")
    for tenant in tenants:
        (newest, *_) = tenant.api.get(f"/tenants/{tenant.id}/syncs").json()["value"]
        assert newest["mode"] == "backupOnly"
        assert tenant.wait(newest["id"], "end")["outcome"] == "succeeded"


def test_the_address_holds_search_filter_order_and_columns(driver: Any, person: Any) -> None:
    tenants = [driver() for _ in range(2)]
    reader = person("fr", theme="dark")
    say, page = reader.words, reader.page
    reader.open("/")
    reader.link(tenants[1].id).wait_for()
    page.keyboard.press("/")
    page.keyboard.type(tenants[0].id)
    reader.link(tenants[1].id).wait_for(state="detached")
    reader.link(tenants[0].id).wait_for()
    page.get_by_role("button", name=say("tenants.since")).click()
    header = page.get_by_role("columnheader", name=say("tenants.since"))
    assert header.get_attribute("aria-sort") == "ascending"
    page.get_by_text(say("tenants.columns"), exact=True).first.click()
    page.get_by_role("checkbox", name=say("tenants.directory"), exact=True).check()
    page.get_by_role("columnheader", name=say("tenants.directory")).wait_for()
    reader.axe()
    address = page.url
    assert f"search={tenants[0].id}" in address
    assert "sort=since" in address
    other = person("fr")
    other.page.goto(address.replace(reader.app, "") + "&columns=schedule")
    other.link(tenants[0].id).wait_for()
    other.page.get_by_role("columnheader", name=say("tenants.schedule")).wait_for()
    assert other.link(tenants[1].id).count() == 0

    other.open("/?search=nobody-is-called-so")
    other.page.get_by_text(say("tenants.nobody")).wait_for()
    other.axe()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_tenant_is_registered_and_synced_by_the_keyboard_alone(
    driver: Any, person: Any, language: str
) -> None:
    """Where the focus goes is followed by Tab, as it is without a mouse."""
    tenant = driver(types=only("assignment-filters"))
    reader = person(language)
    say, page = reader.words, reader.page
    reader.open(f"/?search={tenant.id}")
    row = page.get_by_role("row").filter(has=reader.link(tenant.id))
    start = reader.button("tenants.startOf", row, tenant=tenant.id)
    start.wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if start.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    reader.shows(row, "idle")
    while page.evaluate("() => document.activeElement?.textContent.trim()") != tenant.id:
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name=tenant.id).wait_for()
    assert page.evaluate("() => document.activeElement.tagName") == "H1"
    page.get_by_role("row").nth(1).wait_for()
    assert say("tenant.tabHistory") in page.locator("nav [aria-current]").all_inner_texts()
