"""Which token goes with which request, and what becomes of a read whose user loses the token half way."""

import asyncio
import datetime as dt
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fake_graph import BASE, GROUPS, NOW, FakeGraph, Fault, failure, ok, use
from user_access import FakeUserTokens

from shared.adapters.graph.budget import Pace
from shared.adapters.graph.tenant import AsUser, GraphTenant
from shared.adapters.graph.transport import Manner
from shared.domain.request import Request
from shared.errors import ReadFailed, SignInFailed, WriteRefused
from shared.names import ObjectId, TypeKey

LATER = NOW + dt.timedelta(hours=1)
POST = Request("POST", "v1.0", "/groups", "directory", {"displayName": "N"}, "creating groups 'N'", once=True)
REVOKED = SignInFailed("userSignInNeeded", "AADSTS50173: The grant was revoked.")
DOWN = SignInFailed("credentialRefused", "the identity provider did not answer", transient=True)


class PersonsGraph(FakeGraph):
    """A tenant whose groups a person has to read."""

    user: FakeUserTokens | None

    def tenant(self, pace: Pace = Pace.WINDOW, **manner: Any) -> GraphTenant:
        return GraphTenant(
            BASE,
            self.tokens,
            log=self.log.append,
            manner=Manner(pace=pace, **manner),
            client=httpx.AsyncClient(transport=httpx.MockTransport(self.respond)),
            time=self.time,
            user=AsUser(self.user, frozenset({GROUPS.key})),
        )

    @property
    def bearers(self) -> list[str]:
        return [request.headers["Authorization"].removeprefix("Bearer ") for request in self.seen]


def persons(*names: str, user: FakeUserTokens | None = None) -> PersonsGraph:
    graph = PersonsGraph(GROUPS, [{"id": name, "displayName": name.upper()} for name in names])
    graph.user = user or FakeUserTokens()
    return graph


def test_every_page_of_such_a_type_is_asked_for_by_the_user() -> None:
    graph = persons("a", "b", "c")
    found = use(graph, lambda api: api.read_type(GROUPS, LATER))
    assert len(found.items) == 3
    assert set(graph.bearers) == {"user-token-0"}
    assert len(graph.bearers) == 2


def test_an_item_is_read_again_by_the_user() -> None:
    graph = persons("a")
    use(graph, lambda api: api.read_item(GROUPS, ObjectId("a")))
    assert set(graph.bearers) == {"user-token-0"}


def test_items_that_take_batches_are_asked_for_by_the_user() -> None:
    graph = persons(*"abcdef")
    graph.spec = replace(GROUPS, each=True)

    async def read(api: GraphTenant) -> Any:
        return await api.read_type(graph.spec, LATER)

    use(graph, read)
    assert set(graph.bearers) == {"user-token-0"}


def test_other_types_and_trying_stay_with_the_service_principal() -> None:
    graph = persons("a")
    other = replace(GROUPS, key=TypeKey("others"))
    use(graph, lambda api: api.read_type(other, LATER))
    use(graph, lambda api: api.try_app(GROUPS))
    assert set(graph.bearers) == {"token-0"}


def test_a_write_goes_out_as_the_user_only_for_the_users_types() -> None:
    graph = persons()
    graph.faults = [Fault(lambda _: ok({"id": "n"}), times=9)]
    use(graph, lambda api: api.send(replace(POST, type=GROUPS.key)))
    use(graph, lambda api: api.send(POST))
    assert graph.bearers == ["user-token-0", "token-0"]


def test_a_token_that_ends_in_the_middle_is_renewed() -> None:
    graph = persons("a", "b", "c")
    graph.faults = [Fault(lambda _: failure(401, "InvalidAuthenticationToken", "Lifetime expired"), at=1)]
    found = use(graph, lambda api: api.read_type(GROUPS, LATER))
    assert len(found.items) == 3
    assert graph.bearers == ["user-token-0", "user-token-0", "user-token-1"]
    assert graph.tokens.drops == 0


def test_calls_that_learn_of_one_tokens_end_together_renew_it_once() -> None:
    graph = persons("a", "b", "c", "d")
    over = failure(401, "InvalidAuthenticationToken", "Lifetime expired")
    ended = "Bearer user-token-0"
    graph.faults = [
        Fault(lambda one: over if one.headers["Authorization"] == ended else graph.answer(one), times=99)
    ]

    async def both(api: GraphTenant) -> Any:
        return await asyncio.gather(*(api.read_item(GROUPS, ObjectId(one)) for one in "abcd"))

    assert all(use(graph, both))
    assert graph.user is not None
    assert graph.user.drops == 1
    assert graph.bearers.count("user-token-1") == 4


def test_a_provider_that_is_down_for_a_moment_costs_a_pause_and_nothing_else() -> None:
    graph = persons("a", "b", "c", user=FakeUserTokens(refusals=[DOWN, DOWN]))
    assert len(use(graph, lambda api: api.read_type(GROUPS, LATER)).items) == 3
    assert len(graph.time.pauses) == 2


def test_a_provider_that_stays_down_fails_the_read() -> None:
    graph = persons("a", user=FakeUserTokens(refusals=[DOWN] * 20))
    with pytest.raises(ReadFailed, match="the identity provider did not answer"):
        use(graph, lambda api: api.read_type(GROUPS, LATER))


def test_a_token_revoked_in_the_middle_leaves_the_type_unread_never_empty() -> None:
    graph = persons("a", "b", "c")

    def revoke(request: httpx.Request) -> httpx.Response:
        assert graph.user is not None
        graph.user.refusals.append(REVOKED)
        return failure(401, "InvalidAuthenticationToken", "The session was revoked")

    graph.faults = [Fault(revoke, at=1)]
    with pytest.raises(ReadFailed, match="AADSTS50173"):
        use(graph, lambda api: api.read_type(GROUPS, LATER))


def test_a_revoked_token_refuses_a_write_before_it_is_sent() -> None:
    graph = persons(user=FakeUserTokens(refusals=[REVOKED]))
    with pytest.raises(WriteRefused) as refused:
        use(graph, lambda api: api.send(replace(POST, type=GROUPS.key)))
    assert refused.value.code == "userSignInNeeded"
    assert graph.seen == []


def test_what_the_user_may_not_read_is_told_as_the_users() -> None:
    graph = persons("a")
    graph.faults = [Fault(lambda _: failure(403, "Authorization_RequestDenied", "Insufficient privileges"))]
    with pytest.raises(ReadFailed, match=r"reading groups as the signed-in user: 403 .*Insufficient"):
        use(graph, lambda api: api.read_type(GROUPS, LATER))


def test_without_a_user_nothing_of_such_a_type_is_sent() -> None:
    graph = persons("a")
    graph.user = None
    with pytest.raises(ReadFailed, match="needs a signed-in user"):
        use(graph, lambda api: api.read_type(GROUPS, LATER))
    with pytest.raises(WriteRefused):
        use(graph, lambda api: api.send(replace(POST, type=GROUPS.key)))
    assert graph.seen == []


def test_tokens_are_in_no_log() -> None:
    graph = persons("a")
    use(graph, lambda api: api.read_type(GROUPS, LATER))
    assert "user-token" not in json.dumps([repr(one) for one in graph.log])
