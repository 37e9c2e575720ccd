"""Whatever goes wrong while a type is read, the result is complete or an error: never partial or empty."""

import asyncio
import datetime as dt
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_graph import NOW, FakeGraph, Fault, failure, ok, raising

from shared.adapters.graph.budget import LIMITS, Pace
from shared.adapters.graph.listing import has_parts
from shared.catalog.loader import load
from shared.domain.catalog import Kind, TypeSpec
from shared.domain.snapshot import TypeRead
from shared.errors import NotAvailable, ReadFailed
from shared.ports import Unfinished

EXAMPLES = Path(__file__).parents[2] / "catalog" / "examples"
SPECS = sorted(load().types.values(), key=lambda spec: spec.key)
LATER = NOW + dt.timedelta(hours=1)
FAULTS = {
    "403": lambda _: failure(403, "Forbidden"),
    "404": lambda _: failure(404, "ResourceNotFound"),
    "429": lambda _: failure(429, "TooManyRequests"),
    "429 with Retry-After": lambda _: failure(429, "TooManyRequests", **{"Retry-After": "7"}),
    "500": lambda _: failure(500),
    "503": lambda _: failure(503),
    "503, no JSON": lambda _: httpx.Response(503, text="<html>busy</html>"),
    "time-out": raising(httpx.ReadTimeout("slow")),
    "reset": raising(httpx.ReadError("reset")),
    "truncated": raising(
        httpx.RemoteProtocolError("peer closed connection without sending complete message body")
    ),
    "malformed": lambda _: httpx.Response(200, text='{"value": [{"id": "1"'),
    "no JSON": lambda _: httpx.Response(200, text="<html>sign in</html>"),
    "empty body": lambda _: httpx.Response(200, text=""),
    "not a list": lambda _: ok({"value": {"id": "1"}}),
    "no value": lambda _: ok({"odata": "nothing"}),
    "a list of texts": lambda _: ok({"value": ["1"]}),
    "null": lambda _: ok(None),
    "elsewhere": lambda _: ok({"value": [], "@odata.nextLink": "https://evil.example/next"}),
    "no address": lambda _: ok({"value": [], "@odata.nextLink": 3}),
    "204": lambda _: httpx.Response(204),
    "302": lambda _: httpx.Response(302, headers={"Location": "https://elsewhere.example"}),
}
PASSING = {
    "429",
    "429 with Retry-After",
    "500",
    "503",
    "503, no JSON",
    "time-out",
    "reset",
    "truncated",
    "malformed",
}


def objects_of(spec: TypeSpec) -> list[dict[str, Any]]:
    """Five objects like the example's (two pages and a half), or the one there is; parts of three members."""
    example = json.loads((EXAMPLES / f"{spec.key}.json").read_text())
    if spec.kind is Kind.SINGLETON:
        return example[:1]
    short = {part.property for part in spec.sub_resources}
    cut = [{name: value[:3] if name in short else value for name, value in one.items()} for one in example]
    return [{**cut[at % len(cut)], "id": f"id-{at}"} for at in range(5)]


def paces(spec: TypeSpec) -> list[Pace]:
    """The paces that make a difference: batches are for what lies behind addresses of its own."""
    return list(Pace) if has_parts(spec) and LIMITS[spec.bucket].batches else [Pace.STEADY]


async def read(graph: FakeGraph, pace: Pace = Pace.WINDOW, **manner: Any) -> TypeRead | Unfinished:
    async with graph.tenant(pace, **manner) as api:
        return await api.read_type(graph.spec, LATER)


def requests_of(spec: TypeSpec, pace: Pace) -> int:
    graph = FakeGraph(spec, objects_of(spec))
    asyncio.run(read(graph, pace))
    return len(graph.seen)


