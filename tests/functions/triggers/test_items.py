"""Items, commits, differences and copies over HTTP."""

from __future__ import annotations

import json

import pytest

from functions.triggers import commits, copies, items, schedules
from shared.domain.access import KeyRecord, Role
from shared.domain.sync import ActorKind
from shared.errors import StorageUnavailable
from shared.names import MAIN
from shared.ports import Author, BranchCommit

STAFF, OFFICE = "entra/groups/Staff.json", "entra/named-locations/Office.json"
TRAILER = "\n\nAccord-Sync: 01KJV3G5M0ABCDEFGHJKMNPQRS\n"


@pytest.fixture
def git(api):
    """The repository of a tenant, backed up once."""
    api.tenant()
    repository = api.services.repository("contoso")
    files = {
        path: b'{\n  "displayName": "%s"\n}\n' % name
        for path, name in ((STAFF, b"Staff"), (OFFICE, b"Office"))
    }
    author = Author("Accord", "accord@localhost")
    repository.commit([BranchCommit(MAIN, None, files, f"Back up{TRAILER}", author, api.services.clock.at)])
    return repository


def listed(api, body, query=""):
    return body(api.call(items.list_items, query=query, tenant="contoso"))


def put(api, content, path=STAFF, query="", **headers):
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return api.call(items.put_item, raw, query, tenant="contoso", path=path, headers=named)


def got(api, query="", path=STAFF, **headers):
    return api.call(items.get_item, query=query, tenant="contoso", path=path, headers=headers)


def test_items_are_listed_at_one_commit_and_the_next_page_stays_there(api, git, body) -> None:
    first = git.heads[MAIN]
    page = listed(api, body, "top=1")

    assert page["ref"] == first
    assert page["value"][0] == {
        "path": STAFF,
        "type": "groups",
        "workload": "entra",
        "name": "Staff",
        "blob": git.tree(first)[STAFF],
        "size": 29,
    }
    assert f"ref={first}" in page["nextLink"]
    put(api, {"displayName": "A new one"}, "entra/groups/A new one.json")
    rest = listed(api, body, page["nextLink"].partition("?")[2])
    assert ([one["path"] for one in rest["value"]], rest["nextLink"]) == ([OFFICE], None)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("type=nothing", "invalidQuery"),
        ("top=0", "invalidQuery"),
        ("after=x", "invalidQuery"),
        ("ref=" + "0" * 40, "commitNotFound"),
        ("ref=..", "commitNotFound"),
    ],
)
def test_what_cannot_be_listed_is_told(api, git, body, query, code) -> None:
    assert listed(api, body, query)["code"] == code


def test_an_item_is_read_with_a_tag_that_counts_for_the_next_read_and_the_write(api, git, body) -> None:
    response = got(api)
    item, etag = body(response), response.headers["ETag"]

    assert (item["content"], item["text"], item["beside"]) == (
        {"displayName": "Staff"},
        '{\n  "displayName": "Staff"\n}\n',
        {},
    )
    assert etag == f'"{item["blob"]}"'
    assert got(api, **{"If-None-Match": etag}).status_code == 304
    written = put(api, {"displayName": "Staff", "note": 1}, If_Match=etag)
    assert (written.status_code, body(written)["commit"]) == (200, git.heads[MAIN])
    assert written.headers["ETag"] != etag
    assert put(api, {"displayName": "Staff", "note": 2}, If_Match=etag).status_code == 412
    assert body(got(api, f"ref={item['ref']}"))["content"] == {"displayName": "Staff"}


def test_an_item_is_created_once(api, git, body) -> None:
    path, content = "entra/groups/Été & co.json", {"displayName": "Été & co"}
    made = put(api, content, path, "comment=For%20summer", If_None_Match="*")

    assert (made.status_code, body(made)["name"]) == (201, "Été & co")
    assert put(api, {**content, "note": 1}, path, If_None_Match="*").status_code == 412
    assert git.commits[git.heads[MAIN]].message.startswith("For summer\n")


def test_a_write_is_audited_and_noted_as_the_callers(api, git) -> None:
    put(api, {"displayName": "Staff", "note": 1})
    deleted = api.call(items.delete_item, tenant="contoso", path=OFFICE)

    assert deleted.status_code == 204
    assert got(api, path=OFFICE).status_code == 404
    newest, edited = api.services.audit.rows[:2]
    assert [(one.action, one.actor.kind, one.actor.name) for one in (edited, newest)] == [
        ("items.put", ActorKind.KEY, "Administrator"),
        ("items.deleted", ActorKind.KEY, "Administrator"),
    ]
    assert git.noted == []


