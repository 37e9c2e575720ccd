"""A Graph in memory behind httpx's mock transport: paged lists, items, sub-resources, batches, and planned
faults.

Every request is one step; a fault meets the step of its number, as often as it says.
"""

import asyncio
import datetime as dt
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx

from shared.adapters.graph.budget import Pace
from shared.adapters.graph.tenant import GraphTenant
from shared.adapters.graph.transport import Exchange, Manner
from shared.catalog.loader import load
from shared.domain.catalog import Kind, TypeSpec
from shared.names import TypeKey

BASE = "https://graph.example"
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
T = TypeVar("T")
GROUPS = load().types[TypeKey("groups")]
Answerer = Callable[[httpx.Request], httpx.Response]


class Tokens:
    """Counts how often a fresh token was asked for."""

    def __init__(self) -> None:
        self.drops = 0

    def app_token(self) -> str:
        return f"token-{self.drops}"

    def roles(self) -> frozenset[str]:
        return frozenset()

    def drop(self) -> None:
        self.drops += 1


class FakeTime:
    """Goes on by what is slept, at once."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.pauses: list[float] = []

    def clock(self) -> float:
        return self.passed

    def now(self) -> dt.datetime:
        return NOW + dt.timedelta(seconds=self.passed)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.passed += seconds


@dataclass
class Fault:
    """What happens to request number `at` (from 0) and, `times` − 1 times, to those after it."""

    answer: Answerer
    at: int = 0
    times: int = 1


@dataclass
class FakeGraph:
    """One type's objects. `page_size` objects a page; sub-resources page likewise."""

    spec: TypeSpec
    objects: list[dict[str, Any]]
    page_size: int = 2
    faults: list[Fault] = field(default_factory=list)
    seen: list[httpx.Request] = field(default_factory=list)
    time: FakeTime = field(default_factory=FakeTime)
    log: list[Exchange] = field(default_factory=list)
    tokens: Tokens = field(default_factory=Tokens)

    def tenant(self, pace: Pace = Pace.WINDOW, **manner: Any) -> GraphTenant:
        return GraphTenant(
            BASE,
            self.tokens,
            log=self.log.append,
            manner=Manner(pace=pace, **manner),
            client=httpx.AsyncClient(transport=httpx.MockTransport(self.respond)),
            time=self.time,
        )

    def respond(self, request: httpx.Request) -> httpx.Response:
        number = len(self.seen)
        self.seen.append(request)
        for fault in self.faults:
            if fault.at <= number < fault.at + fault.times:
                return fault.answer(request)
        return self.answer(request)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/$batch"):
            return self._batch(request)
        return self._route(str(request.url))

    def _batch(self, request: httpx.Request) -> httpx.Response:
        responses = []
        for one in json.loads(request.content)["requests"]:
            part = self._route(f"{BASE}/{self.spec.version}{one['url']}")
            responses.append(
                {"id": one["id"], "status": part.status_code, "headers": {}, "body": part.json()}
            )
        return httpx.Response(200, json={"responses": responses[::-1]})

    def _route(self, url: str) -> httpx.Response:
        parts = urlsplit(url)
        path = parts.path.removeprefix(f"/{self.spec.version}")
        assert path != parts.path, f"{url} is not of the version {self.spec.version}"
        if self.spec.kind is Kind.SINGLETON:
            return ok(self.objects[0]) if path == self.spec.path else not_found()
        at = int(parse_qs(parts.query).get("$skiptoken", ["0"])[0])
        if path == self.spec.path:
            return self._page(url, [self._listed(one) for one in self.objects], at)
        object_id, _, inner = path.removeprefix(f"{self.spec.path}/").partition("/")
        found = next((one for one in self.objects if one["id"] == object_id), None)
        if found is None:
            return not_found()
        if inner:
            return self._page(url, found[inner.partition("?")[0]], at)
        return ok(found)

    def _listed(self, one: dict[str, Any]) -> dict[str, Any]:
        """A list shows neither what each item's own address adds, nor sub-resources of their own."""
        hidden = {part.property for part in self.spec.sub_resources if part.read_path}
        if self.spec.each:
            hidden |= {text.path for text in self.spec.long_texts} | {"assignments"}
        return {name: value for name, value in one.items() if name not in hidden}

    def _page(self, url: str, members: list[Any], at: int) -> httpx.Response:
        body: dict[str, Any] = {"value": members[at : at + self.page_size]}
        if at + self.page_size < len(members):
            body["@odata.nextLink"] = f"{url.partition('?')[0]}?$skiptoken={at + self.page_size}"
        return ok(body)


def ok(body: Any) -> httpx.Response:
    return httpx.Response(200, json=body, headers={"request-id": "r-1"})


def failure(status: int, code: str = "oops", message: str = "It broke", **headers: str) -> httpx.Response:
    body = {"error": {"code": code, "message": message, "innerError": {"request-id": "r-2"}}}
    return httpx.Response(status, json=body, headers={"request-id": "r-2", **headers})


def not_found() -> httpx.Response:
    return failure(404, "ResourceNotFound", "There is no such object")


def raising(error: Exception) -> Answerer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return answer


def use(graph: FakeGraph, work: Callable[[GraphTenant], Awaitable[T]], **manner: Any) -> T:
    async def run() -> T:
        async with graph.tenant(Pace.STEADY, **manner) as api:
            return await work(api)

    return asyncio.run(run())


def groups(*names: str) -> FakeGraph:
    return FakeGraph(GROUPS, [{"id": name, "displayName": name.upper()} for name in names])


def answering(*answers: httpx.Response) -> FakeGraph:
    """Answers these, one after another."""
    graph = groups()
    graph.faults = [Fault(lambda _, one=one: one, at) for at, one in enumerate(answers)]
    return graph
