"""Many tenants in one call."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from functions.triggers import bulk, once
from functions.triggers.who import key_hash
from shared.domain.access import KeyRecord, Role
from shared.domain.sync import DecisionKind, Status
from shared.stores import FirstCall


def statuses(answer) -> list[tuple[str, int]]:
    return [(one["tenant"], one["status"]) for one in answer["value"]]


def test_each_tenant_gets_its_sync_or_its_problem(api, body) -> None:
    api.tenant("contoso")
    api.tenant("fabrikam")
    busy = api.sync("fabrikam")

    names = ["contoso", "nowhere", "fabrikam", "contoso"]
    answer = body(api.call(bulk.start_syncs, {"tenants": names, "mode": "backupOnly", "comment": "All"}))

    assert statuses(answer) == [("contoso", 202), ("nowhere", 404), ("fabrikam", 409)]
    begun, missing, refused = answer["value"]
    record = api.services.status.sync_rows[begun["sync"]]
    assert (record.tenant, record.options.mode.value, record.options.comment) == (
        "contoso",
        "backupOnly",
        "All",
    )
    assert [one[1] for one in api.client.started] == [begun["sync"]]
    assert (begun["problem"], missing["problem"]["code"]) == (None, "tenantNotFound")
    assert (refused["sync"], refused["problem"]["code"]) == (busy.id, "syncActive")
    assert refused["problem"]["location"].endswith(f"/tenants/fabrikam/syncs/{busy.id}")


def test_all_or_those_a_filter_finds_are_started(api, body) -> None:
    for name in ("contoso", "fabrikam", "adatum"):
        api.tenant(name)
    api.put(replace(api.services.status.rows["adatum"], status=Status.NEW_ERROR))

    def started(**wanted):
        api.services.status.sync_rows.clear()
        for row in list(api.services.status.rows.values()):
            api.put(replace(row, active_sync=None))
        return {one["tenant"] for one in body(api.call(bulk.start_syncs, wanted))["value"]}

    assert started(all=True) == {"contoso", "fabrikam", "adatum"}
    assert started(filter={"search": "CONTO"}) == {"contoso"}
    assert started(filter={"search": ""}) == {"contoso", "fabrikam", "adatum"}


def test_a_filter_by_status(api, body) -> None:
    api.tenant("contoso")
    api.put(replace(api.tenant("adatum"), status=Status.NEW_ERROR))

    answer = body(api.call(bulk.start_syncs, {"filter": {"status": ["newError"]}}))

    assert statuses(answer) == [("adatum", 202)]


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"all": True, "tenants": ["contoso"]},
        {"tenants": []},
        {"tenants": ["../x"]},
        {"tenants": [f"t-{number}" for number in range(1001)]},
        {"all": True, "types": ["nothing"]},
        {"filter": {"status": ["nothing"]}},
    ],
)
def test_a_call_that_does_not_say_what_it_means_starts_nothing(api, body, wanted) -> None:
    api.tenant("contoso")

    response = api.call(bulk.start_syncs, wanted)

    assert (response.status_code, body(response)["code"]) == (422, "invalidBody")
    assert api.services.status.sync_rows == {}


def test_more_tenants_than_one_call_takes_are_refused(api, body, monkeypatch) -> None:
    monkeypatch.setattr(bulk, "MOST", 1)
    api.tenant("contoso")
    api.tenant("fabrikam")

    response = api.call(bulk.start_syncs, {"all": True})

    assert (response.status_code, body(response)["code"]) == (422, "tooManyTenants")


def test_each_tenant_asks_for_the_role_itself(api, body) -> None:
    api.tenant("contoso")
    fabrikam = api.tenant("fabrikam")
    api.put(replace(fabrikam, settings=replace(fabrikam.settings, access={"operator": ("somebody",)})))
    api.tenant("adatum")
    digest = key_hash("some")
    record = KeyRecord(
        "s", "s", Role.OPERATOR, digest, api.services.clock.at, "t", tenants=("contoso", "fabrikam")
    )
    api.services.keys.rows["s"] = record

    named = body(api.call(bulk.start_syncs, {"tenants": ["contoso", "fabrikam", "adatum"]}, key="some"))
    everywhere = body(api.call(bulk.start_syncs, {"all": True}, key="some"))

    assert statuses(named) == [("contoso", 202), ("fabrikam", 403), ("adatum", 403)]
    assert statuses(everywhere) == [("contoso", 409), ("fabrikam", 403)]


def test_sent_again_under_its_key_the_same_syncs_are_answered(api, body) -> None:
    api.tenant("contoso")
    api.tenant("fabrikam")
    wanted, headers = {"all": True}, {"Idempotency-Key": "nightly"}

    first = body(api.call(bulk.start_syncs, wanted, headers=headers))
    again = body(api.call(bulk.start_syncs, wanted, headers=headers))

    assert first == again
    assert len(api.services.status.sync_rows) == 2


def test_a_call_that_died_half_way_finds_the_syncs_that_it_began(api, body) -> None:
    api.tenant("contoso")
    api.tenant("fabrikam")
    headers = {"Idempotency-Key": "nightly"}
    first = body(api.call(bulk.start_syncs, {"all": True}, headers=headers))
    ((_, _, subject, _),) = api.services.answers.rows.values()

    async def taken_over(*_):
        return FirstCall(subject, again=True)

    api.services.answers.begin = taken_over

    again = body(api.call(bulk.start_syncs, {"all": True}, headers=headers))

    assert first == again
    assert statuses(again) == [("contoso", 202), ("fabrikam", 202)]


def test_long_answers_are_kept_compressed(api, body, monkeypatch) -> None:
    monkeypatch.setattr(once, "LONG", 10)
    api.tenant("contoso")

    first, again = (
        api.call(bulk.start_syncs, {"all": True}, headers={"Idempotency-Key": "k"}) for _ in range(2)
    )

    assert first.get_body() == again.get_body()


def test_one_tenant_that_fails_stops_no_other(api, body, monkeypatch) -> None:
    for name in ("contoso", "fabrikam", "adatum"):
        api.tenant(name)
    contest = api.services.status.contest

    async def broken(tenant, sync, decide):
        if tenant == "fabrikam":
            raise RuntimeError("a fault of ours")
        return await contest(tenant, sync, decide)

    monkeypatch.setattr(api.services.status, "contest", broken)

    answer = body(api.call(bulk.start_syncs, {"all": True}))

    assert statuses(answer) == [("adatum", 202), ("contoso", 202), ("fabrikam", 500)]
    assert answer["value"][2]["problem"]["correlationId"]


def test_what_is_not_reached_in_time_is_told(api, body, monkeypatch) -> None:
    for name in ("contoso", "fabrikam"):
        api.tenant(name)
    monkeypatch.setattr(bulk, "TIME", dt.timedelta(0))

    answer = body(api.call(bulk.start_syncs, {"all": True}))

    assert [(one["status"], one["problem"]["code"]) for one in answer["value"]] == [(503, "notReached")] * 2
    assert api.services.status.sync_rows == {}


def test_decisions_are_recorded_each_on_its_plan(api, body, plan, digest) -> None:
    api.tenant("contoso")
    api.tenant("fabrikam")
    first, second = api.waiting(plan, digest, "contoso"), api.waiting(plan, digest, "fabrikam")

    def entry(tenant, sync, **more):
        return {"tenant": tenant, "sync": sync, "digest": digest, "decision": "reject", **more}

    wanted = [
        entry("contoso", first.id, comment="No"),
        entry("fabrikam", second.id, decision="approve"),
        entry("fabrikam", second.id, decision="reject", changes=["c0"]),
        entry("contoso", second.id),
        entry("nowhere", first.id),
    ]
    answer = body(api.call(bulk.decide_syncs, {"decisions": wanted}))

    assert [one["status"] for one in answer["value"]] == [202, 422, 422, 404, 404]
    assert answer["value"][0]["sync"] == first.id
    assert answer["value"][1]["problem"]["code"] == "confirmDeletions"
    standing = api.services.status.decisions
    assert [one.kind for one in standing.values()] == [DecisionKind.REJECT]
    assert [one[0] for one in api.client.raised] == [first.id]
    malformed = api.call(bulk.decide_syncs, {"decisions": [entry("contoso", "x")]})
    assert malformed.status_code == 422


def test_a_thousand_tenants_are_begun_well_within_the_platforms_time(api, body) -> None:
    for number in range(1000):
        api.tenant(f"t-{number:04}")

    answer = body(api.call(bulk.start_syncs, {"all": True, "mode": "backupOnly"}))

    assert {one["status"] for one in answer["value"]} == {202}
    assert len(api.client.started) == 1000
