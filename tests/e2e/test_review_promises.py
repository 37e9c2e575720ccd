"""The product's promises, attacked: races, repeats, late answers, settings, and what is given out."""

from __future__ import annotations

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

pytestmark = pytest.mark.e2e

FILTERS = "beta/deviceManagement/assignmentFilters"
KIOSKS = "intune/assignment-filters/Kiosks.json"


@pytest.fixture
def waiting(driver):
    """A tenant with one filter whose edit waits for a decision."""

    def make(**settings):
        tenant = driver("empty", **settings)
        tenant.filter("Kiosks")
        tenant.sync()
        clone = tenant.clone()
        clone.edit(KIOSKS, description="Wanted")
        clone.push()
        return tenant, clone, tenant.sync()

    return make


def at_once(*calls):
    with ThreadPoolExecutor(len(calls)) as pool:
        return [one.result() for one in [pool.submit(call) for call in calls]]


def test_of_many_starts_at_once_one_wins_and_the_others_name_it(driver):
    tenant = driver()

    answers = at_once(*[lambda: tenant.api.post(f"/tenants/{tenant.id}/syncs", json={})] * 6)

    won = [one.json()["id"] for one in answers if one.status_code == 202]
    assert len(won) == 1, [one.text for one in answers]
    tenant.syncs += won
    for lost in answers:
        if lost.status_code != 202:
            assert (lost.status_code, lost.json()["code"]) == (409, "syncActive")
            assert won[0] in lost.text
    tenant.wait(won[0], "end")
    assert len(tenant.api.get(f"/tenants/{tenant.id}/syncs").json()["value"]) == 1


@pytest.mark.parametrize("round_", range(2))
def test_approve_reject_and_cancel_at_once_have_one_winner(waiting, round_):
    tenant, _, asked = waiting()
    place = f"/tenants/{tenant.id}/syncs/{asked['id']}"

    approve, reject, revert, cancel = at_once(
        lambda: tenant.decide(asked["id"], "approve"),
        lambda: tenant.decide(asked["id"], "reject"),
        lambda: tenant.decide(asked["id"], "rejectAndRevert"),
        lambda: tenant.api.post(f"{place}/cancel", json={}),
    )

    decisions = [one for one in (approve, reject, revert) if one.status_code == 202]
    assert len(decisions) <= 1
    done = tenant.wait(asked["id"], "end")
    assert all(one.status_code in (202, 409) for one in (approve, reject, revert, cancel))
    if approve.status_code == 202 and cancel.status_code == 202:
        expected = {"succeeded", "cancelled"}  # the cancel reached the deploy, before or after its write
    elif decisions:
        expected = {
            {"approve": "succeeded", "reject": "rejected", "rejectAndRevert": "reverted"}[
                done["decision"]["decision"]
            ]
        }
    else:
        expected = {"cancelled"}
    assert done["outcome"] in expected
    shown = tenant.portal(FILTERS, "Kiosks")["description"]
    assert shown == ("Wanted" if done["outcome"] == "succeeded" else "Kiosks")
    if approve.status_code != 202:
        assert tenant.writes() == []


