"""Syncs over HTTP: started, followed, cancelled."""

import datetime as dt
from dataclasses import replace

import pytest

from functions.triggers.operations import get_operation
from functions.triggers.syncs import cancel_sync, get_sync, list_syncs, start_sync
from shared.domain.sync import Cause, Outcome, PlanSummary, Stage, Status, SyncError
from shared.names import CANCEL_EVENT, SYNC_TENANT, decision_event
from shared.wire.schema.sync import SyncAnswer, SyncList

UNKNOWN_SYNC = "01JZZZZZZZZZZZZZZZZZZZZZZZ"


def test_a_start_answers_202_and_where_to_follow(api, body) -> None:
    api.tenant()
    response = api.call(start_sync, {"comment": "nightly", "types": ["groups"]}, tenant="contoso")
    assert (response.status_code, response.headers["Retry-After"]) == (202, "5")
    sync = body(response)
    SyncAnswer.model_validate(sync)
    assert (sync["stage"], sync["status"], sync["mode"], sync["comment"]) == (
        "starting", "starting", "full", "nightly"
    )  # fmt: skip
    assert response.headers["Location"].startswith(f"{api.ORIGIN}/api/v1/operations/{sync['id']}?token=")
    given = {"tenant": "contoso", "sync": sync["id"], "limit": 3600.0}
    assert api.client.started == [(SYNC_TENANT, sync["id"], given)]
    assert api.services.status.rows["contoso"].active_sync == sync["id"]


def test_a_start_needs_no_body(api) -> None:
    api.tenant()
    assert api.call(start_sync, tenant="contoso").status_code == 202


def test_the_public_address_is_used_where_it_is_set(api) -> None:
    api.tenant()
    api.services.settings.public_url = "https://sync.contoso.com/"
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    response = api.call(start_sync, tenant="contoso", headers=headers)
    assert response.headers["Location"].startswith("https://sync.contoso.com/api/v1/operations/")


def test_forwarded_headers_are_not_believed(api) -> None:
    api.tenant()
    response = api.call(start_sync, tenant="contoso", headers={"X-Forwarded-Host": "evil.example"})
    assert "evil" not in response.headers["Location"]


def test_the_sync_stands_even_if_the_host_does_not_answer(api) -> None:
    api.tenant()
    api.client.broken = True
    assert api.call(start_sync, tenant="contoso").status_code == 202
    assert api.services.status.rows["contoso"].active_sync


def test_a_second_start_is_refused_with_the_first_one_s_address(api, body) -> None:
    api.tenant()
    first = body(api.call(start_sync, tenant="contoso"))
    response = api.call(start_sync, tenant="contoso")
    assert (response.status_code, body(response)["code"]) == (409, "syncActive")
    assert body(response)["location"] == f"{api.ORIGIN}/api/v1/tenants/contoso/syncs/{first['id']}"


def test_supersede_ends_the_waiting_sync_and_wakes_it(api, body, plan, digest) -> None:
    api.tenant()
    old = api.waiting(plan, digest)
    response = api.call(start_sync, {"supersede": True}, tenant="contoso")
    assert response.status_code == 202
    assert api.client.raised == [(old.id, decision_event(digest))]
    assert api.services.status.rows["contoso"].active_sync == body(response)["id"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"mode": "fast"}, "/mode"),
        ({"types": ["nothing"]}, "/types"),
        ({"types": "groups"}, "/types"),
        ({"confirmRemovals": ["nothing"]}, "/confirmRemovals"),
        ({"comment": "x" * 1001}, "/comment"),
        ({"until": "never"}, "/until"),
        ({"supersede": 1}, "/supersede"),
        ({"force": True}, "/force"),
    ],
)
def test_a_faulty_start_starts_nothing(api, body, wrong, field) -> None:
    api.tenant()
    response = api.call(start_sync, wrong, tenant="contoso")
    assert (response.status_code, body(response)["errors"][0]["field"]) == (422, field)
    assert api.client.started == []


def test_syncs_are_listed_newest_first_in_pages(api, body) -> None:
    api.tenant()
    ids = [api.sync(stage=Stage.ENDED, outcome=Outcome.SUCCEEDED).id for _ in range(3)]
    first = body(api.call(list_syncs, query="top=2", tenant="contoso"))
    SyncList.model_validate(first)
    assert [one["id"] for one in first["value"]] == [ids[2], ids[1]]
    second = body(api.call(list_syncs, query=first["nextLink"].partition("?")[2], tenant="contoso"))
    assert [one["id"] for one in second["value"]] == [ids[0]]


@pytest.mark.parametrize("name", [UNKNOWN_SYNC, "not-a-sync", "x" * 300])
def test_a_sync_that_is_none_is_404(api, body, name) -> None:
    api.tenant()
    response = api.call(get_sync, tenant="contoso", sync=name)
    assert (response.status_code, body(response)["code"]) == (404, "syncNotFound")


def test_a_sync_of_another_tenant_is_404(api) -> None:
    api.tenant("contoso")
    api.tenant("fabrikam")
    sync = api.sync("contoso")
    assert api.call(get_sync, tenant="fabrikam", sync=sync.id).status_code == 404


