"""The repository without Git, on the running stack: what was edited or copied is what is proposed."""

from __future__ import annotations

import threading
from urllib.parse import quote

import pytest

pytestmark = pytest.mark.e2e

KIOSKS = "intune/assignment-filters/Kiosks.json"


def item(tenant, path=KIOSKS, **more):
    return tenant.api.get(f"/tenants/{tenant.id}/items/{quote(path)}", **more)


def put(tenant, content, path=KIOSKS, **headers):
    return tenant.api.put(f"/tenants/{tenant.id}/items/{quote(path)}", json=content, headers=headers)


def head(tenant) -> str:
    return tenant.api.get(f"/tenants/{tenant.id}/commits?top=1").json()["value"][0]["id"]


def proposed(tenant, sync) -> list[tuple[str, str, list[str]]]:
    return [
        (
            one["action"],
            one["item"],
            [each["path"] for each in one["properties"]] if one["action"] == "update" else [],
        )
        for one in tenant.changes(sync)["value"]
    ]


def test_the_next_sync_proposes_exactly_what_was_edited(driver):
    tenant = driver()
    tenant.filter("Kiosks")
    tenant.sync()
    read = item(tenant)

    written = put(
        tenant, {**read.json()["content"], "description": "A wish"}, **{"If-Match": read.headers["etag"]}
    )

    assert (written.status_code, written.json()["commit"]) == (200, head(tenant))
    asked = tenant.sync()
    assert proposed(tenant, asked["id"]) == [("update", "Kiosks", ["/description"])]
    assert asked["plan"]["commit"] == written.json()["commit"]
    since = tenant.api.get(f"/tenants/{tenant.id}/commits", params={"since": asked["plan"]["commit"]}).json()
    assert since["count"] == 0
    assert tenant.decided(asked["id"], "approve")["outcome"] == "succeeded"
    assert tenant.portal("beta/deviceManagement/assignmentFilters", "Kiosks")["description"] == "A wish"
    backup, edit = (
        next(
            one
            for one in tenant.api.get(f"/tenants/{tenant.id}/commits").json()["value"]
            if bool(one["sync"]) is mine
        )
        for mine in (True, False)
    )
    assert (backup["author"]["kind"], edit["author"]["kind"], edit["files"]) == ("service", "key", 1)


def test_an_edit_counts_as_its_authors_where_a_second_person_is_required(driver):
    tenant = driver(requireSecondPerson=True)
    tenant.filter("Kiosks")
    tenant.sync()
    put(tenant, {**item(tenant).json()["content"], "description": "A wish"})
    asked = tenant.sync()

    refused = tenant.decide(asked["id"], "approve", decidedBy="0c0ffee0-5d47-4b7a-9f10-6c2f4d1e8a90")

    assert (refused.status_code, refused.json()["code"]) == (403, "secondPerson")
    audit = tenant.api.get(f"/tenants/{tenant.id}/audit").json()["value"]
    assert ("items.put", "local") in [(one["action"], one["who"]) for one in audit]


def test_restored_to_an_earlier_commit_everything_is_as_it_was(driver):
    tenant = driver()
    tenant.filter("Kiosks")
    tenant.sync()
    before = head(tenant)
    put(tenant, {**item(tenant).json()["content"], "description": "A wish"})
    fresh = {"displayName": "Rooms", "platform": "windows10AndLater", "rule": '(device.model -eq "R")'}
    made = put(tenant, fresh, "intune/assignment-filters/Rooms.json", **{"If-None-Match": "*"})
    assert made.status_code == 201, made.text

    restored = tenant.api.post(
        f"/tenants/{tenant.id}/copy", json={"from": {"ref": before}, "comment": "Back"}
    )

    assert (restored.status_code, restored.json()["files"]) == (201, 2)
    differs = tenant.api.get(f"/tenants/{tenant.id}/differences", params={"from": before}).json()
    assert differs["value"] == []
    assert tenant.sync()["outcome"] == "succeeded"
    again = tenant.api.post(f"/tenants/{tenant.id}/copy", json={"from": {"ref": before}})
    assert (again.status_code, again.json()["commit"]) == (200, None)


def test_items_copied_to_another_tenant_are_proposed_there(driver):
    source, target = driver(), driver()
    source.filter("Kiosks")
    source.sync()
    target.sync()

    copied = target.api.post(
        f"/tenants/{target.id}/copy", json={"from": {"tenant": source.id, "ref": "main"}, "paths": [KIOSKS]}
    )

    assert (copied.status_code, copied.json()["unresolved"]) == (201, [])
    clone = target.clone()
    assert clone.read(KIOSKS)["displayName"] == "Kiosks"
    compared = target.api.get(
        f"/tenants/{target.id}/differences", params={"other": source.id, "path": KIOSKS}
    )
    assert compared.json()["value"] == []
    asked = target.sync()
    assert proposed(target, asked["id"]) == [("create", "Kiosks", [])]
    assert target.decided(asked["id"], "approve")["outcome"] == "succeeded"
    assert (
        target.portal("beta/deviceManagement/assignmentFilters", "Kiosks")["rule"] == '(device.model -eq "A")'
    )


def test_edits_and_pushes_that_race_lose_loudly_or_win_whole(driver):
    tenant = driver()
    tenant.filter("Kiosks")
    tenant.filter("Rooms")
    tenant.sync()
    clone = tenant.clone()
    rooms = "intune/assignment-filters/Rooms.json"
    content, answers = item(tenant).json()["content"], []

    def edit() -> None:
        answers.extend(
            put(tenant, {**content, "description": f"edit {number}"}).status_code for number in range(4)
        )

    editor = threading.Thread(target=edit)
    editor.start()
    for number in range(4):
        clone.edit(rooms, description=f"push {number}")
        pushed = clone.push(check=False)
        while pushed.returncode != 0:
            clone.pull()
            pushed = clone.git("push", "--quiet", "origin", "HEAD:main", check=False)
    editor.join()
    clone.pull()

    assert set(answers) == {200}
    assert (clone.read(KIOSKS)["description"], clone.read(rooms)["description"]) == ("edit 3", "push 3")
    subjects = clone.git("log", "--format=%s").stdout.split("\n")
    assert (subjects.count(f"Edit {KIOSKS}"), subjects.count("Change it")) == (4, 4)


HOSTILE = [
    "..%2f..%2fetc/passwd",
    "intune/assignment-filters/kiosks.json",
    "intune/assignment-filters/%00.json",
]
HOSTILE += ["intune/assignment-filters/a%5Cb.json", f"intune/assignment-filters/{'x' * 2000}.json"]


def test_hostile_paths_are_refused_and_nothing_changes(driver):
    tenant = driver()
    tenant.filter("Kiosks")
    tenant.sync()
    before = head(tenant)

    for path in HOSTILE:
        answer = tenant.api.put(f"/tenants/{tenant.id}/items/{path}", json={"displayName": "x"})
        assert 400 <= answer.status_code < 500, answer.text

    assert head(tenant) == before