def test_an_idempotency_key_repeats_the_answer_and_refuses_another_body(driver):
    tenant = driver()
    place, key = f"/tenants/{tenant.id}/syncs", {"idempotency-key": "the same"}

    first = tenant.api.post(place, json={"comment": "a"}, headers=key)
    second = tenant.api.post(place, json={"comment": "a"}, headers=key)
    other = tenant.api.post(place, json={"comment": "b"}, headers=key)

    tenant.syncs.append(first.json()["id"])
    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json()["id"] == first.json()["id"]
    assert second.headers["location"] == first.headers["location"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotencyKeyReused")
    tenant.wait(first.json()["id"], "end")
    again = tenant.api.post(place, json={"comment": "a"}, headers=key)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert len(tenant.api.get(place).json()["value"]) == 1
    too_long = tenant.api.post(place, json={}, headers={"idempotency-key": "x" * 129})
    assert too_long.status_code == 400


def test_etags_spare_a_read_and_stop_a_lost_update(driver):
    tenant = driver()
    place = f"/tenants/{tenant.id}"
    etag = tenant.api.get(place).headers["etag"]

    assert tenant.api.get(place, headers={"if-none-match": etag}).status_code == 304
    mine = tenant.api.patch(place, json={"displayName": "Mine"}, headers={"if-match": etag})
    late = tenant.api.patch(place, json={"displayName": "Late"}, headers={"if-match": etag})

    assert (mine.status_code, late.status_code) == (200, 412)
    assert tenant.api.get(place, headers={"if-none-match": etag}).json()["displayName"] == "Mine"


def test_drift_is_proposed_back_where_the_tenant_is_set_to_revert(driver):
    tenant = driver("empty", drift="revert")
    tenant.filter("Kiosks")
    tenant.sync()
    tenant.change(FILTERS, "Kiosks", description="Drifted")
    tenant.filter("Stranger")

    asked = tenant.sync()

    assert asked["drift"] == {"added": 0, "changed": 0, "removed": 0, "commit": None}
    changes = tenant.changes(asked["id"])["value"]
    assert sorted((one["action"], one["item"]) for one in changes) == [
        ("delete", "Stranger"),
        ("update", "Kiosks"),
    ]
    assert tenant.writes() == []
    done = tenant.decided(asked["id"], "approve", confirmDeletions=True)
    assert done["outcome"] == "succeeded"
    assert [one["description"] for one in tenant.objects(FILTERS)] == ["Kiosks"]
    assert tenant.sync()["plan"] is None


def test_what_is_protected_is_shown_as_blocked_and_asks_nobody(waiting):
    tenant, _, asked = waiting(protected=["intune/assignment-filters/*"])

    assert (asked["outcome"], asked["incomplete"], asked["plan"]["blocked"]) == ("succeeded", [], 1)
    (change,) = tenant.changes(asked["id"])["value"]
    assert change["blocked"]["code"] == "protected"
    assert tenant.tenant()["status"] == "idle"
    assert tenant.decide(asked["id"], "approve").status_code == 409
    assert tenant.writes() == []


def test_a_type_included_later_is_adopted_without_proposing_to_delete_anything(driver):
    tenant = driver("small", types={"include": ["groups"], "exclude": []})
    first = tenant.sync()
    assert (first["outcome"], first["progress"]["typesTotal"]) == ("succeeded", 1)
    tenant.settings(types={"include": ["*"], "exclude": []})

    later = tenant.sync()

    assert (later["outcome"], later["plan"]) == ("succeeded", None)
    assert later["drift"]["added"] > 20
    tenant.settings(types={"include": ["groups"], "exclude": []})
    narrowed = tenant.sync()
    assert (narrowed["outcome"], narrowed["drift"]["removed"], narrowed["plan"]) == ("succeeded", 0, None)
    assert len(tenant.clone().files("intune/assignment-filters")) == 3


def test_a_decision_reaches_a_superseded_sync_too_late_when_its_plan_changed(waiting):
    tenant, clone, asked = waiting()
    clone.edit(KIOSKS, description="Wanted more")
    clone.push()
    newer = tenant.wait(tenant.start(supersede=True)["id"])
    tenant.wait(asked["id"], "end")

    late = tenant.decide(asked["id"], "approve")

    assert (late.status_code, late.json()["code"]) == (409, "superseded")
    assert newer["id"] in late.text
    assert tenant.writes() == []
    cancel = tenant.api.post(f"/tenants/{tenant.id}/syncs/{asked['id']}/cancel", json={})
    assert (cancel.status_code, cancel.json()["code"]) == (409, "syncEnded")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "deviceManagement/assignmentFilters", 404, "NotFound"),
        ("GET", "deviceManagement/assignmentFilters", 500, "InternalServerError"),
        ("GET", "deviceManagement/assignmentFilters", 401, "Unauthorized"),
    ],
)
def test_a_failed_read_is_never_an_empty_result(driver, method, path, status, code):
    tenant = driver()
    for number in range(3):
        tenant.filter(f"Filter {number}")
    tenant.sync()
    tenant.settings(syncTimeout="PT2M")
    tenant.fault(method=method, path=path, status=status, code=code, message="no", times=None)

    sync = tenant.sync()

    assert sync["outcome"] == "partiallySucceeded"
    assert sync["incomplete"] == ["notRead"]
    assert (sync["drift"]["removed"], sync["plan"]) == (0, None)
    assert len(tenant.clone().files("intune/assignment-filters")) == 3


def test_reports_artifacts_and_logs_open_and_hold_what_they_should(waiting):
    tenant, _, asked = waiting()
    tenant.decided(asked["id"], "approve", comment="Fine by me")
    place = f"/tenants/{tenant.id}/syncs/{asked['id']}"

    report = tenant.report(asked["id"])
    table = list(csv.reader(io.StringIO(tenant.api.get(f"{place}/report?format=csv").text.lstrip("\ufeff"))))
    english = tenant.api.get(f"{place}/report?format=html", headers={"accept-language": "en"}).text
    french = tenant.api.get(f"{place}/report?format=html", headers={"accept-language": "fr-CA,fr;q=0.9"}).text
    assert report["outcome"] == "succeeded"
    assert any("/description" in cell for row in table for cell in row)
    assert all("Wanted" in text and "Kiosks" in text for text in (english, french))
    assert ('lang="en"' in english, 'lang="fr"' in french) == (True, True)

    files = tenant.artifacts(asked["id"])
    assert files.testzip() is None
    assert {"plan.json", "report.json", "journal.json"} <= set(files.namelist())
    assert json.loads(files.read("plan.json"))["digest"] == asked["plan"]["digest"]

    lines = tenant.api.get(f"{place}/logs?format=jsonl").text
    events = [json.loads(line) for line in lines.splitlines()]
    text = tenant.api.get(f"{place}/logs?format=text").text
    assert len(events) >= 8
    assert min(events, key=lambda one: one["at"])["event"] == events[0]["event"]
    for log in (lines, text):
        for leak in ("Wanted", "accord-local-secret", "eyJ", "Bearer"):
            assert leak not in log


def test_a_schedule_reads_its_times_in_the_tenants_zone_and_refuses_nonsense(driver):
    tenant = driver()

    def schedule(**given):
        body = {"settings": {"schedule": {"enabled": True, "timeZone": "Europe/Paris", **given}}}
        return tenant.api.patch(f"/tenants/{tenant.id}", json=body)

    assert schedule(cron="0 6 * * *").json()["nextSyncAt"] is not None
    for wrong in ({"cron": "61 6 * * *"}, {"cron": "every day"}, {"timeZone": "Mars/Olympus"}):
        refused = schedule(**{"cron": "0 6 * * *", **wrong})
        assert (refused.status_code, "errors" in refused.json()) == (422, True), refused.text
    never = schedule(cron="0 6 30 2 *")
    assert never.status_code in (200, 422), never.text
    tenant.settings(schedule={"enabled": False})
    assert tenant.tenant()["nextSyncAt"] is None