def test_an_ended_sync_shows_its_error_with_text_for_a_ticket(api, body) -> None:
    api.tenant(resting=Status.NEW_ERROR)
    error = SyncError("credentialRefused", "raw", "signing in", "AADSTS7000222: expired", "req-1")
    at = dt.datetime(2026, 3, 1, 7, tzinfo=dt.UTC)
    sync = api.sync(
        stage=Stage.ENDED, outcome=Outcome.FAILED, ended_at=at, error=error, resting=Status.NEW_ERROR
    )
    answer = body(api.call(get_sync, tenant="contoso", sync=sync.id, headers={"Accept-Language": "fr"}))
    SyncAnswer.model_validate(answer)
    assert (answer["stage"], answer["status"], answer["outcome"]) == (None, "newError", "failed")
    assert answer["error"]["message"].startswith("Microsoft Entra ID a refusé")
    for part in (
        "credentialRefused",
        "du service lui-même sur contoso",
        "AADSTS7000222",
        "req-1",
        sync.id,
        "contoso",
    ):
        assert part in answer["error"]["text"]


def test_a_sync_that_a_person_cancelled_shows_what_its_tenant_rests_at(api, body) -> None:
    api.tenant(resting=Status.PARTIALLY_SUCCEEDED)
    sync = api.sync(stage=Stage.ENDED, outcome=Outcome.CANCELLED, cause=Cause.PERSON)
    assert body(api.call(get_sync, tenant="contoso", sync=sync.id))["status"] == "partiallySucceeded"


def test_a_cancel_answers_202_twice_and_wakes_the_sync(api, body) -> None:
    api.tenant()
    sync = api.sync()
    for _ in range(2):
        assert api.call(cancel_sync, {"comment": "stop"}, tenant="contoso", sync=sync.id).status_code == 202
    assert (sync.id, CANCEL_EVENT) in api.client.raised
    assert len([one for one in api.services.audit.rows if one.action == "sync.cancelled"]) == 1


def test_an_ended_sync_cannot_be_cancelled(api, body) -> None:
    api.tenant()
    sync = api.sync(stage=Stage.ENDED, outcome=Outcome.SUCCEEDED, ended_at=api.services.clock.now())
    response = api.call(cancel_sync, tenant="contoso", sync=sync.id)
    assert (response.status_code, body(response)["code"]) == (409, "syncEnded")


# --- operations ---


PLAN = PlanSummary("sha256:" + "ab" * 32, 1, 0, 0, 0)
ENDED = {"stage": Stage.ENDED, "outcome": Outcome.SUCCEEDED}


@pytest.mark.parametrize(
    ("changes", "until", "status", "retry"),
    [
        ({"stage": Stage.BACKING_UP}, "attention", 202, "5"),
        ({"stage": Stage.APPROVAL, "plan": PLAN}, "attention", 200, None),
        ({"stage": Stage.APPROVAL, "plan": PLAN}, "end", 202, "60"),
        ({"stage": Stage.SIGN_IN}, "attention", 200, None),
        ({"stage": Stage.TENANT_APPROVAL}, "attention", 202, "60"),
        ({"stage": Stage.REPORTING}, "end", 202, "5"),
        (ENDED, "attention", 200, None),
        (ENDED, "end", 200, None),
    ],
)
def test_an_operation_is_202_until_it_needs_a_person_or_has_ended(
    api, body, changes, until, status, retry
) -> None:
    api.tenant()
    sync = api.sync(**changes)
    response = api.call(get_operation, query=f"until={until}", sync=sync.id)
    assert (response.status_code, response.headers.get("Retry-After")) == (status, retry)
    assert body(response)["id"] == sync.id


def test_the_address_of_an_operation_needs_no_key_until_a_day_after_the_end(api) -> None:
    api.tenant()
    response = api.call(start_sync, {"until": "end"}, tenant="contoso")
    sync = next(iter(api.services.status.sync_rows))
    query = response.headers["Location"].partition("?")[2]
    assert "until=end" in query
    assert api.call(get_operation, query=query, key=None, sync=sync).status_code == 202
    ended = api.services.clock.at
    api.services.status.sync_rows[sync] = replace(
        api.services.status.sync_rows[sync], ended_at=ended, **ENDED
    )
    api.services.clock.at = ended + dt.timedelta(hours=23)
    assert api.call(get_operation, query=query, key=None, sync=sync).status_code == 200
    api.services.clock.at = ended + dt.timedelta(hours=25)
    assert api.call(get_operation, query=query, key=None, sync=sync).status_code == 401
    assert api.call(get_operation, query=query, sync=sync).status_code == 200


def test_a_token_reads_its_own_sync_only(api) -> None:
    api.tenant("contoso")
    api.tenant("fabrikam")
    one, other = api.sync("contoso"), api.sync("fabrikam")
    query = f"token={'A' * 43}"
    assert api.call(get_operation, query=query, key=None, sync=one.id).status_code == 401
    started = api.call(start_sync, tenant="contoso")
    assert started.status_code == 409
    from functions.triggers.call import operation_token

    token = operation_token(api.services.signing_key, one.id)
    assert api.call(get_operation, query=f"token={token}", key=None, sync=one.id).status_code == 202
    assert api.call(get_operation, query=f"token={token}", key=None, sync=other.id).status_code == 401


def test_an_operation_that_is_none_is_404(api, body) -> None:
    response = api.call(get_operation, sync=UNKNOWN_SYNC)
    assert (response.status_code, body(response)["code"]) == (404, "operationNotFound")
