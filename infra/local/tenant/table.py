"""The table of types: one entry a Graph address, as data, with its documented facts.

The entries are in `data/types/*.toml`; their keys are the fields of the classes below. Adding a type is
adding an entry (and running `models_from_sdk` for its model); only what data cannot say is a named hook.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from .errors import DIALECTS, Dialect

_FOLDER = Path(__file__).parent / "data" / "types"
Alternatives = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Service:
    """The service behind a type: how it words errors, which licence it needs, which quota it draws on."""

    name: str
    dialect: Dialect
    quota: str
    licence: str | None = None
    unlicensed_status: int = 403
    unlicensed_code: str = ""
    unlicensed_message: str = ""


@dataclass(frozen=True, slots=True)
class Navigation:
    """A sub-resource: `kind` is contained (its own objects) or reference (ids of objects at `targets`).

    Of contained ones: `methods` that write, `update_status`, `required` and `read_only` properties, `key`
    (the property that ends an object's id), `inline` (children that always come along); `always`: shown with
    the object without being asked for.
    """

    name: str
    model: str
    kind: str
    children: tuple[str, ...] = ()
    expandable: str = "item"
    page_size: int = 100
    writable: bool = False
    polymorphic: bool = False
    always: bool = False
    inline: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("POST", "PATCH", "DELETE")
    update_status: int = 200
    required: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    key: str = ""
    targets: tuple[str, ...] = ("users", "groups", "servicePrincipals")
    permissions: dict[str, Alternatives] = field(default_factory=dict)
    delegated: dict[str, Alternatives] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Action:
    """`POST {item}/name`, or a function `GET {item}/name(...)`; `hook` names what it does."""

    name: str
    hook: str
    method: str = "POST"
    parameter: str = ""
    status: int = 200
    permission: str = "update"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where an item holds ids of others: `path` as in `a.b.c[].d`, `to` the addresses they must be at."""

    path: str
    to: tuple[str, ...]
    special: frozenset[str] = frozenset()
    key: str = "id"
    message: str = "The {path} '{id}' does not exist."
    status: int = 400


@dataclass(frozen=True, slots=True)
class Type:
    """One type; the defaults are those of an ordinary collection with PATCH and DELETE.

    Address: `path`, its `aliases`, `beta_path` where beta has the object below a collection of one,
    `versions`, `kind` (collection or singleton), `identifier` (guid, number, any, none), `alternate_key`
    (`x(key='…')`).
    Bodies: `name` (the property people call it by), `polymorphic`, `required`, `not_null`, `read_only`
    (beside the model's own), `create_only`, `update_only`, `patchable` (all that PATCH may change),
    `lengths`, `defaults`, `contains` (sub-resources every tenant has), `deep_insert` (sub-resources sent with
    a create), `bindable` (`x@odata.bind`), `references`.
    Set by the service: `created`, `modified` (`modified_on_create`), `counter`.
    Answers: `hidden_in_lists`, `select_only`, `default_properties`, `update_status`, `visible_after` seconds.
    Queries: `options`, `filters` (property → operators), `order_by`, `page_size`, `top`.
    Limits: `built_in` (properties of what cannot be changed), `in_use` (addresses whose references forbid a
    delete).
    `permissions`: operation → alternatives of application permissions; "A + B" needs both. `delegated`: those
    of delegated ones, for the operations whose documented tables differ; else both lists are the same.
    `delegated_only`: Graph's pages say "Application: not supported": app-only tokens are refused.
    `everyone`: operations that any signed-in user may call without a directory role.
    `docs`: the pages all this is from.
    """

    path: str
    model: str
    service: Service
    versions: tuple[str, ...] = ("v1.0", "beta")
    kind: str = "collection"
    aliases: tuple[str, ...] = ()
    beta_path: str | None = None
    creatable: bool = True
    deletable: bool = True
    update: tuple[str, ...] = ("PATCH",)
    update_status: int = 204
    identifier: str = "guid"
    alternate_key: str | None = None
    name: str = "displayName"
    polymorphic: bool = False
    required: tuple[str, ...] = ()
    not_null: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    create_only: tuple[str, ...] = ()
    update_only: tuple[str, ...] = ()
    patchable: tuple[str, ...] = ()
    lengths: dict[str, int] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    contains: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    created: str | None = None
    modified: str | None = None
    modified_on_create: bool = True
    counter: str | None = None
    hidden_in_lists: tuple[str, ...] = ()
    select_only: tuple[str, ...] = ()
    default_properties: tuple[str, ...] = ()
    deep_insert: tuple[str, ...] = ()
    bindable: tuple[str, ...] = ()
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    order_by: tuple[str, ...] = ()
    options: frozenset[str] = frozenset({"$select"})
    page_size: int = 100
    top: int = 1000
    visible_after: float = 0
    built_in: dict[str, Any] = field(default_factory=dict)
    built_in_message: str = "Built-in objects cannot be changed."
    in_use: tuple[str, ...] = ()
    in_use_message: str = "The object is in use and cannot be deleted."
    hooks: tuple[str, ...] = ()
    permissions: dict[str, Alternatives] = field(default_factory=dict)
    delegated: dict[str, Alternatives] = field(default_factory=dict)
    delegated_only: bool = False
    everyone: tuple[str, ...] = ()
    navigation: dict[str, Navigation] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    docs: tuple[str, ...] = ()

    @property
    def dialect(self) -> Dialect:
        return self.service.dialect

    @property
    def singleton(self) -> bool:
        return self.kind == "singleton"

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(self.path.split("/"))


@dataclass(frozen=True, slots=True)
class Table:
    """All types, by their address."""

    types: dict[str, Type]

    def __getitem__(self, path: str) -> Type:
        return self.types[path]

    def model_names(self) -> set[str]:
        names = {t.model for t in self.types.values()}
        return names | {n.model for t in self.types.values() for n in t.navigation.values()}

    def find(self, segments: list[str], version: str) -> tuple[Type, int] | None:
        """The type whose address starts these segments, and how many of them it takes."""
        lowered = [s.lower() for s in segments]
        best: tuple[Type, int] | None = None
        for entry in self.types.values():
            if version not in entry.versions:
                continue
            for path in (entry.path, *entry.aliases):
                own = path.lower().split("/")
                if lowered[: len(own)] == own and (best is None or len(own) > best[1]):
                    best = (entry, len(own))
        return best


def _alternatives(texts: list[str]) -> Alternatives:
    return tuple(tuple(part.strip() for part in text.split("+")) for text in texts)


def _permissions(raw: dict[str, list[str]]) -> dict[str, Alternatives]:
    return {operation: _alternatives(texts) for operation, texts in raw.items()}


def _frozen(raw: dict[str, Any]) -> dict[str, Any]:
    """Lists become tuples; what is a table by nature stays one."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}


def _type(raw: dict[str, Any], services: dict[str, Service]) -> Type:
    fields = _frozen(raw)
    fields["service"] = services[raw["service"]]
    fields["options"] = frozenset(raw.get("options", ["$select"]))
    fields["filters"] = {name: tuple(ops) for name, ops in raw.get("filters", {}).items()}
    fields["permissions"] = _permissions(raw.get("permissions", {}))
    fields["delegated"] = _permissions(raw.get("delegated", {}))
    fields["actions"] = {n: Action(name=n, **a) for n, a in raw.get("actions", {}).items()}
    fields["navigation"] = {n: _navigation(n, entry) for n, entry in raw.get("navigation", {}).items()}
    fields["references"] = tuple(_reference(r) for r in raw.get("references", []))
    return Type(**fields)


def _navigation(name: str, raw: dict[str, Any]) -> Navigation:
    fields = _frozen(raw)
    fields["permissions"] = _permissions(raw.get("permissions", {}))
    fields["delegated"] = _permissions(raw.get("delegated", {}))
    return Navigation(name=name, **fields)


def _reference(raw: dict[str, Any]) -> Reference:
    fields = _frozen(raw)
    fields["special"] = frozenset(raw.get("special", []))
    return Reference(**fields)


@cache
def load_table() -> Table:
    """The table, read once. A key that no field has is an error here, at the start."""
    services: dict[str, Service] = {}
    entries: list[dict[str, Any]] = []
    for file in sorted(_FOLDER.glob("*.toml")):
        document = tomllib.loads(file.read_text(encoding="utf-8"))
        for name, raw in document.get("service", {}).items():
            services[name] = Service(name=name, **{**raw, "dialect": DIALECTS[raw["dialect"]]})
        entries += document.get("type", [])
    types = [_type(raw, services) for raw in entries]
    return Table({entry.path: entry for entry in types})
