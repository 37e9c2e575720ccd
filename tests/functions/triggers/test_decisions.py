"""Changes and the decision on them, over HTTP."""

import datetime as dt
from dataclasses import replace

import pytest

from functions.triggers.changes import get_change, list_changes
from functions.triggers.decisions import decide_sync
from shared.domain.journal import Entry, Fault, Journal, State, dump
from shared.domain.sync import Actor, ActorKind, Decision, DecisionKind
from shared.names import decision_event
from shared.wire.schema.change import ChangeAnswer, ChangeList

OTHER = "sha256:" + "cd" * 32
NOW = dt.datetime(2026, 3, 1, 6, 0, tzinfo=dt.UTC)


@pytest.fixture
def waiting(api, plan, digest):
    api.tenant()
    return api.waiting(plan, digest)


def test_changes_come_under_their_digest_with_values_that_are_there(api, body, waiting, digest) -> None:
    answer = body(api.call(list_changes, tenant="contoso", sync=waiting.id))
    ChangeList.model_validate(answer)
    assert answer["digest"] == digest
    first, second, third, _ = answer["value"]
    assert first["summary"] == "Change 2 properties of All staff"
    assert first["properties"][0] == {
        "path": "/displayName", "change": "changed", "conflict": True,
        "base": "All", "tenant": "All staff", "repository": "Everybody",
    }  # fmt: skip
    assert first["properties"][1]["tenant"] is None
    assert "base" not in first["properties"][1]
    assert set(second["properties"][0]) == {"path", "change", "conflict", "repository"}
    assert (second["dependsOn"], third["action"], third["result"]) == (["c0"], "delete", None)


def test_long_values_are_cut_in_lists_and_whole_in_one(api, body, waiting) -> None:
    listed = body(api.call(list_changes, tenant="contoso", sync=waiting.id))["value"][3]
    (cut,) = listed["properties"]
    assert cut["path"] == "/a~1b/~0x"
    assert (cut["base"]["truncated"], cut["base"]["bytes"]) == (True, 10000)
    assert cut["base"]["text"] == "é" * 1024
    whole = body(api.call(get_change, tenant="contoso", sync=waiting.id, change="c3"))
    assert whole["properties"][0]["base"] == "é" * 5000
    assert whole.pop("digest")
    ChangeAnswer.model_validate(whole)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("action=delete", ["c2"]),
        ("type=named-locations", ["c1"]),
        ("conflict=true", ["c0"]),
        ("blocked=true", ["c3"]),
        ("blocked=false&type=groups", ["c0", "c2"]),
        ("top=2", ["c0", "c1"]),
        ("top=2&after=c1", ["c2", "c3"]),
    ],
)
def test_changes_are_filtered_and_paged(api, body, waiting, query, ids) -> None:
    answer = body(api.call(list_changes, query=query, tenant="contoso", sync=waiting.id))
    assert [one["id"] for one in answer["value"]] == ids


def test_a_blocked_change_says_why_in_the_reader_s_language(api, body, waiting) -> None:
    french = {"Accept-Language": "fr"}
    change = body(api.call(get_change, tenant="contoso", sync=waiting.id, change="c3", headers=french))
    assert change["blocked"]["code"] == "unresolvedReference"
    assert change["blocked"]["detail"].startswith("Elle renvoie")
    assert "groups:Gone" in change["blocked"]["detail"]


def test_without_a_plan_there_are_no_changes(api, body) -> None:
    api.tenant()
    sync = api.sync()
    response = api.call(list_changes, tenant="contoso", sync=sync.id)
    assert (response.status_code, body(response)["code"]) == (404, "noPlan")


def test_a_change_that_is_none_is_404(api, body, waiting) -> None:
    response = api.call(get_change, tenant="contoso", sync=waiting.id, change="c9")
    assert (response.status_code, body(response)["code"]) == (404, "changeNotFound")


def test_an_approval_is_recorded_and_wakes_the_sync(api, body, waiting, digest) -> None:
    decision = {"decision": "approve", "digest": digest, "changes": ["c1", "c0"], "comment": "fine"}
    response = api.call(decide_sync, decision, tenant="contoso", sync=waiting.id)
    assert response.status_code == 202
    shown = body(response)["decision"]
    assert (shown["decision"], shown["changes"], shown["via"]) == ("approve", ["c0", "c1"], "Administrator")
    assert api.client.raised == [(waiting.id, decision_event(digest))]


