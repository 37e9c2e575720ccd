"""Whatever goes wrong at any request of a type's backup: the type is read completely or not read, and nothing
is adopted, removed or planned for it.

Against the simulated tenants, over HTTP. A seeded few of all cases; `ACCORD_TEST_FAULTS=all` plays every one.
"""

from __future__ import annotations

import os
import random
import re
import uuid
from dataclasses import replace

import httpx
import pytest
from scene import Scene

from shared.adapters.entra.credentials import Secret
from shared.adapters.entra.provider import Address, Provider
from shared.adapters.entra.service_principal import ServicePrincipalTokens
from shared.adapters.graph.tenant import GraphTenant
from shared.adapters.graph.transport import Manner
from shared.catalog.loader import load
from shared.domain.catalog import Identity
from shared.domain.sync import DriftCount, Incomplete, SyncError
from shared.names import BASE, MAIN, TENANT

APP, APP_SECRET = "ac000000-0000-4000-8000-000000000001", "accord-local-secret"
WHOLE = load()
CATALOG = replace(WHOLE, types={key: one for key, one in WHOLE.types.items() if one.identity is Identity.APP})
"""Nobody is signed in here: the types that the service principal reads for certain."""
TIME_OUT = 1.0
MANNER = Manner(attempts=3, refusals=3, first_pause=0.01, longest_pause=0.05, time_out=TIME_OUT)
FAULTS = {
    "403": {"status": 403},
    "404": {"status": 404},
    "429": {"status": 429},
    "429 with Retry-After": {"status": 429, "retryAfter": 0},
    "500": {"status": 500},
    "503": {"status": 503},
    "time-out": {"delay": TIME_OUT * 1.5},
    "reset": {"reset": "before"},
    "truncated": {"truncate": 20},
    "malformed": {"malformed": True},
    "emptyPage": {"emptyPage": True},
}
FOREVER = {"once": 1, "for ever": None}
MOST_REQUESTS = 8
"""Of one type, in the small tenant with pages of two."""
CASES = [
    (key, fault, often, at)
    for key in CATALOG.types
    for fault in FAULTS
    for often in FOREVER
    for at in range(MOST_REQUESTS)
]
CHOSEN = (
    CASES if os.environ.get("ACCORD_TEST_FAULTS") == "all" else random.Random(20_260_302).sample(CASES, 30)
)


class Api:
    """`TenantApi` with connections of their own for each call, since each stage runs in a loop of its own."""

    def __init__(self, server, tokens):
        self.server, self.tokens = server, tokens

    async def read_type(self, spec, stop_at, state=None):
        async with GraphTenant(self.server, self.tokens, manner=MANNER) as api:
            return await api.read_type(spec, stop_at, state)

    async def read_item(self, spec, object_id):
        async with GraphTenant(self.server, self.tokens, manner=MANNER) as api:
            return await api.read_item(spec, object_id)

    async def look_up(self, lookup, object_ids):
        async with GraphTenant(self.server, self.tokens, manner=MANNER) as api:
            return await api.look_up(lookup, object_ids)

    async def grants(self, client_id):
        async with GraphTenant(self.server, self.tokens, manner=MANNER) as api:
            return await api.grants(client_id)


class Simulated:
    """A tenant of the small seed that has been backed up, with pages of two objects."""

    def __init__(self, server):
        self.key, self.server = f"t-{uuid.uuid4().hex[:10]}", server
        made = httpx.put(
            f"{server}/control/tenants/{self.key}", json={"seed": "small", "displayName": self.key}
        )
        self.control("PATCH", "behaviour", {"visibilityDelay": 0, "quotas": "off", "pageSize": 2})
        entra = made.json()["entraTenantId"]
        tokens = ServicePrincipalTokens(
            Provider(Address(entra, APP, login_endpoint=server)), lambda: Secret(APP_SECRET)
        )
        self.scene = Scene(catalog=CATALOG)
        self.scene.changes.update(api=Api(server, tokens), tokens=tokens, client_id=APP)
        # The adapter lives by the machine's clock: no slice of the scene's may seem to have ended.
        self.scene.clock.at = self.scene.clock.at.replace(year=2090)
        self.scene.ran()
        assert self.scene.sync.incomplete == ()

    def control(self, method, path, body=None):
        answer = httpx.request(method, f"{self.server}/control/tenants/{self.key}/{path}", json=body)
        assert answer.is_success, answer.text


@pytest.fixture(scope="module")
def simulated(tenant_server):
    return Simulated(tenant_server)


@pytest.mark.slow
@pytest.mark.parametrize(("key", "fault", "often", "at"), CHOSEN, ids=str)
def test_a_type_is_read_completely_or_left_alone(simulated, key, fault, often, at):
    scene, spec = simulated.scene, CATALOG.types[key]
    before = {ref: scene.git.heads[ref] for ref in (MAIN, TENANT, BASE)}
    # An empty part of an item looks like any other part: only lists of items can be told from what was known.
    end = r"(\?|$)" if fault == "emptyPage" else r"(\?|/|$)"
    planted = {
        "method": "GET",
        "path": re.escape(spec.path) + end,
        "skip": at,
        "times": FOREVER[often],
        **FAULTS[fault],
    }
    simulated.control("POST", "faults", planted)
    try:
        found = scene.ran(types=(key,))
    finally:
        simulated.control("DELETE", "faults")

    counted = [one.type for one in scene.sync.not_read if one.counted]
    assert counted in ([], [key])
    assert scene.sync.incomplete == ((Incomplete.NOT_READ,) if counted else ())
    if counted:
        assert isinstance(found, SyncError), "nothing else was to be read"
    else:
        assert (found.asks, found.digest) == (False, None)
    assert (scene.sync.drift, scene.sync.plan) == (DriftCount(), None)
    assert {ref: scene.git.heads[ref] for ref in before} == before


@pytest.mark.slow
@pytest.mark.parametrize("key", CATALOG.types)
def test_a_type_that_answers_nothing_but_errors_is_not_read(simulated, key):
    scene = simulated.scene
    path = re.escape(CATALOG.types[key].path)
    simulated.control("POST", "faults", {"path": path, "times": None, "status": 503})
    try:
        scene.ran(types=(key,))
    finally:
        simulated.control("DELETE", "faults")

    assert [one.type for one in scene.sync.not_read if one.counted] == [key]
