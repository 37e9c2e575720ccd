"""Many tenants in one call: syncs and decisions."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from shared.wire.schema.scalars import Answer, Body, Comment, TenantSlug
from shared.wire.schema.sync import DecisionBody, ModeKey, TypeNames
from shared.wire.schema.tenant import StatusKey

MOST = 1000
SyncName = Annotated[str, Field(pattern=r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$", description="A sync's id.")]


class FilterBody(Body):
    """Tenants as `GET /tenants` finds them."""

    status: Annotated[list[StatusKey] | None, Field(description="Any of these.")] = None
    search: Annotated[str, Field(max_length=200)] = ""


class BulkSyncsBody(Body):
    """Syncs to start: of the tenants named, of all, or of those that a filter finds."""

    tenants: Annotated[list[TenantSlug], Field(min_length=1, max_length=MOST)] | None = None
    all: bool = False
    filter: FilterBody | None = None
    mode: ModeKey = "full"
    types: TypeNames | None = None
    comment: Comment | None = None
    supersede: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum((self.tenants is not None, self.all, self.filter is not None)) != 1:
            raise PydanticCustomError("oneOfTenants", "one of tenants, all and filter")
        return self


class BulkDecision(DecisionBody):
    """One decision of many."""

    tenant: TenantSlug
    sync: SyncName


class BulkDecisionsBody(Body):
    """Decisions, each on the plan that it names."""

    decisions: Annotated[list[BulkDecision], Field(min_length=1, max_length=MOST)]


class BulkEntry(Answer):
    """What became of one of them."""

    tenant: str
    status: Annotated[int, Field(description="The HTTP status that this one alone would have had.")]
    sync: Annotated[str | None, Field(description="The sync; of a 409, the one in the way.")]
    problem: Annotated[dict[str, Any] | None, Field(description="The problem document.")]


class BulkAnswer(Answer):
    """In the order asked for."""

    value: list[BulkEntry]
