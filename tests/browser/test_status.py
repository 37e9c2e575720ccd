"""The status column and its windows, as people meet them, in both languages."""

from __future__ import annotations

import io
import zipfile
from functools import partial
from typing import Any

import pytest
from browsing import LANGUAGES
from signing_in import asking_tenant
from status_scenes import only

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.timeout(300)]
both_languages = pytest.mark.parametrize("language", LANGUAGES)


@both_languages
def test_a_new_error_is_described_explained_copied_and_downloaded(
    driver: Any, person: Any, language: str
) -> None:
    tenant = driver(types=only("assignment-filters"))
    reader = person(language)
    say, row = reader.words, reader.row(tenant)
    reader.shows(row, "notRun")
    reader.stays()
    tenant.fault(method="POST", path="oauth2/v2.0/token", status=401, code="invalid_client",
                 message="AADSTS7000215: Invalid client secret provided.", times=None)  # fmt: skip
    failed = tenant.sync()
    error = tenant.api.get(f"/tenants/{tenant.id}/syncs/{failed['id']}",
                           headers={"accept-language": language}).json()["error"]  # fmt: skip

    button = reader.shows(row, "newError")
    button.hover()
    tip = reader.page.get_by_role("tooltip").filter(has_text=error["message"])
    tip.wait_for()
    assert button.get_attribute("aria-describedby") == tip.get_attribute("id")
    button.click()
    window = reader.dialog()
    for heading in ("status.theError", "status.summaryReport", "status.details"):
        window.get_by_role("heading", name=say(heading), exact=True).wait_for()
    for part in (error["message"], error["advice"], error["operation"], error["code"], failed["id"]):
        window.get_by_text(part, exact=True).first.wait_for()
    reader.axe()

    reader.button("status.copyError", window).click()
    reader.page.wait_for_function("navigator.clipboard.readText().then(text => text.length > 0)")
    assert reader.copied() == error["text"]
    assert b"code=credentialRefused" in reader.takes(reader.button("status.logs", window))
    files = zipfile.ZipFile(io.BytesIO(reader.takes(reader.button("status.artifacts", window)))).namelist()
    assert "report.json" in files
    reader.page.keyboard.press("Escape")
    window.wait_for(state="detached")
    assert button.evaluate("element => element === document.activeElement"), "the focus goes back"

    tenant.control.delete("/faults").raise_for_status()
    button.click()
    reader.button("status.startAgain", window).click()
    reader.shows(row, "idle")
    assert reader.stayed()


@both_languages
def test_a_code_is_copied_typed_and_the_window_closes_by_itself(
    driver: Any, person: Any, language: str
) -> None:
    tenant = asking_tenant(driver, seconds=180)
    reader = person(language)
    row = reader.row(tenant)
    reader.stays()
    sync = tenant.start()
    reader.shows(row, "pendingAuthentication").click()
    window = reader.dialog()
    code = window.locator("output.code")
    code.wait_for()
    assert window.locator("time.countdown").inner_text() in {
        f"{m}:{s:02d}" for m in range(3) for s in range(60)
    } | {"3:00"}
    window.get_by_role("link", name=reader.words("status.browserSignIn")).wait_for()
    reader.axe()
    reader.button("status.copyCode", window).click()
    reader.page.wait_for_function("navigator.clipboard.readText().then(text => text.length > 0)")
    assert reader.copied() == code.inner_text()

    with reader.context.expect_page() as opened:
        window.get_by_role("link", name=reader.words("status.verification")).click()
    entra = opened.value
    entra.get_by_role("textbox").fill(reader.copied())
    entra.get_by_role("button").click()
    entra.locator("button[value=admin]").click()
    entra.get_by_role("heading", level=1).wait_for()
    window.wait_for(state="detached")
    entra.close()
    assert tenant.wait(sync["id"], "end")["outcome"] == "succeeded"
    reader.shows(row, "idle")
    assert reader.stayed()


