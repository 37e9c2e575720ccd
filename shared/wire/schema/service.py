"""What is not of one tenant: keys, audit, types, errors, health, problems."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.wire.schema.scalars import Answer, Body, TenantSlug, Time

RoleKey = Literal["Reader", "Operator", "Approver", "Administrator"]


class MeAnswer(Answer):
    """Who calls, and what they may do: the page offers nothing else."""

    name: str
    kind: Literal["person", "app", "key"]
    roles: Annotated[list[RoleKey], Field(description="With what they include; none: nothing is allowed.")]
    tenants: Annotated[list[str] | None, Field(description="The only tenants in reach; null: all.")]
    narrowed: Annotated[
        dict[str, list[RoleKey]],
        Field(description="The tenants whose `access` leaves the caller other roles than `roles`."),
    ]


class KeyBody(Body):
    """A function key to make."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(examples=["Nightly flow"])
    role: RoleKey
    tenants: Annotated[
        Annotated[list[TenantSlug], Field(min_length=1, max_length=1000)] | None,
        Field(description="The only tenants it reaches; all without."),
    ] = None
    expires_at: Time | None = None


class KeyAnswer(Answer):
    """A function key, without the key."""

    id: str
    name: str
    role: RoleKey
    tenants: list[str] | None
    expires_at: Time | None
    created_at: Time
    created_by: str


class NewKeyAnswer(KeyAnswer):
    """The only answer that holds the key itself."""

    key: str


class KeyList(Answer):
    """Every key."""

    value: list[KeyAnswer]
    next_link: str | None


class AuditAnswer(Answer):
    """Who did what, when, from which client, on which digest."""

    id: str
    at: Time
    who: str
    via: str
    action: str
    tenant: str | None
    sync: str | None
    digest: str | None
    detail: str


class AuditList(Answer):
    """Newest first."""

    value: list[AuditAnswer]
    next_link: str | None


class TypeAnswer(Answer):
    """A configuration type of the catalog."""

    key: str
    workload: str
    title: Annotated[str, Field(description="In the language of `Accept-Language`.")]
    kind: Literal["collection", "singleton"]
    creatable: bool
    deletable: bool
    read: Annotated[list[str], Field(description="Application permissions a read needs.")]
    write: Annotated[list[str], Field(description="Application permissions a write needs.")]


class TypeList(Answer):
    """The catalog, under the version that digests cover."""

    value: list[TypeAnswer]
    catalog: str
    next_link: str | None


class ErrorAnswer(Answer):
    """A stable code with its advice. `status`: of a refused request; null for errors of syncs and changes."""

    code: str
    of: Literal["request", "sync", "change", "blocked"]
    status: int | None
    title: str
    advice: str


class ErrorList(Answer):
    """Every code."""

    value: list[ErrorAnswer]
    next_link: str | None


class HealthAnswer(Answer):
    """Whether the service and what it stands on answer."""

    status: Literal["healthy", "unhealthy"]
    checks: dict[str, bool]


class FieldFault(Answer):
    """A fault of one field, as a JSON pointer into the body or a query parameter's name."""

    field: str
    detail: str
    path: Annotated[str | None, Field(description="Of an item that is refused: the same as `field`.")] = None
    message: Annotated[str | None, Field(description="Of an item: the same as `detail`.")] = None
    file: Annotated[str | None, Field(description="Of an item: which of its files.")] = None
    line: int | None = None


class ProblemAnswer(Answer):
    """RFC 9457: what went wrong and, in `detail`, what to do next."""

    model_config = Answer.model_config | {"extra": "allow"}

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldFault] = Field(default_factory=list, description="Only with faults of fields.")
