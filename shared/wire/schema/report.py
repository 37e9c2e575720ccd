"""The summary report."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from shared.wire.schema.scalars import Answer, DigestText, Time
from shared.wire.schema.sync import (
    ActorAnswer,
    CauseKey,
    DecisionAnswer,
    DeployAnswer,
    DriftAnswer,
    ModeKey,
)
from shared.wire.schema.tenant import IncompleteKey, OutcomeKey, SyncErrorAnswer


class ReportPlanAnswer(Answer):
    """The plan in numbers."""

    digest: DigestText
    changes: int
    deletions: int
    conflicts: int
    blocked: int
    expires_at: Time | None


class RowErrorAnswer(Answer):
    """Why a change was not applied, or is blocked.

    `detail`: what was in the way, where the message does not say it.
    """

    code: str
    message: str
    detail: str
    request_id: str
    advice: str


class RowAnswer(Answer):
    """One property that changed. An absent value has no member at all; null is a value."""

    action: Literal["backup", "preview", "deploy"]
    type: str
    item: str
    path: Annotated[str, Field(description="JSON pointer of the property; empty for the item as a whole.")]
    base: Any = None
    tenant: Any = None
    repository: Any = None
    change: Literal["added", "changed", "removed", "skipped", "failed", "stale", "blocked"]
    conflict: bool
    error: RowErrorAnswer | None
    file: Annotated[str, Field(description="The item's file in the repository.")]


class CountsAnswer(Answer):
    """Rows listed, and items that are counted only."""

    rows: int
    unchanged: int


class UnreadAnswer(Answer):
    """A type that was not read. `names`: for a held type, the items that are gone."""

    type: str
    reason: str
    counted: bool
    detail: str
    request_id: str
    names: list[str]


class UnresolvedAnswer(Answer):
    """A reference that keeps its id, since nothing tells what it names."""

    file: str
    to: str
    value: str
    why: str


class FaultAnswer(Answer):
    """A file that could not be read, whose item was left alone."""

    file: str
    line: int | None
    reason: str


class LeftAnswer(Answer):
    """A file that a revert left to the later commit that changed it again."""

    file: str
    commit: str


class ReportAnswer(Answer):
    """What a sync found and did."""

    sync: str
    tenant: str
    display_name: str
    mode: ModeKey
    comment: str
    started_by: ActorAnswer
    started_at: Time
    ended_at: Time | None
    outcome: OutcomeKey | None
    cause: CauseKey | None
    incomplete: list[IncompleteKey]
    drift: DriftAnswer
    deploy: DeployAnswer
    plan: ReportPlanAnswer | None
    decision: DecisionAnswer | None
    error: SyncErrorAnswer | None
    counts: CountsAnswer
    rows: list[RowAnswer]
    not_read: list[UnreadAnswer]
    unresolved: list[UnresolvedAnswer]
    faults: list[FaultAnswer]
    left: list[LeftAnswer]