def test_the_same_decision_again_is_202_and_another_409_with_the_one_made(api, body, waiting, digest) -> None:
    reject = {"decision": "reject", "digest": digest}
    for _ in range(2):
        assert api.call(decide_sync, reject, tenant="contoso", sync=waiting.id).status_code == 202
    other = {"decision": "rejectAndRevert", "digest": digest}
    response = api.call(decide_sync, other, tenant="contoso", sync=waiting.id)
    assert (response.status_code, body(response)["code"]) == (409, "alreadyDecided")
    assert body(response)["decision"]["decision"] == "reject"


@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        ({"digest": OTHER}, "planChanged", 409),
        ({"changes": ["c2"]}, "confirmDeletions", 422),
        ({"changes": ["c1"]}, "dependencyMissing", 422),
        ({"changes": ["c3"]}, "blocked", 422),
        ({"changes": ["c7"]}, "unknownChange", 422),
        ({"decision": "reject", "changes": ["c0"]}, "invalidBody", 422),
        ({"changes": []}, "invalidBody", 422),
        ({"digest": "abc"}, "invalidBody", 422),
        ({"decision": "maybe"}, "invalidBody", 422),
        ({"decidedBy": "Ada"}, "invalidBody", 422),
    ],
)
def test_a_decision_that_cannot_be_is_refused_and_says_what_to_do(
    api, body, waiting, digest, changes, code, status
) -> None:
    decision = {"decision": "approve", "digest": digest, **changes}
    response = api.call(decide_sync, decision, tenant="contoso", sync=waiting.id)
    assert (response.status_code, body(response)["code"]) == (status, code)
    assert api.client.raised == []


def test_a_function_key_cannot_approve_where_a_second_person_is_asked_for(api, body, waiting, digest) -> None:
    from dataclasses import replace

    owner = api.services.status.rows["contoso"]
    api.put(replace(owner, settings=replace(owner.settings, require_second_person=True)))
    decision = {"decision": "approve", "digest": digest, "changes": ["c0"]}
    response = api.call(decide_sync, decision, tenant="contoso", sync=waiting.id)
    assert (response.status_code, body(response)["code"]) == (403, "secondPerson")


def test_what_became_of_each_change_shows(api, body, waiting, plan, digest) -> None:
    from dataclasses import replace

    now = api.services.clock.now()
    by = Actor(ActorKind.PERSON, "Ada", "u1", "page")
    decision = Decision(DecisionKind.APPROVE, digest, by, now, changes=("c0", "c1"))
    api.services.status.sync_rows[waiting.id] = replace(waiting, decision=decision)
    fault = Fault("notShown", "raw", "r1")
    failed = Entry("c1", State.FAILED, now, now, fault=fault)
    entries = {"c0": Entry("c0", State.APPLIED, now, now), "c1": failed}
    api.services.artifacts("contoso", waiting.id).put("journal.json", dump(Journal(digest, entries)))
    value = body(api.call(list_changes, tenant="contoso", sync=waiting.id))["value"]
    assert [one["result"] for one in value] == ["applied", "failed", "notSelected", "notSelected"]
    assert value[1]["error"]["message"].startswith("The service accepted")
    assert value[0]["error"] is None


def test_a_change_that_the_tenant_holds_back_names_the_request_it_waits_for(api, body, waiting, digest):
    by = Actor(ActorKind.PERSON, "Ada", "ada-id", "page")
    api.services.status.sync_rows[waiting.id] = replace(
        waiting, decision=Decision(DecisionKind.APPROVE, digest, by, NOW)
    )
    entries = {
        "c0": Entry("c0", State.HELD, NOW, NOW, approval="a-1"),
        "c1": Entry("c1", State.RELEASED, NOW, NOW, approval="a-2"),
    }
    api.services.artifacts("contoso", waiting.id).put("journal.json", dump(Journal(digest, entries)))

    answer = body(api.call(list_changes, tenant="contoso", sync=waiting.id))

    ChangeList.model_validate(answer)
    told = [(one["result"], one["heldBy"]) for one in answer["value"][:2]]
    assert told == [(None, "a-1"), (None, None)]