@pytest.mark.parametrize("pace", list(Pace), ids=lambda pace: pace.value)
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.key)
def test_a_type_is_read_whole(spec: TypeSpec, pace: Pace) -> None:
    graph = FakeGraph(spec, objects_of(spec))
    found = asyncio.run(read(graph, pace))
    assert isinstance(found, TypeRead)
    shown = [item.raw for item in found.items]
    assert [{k: v for k, v in raw.items() if k != "@odata.context"} for raw in graph.objects] == shown


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.key)
def test_a_lasting_fault_at_any_request_fails_the_type(spec: TypeSpec, fault: str) -> None:
    for pace in paces(spec):
        for at in range(requests_of(spec, pace)):
            graph = FakeGraph(spec, objects_of(spec), faults=[Fault(FAULTS[fault], at, times=10_000)])
            with pytest.raises(ReadFailed) as failed:
                asyncio.run(read(graph, pace))
            assert spec.key in str(failed.value)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.key)
def test_a_fault_met_once_leaves_the_type_complete_or_fails_it(spec: TypeSpec, fault: str) -> None:
    whole = asyncio.run(read(FakeGraph(spec, objects_of(spec))))
    for pace in paces(spec):
        for at in range(requests_of(spec, pace)):
            graph = FakeGraph(spec, objects_of(spec), faults=[Fault(FAULTS[fault], at)])
            try:
                assert asyncio.run(read(graph, pace)) == whole
            except ReadFailed:
                assert fault not in PASSING


EXPANDED = [spec for spec in SPECS if "$expand" in spec.query or "$expand" in spec.each_query]


@pytest.mark.parametrize("spec", EXPANDED, ids=lambda spec: spec.key)
def test_an_expansion_left_out_fails_the_type(spec: TypeSpec) -> None:
    objects = objects_of(spec)
    asked = (spec.query | spec.each_query)["$expand"].partition("(")[0].partition(",")[0]
    objects[4] = {name: value for name, value in objects[4].items() if name != asked}
    with pytest.raises(ReadFailed, match=f"id-4: {asked} was asked for and is not there"):
        asyncio.run(read(FakeGraph(spec, objects)))


def test_an_expansion_inside_an_expansion_left_out_fails_the_type() -> None:
    spec = next(spec for spec in SPECS if spec.key == "device-compliance-policies")
    objects = json.loads(json.dumps(objects_of(spec)))
    del objects[2]["scheduledActionsForRule"][0]["scheduledActionConfigurations"]
    with pytest.raises(
        ReadFailed, match="id-2: scheduledActionConfigurations was asked for and is not there"
    ):
        asyncio.run(read(FakeGraph(spec, objects)))


def test_an_expansion_cut_short_is_read_to_its_end() -> None:
    spec = next(spec for spec in SPECS if spec.key == "device-configurations")
    objects = objects_of(spec)
    all_of_them = [{"id": str(at), "target": {}} for at in range(5)]
    objects[3]["assignments"] = all_of_them
    graph = FakeGraph(spec, objects)

    def cut(request: httpx.Request) -> httpx.Response:
        answer = graph.answer(request).json()
        for one in answer["value"]:
            if one["id"] == "id-3":
                one["assignments"] = all_of_them[:2]
                one["assignments@odata.nextLink"] = (
                    f"{request.url.copy_with(query=None)}/id-3/assignments?$skiptoken=2"
                )
        return ok(answer)

    graph.faults = [Fault(cut, at=1)]
    found = asyncio.run(read(graph))
    assert isinstance(found, TypeRead)
    assert next(item.raw["assignments"] for item in found.items if item.object_id == "id-3") == all_of_them


def group(at: int) -> dict[str, Any]:
    return {"id": f"g{at}", "displayName": f"G{at}"}


GROUPS = next(spec for spec in SPECS if spec.key == "groups")


def test_an_object_on_two_pages_fails_the_type() -> None:
    graph = FakeGraph(GROUPS, [group(1), group(2), group(1)])
    with pytest.raises(ReadFailed, match="holds the object g1 twice"):
        asyncio.run(read(graph))


def test_an_object_twice_on_one_page_fails_the_type() -> None:
    with pytest.raises(ReadFailed, match="twice"):
        asyncio.run(read(FakeGraph(GROUPS, [group(1), group(1)])))


