"""Items, look-ups and grants of one tenant, against a Graph in memory."""

import datetime as dt

import httpx
import pytest
from fake_graph import BASE, NOW, FakeGraph, Fault, answering, failure, groups, not_found, ok, use

from shared.adapters.graph.tenant import GraphTenant
from shared.catalog.loader import load
from shared.domain.snapshot import TypeRead
from shared.errors import ReadFailed
from shared.names import ObjectId, TypeKey
from shared.ports import Unfinished

TYPES, LOOKUPS = load().types, load().lookups
GROUPS, SCRIPTS = TYPES[TypeKey("groups")], TYPES[TypeKey("device-management-scripts")]
CONFIGURATIONS = TYPES[TypeKey("device-configurations")]
USERS = LOOKUPS[TypeKey("users")]
RULES = LOOKUPS[TypeKey("device-compliance-scripts")]
LATER = NOW + dt.timedelta(hours=1)


def test_a_read_stops_in_time_and_goes_on_where_it_was() -> None:
    graph = groups("a", "b", "c", "d", "e")
    asked: list[int] = []

    async def in_slices(api: GraphTenant) -> TypeRead:
        state: bytes | None = None
        while True:
            asked.append(len(graph.seen))
            stop_at = graph.time.now() + dt.timedelta(seconds=0.5)
            found = await api.read_type(GROUPS, stop_at, state)
            if isinstance(found, TypeRead):
                return found
            state = found.state

    def slow(request: httpx.Request) -> httpx.Response:
        graph.time.passed += 1
        return graph.answer(request)

    graph.faults = [Fault(slow, times=100)]
    found = use(graph, in_slices)
    assert [item.object_id for item in found.items] == ["a", "b", "c", "d", "e"]
    assert asked == [0, 1, 2]
    assert len(graph.seen) == 3


def test_parts_that_were_read_are_not_read_again() -> None:
    script = {"displayName": "S", "scriptContent": "eA==", "assignments": []}
    graph = FakeGraph(SCRIPTS, [{"id": str(at), **script} for at in range(4)])

    async def in_slices(api: GraphTenant) -> TypeRead:
        state: bytes | None = None
        while True:
            stop_at = graph.time.now() + dt.timedelta(seconds=2.5)
            found = await api.read_type(SCRIPTS, stop_at, state)
            if isinstance(found, TypeRead):
                return found
            state = found.state

    def slow(request: httpx.Request) -> httpx.Response:
        graph.time.passed += 1
        return graph.answer(request)

    graph.faults = [Fault(slow, times=100)]
    found = use(graph, in_slices)
    assert all(item.raw["scriptContent"] == "eA==" for item in found.items)
    paths = [request.url.path for request in graph.seen]
    assert sorted(set(paths)) == sorted({path for path in paths if "/" in path})
    assert paths.count(f"/beta{SCRIPTS.path}/0") == 1


def test_a_wait_longer_than_the_time_left_hands_back() -> None:
    graph = answering(failure(429, **{"Retry-After": "9999"}))
    found = use(graph, lambda api: api.read_type(GROUPS, LATER))
    assert isinstance(found, Unfinished)
    assert graph.time.pauses == []


def test_an_item_is_read_by_its_own_address() -> None:
    found = use(groups("a"), lambda api: api.read_item(GROUPS, ObjectId("a")))
    assert found is not None
    assert found.raw == {"id": "a", "displayName": "A"}


def test_only_not_found_makes_an_item_gone() -> None:
    assert use(groups(), lambda api: api.read_item(GROUPS, ObjectId("a"))) is None


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, text="<html>no such page</html>"),
        failure(404, "BadRequest"),
        failure(403),
        ok({"id": "b"}),
    ],
    ids=["a page of somebody else", "another code", "forbidden", "another object"],
)
def test_anything_else_is_a_failed_read(answer: httpx.Response) -> None:
    with pytest.raises(ReadFailed, match="reading groups, the object a"):
        use(answering(answer), lambda api: api.read_item(GROUPS, ObjectId("a")))


def test_masked_values_are_revealed_where_one_item_is_read_for_a_write() -> None:
    setting = {"omaUri": "./x", "isEncrypted": True, "secretReferenceValueId": "s/1", "value": "****"}
    plain = {"omaUri": "./y", "isEncrypted": False, "value": 1}
    raw = {"id": "c", "displayName": "C", "assignments": [], "omaSettings": [setting, plain]}
    graph = FakeGraph(CONFIGURATIONS, [raw])
    graph.faults = [Fault(lambda _: ok({"value": "<secret/>"}), at=1)]
    found = use(graph, lambda api: api.read_item(CONFIGURATIONS, ObjectId("c")))
    assert found is not None
    assert [one["value"] for one in found.raw["omaSettings"]] == ["<secret/>", 1]
    assert graph.seen[1].url.raw_path.endswith(
        b"/c/getOmaSettingPlainTextValue(secretReferenceValueId='s%2F1')"
    )


def test_a_backup_reveals_nothing() -> None:
    setting = {"omaUri": "./x", "isEncrypted": True, "secretReferenceValueId": "s", "value": "****"}
    graph = FakeGraph(
        CONFIGURATIONS, [{"id": "c", "displayName": "C", "assignments": [], "omaSettings": [setting]}]
    )
    found = use(graph, lambda api: api.read_type(CONFIGURATIONS, LATER))
    assert isinstance(found, TypeRead)
    assert "getOma" not in str([request.url for request in graph.seen])


def test_looked_up_ids_answer_their_identities_and_lost_ones_are_left_out() -> None:
    graph = answering(ok({"id": "1", "userPrincipalName": "ann@x"}), not_found())
    ids = [ObjectId("2"), ObjectId("1"), ObjectId("1")]
    assert use(graph, lambda api: api.look_up(USERS, ids)) == {"1": "ann@x"}
    assert len(graph.seen) == 2


