"""The changes of a plan."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from shared.wire.schema.scalars import Answer, ChangeName, DigestText


class TruncatedValue(Answer):
    """A value over 8 kB in a list; whole in `/changes/{change}`."""

    truncated: Literal[True]
    bytes: int
    text: Annotated[str, Field(description="Its beginning.")]


class PropertyAnswer(Answer):
    """One property with its three values. An absent value has no member at all; null is a value."""

    path: Annotated[str, Field(description="JSON pointer; collection members by key.", examples=["/state"])]
    change: Literal["added", "changed", "removed"]
    conflict: bool
    base: Any = None
    tenant: Any = None
    repository: Any = None

    @model_serializer(mode="wrap")
    def leave_out_absent(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """An absent value has no member."""
        whole: dict[str, Any] = handler(self)
        absent = {"base", "tenant", "repository"} - self.model_fields_set
        return {name: value for name, value in whole.items() if name not in absent}


class BlockedAnswer(Answer):
    """Why a change cannot be deployed."""

    code: Literal[
        "unresolvedReference", "permissionMissing", "needsUser", "unchangeable", "ambiguous", "protected"
    ]
    detail: str


class ChangeErrorAnswer(Answer):
    """Why a change was not applied: a code of Accord's or the service's own.

    `detail`: what was in the way, where the message does not say it.
    """

    code: str
    message: str
    detail: str
    request_id: str
    advice: str


class ChangeAnswer(Answer):
    """One item's change."""

    id: ChangeName
    action: Literal["create", "update", "delete"]
    type: str
    item: str
    path: str
    summary: str
    conflict: bool
    depends_on: list[ChangeName]
    replaces: Annotated[ChangeName | None, Field(description="The other half of a delete-and-create pair.")]
    blocked: BlockedAnswer | None
    result: Literal["applied", "failed", "stale", "skipped", "notSelected"] | None
    held_by: Annotated[
        str | None, Field(description="The approval request of the tenant's own administrators it waits for.")
    ]
    error: ChangeErrorAnswer | None
    properties: list[PropertyAnswer]


class ChangeList(Answer):
    """The plan's changes in the order of deployment, under its digest."""

    digest: DigestText
    value: list[ChangeAnswer]
    next_link: str | None