def test_a_write_stands_where_nobody_could_note_it_at_once(api, git, monkeypatch) -> None:
    def away(tenant):
        raise StorageUnavailable("noting a push: no answer")

    monkeypatch.setattr(api.services, "note_pushes", away)

    assert put(api, {"displayName": "Staff", "note": 1}).status_code == 200
    assert api.call(items.delete_item, tenant="contoso", path=OFFICE).status_code == 204
    assert len(git.noted) == 2


@pytest.mark.parametrize(
    "path",
    ["../../etc/passwd", "/entra/groups/A.json", "entra/groups/staff.json", "entra/groups/e\u0301.json",
     "README.md", "entra/groups/a\u202e.json\x00", "entra/groups/" + "x" * 1100 + ".json", "check", "%00",
     "entra//A.json"],
)  # fmt: skip
def test_a_path_that_is_no_place_for_an_item_is_refused_and_nothing_changes(api, git, body, path) -> None:
    head = git.heads[MAIN]

    refused = put(api, {"displayName": "A"}, path)

    assert (refused.status_code, body(refused)["code"]) == (422, "itemRefused")
    assert got(api, path=path).status_code == 404
    assert api.call(items.delete_item, tenant="contoso", path=path).status_code == 404
    assert git.heads[MAIN] == head