@pytest.mark.parametrize(
    "answer", [failure(403), ok({"id": "1"}), ok([])], ids=["refused", "no name", "a list"]
)
def test_a_look_up_that_fails_is_no_missing_id(answer: httpx.Response) -> None:
    with pytest.raises(ReadFailed, match="looking up users"):
        use(answering(answer), lambda api: api.look_up(USERS, [ObjectId("1")]))


def test_an_object_is_found_by_its_identity() -> None:
    graph = answering(ok({"id": "1", "userPrincipalName": "a#b@x"}))
    assert use(graph, lambda api: api.find(USERS, "a#b@x")) == "1"
    assert graph.seen[0].url.raw_path.startswith(b"/v1.0/users/a%23b%40x?")


def test_an_object_is_found_by_a_filter_with_its_quotes_doubled() -> None:
    graph = answering(ok({"value": [{"id": "1"}]}))
    assert use(graph, lambda api: api.find(RULES, "Ann's")) == "1"
    assert "displayName eq 'Ann''s'" in str(graph.seen[0].url.params["$filter"])


@pytest.mark.parametrize("answer", [not_found(), ok({"value": []})], ids=["not found", "empty"])
def test_nobody_of_that_name_is_none(answer: httpx.Response) -> None:
    assert use(answering(answer), lambda api: api.find(RULES, "x")) is None


@pytest.mark.parametrize(
    "answer", [ok({"value": [{"id": "1"}, {"id": "2"}]}), failure(403)], ids=["two", "403"]
)
def test_several_of_one_name_or_a_refusal_is_an_error(answer: httpx.Response) -> None:
    with pytest.raises(ReadFailed):
        use(answering(answer), lambda api: api.find(RULES, "x"))


def test_a_refused_token_is_renewed_once() -> None:
    graph = groups("a")
    graph.faults = [Fault(lambda _: failure(401, "InvalidAuthenticationToken"))]
    assert isinstance(use(graph, lambda api: api.read_type(GROUPS, LATER)), TypeRead)
    assert [request.headers["authorization"] for request in graph.seen] == [
        "Bearer token-0",
        "Bearer token-1",
    ]
    graph.faults = [Fault(lambda _: failure(401, "InvalidAuthenticationToken"), times=100)]
    with pytest.raises(ReadFailed, match="401"):
        use(graph, lambda api: api.read_type(GROUPS, LATER))


def test_a_throttled_request_waits_as_long_as_it_is_told() -> None:
    graph = groups("a")
    graph.faults = [Fault(lambda _: failure(429, **{"Retry-After": "2.5"}))]
    use(graph, lambda api: api.read_type(GROUPS, LATER))
    assert 2.5 in graph.time.pauses


def test_without_a_retry_after_the_pauses_grow() -> None:
    graph = groups("a")
    graph.faults = [Fault(lambda _: failure(429), times=4)]
    use(graph, lambda api: api.read_type(GROUPS, LATER))
    waits = [pause for pause in graph.time.pauses if pause >= 1]
    assert all(2**at <= pause <= 2**at * 1.5 for at, pause in enumerate(waits, start=1))
    assert len(waits) == 4


def test_requests_are_logged_without_query_body_or_token() -> None:
    graph = answering(ok({"value": []}))
    use(graph, lambda api: api.find(RULES, "Ann"))
    (exchange,) = graph.log
    assert (exchange.method, exchange.status) == ("GET", 200)
    assert exchange.path == "/beta/deviceManagement/deviceComplianceScripts"
    assert "Ann" not in repr(exchange)


def test_an_answer_too_large_is_a_failed_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.adapters.graph.transport.MAX_ANSWER", 10)
    with pytest.raises(ReadFailed, match="larger"):
        use(groups("a"), lambda api: api.read_type(GROUPS, LATER))


def test_grants_are_named_by_the_directory() -> None:
    roles = [{"id": "r1", "value": "Group.Read.All"}, {"id": "r2", "value": "Policy.Read.All"}, {"id": "r3"}]
    page = {
        "value": [{"appRoleId": "r1", "resourceId": "g"}, {"appRoleId": "r2", "resourceId": "other"}],
        "@odata.nextLink": f"{BASE}/v1.0/servicePrincipals/x/appRoleAssignments?$skiptoken=1",
    }
    last = {"value": [{"appRoleId": "r2", "resourceId": "g"}, {"appRoleId": "r9", "resourceId": "g"}]}
    delegated = {
        "value": [
            {"resourceId": "g", "scope": "User.Read Policy.Read.All"},
            {"resourceId": "g", "scope": " Policy.Read.All Group.Read.All"},
            {"resourceId": "other", "scope": "Mail.Read"},
        ]
    }
    graph = answering(ok({"id": "g", "appRoles": roles}), ok(page), ok(last), ok(delegated))
    found = use(graph, lambda api: api.grants("app"))
    assert found.application == {"Group.Read.All", "Policy.Read.All"}
    assert found.delegated == {"User.Read", "Policy.Read.All", "Group.Read.All"}


@pytest.mark.parametrize(
    "answers",
    [
        [failure(403)],
        [ok({"id": "g", "appRoles": []})],
        [ok([])],
        [
            ok({"id": "g", "appRoles": [{"id": "r", "value": "A"}]}),
            ok({"value": [], "@odata.nextLink": "https://e.x/"}),
        ],
    ],
    ids=["refused", "no roles", "a list", "elsewhere"],
)
def test_grants_that_cannot_be_read_are_an_error(answers: list[httpx.Response]) -> None:
    with pytest.raises(ReadFailed, match="permissions granted"):
        use(answering(*answers), lambda api: api.grants("app"))
