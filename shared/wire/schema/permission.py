"""Permissions of a tenant."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.wire.schema.scalars import Answer, Time


class PermissionAnswer(Answer):
    """One permission that the tenant's types need, and how it stands."""

    id: str
    name: Annotated[str, Field(description="Microsoft Graph's own name for it.")]
    kind: Literal["application", "delegated"]
    access: Annotated[Literal["read", "write"], Field(description="Whether types need it to be read at all.")]
    state: Literal["granted", "required", "ignored", "propagating"]
    updated: Annotated[bool, Field(description="A newer catalog needs it, and nobody has granted it yet.")]
    optional: Annotated[bool, Field(description="It only gives names to objects that items refer to.")]
    types: list[str]
    checked_at: Annotated[Time | None, Field(description="Null: nobody has looked yet.")]


class PermissionList(Answer):
    """Every permission, by kind and name."""

    value: list[PermissionAnswer]
    admin_consent_url: Annotated[
        str | None, Field(description="Where an administrator of the tenant grants them all; good once.")
    ]