@pytest.mark.parametrize(
    ("raw", "status", "said"),
    [
        (b"", 422, "JSON"),
        (b"[]", 422, "object"),
        (b'{"displayName":', 422, "JSON"),
        (b'{"displayName": "A", "displayName": "A"}', 422, "twice"),
        (b'{"displayName": ' + b"[" * 5000 + b"]" * 5000 + b"}", 422, "deeper"),
        (b'{"displayName": NaN}', 422, "JSON"),
        (b"\xff\xfe", 422, "UTF-8"),
        (b'{"displayName": ""}', 422, "must name"),
        (b" " * (5 * 1024 * 1024 + 1), 413, "bytes"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_item_is_refused(api, git, body, raw, status, said) -> None:
    refused = put(api, raw)

    assert (refused.status_code, said in json.dumps(body(refused))) == (status, True)


def test_a_refusal_says_where_and_in_the_callers_language(api, git, body) -> None:
    refused = body(put(api, {"displayName": "Staff", "id": "x"}, Accept_Language="fr"))

    assert refused["title"] == "La modification du référentiel est refusée"
    (fault,) = refused["errors"]
    assert (fault["field"], fault["file"]) == ("/id", STAFF)
    french = "/id est défini par le service et n’est jamais conservé : retirez-le"
    assert fault["message"] == fault["detail"] == french
    content = {"path": STAFF, "content": {"displayName": "Staff", "id": "x"}}
    checked = api.call(items.check_item, content, tenant="contoso", headers={"Accept-Language": "fr"})
    assert [one["message"] for one in body(checked)["errors"]] == [french]


def test_a_check_says_the_same_and_writes_nothing(api, git, body) -> None:
    head = git.heads[MAIN]

    def errors(content, path=STAFF):
        return body(api.call(items.check_item, {"path": path, "content": content}, tenant="contoso"))[
            "errors"
        ]

    assert errors({"displayName": "Staff", "note": 1}) == []
    (fault,) = errors({"displayName": "Staff", "id": "x"})
    assert (fault["path"], fault["file"], fault["line"]) == ("/id", STAFF, None)
    assert errors({}, "nowhere/x.json")[0]["path"] == ""
    deep: dict = {"displayName": "Staff"}
    deep["a"] = json.loads("[" * 150 + "]" * 150)
    assert errors(deep) == []
    assert git.heads[MAIN] == head
    assert api.call(items.check_item, {"path": STAFF}, tenant="contoso").status_code == 422


def test_commits_say_whose_they_are_by_credentials_not_by_what_they_claim(api, git, body) -> None:
    put(
        api,
        {"displayName": "Staff", "note": 1},
        query=f"comment=x{'%0A' * 2}Accord-Sync: 01KJV3G5M0ABCDEFGHJKMNPQRS",
    )

    edited, backup = body(api.call(commits.list_commits, tenant="contoso"))["value"]

    assert (edited["sync"], edited["author"], edited["files"]) == (
        None,
        {"name": "Administrator", "kind": "key"},
        1,
    )
    assert edited["pushedBy"] == {"name": "Administrator", "kind": "key", "via": "Administrator"}
    assert (backup["sync"], backup["author"]) == (
        "01KJV3G5M0ABCDEFGHJKMNPQRS",
        {"name": "Accord", "kind": "service"},
    )
    assert (backup["message"], backup["pushedBy"], backup["files"]) == ("Back up", None, 2)


def test_commits_of_an_item_and_since_a_commit(api, git, body) -> None:
    first = git.heads[MAIN]
    put(api, {"displayName": "Staff", "note": 1})
    put(api, {"displayName": "Office", "note": 1}, OFFICE)

    def ids(query):
        found = body(api.call(commits.list_commits, query=query, tenant="contoso"))
        return len(found["value"]), found["count"]

    assert ids(f"path={STAFF}") == (2, None)
    assert ids(f"since={first}") == (2, 2)
    assert ids(f"since={first}&top=1") == (1, 2)
    assert ids(f"path={OFFICE}&since={first}") == (1, 1)
    page = body(api.call(commits.list_commits, query="top=2", tenant="contoso"))
    assert f"ref={git.heads[MAIN]}" in page["nextLink"]
    refused = api.call(commits.list_commits, query="since=" + "0" * 40, tenant="contoso")
    assert body(refused)["code"] == "commitNotFound"
    git.heads.clear()
    assert ids("") == (0, None)


def test_differences_between_two_commits_and_with_another_tenant(api, git, body) -> None:
    first = git.heads[MAIN]
    put(api, {"displayName": "Staff", "note": "x" * 9000})
    api.tenant("fabrikam")

    def told(query, **more):
        return body(api.call(items.list_differences, query=query, tenant="contoso", **more))

    found = told(f"from={first}")
    assert (found["from"], found["to"], found["nextLink"]) == (first, git.heads[MAIN], None)
    (one,) = found["value"]
    assert (one["path"], one["action"], one["fault"]) == (STAFF, "update", None)
    (note,) = one["properties"]
    assert (note["path"], note["change"], note["to"]["truncated"]) == ("/note", "added", True)
    assert told(f"from={first}&path={STAFF}")["value"][0]["properties"][0]["to"] == "x" * 9000
    assert [one["action"] for one in told("other=fabrikam&top=1")["value"]] == ["delete"]
    assert "after=1" in told("other=fabrikam&top=1")["nextLink"]
    assert told("")["code"] == "invalidQuery"
    assert told("other=nowhere")["code"] == "tenantNotFound"
    assert told(f"other=fabrikam&to={first}")["code"] == "commitNotFound"


def test_another_tenant_is_read_only_by_who_may_read_it(api, git, body) -> None:
    from functions.triggers.who import key_hash

    api.tenant("fabrikam")
    digest = key_hash("narrow")
    at = api.services.clock.at
    api.services.keys.rows["n"] = KeyRecord(
        "n", "n", Role.ADMINISTRATOR, digest, at, "t", tenants=("contoso",)
    )
    source = {"from": {"tenant": "fabrikam", "ref": "main"}}

    compared = api.call(items.list_differences, query="other=fabrikam", tenant="contoso", key="narrow")
    copied = api.call(copies.copy_items_from, source, tenant="contoso", key="narrow")

    assert (compared.status_code, copied.status_code) == (403, 403)


def test_a_copy_makes_one_commit_or_none(api, git, body) -> None:
    first = git.heads[MAIN]
    put(api, {"displayName": "Staff", "note": 1})

    def copied(**given):
        return api.call(copies.copy_items_from, given, tenant="contoso")

    done = copied(**{"from": {"ref": first}}, comment="Back to before")
    assert (done.status_code, body(done)) == (201, {"commit": git.heads[MAIN], "files": 1, "unresolved": []})
    assert git.commits[git.heads[MAIN]].message.startswith("Back to before\n")
    again = copied(**{"from": {"ref": first, "tenant": "contoso"}})
    assert (again.status_code, body(again)) == (200, {"commit": None, "files": 0, "unresolved": []})
    assert copied(**{"from": {"ref": "0" * 40}}).status_code == 404
    assert copied(**{"from": {"ref": first}}, paths=["../x"]).status_code == 404
    assert copied(**{"from": {}}).status_code == 422
    api.tenant("empty")
    emptied = api.call(copies.copy_items_from, {"from": {"tenant": "contoso", "ref": "main"}}, tenant="empty")
    assert (emptied.status_code, body(emptied)["files"]) == (201, 2)


@pytest.mark.parametrize(
    ("query", "status", "found"),
    [
        ("cron=0 6 * * *&timeZone=Europe/Paris&count=1", 200, ["2026-03-02T05:00:00.000Z"]),
        ("cron=0 0 29 2 1&count=1", 200, None),
        ("cron=0 6 * *", 422, ["cron"]),
        ("", 422, ["cron"]),
        ("cron=0 0 30 2 *", 422, ["cron"]),
        ("cron=0 6 * * *&timeZone=../../etc/passwd", 422, ["timeZone"]),
        ("cron=61 6 * * *&timeZone=Mars/Olympus", 422, ["timeZone", "cron"]),
        ("cron=0 6 * * *&count=101", 400, ["count"]),
    ],
)  # fmt: skip
def test_a_schedule_is_told_before_it_is_saved(api, body, query, status, found) -> None:
    response = api.call(schedules.next_times, query=query.replace(" ", "+"))

    assert response.status_code == status
    told = body(response)
    if found is not None:
        assert (told["value"] if status == 200 else [one["field"] for one in told["errors"]]) == found
