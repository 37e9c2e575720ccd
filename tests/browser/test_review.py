"""The review of proposed changes, and every decision about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from browsing import LANGUAGES, Person
from driver import FILTERS
from status_scenes import LABELS, only, two_edits

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(300)]
both_languages = pytest.mark.parametrize("language", LANGUAGES)
FOLDER = "intune/assignment-filters"


def item(reader: Person, name: str) -> Locator:
    """An item's change in the review."""
    return reader.page.get_by_role("listitem").filter(has=reader.page.locator("summary", has_text=name))


def decides(reader: Person, decision: str, comment: str = "") -> None:
    """Sends the decision from its window."""
    window = reader.dialog()
    if comment:
        window.get_by_label(reader.words("review.comment")).fill(comment)
    reader.button(f"review.{decision}", window).click()
    window.wait_for(state="detached")


def one_of_each(tenant: Any) -> dict[str, Any]:
    """A sync that waits with an update, a create, a delete and a conflict."""
    for name in ("Kiosks", "Rooms", "Doors"):
        tenant.filter(name)
    tenant.sync()
    clone = tenant.clone()
    clone.edit(f"{FOLDER}/Kiosks.json", description="For kiosks")
    clone.edit(f"{FOLDER}/Rooms.json", description="Wanted")
    clone.write(f"{FOLDER}/Halls.json", {**clone.read(f"{FOLDER}/Kiosks.json"), "displayName": "Halls"})
    clone.git("rm", "-q", f"{FOLDER}/Doors.json")
    clone.push("One of each")
    tenant.change(FILTERS, "Rooms", description="Changed in the portal")
    sync: dict[str, Any] = tenant.sync()
    return sync


@both_languages
def test_some_changes_are_chosen_a_deletion_is_confirmed_and_a_conflict_left(
    driver: Any, person: Any, language: str
) -> None:
    tenant = driver(types=only("assignment-filters"))
    sync = one_of_each(tenant)
    reader = person(language)
    say, page = reader.words, reader.page
    reader.row(tenant).get_by_role("link", name=LABELS["pendingApproval"][LANGUAGES.index(language)]).click()
    page.get_by_role("heading", level=1, name=say("review.heading", tenant=tenant.id)).wait_for()
    reader.button("review.openAll").click()
    conflict = item(reader, "Rooms")
    for side in ("Changed in the portal", "Wanted"):
        conflict.get_by_text(side).first.wait_for()
    for name in ("review.base", "review.tenantChanged", "review.repositoryWins"):
        conflict.get_by_text(say(name), exact=True).first.wait_for()
    reader.axe()

    page.get_by_role("searchbox").fill("hall")
    item(reader, "Kiosks").wait_for(state="detached")
    item(reader, "Halls").wait_for()
    page.get_by_role("searchbox").fill("")
    page.get_by_role("checkbox", name=say("review.choose", item="Rooms"), exact=True).uncheck()
    reader.button("review.approveChosen").click()
    window = reader.dialog()
    window.get_by_text("Doors").first.wait_for()
    reader.axe()
    send = reader.button("review.approve", window)
    assert send.get_attribute("aria-disabled") == "true", "a deletion is confirmed on its own"
    window.get_by_role("checkbox").check()
    decides(reader, "approve", "Three of four")

    done = tenant.wait(sync["id"], "end")
    assert (done["outcome"], done["decision"]["comment"]) == ("succeeded", "Three of four")
    assert done["decision"]["via"] in {"page", "local"}
    assert done["deploy"]["applied"] == 3
    found = {one["displayName"]: one["description"] for one in tenant.objects(FILTERS)}
    assert found == {"Kiosks": "For kiosks", "Rooms": "Changed in the portal", "Halls": "For kiosks"}
    page.get_by_text("Three of four").first.wait_for()
    reader.axe()


@both_languages
@pytest.mark.parametrize("decision", ["reject", "rejectAndRevert"])
def test_the_arrow_s_menu_decides_with_the_keyboard_alone(
    driver: Any, person: Any, language: str, decision: str
) -> None:
    tenant = driver(types=only("assignment-filters"))
    two_edits(tenant)
    sync = tenant.sync()
    reader = person(language)
    say, page = reader.words, reader.page
    row = reader.row(tenant)
    reader.stays()
    reader.button("status.decideOf", row, tenant=tenant.id).focus()
    page.keyboard.press("Enter")
    menu = page.get_by_role("menu", name=say("status.decideOf", tenant=tenant.id), exact=True)
    for one in ("approve", "reject", "rejectAndRevert"):
        whole = f"{say(f'review.{one}')} {say(f'review.does.{one}')}"
        menu.get_by_role("menuitem", name=whole, exact=True).wait_for()
    reader.axe()
    for _ in range(["approve", "reject", "rejectAndRevert"].index(decision)):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    window = reader.dialog()
    window.wait_for()
    page.keyboard.type("Not today")
    button = reader.button(f"review.{decision}", window)
    while not button.evaluate("element => element === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    window.wait_for(state="detached")
    done = tenant.wait(sync["id"], "end")
    assert done["outcome"] == {"reject": "rejected", "rejectAndRevert": "reverted"}[decision]
    assert done["decision"]["comment"] == "Not today"
    reader.shows(row, "idle")
    assert reader.stayed()


def test_of_two_who_decide_at_once_the_second_is_told_who_was_first(driver: Any, person: Any) -> None:
    tenant = driver(types=only("assignment-filters"))
    two_edits(tenant)
    sync = tenant.sync()
    first, second = person("en"), person("fr")
    for reader in (first, second):
        reader.open(f"/?tenant={tenant.id}&sync={sync['id']}&view=review")
    # Both have their windows open; the second one's page does not hear of the first one's decision in time.
    for reader, key in ((first, "review.approve"), (second, "review.reject")):
        reader.button(key).click()
        reader.dialog().wait_for()
    decides(first, "approve", "I was first")
    second.expects(r"status of 409")
    window = second.dialog()
    second.button("review.reject", window).click()
    window.get_by_role("alert").get_by_text("I was first").wait_for()
    second.button("core.close", window).last.click()
    assert tenant.wait(sync["id"], "end")["outcome"] == "succeeded"
    second.page.get_by_text("I was first").first.wait_for()


@both_languages
def test_commits_that_arrived_since_are_said_and_a_plan_is_made_again(
    driver: Any, person: Any, language: str
) -> None:
    tenant = driver(types=only("assignment-filters"))
    clone = two_edits(tenant)
    sync = tenant.sync()
    reader, onlooker = person(language), person(language)
    say, page = reader.words, reader.page
    for one in (reader, onlooker):
        one.open(f"/?tenant={tenant.id}&sync={sync['id']}&view=review")
        item(one, "Kiosks").wait_for(state="attached")
    clone.edit(f"{FOLDER}/Rooms.json", description="Newer")
    clone.push("One more thought")
    page.get_by_text(say("review.since.one").replace("{n}", "1")).wait_for()
    reader.button("review.planAgain").click()
    page.wait_for_function("id => !location.search.includes(id)", arg=sync["id"])
    newer = tenant.tenant()["activeSync"]
    tenant.syncs.append(newer)
    assert tenant.wait(newer)["status"] == "pendingApproval"
    assert tenant.get(sync["id"])["cause"] == "superseded"
    onlooker.page.wait_for_function("id => location.search.includes(id)", arg=newer)
    for one in (page, onlooker.page):
        one.get_by_text("Newer").first.wait_for()
    reader.button("review.approve").click()
    decides(reader, "approve")
    assert tenant.wait(newer, "end")["deploy"]["applied"] == 2
