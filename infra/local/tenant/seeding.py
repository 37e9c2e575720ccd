"""Makes tenants from seeds: data files whose items go through the same checks as any create.

A seed is a list of steps in `data/seeds/*.json`: the address, an object's body with its assignments. A string
`@{path/name}` in a body stands for the id of an earlier object. `below` are requests below the object; a
body of null stands for an object that is there already. Ids are the same each time a seed is used.
`withdrawn` names application permissions that nobody has consented to.
"""

from __future__ import annotations

import copy
import json
import re
import uuid
from pathlib import Path
from typing import Any

from .app_roles import APP_ID, APP_NAME, DEMO_GRANTS, DEMO_SCOPES, GRAPH_APP_ID
from .consents import grant_scopes
from .entra_id.accounts import person
from .exchange import PORTAL, Request
from .graph import Graph
from .moments import stamp
from .shaping import overlay
from .table import Type
from .tenant import Record, Tenant, World

Body = dict[str, Any]
SEEDS = ("contoso", "fabrikam", "adatum", "small", "empty")
DEMO = ("contoso", "fabrikam", "adatum")
_FOLDER = Path(__file__).parent / "data" / "seeds"
_NAMESPACE = uuid.UUID("6f0f4a51-77a4-4d7e-9d5c-0a8f5c1f6c11")
_LINK = re.compile(r"@\{([^{}]+)\}")
_SETTLED = 1_748_000_000.0  # the moment at which a seed's objects were made


def entra_id_of(key: str) -> str:
    """The Entra tenant id of a tenant that names none: the same for the same name."""
    return str(uuid.uuid5(_NAMESPACE, key))


class Seeder:
    """Fills tenants from seeds."""

    def __init__(self, world: World, graph: Graph) -> None:
        self._world = world
        self._graph = graph

    def demo(self) -> None:
        """The three demo tenants, where they do not exist yet."""
        for key in DEMO:
            if key not in self._world.tenants:
                self.make(key, key)

    def make(
        self, key: str, seed: str, display_name: str | None = None, entra_id: str | None = None
    ) -> Tenant:
        """Makes or replaces a tenant. KeyError for an unknown seed."""
        if seed not in SEEDS:
            raise KeyError(seed)
        document = json.loads((_FOLDER / f"{seed}.json").read_text(encoding="utf-8"))
        base = json.loads((_FOLDER / "empty.json").read_text(encoding="utf-8"))
        old = self._world.tenants.get(key)
        name = display_name or document.get("displayName") or key
        identifier = (entra_id or (old.entra_id if old else entra_id_of(key))).lower()
        storage = self._world.storage
        tenant = Tenant(key, identifier, name, storage)
        storage.begin()
        try:
            if old is not None:
                self._world.remove(old)
            self._world.tenants[key] = tenant
            self._fill(tenant, base, document if seed != "empty" else {"steps": []})
            tenant.save()
        except BaseException:
            storage.rollback()
            self._world.tenants.pop(key, None)
            raise
        storage.commit()
        return tenant

    def _fill(self, tenant: Tenant, base: Body, document: Body) -> None:
        tenant.grants = dict.fromkeys(DEMO_GRANTS, _SETTLED)
        names: dict[str, str] = {}
        for entry in self._graph.table.types.values():
            if entry.singleton:
                self._singleton(tenant, entry, {})
        for step in base["steps"] + document["steps"]:
            self._step(tenant, step, names)
        self._people(tenant)
        grant_scopes(tenant, DEMO_SCOPES)
        for permission in document.get("withdrawn", ()):
            del tenant.grants[permission]

    def _singleton(self, tenant: Tenant, entry: Type, body: Body) -> None:
        record = Record(
            entry.segments[-1],
            overlay(entry.defaults, body),
            nav=copy.deepcopy(dict(entry.contains)),
            created_at=_SETTLED,
        )
        tenant.put(entry.path, record)

    def _step(self, tenant: Tenant, step: Body, names: dict[str, str]) -> None:
        entry = self._graph.table[step["path"]]
        if step["body"] is None:
            self._below(tenant, step, step.get("id", ""), names)
            return
        body = self._linked(step["body"], names, tenant)
        if entry.singleton:
            self._call(tenant, "PATCH", entry.beta_path or entry.path, body)
            return
        name = str(body.get(entry.name) or body.get("displayName"))
        object_id = (
            tenant.entra_id
            if entry.path == "organization"
            else step.get("id") or tenant.new_id(entry.path, entry.identifier, name)
        )
        if entry.identifier == "number" and "id" in step:
            tenant.counters[entry.path] = max(tenant.counters.get(entry.path, 0), int(step["id"]))
        names[f"{entry.path}/{name}"] = object_id
        if step.get("raw") or not entry.creatable:
            self._raw(tenant, entry, object_id, body)
        else:
            self._call(tenant, "POST", entry.path, {"id": object_id, **body})
        for action, sent in step.get("then", {}).items():
            parameters = self._linked(sent, names, tenant)
            self._call(tenant, "POST", f"{entry.path}/{object_id}/{action}", parameters)
        self._below(tenant, step, object_id, names)

    def _below(self, tenant: Tenant, step: Body, object_id: str, names: dict[str, str]) -> None:
        """What the object contains or links to: method, address below it, body."""
        start = f"{step['path']}/{object_id}".rstrip("/")
        for method, below, sent in step.get("below", []):
            self._call(tenant, method, f"{start}/{below}", self._linked(sent, names, tenant))

    def _people(self, tenant: Tenant) -> None:
        """The users whom the sign-in pages offer, beside the seed's own."""
        for one in (person(tenant, account) for account in ("member", "guest", "blocked")):
            body = {
                "displayName": one.name,
                "userPrincipalName": one.upn,
                "userType": "Guest" if one.account == "guest" else "Member",
                "mail": one.login,
                "accountEnabled": True,
            }
            self._raw(tenant, self._graph.table["users"], one.id, body)

    def _raw(self, tenant: Tenant, entry: Type, object_id: str, body: Body) -> None:
        """Objects that nobody can create: built-in ones, users, principals."""
        body = {**({entry.created: stamp(_SETTLED)} if entry.created else {}), **body}
        tenant.put(entry.path, Record(object_id, overlay(entry.defaults, body), created_at=_SETTLED))

    def _call(self, tenant: Tenant, method: str, path: str, body: Body) -> None:
        request = Request(
            tenant=tenant,
            caller=PORTAL,
            method=method,
            version="beta",
            path=f"/{path}",
            headers={"content-type": "application/json"},
            content=json.dumps(body).encode(),
            now=_SETTLED,
        )
        self._graph.dispatch(request)

    def _linked(self, value: Any, names: dict[str, str], tenant: Tenant) -> Any:
        if isinstance(value, dict):
            return {k: self._linked(v, names, tenant) for k, v in value.items()}
        if isinstance(value, list):
            return [self._linked(v, names, tenant) for v in value]
        if isinstance(value, str):
            return _LINK.sub(lambda m: self._link(m.group(1), names, tenant), value)
        return value

    def _link(self, text: str, names: dict[str, str], tenant: Tenant) -> str:
        known = {
            "tenant.id": tenant.entra_id,
            "tenant.name": tenant.display_name,
            "tenant.key": tenant.key,
            "app.id": APP_ID,
            "app.name": APP_NAME,
            "graph.appId": GRAPH_APP_ID,
        }
        return known.get(text) or names[text]
