"""Handlers called as the framework calls them, on storage in memory."""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib.util
import json
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
import pytest

from functions.triggers.endpoint import Endpoint
from functions.triggers.who import key_hash
from shared.domain.access import KeyRecord, Role
from shared.domain.catalog import Catalog, Kind, TypeSpec
from shared.domain.choice import choose
from shared.domain.consent import ConsentApp
from shared.domain.plan_json import load_plan
from shared.domain.settings import Settings
from shared.domain.start import new_sync_id
from shared.domain.sync import (
    Actor,
    ActorKind,
    PlanSummary,
    Stage,
    Status,
    SyncOptions,
    SyncRecord,
    TenantRecord,
)
from shared.steps.permissions import Desk, Look
from shared.steps.push import Notary
from shared.steps.sign_in import Attempt
from shared.steps.sign_in_flow import Vault

NOW = dt.datetime(2026, 3, 1, 6, 0, tzinfo=dt.UTC)
ORIGIN = "https://accord.example"
GUID = "3f2a8c1e-5d47-4b7a-9f10-6c2f4d1e8a90"
KEYS = {role: f"key-of-{role.value}" for role in Role}


def _fakes(name: str) -> Any:
    full = f"accord_fakes_{name}"
    if full not in sys.modules:
        path = Path(__file__).parents[1] / "fakes" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(full, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[full] = module
        spec.loader.exec_module(module)
    return sys.modules[full]


stores, people, granting = _fakes("stores"), _fakes("user_access"), _fakes("granting")
ports = _fakes("sync_ports")


@dataclass
class Clock:
    at: dt.datetime = NOW

    def now(self) -> dt.datetime:
        return self.at


@dataclass
class Durable:
    """The durable client: what was started and raised; `broken` raises instead."""

    started: list[tuple[str, str, Any]] = field(default_factory=list)
    raised: list[tuple[str, str]] = field(default_factory=list)
    broken: bool = False

    async def start_new(self, name, instance_id=None, client_input=None):
        if self.broken:
            raise RuntimeError("the host does not answer")
        self.started.append((name, instance_id, client_input))
        return instance_id

    async def raise_event(self, instance_id, event_name, event_data=None):
        if self.broken:
            raise RuntimeError("the host does not answer")
        self.raised.append((instance_id, event_name))


def spec(key: str, workload: str = "entra") -> TypeSpec:
    title = {"en": key.title(), "fr": f"{key} (fr)"}
    return TypeSpec(
        key, workload, title, Kind.COLLECTION, "v1.0", f"/{key}", "displayName", workload, 1, ("R",), ("W",)
    )


class Services:
    """The services, in memory."""

    def __init__(self) -> None:
        self.settings = SimpleNamespace(public_url=None, local_key=None, sign_in=None)
        self.clock = Clock()
        self.status = stores.MemoryStatus()
        self.audit = stores.MemoryAudit()
        self.keys = stores.MemoryKeys()
        self.bearer = None
        self.answers = stores.MemoryAnswers()
        self.callbacks = stores.MemoryCallbacks()
        self.sealed = people.GlassSeal()
        self.token_caches = people.MemoryTokenCaches()
        self.provider = people.FakeUserSignIn()
        self.app = granting.FakeApp(granted=frozenset({"R", "W"}))
        self.client_id = "c-1"
        self.signing_key = b"k" * 32
        self.healthy = True
        self.blobs: dict[str, Any] = {}
        self.repositories: dict[str, Any] = {}
        self.git_calls: list[Any] = []
        self._ids = 0

    @cached_property
    def catalog(self) -> Catalog:
        return Catalog({one: spec(one) for one in ("groups", "named-locations")}, {}, "v-test")

    @property
    def plans(self):
        return self

    async def choice(self, sync, request):
        return choose(load_plan(self.artifacts(sync.tenant, sync.id).get("plan.json")), request.changes)

    async def commits(self, sync):
        return []

    async def unnoted(self, tenant):
        return []

    def new_sync_id(self):
        self._ids += 1
        return new_sync_id(self.clock.at + dt.timedelta(milliseconds=self._ids), b"\0" * 10)

    def artifacts(self, tenant, sync):
        return self.blobs.setdefault(sync, stores.MemoryArtifacts())

    def consent_app(self, tenant):
        return ConsentApp(
            "https://login.example", tenant.entra_tenant_id, self.client_id, "https://graph.example"
        )

    def permission_desk(self, tenant):
        blobs = self.blobs.setdefault(f"of {tenant.id}", stores.MemoryArtifacts())
        return Desk(tenant, self.catalog, self.status, blobs, self.clock, dt.timedelta(minutes=5))

    @asynccontextmanager
    async def permission_look(self, tenant):
        yield Look(self.permission_desk(tenant), self.client_id, self.app, self.app, None, attempts=1)

    def repository(self, tenant):
        return self.repositories.setdefault(tenant, ports.GitInMemory(ports.Effects()))

    def note_pushes(self, tenant):
        """As the real ones, but at once: who asked for which commits, and the audit's entry."""
        repository = self.repository(tenant)
        for one in repository.noted:
            Notary(self.status, self.audit, tenant, _finish)(one, [one.new])
        repository.noted.clear()

    def git(self, tenant):
        def serve(*given, may_push):
            self.git_calls.append((tenant, *given, may_push))
            return SimpleNamespace(status=200, headers={"Content-Type": "x/git"}, body=b"git")

        return SimpleNamespace(serve=serve)

    async def attempt(self, tenant, subject, number):
        return Attempt(
            vault=Vault(tenant.id, subject, number, self.artifacts(tenant.id, subject), self.sealed),
            provider=self.provider,
            caches=self.token_caches,
            callbacks=self.callbacks,
            status=self.status,
            audit=self.audit,
            clock=self.clock,
            scopes=frozenset({"Policy.Read.All"}),
            redirect_uri=f"{ORIGIN}/callback/sign-in",
        )

    async def health(self):
        return {"storage": self.healthy}


def _finish(work) -> None:
    """Runs what never waits, as storage in memory does not."""
    with pytest.raises(StopIteration):
        work.send(None)


@dataclass
class Api:
    """Calls endpoints with requests like a client's."""

    services: Services
    client: Durable
    key: str | None = KEYS[Role.ADMINISTRATOR]
    ORIGIN: str = ORIGIN

    def request(self, method: str, url: str, body: Any = None, headers=None, key="own", **parts: str):
        given = dict(headers or {})
        own = self.key if key == "own" else key
        if own:
            given["x-functions-key"] = own
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if raw:
            given.setdefault("Content-Type", "application/json")
        absolute = f"{ORIGIN}{url}"
        params = dict(parse_qsl(urlsplit(absolute).query, keep_blank_values=True))
        return func.HttpRequest(method, absolute, headers=given, params=params, route_params=parts, body=raw)

    def call(self, endpoint: Endpoint, body: Any = None, query: str = "", method=None, **more: Any):
        """The response of an endpoint; `more`: headers, key, and the path's parts."""
        headers, key = more.pop("headers", None), more.pop("key", "own")
        operation = endpoint.operation
        path = operation.path.format(**more) + (f"?{query}" if query else "")
        request = self.request(method or operation.method, path, body, headers, key, **more)
        return asyncio.run(endpoint(request, self.client, self.services))

    def tenant(self, name: str = "contoso", **changes: Any) -> TenantRecord:
        """A tenant that stands in the table."""
        guid = f"{len(self.services.status.rows):08x}{GUID[8:]}"
        record = TenantRecord(name, name.title(), guid, Settings(), NOW, status_since=NOW, version=1)
        return self.put(replace(record, **changes))

    def put(self, record: TenantRecord) -> TenantRecord:
        self.services.status.rows[record.id] = record
        return record

    def sync(self, tenant: str = "contoso", **changes: Any) -> SyncRecord:
        """A sync that stands in the table; active, unless it has ended."""
        by = Actor(ActorKind.KEY, "night", "k1", "night")
        record = SyncRecord(
            self.services.new_sync_id(), tenant, SyncOptions(), by, NOW, stage=Stage.BACKING_UP
        )
        record = replace(record, **changes)
        self.services.status.sync_rows[record.id] = record
        owner = self.services.status.rows[tenant]
        if record.stage is not Stage.ENDED:
            self.put(replace(owner, active_sync=record.id, status=Status.IN_PROGRESS))
        return record

    def waiting(self, plan: bytes, digest: str, tenant: str = "contoso") -> SyncRecord:
        """A sync that waits for a decision on a stored plan."""
        changes = load_plan(plan).changes
        summary = PlanSummary(digest, len(changes), 0, 0, 0, NOW + dt.timedelta(days=30))
        sync = self.sync(tenant, stage=Stage.APPROVAL, plan=summary)
        self.services.artifacts(tenant, sync.id).put("plan.json", plan)
        return sync


@pytest.fixture
def api() -> Api:
    services = Services()
    for role, key in KEYS.items():
        digest = key_hash(key)
        services.keys.rows[digest[:16]] = KeyRecord(digest[:16], role.value, role, digest, NOW, "test")
    return Api(services, Durable())


@pytest.fixture
def keys() -> dict[Role, str]:
    return KEYS


@pytest.fixture
def body() -> Any:
    """The JSON of a response."""
    return lambda response: json.loads(response.get_body())