def test_signing_in_in_the_browser_goes_on_too_and_a_wrong_account_is_told_why(
    driver: Any, person: Any
) -> None:
    tenant = asking_tenant(driver, seconds=180)
    reader = person("fr", theme="dark")
    row = reader.row(tenant)
    sync = tenant.start()
    reader.shows(row, "pendingAuthentication").click()
    window = reader.dialog()
    first = window.locator("output.code").inner_text()
    tenant.person.types(first, "guest")
    window.get_by_role("alert").get_by_text("a été refusé").wait_for()
    assert window.locator("output.code").inner_text() != first
    with reader.context.expect_page() as opened:
        window.get_by_role("link", name=reader.words("status.browserSignIn")).click()
    opened.value.locator("button[value=admin]").click()
    window.wait_for(state="detached")
    assert tenant.wait(sync["id"], "end")["outcome"] == "succeeded"
    reader.shows(row, "idle")


@both_languages
def test_nobody_signs_in_and_the_time_runs_out(driver: Any, person: Any, language: str) -> None:
    tenant = asking_tenant(driver, seconds=15)
    reader = person(language)
    row = reader.row(tenant)
    tenant.start()
    reader.shows(row, "pendingAuthentication").click()
    window = reader.dialog()
    window.locator("output.code").wait_for()
    window.get_by_text(reader.words("status.timeRanOut")).wait_for()
    reader.button("core.close", window).last.click()
    button = reader.shows(row, "newError")
    button.hover()
    reader.page.get_by_role("tooltip").filter(
        has_text={"en": "Cancelled", "fr": "Annulée"}[language]
    ).wait_for()


@both_languages
def test_a_sync_at_work_shows_its_stage_and_can_be_cancelled(driver: Any, person: Any, language: str) -> None:
    tenant = driver("small", types=only("assignment-filters", "conditional-access-policies"))
    reader = person(language)
    row = reader.row(tenant)
    tenant.fault(method="GET", path="deviceManagement/assignmentFilters", delay=8, times=1)
    sync = tenant.start()
    reader.shows(row, "inProgress")
    row.get_by_text(reader.words("status.stage.backingUp")).wait_for()
    reader.axe()
    reader.button("status.cancelOf", row, tenant=tenant.id).click()
    reader.button("status.cancelSync", reader.dialog()).click()
    assert tenant.wait(sync["id"], "end")["cause"] == "person"
    reader.shows(row, "notRun")


@both_languages
def test_missing_consent_lists_the_permissions_and_is_checked_again(
    driver: Any, person: Any, language: str
) -> None:
    tenant = driver(types=only("assignment-filters"))
    tenant.filter("Kiosks")
    name = "DeviceManagementConfiguration.ReadWrite.All"
    tenant.control.delete(f"/grants/{name}").raise_for_status()
    tenant.sync()
    reader = person(language)
    row = reader.row(tenant)
    reader.shows(row, "pendingAdminConsent").click()
    window = reader.dialog()
    window.get_by_text(name).first.wait_for()
    reader.axe()
    tenant.control.put(f"/grants/{name}").raise_for_status()
    check = partial(reader.button, "permissions.check", window)
    check().click()
    reader.shows(row, "idle")


@both_languages
def test_a_partial_success_says_which_case_it_is_and_what_was_not_done(
    driver: Any, person: Any, language: str
) -> None:
    tenant = asking_tenant(driver, seconds=180)
    asked = tenant.sync()
    tenant.person.types(asked["authentication"]["userCode"], "decline")
    assert tenant.wait(asked["id"], "end")["incomplete"] == ["userAuthentication"]
    reader = person(language)
    row = reader.row(tenant)
    reader.shows(row, "partiallySucceeded").click()
    window = reader.dialog()
    case = window.get_by_role("region", name=reader.words("status.case.userAuthentication"), exact=True)
    case.get_by_role("listitem").first.wait_for()
    reader.axe()
    reader.button("status.signIn", case).click()
    window.locator("output.code").wait_for()
    tenant.person.types(window.locator("output.code").inner_text())
    window.wait_for(state="detached")
    reader.button("tenants.startOf", row, tenant=tenant.id).click()
    reader.shows(row, "idle")
