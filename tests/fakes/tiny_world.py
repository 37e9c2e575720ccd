"""A tiny world over the pure functions: a tenant of objects, a repository of files, whole sync cycles."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from shared.domain.agreement import IDS, TYPES, Agreement, agreement
from shared.domain.canonical import canonical
from shared.domain.catalog import Catalog, Collection, Kind, LongText, Lookup, Reference, TypeSpec
from shared.domain.compare import Comparison, compare
from shared.domain.files import blob_id
from shared.domain.item import Content
from shared.domain.marker import Symbol
from shared.domain.plan import Action, Change, Plan
from shared.domain.planning import PlanInputs, make_plan
from shared.domain.properties import apply
from shared.domain.readback import Verdict, read_back_verdict, staleness
from shared.domain.reference import Index, identity_of, index_of, wanted_lookups
from shared.domain.reversion import Reverted, revert
from shared.domain.settings import DriftPolicy
from shared.domain.settlement import Applied, Settled, SettleInputs, settle, settle_needs
from shared.domain.snapshot import RawItem, TypeRead
from shared.domain.survey import Inputs, survey
from shared.domain.tenant_state import TenantState, kept_identities, kept_needs, tenant_state
from shared.domain.trees import Loaded
from shared.names import ItemPath, ObjectId, TenantId, TypeKey


def spec(key: str, **given: Any) -> TypeSpec:
    """A catalog entry with what the tests do not care about filled in."""
    defaults: dict[str, Any] = {
        "workload": "entra",
        "title": {"en": key, "fr": key},
        "kind": Kind.COLLECTION,
        "version": "v1.0",
        "path": f"/{key}",
        "named_by": "displayName",
        "bucket": "directory",
        "tier": 100,
        "read": ("Read",),
        "write": ("Write",),
    }
    return TypeSpec(key=TypeKey(key), **(defaults | given))


POLICIES = spec(
    "policies",
    tier=500,
    strip=("modified",),
    drop_if={"filter": ("none", "00000000-0000-0000-0000-000000000000")},
    collections=(
        Collection("users.includeGroups"),
        Collection("users.excludeGroups"),
        Collection("assignments", ("target.@odata.type", "target.groupId")),
    ),
    atomic=("grant",),
    references=(
        Reference("users.includeGroups[]", TypeKey("groups"), frozenset({"All"})),
        Reference("users.excludeGroups[]", TypeKey("groups")),
        Reference("users.includeUsers[]", TypeKey("users"), frozenset({"All"})),
        Reference("assignments[].target.groupId", TypeKey("groups")),
        Reference("parent", TypeKey("policies")),
        Reference("location", TypeKey("locations")),
    ),
    long_texts=(LongText("script", "ps1", base64=True), LongText("notes", "md")),
    secrets=("password", "keys[].{hidden=true}.value"),
    immutable=("platform",),
)
GROUPS = spec(
    "groups",
    tier=12,
    strip=("builtIn",),
    references=(Reference("membershipRule", TypeKey("groups"), embedded=True),),
    unchangeable=({"builtIn": (True,)},),
)
LOCATIONS = spec("locations", tier=50, collections=(Collection("countries"),))
PROFILES = spec("profiles", workload="intune", discriminators=("@odata.type",))
SETTINGS = spec("settings", kind=Kind.SINGLETON, named_by="", creatable=False, deletable=False)
USERS = Lookup(
    TypeKey("users"), "v1.0", "userPrincipalName", "/users/{}", "/users/{}", ("Read",), "directory"
)
CATALOG = Catalog(
    {one.key: one for one in (GROUPS, LOCATIONS, POLICIES, PROFILES, SETTINGS)}, {USERS.key: USERS}, "v1"
)
NO_INDEX = Index({})


@dataclass
class World:
    """One tenant under management. `main`, `branch`, `base`: path → contents."""

    catalog: Catalog = CATALOG
    objects: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    main: dict[str, bytes] = field(default_factory=dict)
    branch: dict[str, bytes] = field(default_factory=dict)
    base: dict[str, bytes] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    drift: dict[str, DriftPolicy] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    created: int = 0
    state: TenantState | None = None
    found: Comparison | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    """More of what `PlanInputs` takes."""

    # --- the portal and the keyboard ---

    def portal(self, key: str, name: str, *, id: str = "", **values: Any) -> str:  # noqa: A002
        """Creates an object in the tenant, or replaces the one of that id."""
        self.created += 1
        object_id = id or f"{key}-{self.created}"
        naming = {"displayName": name} if self.catalog.types[TypeKey(key)].named_by else {}
        self.objects.setdefault(key, {})[object_id] = {"id": object_id, **naming, **copy.deepcopy(values)}
        return object_id

    def remove(self, key: str, object_id: str) -> None:
        """Deletes an object in the portal."""
        del self.objects[key][object_id]

    def path(self, key: str, name: str) -> ItemPath:
        return ItemPath(f"{self.catalog.types[TypeKey(key)].workload}/{key}/{name}.json")

    def push(self, key: str, name: str, content: Mapping[str, Any] | None) -> None:
        """Writes, or removes, one JSON file of `main`."""
        path = self.path(key, name)
        if content is None:
            del self.main[path]
        else:
            self.main[path] = (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()

    def file(self, key: str, name: str) -> Any:
        """The JSON in one file of `main`."""
        return json.loads(self.main[self.path(key, name)])

    def agreed(self, key: str, name: str) -> Any:
        """The JSON in one file of B."""
        return json.loads(self.base[self.path(key, name)])

    def edit(self, key: str, name: str, **values: Any) -> None:
        """Changes properties of a file; None as a value removes the property."""
        content = self.file(key, name)
        for property_name, value in values.items():
            if value is None:
                content.pop(property_name, None)
            else:
                content[property_name] = value
        self.push(key, name, content)

    # --- a sync ---

    @property
    def agreement(self) -> Agreement:
        return agreement(tree(self.base), self.base.get(IDS), self.base.get(TYPES))

    def read(self) -> dict[TypeKey, TypeRead]:
        return {
            key: TypeRead(
                key,
                tuple(RawItem(ObjectId(one), raw) for one, raw in self.objects.get(key, {}).items()),
            )
            for key in self.catalog.types
            if key not in self.unread and (key != "settings" or self.objects.get(key))
        }

    def sync(self) -> Plan:
        """Backs up, compares, commits, plans. Nothing reaches the tenant."""
        read, base = self.read(), self.agreement
        blobs = {blob_id(data): data for side in (self.main, self.base) for data in side.values()}
        lookups = {
            key: {ObjectId(one): self.users[one] for one in ids if one in self.users}
            for key, ids in wanted_lookups(self.catalog, read).items()
        }
        needs = kept_needs(self.catalog, read, base)
        kept = kept_identities(self.catalog, read, base, {blob: blobs[blob] for blob in needs})
        index = index_of(self.catalog, read, lookups, kept, base.ids)
        self.state = tenant_state(self.catalog, read, index, base)
        inputs = Inputs(self.catalog, base, tree(self.main), tree(self.branch), self.state, self.policy)
        seen = survey(inputs)
        self.found = compare(inputs, seen, {blob: blobs[blob] for blob in seen.needed})
        commit(self.main, self.found.main)
        commit(self.branch, self.found.tenant)
        commit(self.base, self.found.base)
        return self.plan()

    def plan(self) -> Plan:
        inputs = PlanInputs(self.catalog, TenantId("contoso"), self.state, **self.extra)
        return make_plan(inputs, self.found.planned)

    def policy(self, key: TypeKey) -> DriftPolicy:
        return self.drift.get(key, DriftPolicy.ADOPT)

    # --- after a decision ---

    def settle_inputs(self, changes: Iterable[Change], index: Index) -> SettleInputs:
        base = self.agreement
        heads, bases = settle_needs(self.catalog, base, tree(self.main), changes)
        blobs = {blob_id(data): data for side in (self.main, self.base) for data in side.values()}
        return SettleInputs(
            self.catalog,
            base,
            self.state,
            index,
            Loaded(tree(self.main), {blob: blobs[blob] for blob in heads}),
            Loaded(tree(self.base), {blob: blobs[blob] for blob in bases}),
            tree(self.branch),
        )

    def deploy(
        self,
        plan: Plan,
        chosen: Iterable[str] | None = None,
        service: Callable[[Change, dict[str, Any]], dict[str, Any] | None] | None = None,
    ) -> dict[str, str]:
        """Writes the chosen changes; answers what became of each. `service`: what it makes of a written
        object, None for a write that is refused.
        """
        results: dict[str, str] = {}
        applied: list[Applied] = []
        index = self.state.index
        names = None if chosen is None else set(chosen)
        for change in plan.changes:
            if change.blocked or (names is not None and change.id not in names):
                continue
            if any(results.get(one) != "applied" for one in change.depends_on):
                results[change.id] = "skipped"
                continue
            done = self._write(change, index, service)
            results[change.id] = done if isinstance(done, str) else "applied"
            if isinstance(done, Applied):
                applied.append(done)
                name = (
                    identity_of(self.catalog.types[change.type], done.read_back) if done.read_back else None
                )
                index = index.with_object(change.type, done.object_id, name)
        settled = settle(self.settle_inputs([one.change for one in applied], index), applied)
        self.take(settled)
        return results

    def take(self, edits: Settled | Reverted) -> None:
        commit(self.main, edits.main)
        commit(self.branch, edits.tenant)
        commit(self.base, edits.base)

    def _write(self, change: Change, index: Index, service: Any) -> Applied | str:
        one = self.catalog.types[change.type]
        now = self._now(change, self.state.index)
        if staleness(one, change, self.reviewed(change), now, self.head(change)):
            return "stale"
        if change.action is Action.DELETE:
            self.remove(change.type, change.object_id)
            return Applied(change, change.object_id, None)
        wanted = apply(
            one, self._now(change, index) or {}, {row.path: row.repository for row in change.properties}
        )
        raw = resolved(wanted, index)
        raw = raw if service is None else service(change, copy.deepcopy(raw))
        if raw is None:
            return "failed"
        self.created += 1
        object_id = change.object_id or ObjectId(f"{change.type}-{self.created}")
        self.objects.setdefault(change.type, {})[object_id] = {"id": object_id, **raw}
        grown = index.with_object(change.type, object_id, identity_of(one, raw))
        shown = canonical(one, self.objects[change.type][object_id], grown).content
        if read_back_verdict(one, change, shown) is not Verdict.APPLIED:
            return "notShown"
        return Applied(change, object_id, shown)

    def _now(self, change: Change, index: Index) -> Content | None:
        raw = self.objects.get(change.type, {}).get(change.object_id or "")
        return None if raw is None else canonical(self.catalog.types[change.type], raw, index).content

    def reviewed(self, change: Change) -> Content | None:
        item = self.state.item(change.type, change.object_id) if change.object_id else None
        return None if item is None else self.state.content(self.catalog.types[change.type], item)

    def head(self, change: Change) -> Content | None:
        blobs = {blob_id(data): data for data in self.main.values()}
        loaded = Loaded(tree(self.main), blobs)
        return loaded.content(self.catalog.types[change.type], change.path, self.state.index)

    def revert(self, plan: Plan, chosen: Iterable[str] | None = None) -> Reverted:
        names = None if chosen is None else set(chosen)
        changes = [change for change in plan.changes if names is None or change.id in names]
        now = {
            change.id: self._now(change, self.state.index)
            for change in changes
            if change.action is not Action.CREATE
        }
        done = revert(self.settle_inputs(changes, self.state.index), changes, now)
        self.take(done)
        return done


class Entries(SimpleNamespace):
    """Named values that do not fill the screen when a test fails."""

    def __repr__(self) -> str:
        return "entries"


def tree(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: blob_id(data) for path, data in files.items()}


def commit(files: dict[str, bytes], edits: Mapping[str, bytes | None]) -> None:
    for path, data in edits.items():
        if data is None:
            del files[path]
        else:
            files[path] = data


def resolved(content: Mapping[str, Any], index: Index) -> dict[str, Any]:
    """The service's own form, as far as this world needs it."""
    text = json.dumps(content)
    for key, known in index.identities.items():
        for object_id, name in known.items():
            text = text.replace(json.dumps(str(Symbol(key, name)))[1:-1], object_id)
    return json.loads(text)
