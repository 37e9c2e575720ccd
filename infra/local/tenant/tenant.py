"""One simulated tenant: its objects, grants, licences and behaviour. State only; no HTTP, no rules."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .signins import SignIns
from .storage import Storage

Body = dict[str, Any]
LOG_LIMIT = 100_000


@dataclass
class Record:
    """One object: `body` its own properties, `nav` its sub-resources, `secrets` what is never given back.

    `visible_at` is the moment from which lists and reads show it.
    """

    id: str
    body: Body
    nav: dict[str, list[Any]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    created_at: float = 0.0
    visible_at: float = 0.0

    def to_json(self) -> Body:
        return asdict(self)


@dataclass
class Licences:
    """What the tenant has paid for."""

    intune: bool = True
    entraP1: bool = True  # noqa: N815 - the control interface's names
    entraP2: bool = True  # noqa: N815
    sharepoint: bool = True


@dataclass
class Behaviour:
    """How the tenant answers. Latencies in milliseconds, other times in seconds.

    `visibilityDelay` None means as the table says for each type; `quotas` is documented, burst10 or off;
    `pageSize` None means each type's own. `grantDelay`: a new grant reaches tokens only after it.
    `revocation`: "token" (a withdrawn grant lives on in issued tokens, as with the real service) or "now".
    `appOnly`: by address, whether a type takes app-only tokens, where that is not as documented.
    Sign-in of people: `deviceCodes` allowed, or blocked by a policy; `deviceCodeInterval` and
    `deviceCodeLifetime` of the codes; `refreshTokenLifetime` of unused refresh tokens; `foreignAccounts`:
    where somebody of another tenant is refused, at the "token" endpoint or already on the "page".
    """

    latency: dict[str, float] = field(default_factory=lambda: {"get": 0, "write": 0, "batch": 0})
    visibilityDelay: float | None = None  # noqa: N815
    quotas: str = "documented"
    pageSize: int | None = None  # noqa: N815
    grantDelay: float = 0  # noqa: N815
    tokenLifetime: int = 3599  # noqa: N815
    revocation: str = "token"
    appOnly: dict[str, bool] = field(default_factory=dict)  # noqa: N815
    deviceCodes: str = "allowed"  # noqa: N815
    deviceCodeInterval: int = 5  # noqa: N815
    deviceCodeLifetime: int = 900  # noqa: N815
    refreshTokenLifetime: int = 90 * 86400  # noqa: N815
    foreignAccounts: str = "token"  # noqa: N815


@dataclass
class Fault:
    """A planted fault: which requests it meets and what happens to them. See `faults.py`."""

    id: str
    path: str
    action: Body
    method: str | None = None
    times: int | None = 1
    skip: int = 0
    met: int = 0


class Tenant:
    """A tenant and its objects by address and id. Every change goes to storage at once."""

    def __init__(self, key: str, entra_id: str, display_name: str, storage: Storage) -> None:
        self.key = key
        self.entra_id = entra_id
        self.display_name = display_name
        self.licences = Licences()
        self.behaviour = Behaviour()
        self.grants: dict[str, float] = {}
        self.consented = True
        self.sign_ins = SignIns()
        self.counters: dict[str, int] = {}
        self.faults: list[Fault] = []
        self.log: deque[Body] = deque(maxlen=LOG_LIMIT)
        self.logged = 0
        self.meters: dict[str, Any] = {}
        self._storage = storage
        self._objects: dict[str, dict[str, Record]] = {}

    def save(self) -> None:
        """Stores everything but the objects; those are stored as they change."""
        self._storage.put_tenant(
            self.key,
            {
                "key": self.key,
                "entraTenantId": self.entra_id,
                "displayName": self.display_name,
                "licences": asdict(self.licences),
                "behaviour": asdict(self.behaviour),
                "grants": self.grants,
                "consented": self.consented,
                "signIns": self.sign_ins.to_json(),
                "counters": self.counters,
            },
        )

    @staticmethod
    def restore(value: Body, storage: Storage) -> Tenant:
        tenant = Tenant(value["key"], value["entraTenantId"], value["displayName"], storage)
        tenant.licences = Licences(**value["licences"])
        known = {f.name for f in fields(Behaviour)}
        tenant.behaviour = Behaviour(**{k: v for k, v in value["behaviour"].items() if k in known})
        tenant.grants = dict(value["grants"])
        tenant.consented = bool(value["consented"])
        if "signIns" in value:
            tenant.sign_ins = SignIns.from_json(value["signIns"])
        tenant.counters = dict(value["counters"])
        for path, record in storage.objects(tenant.key):
            tenant._objects.setdefault(path, {})[record["id"]] = Record(**record)
        return tenant

    def all(self, path: str) -> Iterator[Record]:
        """Every object at an address, visible or not, in the order of creation."""
        return iter(list(self._objects.get(path, {}).values()))

    def count(self, path: str) -> int:
        return len(self._objects.get(path, {}))

    def addresses(self) -> list[str]:
        return sorted(self._objects)

    def get(self, path: str, object_id: str) -> Record | None:
        """An object by its id, whose spelling's case does not matter."""
        objects = self._objects.get(path, {})
        return objects.get(object_id) or objects.get(object_id.lower())

    def put(self, path: str, record: Record) -> None:
        self._objects.setdefault(path, {})[record.id] = record
        self._storage.put_object(self.key, path, record.id, record.to_json())

    def remove(self, path: str, object_id: str) -> None:
        self._objects.get(path, {}).pop(object_id, None)
        self._storage.delete_object(self.key, path, object_id)

    def new_id(self, path: str, kind: str, name: str = "") -> str:
        """A guid or the next number. A `name` makes a guid that the same seed gives again."""
        if kind == "number":
            self.counters[path] = self.counters.get(path, 0) + 1
            self.save()
            return str(self.counters[path])
        if name:
            return str(uuid.uuid5(uuid.UUID(self.entra_id), f"{path}/{name}"))
        return str(uuid.uuid4())


@dataclass
class World:
    """All tenants of this process, and the clock they live by (seconds since 1970)."""

    storage: Storage
    clock: Callable[[], float]
    tenants: dict[str, Tenant] = field(default_factory=dict)

    def by_entra_id(self, entra_id: str) -> Tenant | None:
        return next((t for t in self.tenants.values() if t.entra_id == entra_id.lower()), None)

    def find(self, name: str) -> Tenant | None:
        """A tenant by its short name, or by its Entra tenant id."""
        return self.tenants.get(name) or self.by_entra_id(name)

    def restore(self) -> None:
        for value in self.storage.tenants():
            self.tenants[value["key"]] = Tenant.restore(value, self.storage)

    def remove(self, tenant: Tenant) -> None:
        self.tenants.pop(tenant.key, None)
        self.storage.delete_tenant(tenant.key)
