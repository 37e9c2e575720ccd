"""What data cannot say: one small, named hook per behaviour, used by any type that has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.local.tenant.errors import Dialect, GraphError
from infra.local.tenant.exchange import Request
from infra.local.tenant.schema import Schema
from infra.local.tenant.table import Navigation, Table, Type
from infra.local.tenant.tenant import Record, Tenant

Body = dict[str, Any]


@dataclass
class Write:
    """A create, update or replace about to happen: `record` is how the object will be, `sent` what was asked.

    A hook may refuse (raise), complete `record`, or leave it.
    """

    request: Request
    table: Table
    entry: Type
    schema: Schema
    record: Record
    sent: Body
    old: Record | None = None

    @property
    def creating(self) -> bool:
        return self.old is None

    @property
    def tenant(self) -> Tenant:
        return self.request.tenant

    @property
    def body(self) -> Body:
        return self.record.body

    @property
    def dialect(self) -> Dialect:
        return self.entry.dialect

    def refuse(self, message: str, status: int = 400, code: str | None = None) -> GraphError:
        return self.entry.dialect.refuse(message, status, code)


@dataclass
class Child:
    """A contained object about to be kept: `child` is how it will be, `held` what the object contains now."""

    write: Write
    navigation: Navigation
    child: Body
    old: Body | None
    held: list[Body]


@dataclass
class Show:
    """An object about to be shown; `body` is the answer's copy and may be changed."""

    request: Request
    table: Table
    entry: Type
    schema: Schema
    record: Record
    body: Body


@dataclass
class Call:
    """An action or function called on an object: its parameters from the body and from the address."""

    request: Request
    table: Table
    entry: Type
    schema: Schema
    record: Record
    sent: Body
    arguments: dict[str, str]

    @property
    def tenant(self) -> Tenant:
        return self.request.tenant

    def refuse(self, message: str, status: int = 400) -> GraphError:
        return self.entry.dialect.refuse(message, status)


@dataclass(frozen=True, slots=True)
class Hook:
    """What a type may do beyond its data. `sub` computes a sub-resource instead of keeping it; `before_link`
    is asked with a sub-resource's name before a link of it is added or removed.
    """

    before_write: Callable[[Write], None] | None = None
    before_delete: Callable[[Write], None] | None = None
    before_child: Callable[[Child], None] | None = None
    before_link: Callable[[Write, str], None] | None = None
    show: Callable[[Show], None] | None = None
    sub: Callable[[Show, str], list[Body] | None] | None = None
