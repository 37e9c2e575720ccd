"""A sync and a tenant as records: what the status tables hold. How they move is in `lifecycle.py`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum

from shared.domain.settings import Settings
from shared.domain.snapshot import NotRead
from shared.names import ChangeId, CommitId, Digest, SyncId, TenantId, TypeKey


class Status(Enum):
    """The status column: nine, no more (product.md 2)."""

    NOT_RUN = "notRun"
    IDLE = "idle"
    STARTING = "starting"
    IN_PROGRESS = "inProgress"
    NEW_ERROR = "newError"
    PENDING_AUTHENTICATION = "pendingAuthentication"
    PENDING_APPROVAL = "pendingApproval"
    PARTIALLY_SUCCEEDED = "partiallySucceeded"
    PENDING_ADMIN_CONSENT = "pendingAdminConsent"


class Stage(Enum):
    """Where a sync stands (api.md `stage`). `SIGN_IN` shows as `authenticating` with its own status."""

    STARTING = "starting"
    AUTHENTICATING = "authenticating"
    SIGN_IN = "signIn"
    CHECKING_PERMISSIONS = "checkingPermissions"
    BACKING_UP = "backingUp"
    COMPARING = "comparing"
    APPROVAL = "approval"
    DEPLOYING = "deploying"
    TENANT_APPROVAL = "tenantApproval"
    SETTLING = "settling"
    REPORTING = "reporting"
    ENDED = "ended"


class Mode(Enum):
    """How far a sync goes: through approval and deploy, or only a backup, or only up to the plan."""

    FULL = "full"
    BACKUP_ONLY = "backupOnly"
    PREVIEW_ONLY = "previewOnly"


class Outcome(Enum):
    """How a sync ended."""

    SUCCEEDED = "succeeded"
    REJECTED = "rejected"
    REVERTED = "reverted"
    EXPIRED = "expired"
    PARTIALLY_SUCCEEDED = "partiallySucceeded"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Cause(Enum):
    """Who or what ended a sync early."""

    PERSON = "person"
    SIGN_IN_DEADLINE = "signInDeadline"
    TIME_LIMIT = "timeLimit"
    APPROVAL_DEADLINE = "approvalDeadline"
    SUPERSEDED = "superseded"


class Incomplete(Enum):
    """Why a sync that went well is not complete."""

    DEPLOY = "deploy"
    USER_AUTHENTICATION = "userAuthentication"
    NOT_READ = "notRead"
    MASS_REMOVAL = "massRemoval"
    BLOCKED = "blocked"


class ActorKind(Enum):
    """What kind of caller acted."""

    PERSON = "person"
    APP = "app"
    KEY = "key"
    SCHEDULE = "schedule"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: `name` for people to read, `id` stable (user or app id, key id), `via` the client."""

    kind: ActorKind
    name: str
    id: str
    via: str


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """What a start asked for. No types means all that the tenant's settings include."""

    mode: Mode = Mode.FULL
    comment: str = ""
    types: tuple[TypeKey, ...] = ()
    confirm_removals: tuple[TypeKey, ...] = ()
    supersede: bool = False


@dataclass(frozen=True, slots=True)
class SyncError:
    """A sync's error. `message` is one line, the tooltip (≤ 1 KiB); `detail` ≤ 8 KiB; `text` is made by the
    edge.
    """

    code: str
    message: str
    operation: str
    detail: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the stage is: types and items read, changes deployed."""

    types_done: int = 0
    types_total: int = 0
    items: int = 0
    changes_done: int = 0
    changes_total: int = 0


@dataclass(frozen=True, slots=True)
class DriftCount:
    """What the backup adopted, counted in items, and the commit that holds it (None: nothing drifted)."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    commit: CommitId | None = None


@dataclass(frozen=True, slots=True)
class DeployCount:
    """What became of the approved changes."""

    applied: int = 0
    failed: int = 0
    stale: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """The plan in numbers. `same_as`: an earlier sync whose plan had this digest; `commit`: of `main`, which
    the plan was made of.
    """

    digest: Digest
    changes: int
    deletions: int
    conflicts: int
    blocked: int
    expires_at: dt.datetime | None = None
    same_as: SyncId | None = None
    commit: CommitId | None = None