def test_pages_that_lead_in_a_circle_fail_the_type() -> None:
    graph = FakeGraph(GROUPS, [])
    link = "https://graph.example/v1.0/groups?$skiptoken=x"
    graph.faults = [Fault(lambda _: ok({"value": [], "@odata.nextLink": link}), times=10)]
    with pytest.raises(ReadFailed, match="circle"):
        asyncio.run(read(graph))


def test_an_object_without_an_id_fails_the_type() -> None:
    with pytest.raises(ReadFailed, match="without an id"):
        asyncio.run(read(FakeGraph(GROUPS, [{"displayName": "x", "id": ""}])))


def test_an_empty_page_in_the_middle_is_no_end() -> None:
    graph = FakeGraph(GROUPS, [group(1), group(2), group(3)])
    graph.faults = [
        Fault(
            lambda _: ok({"value": [], "@odata.nextLink": "https://graph.example/v1.0/groups?$skiptoken=0"})
        )
    ]
    found = asyncio.run(read(graph))
    assert isinstance(found, TypeRead)
    assert len(found.items) == 3


ABSENT = {
    "device-configurations": failure(400, "BadRequest", "Request not applicable to target tenant."),
    "conditional-access-policies": failure(
        403,
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        "Neither tenant is B2C or has premium license",
    ),
    "sharepoint-tenant-settings": failure(400, "BadRequest", "Tenant does not have a SPO license."),
}


@pytest.mark.parametrize("key", ABSENT)
def test_a_type_the_tenant_does_not_have_is_told_apart_by_the_catalogs_answers(key: str) -> None:
    spec = next(spec for spec in SPECS if spec.key == key)
    graph = FakeGraph(spec, objects_of(spec), faults=[Fault(lambda _: ABSENT[key], times=10)])
    with pytest.raises(NotAvailable) as absent:
        asyncio.run(read(graph))
    assert absent.value.request_id == "r-2"


def test_another_bad_request_is_no_such_answer() -> None:
    spec = next(spec for spec in SPECS if spec.key == "device-configurations")
    graph = FakeGraph(
        spec, [], faults=[Fault(lambda _: failure(400, "BadRequest", "Invalid filter"), times=10)]
    )
    with pytest.raises(ReadFailed, match="reading device-configurations: 400 BadRequest Invalid filter"):
        asyncio.run(read(graph))


def test_a_batch_that_answers_only_some_of_its_requests_fails_the_type() -> None:
    spec = next(spec for spec in SPECS if spec.key == "settings-catalog-policies")
    graph = FakeGraph(spec, objects_of(spec), page_size=10)

    def short(request: httpx.Request) -> httpx.Response:
        body = graph.answer(request).json()
        return ok({"responses": body["responses"][:3]})

    graph.faults = [Fault(short, at=1)]
    with pytest.raises(ReadFailed):
        asyncio.run(read(graph))


@pytest.mark.parametrize(("status", "complete"), [(429, True), (503, True), (403, False), (404, False)])
def test_a_refused_request_of_a_batch_is_asked_again_or_fails_the_type(status: int, complete: bool) -> None:
    spec = next(spec for spec in SPECS if spec.key == "settings-catalog-policies")
    graph = FakeGraph(spec, objects_of(spec), page_size=10)

    def refuse_one(request: httpx.Request) -> httpx.Response:
        responses = graph.answer(request).json()["responses"]
        error = {"code": "x", "message": "y"}
        responses[2] |= {"status": status, "headers": {"Retry-After": "3"}, "body": {"error": error}}
        return ok({"responses": responses})

    graph.faults = [Fault(refuse_one, at=1)]
    if not complete:
        with pytest.raises(ReadFailed):
            asyncio.run(read(graph))
        return
    found = asyncio.run(read(graph))
    assert isinstance(found, TypeRead)
    assert all(item.raw["settings"] for item in found.items)
    assert 3 in graph.time.pauses
    again = json.loads(graph.seen[2].content)["requests"]
    assert len(again) == 1
