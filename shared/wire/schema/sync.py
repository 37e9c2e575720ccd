"""Syncs: starting, following, cancelling and deciding them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.wire.schema.scalars import (
    Answer,
    Body,
    ChangeName,
    Comment,
    DigestText,
    Guid,
    Time,
    TypeName,
)
from shared.wire.schema.tenant import IncompleteKey, OutcomeKey, StatusKey, SyncErrorAnswer

ModeKey = Literal["full", "backupOnly", "previewOnly"]
StageKey = Literal[
    "starting", "authenticating", "checkingPermissions", "backingUp", "comparing", "approval", "deploying",
    "tenantApproval", "settling", "reporting",
]  # fmt: skip
CauseKey = Literal["person", "signInDeadline", "timeLimit", "approvalDeadline", "superseded"]
DecisionKey = Literal["approve", "reject", "rejectAndRevert"]
TypeNames = Annotated[list[TypeName], Field(max_length=300)]


class StartBody(Body):
    """What a start may ask for; all of it may be left out."""

    comment: Comment | None = None
    types: Annotated[
        TypeNames | None, Field(description="Only these types, of those the tenant includes.")
    ] = None
    mode: ModeKey = "full"
    supersede: Annotated[bool, Field(description="End a sync that waits for approval and start anew.")] = (
        False
    )
    confirm_removals: Annotated[
        TypeNames | None, Field(description="Types of which unusually many objects may be gone.")
    ] = None
    until: Annotated[
        Literal["attention", "end"], Field(description="How long the operation at `Location` answers 202.")
    ] = "attention"


class CancelBody(Body):
    """Why."""

    comment: Comment | None = None


class DecisionBody(Body):
    """What is to become of the plan with this digest."""

    decision: DecisionKey
    digest: DigestText
    comment: Comment | None = None
    changes: Annotated[
        Annotated[list[ChangeName], Field(min_length=1, max_length=20000)] | None,
        Field(description="Only these changes; the others stay pending. Not with `reject`."),
    ] = None
    confirm_deletions: Annotated[bool, Field(description="Needed where a chosen change deletes.")] = False
    decided_by: Annotated[
        Guid | None, Field(description="The user a flow decides for, by their id in the directory.")
    ] = None


class ActorAnswer(Answer):
    """Who started it."""

    kind: Literal["person", "app", "key", "schedule", "service"]
    name: str


class ProgressAnswer(Answer):
    """How far the stage is."""

    types_done: int
    types_total: int
    items: int
    changes_done: int
    changes_total: int


class DriftAnswer(Answer):
    """What the backup adopted, in items."""

    added: int
    changed: int
    removed: int
    commit: str | None


class DeployAnswer(Answer):
    """What became of the approved changes."""

    applied: int
    failed: int
    stale: int
    skipped: int


class SignInAnswer(Answer):
    """The code to sign in with, for callers who may operate the tenant."""

    user_code: Annotated[str | None, Field(description="Null where the app may not use device codes.")]
    verification_uri: str | None
    sign_in_url: str | None
    expires_at: Time
    notice: str | None


SignInKey = Literal["none", "pending", "signedIn", "declined", "blocked", "wrongAccount", "expired"]


class SignInStateAnswer(Answer):
    """How a sign-in stands."""

    state: SignInKey


class AccountAnswer(Answer):
    """Who is signed in to a tenant, ahead of any sync. `expired`: the stored sign-in counts no more."""

    account: str | None
    state: SignInKey
    signed_in_at: Time | None


class PlanAnswer(Answer):
    """The plan in numbers."""

    digest: DigestText
    changes: int
    deletions: int
    conflicts: int
    blocked: int
    expires_at: Time | None
    same_as: Annotated[str | None, Field(description="An earlier sync whose plan had this digest.")]
    commit: Annotated[str | None, Field(description="Where `main` stood when the plan was made of it.")]


class DecisionAnswer(Answer):
    """The decision that stands."""

    decision: DecisionKey
    by: str
    decided_by: str | None
    at: Time
    comment: str
    changes: list[ChangeName] | None
    digest: DigestText
    via: Annotated[str, Field(description="The client: app id, key name, `page`, `git` or `schedule`.")]


class NotReadAnswer(Answer):
    """A type that was not read. `counted`: it should have been readable."""

    type: str
    reason: str
    counted: bool


class SyncAnswer(Answer):
    """A sync."""

    id: str
    tenant: str
    status: StatusKey
    stage: StageKey | None
    mode: ModeKey
    comment: str
    started_by: ActorAnswer
    started_at: Time
    ended_at: Time | None
    web_url: str
    progress: ProgressAnswer
    outcome: OutcomeKey | None
    cause: CauseKey | None
    incomplete: list[IncompleteKey]
    drift: DriftAnswer
    deploy: DeployAnswer
    authentication: SignInAnswer | None
    plan: PlanAnswer | None
    decision: DecisionAnswer | None
    not_read: list[NotReadAnswer]
    error: SyncErrorAnswer | None


class SyncList(Answer):
    """Syncs, newest first."""

    value: list[SyncAnswer]
    next_link: str | None
