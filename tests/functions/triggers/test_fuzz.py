"""Whatever is sent to any operation, the answer is a clear one: never 5xx, and a refusal changes nothing.

Raw bytes, JSON of any shape, and JSON that looks like what the operation takes: its own field names with
values that nearly fit. Paths and queries likewise.
"""

from __future__ import annotations

import asyncio
import copy
import importlib
import json
import pkgutil
from typing import Any

import azure.functions as func
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import functions.triggers
import shared.wire.schema
from functions.triggers.endpoint import Endpoint
from shared.domain.access import OPERATIONS
from shared.wire.codes import PROBLEMS
from shared.wire.schema.scalars import Body
from shared.wire.schema.service import ProblemAnswer


def modules_of(package: Any) -> list[Any]:
    return [
        importlib.import_module(f"{package.__name__}.{one.name}")
        for one in pkgutil.iter_modules(package.__path__)
    ]


ENDPOINTS = {
    one.operation.id: one
    for module in modules_of(functions.triggers)
    for one in vars(module).values()
    if isinstance(one, Endpoint)
}
UNSERVED = {"readRepository", "writeRepository"}
"""Git's own protocol: its hostile clients have tests of their own."""
MODELS = [
    one
    for module in modules_of(shared.wire.schema)
    for one in vars(module).values()
    if isinstance(one, type) and issubclass(one, Body) and one is not Body
]
FIELDS = sorted({field.alias or name for one in MODELS for name, field in one.model_fields.items()})
DIGEST = "sha256:" + "ab" * 32
NEARLY = [
    "approve", "reject", "rejectAndRevert", DIGEST, "sha256:x", "PT3M", "P400D", "-PT1S", "contoso", "*",
    "full", "backupOnly", "0 6 * * *", "61 6 * * *", "Europe/Paris", "Mars/Olympus", "adopt", "groups",
    "c0", "c1",
    "0c0ffee0-5d47-4b7a-9f10-6c2f4d1e8a90", "2026-03-01T06:00:00Z", "Reader", "servicePrincipalAndUser",
    "end", "attention", "jsonl", "csv", "1e9", "٣", "../..", "%00", "\x00", "\ud800", "=1+1", "a" * 4000,
]  # fmt: skip
texts = st.sampled_from(NEARLY) | st.text(max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | texts, inner, max_size=6)
    ),
    max_leaves=12,
)
shaped = st.dictionaries(st.sampled_from(FIELDS), values, max_size=8)
bodies = (
    st.none()
    | st.binary(max_size=60)
    | values.map(json.dumps).map(str.encode)
    | shaped.map(json.dumps).map(str.encode)
)
parts = st.sampled_from(["contoso", "SYNC", "WAITING", "c0", "nowhere"]) | texts
queries = st.dictionaries(
    st.sampled_from(["top", "status", "outcome", "search", "format", "until", "token", "after", "action",
                     "type", "conflict", "blocked", "from", "tenant", "workload", "skip", "state"]) | texts,
    texts, max_size=3,
)  # fmt: skip
headers = st.dictionaries(
    st.sampled_from(["Accept-Language", "If-Match", "If-None-Match", "Idempotency-Key", "Content-Type"]),
    st.sampled_from(['"x"', "*", "fr", "application/json", "text/plain", "k", "é", ""]),
    max_size=3,
)


def state_of(services: Any) -> Any:
    """What a refused call must leave alone."""
    blobs = {sync: dict(one.blobs) for sync, one in services.blobs.items() if one.blobs}
    status = services.status
    return copy.deepcopy(
        (status.rows, status.sync_rows, status.decisions, status.cancels, services.keys.rows, blobs)
    )


@pytest.mark.parametrize("operation", sorted(ENDPOINTS))
def test_whatever_is_sent_the_answer_is_clear(api, plan, digest, operation) -> None:
    endpoint = ENDPOINTS[operation]
    api.tenant("contoso")
    ended = api.sync("contoso")
    api.tenant("fabrikam")
    waiting = api.waiting(plan, digest, "fabrikam")
    names = {"SYNC": ended.id, "WAITING": waiting.id}
    real = {"tenant": "fabrikam", "sync": waiting.id, "change": "c0"}
    at_first = copy.deepcopy(api.services)
    places = [one[1:-1] for one in endpoint.operation.path.split("/") if one.startswith("{")]

    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def fuzz(data: Any) -> None:
        services = copy.deepcopy(at_first)
        path = {one: names.get(part := data.draw(parts), part) for one in places}
        if data.draw(st.booleans()):
            path |= {one: real[one] for one in places if one in real}
        request = func.HttpRequest(
            endpoint.operation.method,
            f"{api.ORIGIN}/api/v1/fuzzed",
            headers={"x-functions-key": api.key, **data.draw(headers)},
            params=data.draw(queries),
            route_params=path,
            body=data.draw(bodies) or b"",
        )
        before = state_of(services)
        response = asyncio.run(endpoint(request, api.client, services))
        assert response.status_code < 500, (request.params, path, request.get_body(), response.get_body())
        if response.status_code >= 400 and endpoint.operation.path.startswith("/api/"):
            told = json.loads(response.get_body())
            ProblemAnswer.model_validate(told)
            assert response.headers["Content-Type"] == "application/problem+json"
            assert PROBLEMS[told["code"]] == response.status_code == told["status"]
            assert state_of(services) == before

    fuzz()


def test_every_operation_is_fuzzed() -> None:
    assert ENDPOINTS.keys() == OPERATIONS.keys() - UNSERVED