class DecisionKind(Enum):
    """What the decision row says. The last three are never a person's: inserted by the deadline, a cancel, or
    a newer sync, so that one insert decides every race.
    """

    APPROVE = "approve"
    REJECT = "reject"
    REJECT_AND_REVERT = "rejectAndRevert"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Decision:
    """The row `decision_{sync}`, inserted once. `changes` is None for all. `by_sync`: the newer sync of a
    supersede.
    """

    kind: DecisionKind
    digest: Digest
    by: Actor
    at: dt.datetime
    comment: str = ""
    changes: tuple[ChangeId, ...] | None = None
    confirm_deletions: bool = False
    decided_by: str | None = None
    by_sync: SyncId | None = None


@dataclass(frozen=True, slots=True)
class LastSync:
    """The newest ended sync, as the tenant's row shows it."""

    id: SyncId
    outcome: Outcome
    incomplete: tuple[Incomplete, ...]
    ended_at: dt.datetime
    error: SyncError | None


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """One sync's row. `step` counts its transitions, so that a late writer is ignored.

    `resting` is what the sync left the tenant's resting status at; None while it runs, and where a person
    cancelled it before any write. `progress_at` is when progress was last written, `event_seq` the number of
    its events so far. `cancelled_by`: who asked it to stop, whether or not it could. `without_user`: nobody
    signed in whom its types need, so that it goes on with the service principal alone.
    """

    id: SyncId
    tenant: TenantId
    options: SyncOptions
    started_by: Actor
    started_at: dt.datetime
    stage: Stage = Stage.STARTING
    step: int = 0
    ended_at: dt.datetime | None = None
    progress: Progress = Progress()
    outcome: Outcome | None = None
    cause: Cause | None = None
    incomplete: tuple[Incomplete, ...] = ()
    drift: DriftCount = DriftCount()
    deploy: DeployCount = DeployCount()
    plan: PlanSummary | None = None
    decision: Decision | None = None
    not_read: tuple[NotRead, ...] = ()
    error: SyncError | None = None
    resting: Status | None = None
    progress_at: dt.datetime | None = None
    event_seq: int = 0
    cancelled_by: Actor | None = None
    without_user: bool = False


@dataclass(frozen=True, slots=True)
class PendingPlan:
    """The plan a tenant waits for a decision on: there exactly while its active sync is in `approval`."""

    sync: SyncId
    plan: PlanSummary


@dataclass(frozen=True, slots=True)
class TenantRecord:
    """One tenant's row. `status` is derived and kept, so that one query shows a thousand tenants.

    `resting`: set at the end of every sync, except one that a person cancelled before any write; None until a
    first sync has ended other than by a person's cancel. `version` counts changes (the projection and ETags
    use it); `event_seq` the events without a sync. `sign_in_needed`: the stored token was refused when it was
    tried; `sign_in_attempt`: the newest sign-in ahead of any sync.
    """

    id: TenantId
    display_name: str
    entra_tenant_id: str
    settings: Settings
    created_at: dt.datetime
    status: Status = Status.NOT_RUN
    status_since: dt.datetime | None = None
    resting: Status | None = None
    active_sync: SyncId | None = None
    last_sync: LastSync | None = None
    pending_plan: PendingPlan | None = None
    changes_waiting: int = 0
    permissions_required: tuple[str, ...] = ()
    permissions_coming_until: dt.datetime | None = None
    """Until then, what was granted and is in no token yet is looked for again."""
    daily_at: dt.datetime | None = None
    """When the tenant last had its turn of the day."""
    next_sync_at: dt.datetime | None = None
    deleted_at: dt.datetime | None = None
    version: int = 0
    event_seq: int = 0
    sign_in_needed: bool = False
    sign_in_attempt: SyncId | None = None


class EventType(Enum):
    """What subscribers hear of (api.md "Events"); the CloudEvents type is `accord.` and this."""

    STARTED = "sync.started"
    PENDING_AUTHENTICATION = "sync.pendingAuthentication"
    PENDING_APPROVAL = "sync.pendingApproval"
    DECIDED = "sync.decided"
    DRIFT_FOUND = "sync.driftFound"
    ENDED = "sync.ended"
    NEW_ERROR = "tenant.newError"
    PENDING_ADMIN_CONSENT = "tenant.pendingAdminConsent"
    CONSENT_GRANTED = "tenant.consentGranted"
    SIGN_IN_NEEDED = "tenant.signInNeeded"
