"""The status column (product.md 2): derived, never set."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from shared.domain.sync import Stage, Status, SyncRecord, TenantRecord

STATUS_OF: Final[Mapping[Stage, Status | None]] = {
    Stage.STARTING: Status.STARTING,
    Stage.AUTHENTICATING: Status.IN_PROGRESS,
    Stage.SIGN_IN: Status.PENDING_AUTHENTICATION,
    Stage.CHECKING_PERMISSIONS: Status.IN_PROGRESS,
    Stage.BACKING_UP: Status.IN_PROGRESS,
    Stage.COMPARING: Status.IN_PROGRESS,
    Stage.APPROVAL: Status.PENDING_APPROVAL,
    Stage.DEPLOYING: Status.IN_PROGRESS,
    # The tenant's own multi-admin approval is a wait too, but nobody can end it here.
    Stage.TENANT_APPROVAL: Status.IN_PROGRESS,
    Stage.SETTLING: Status.IN_PROGRESS,
    Stage.REPORTING: Status.IN_PROGRESS,
    Stage.ENDED: None,
}
"""What a sync shows while it stands in a stage; None: the tenant's own status shows."""

RESTING: Final = frozenset({Status.IDLE, Status.NEW_ERROR, Status.PARTIALLY_SUCCEEDED})
"""What a tenant can rest at between syncs."""


def derive(active: Stage | None, resting: Status | None, consent_missing: bool) -> Status:
    """The status of a tenant: its active sync's own; `notRun` until a first sync has ended other than by a
    person's cancel (`resting` is None until then); missing consent; the resting status.
    """
    own = None if active is None else STATUS_OF[active]
    if own is not None:
        return own
    if resting is None:
        return Status.NOT_RUN
    return Status.PENDING_ADMIN_CONSENT if consent_missing else resting


def restated(tenant: TenantRecord, active: SyncRecord | None, at: dt.datetime) -> TenantRecord:
    """The tenant with its status derived anew; `active` is the record of its active sync."""
    stage = None if active is None else active.stage
    status = derive(stage, tenant.resting, bool(tenant.permissions_required))
    if status is tenant.status and tenant.status_since is not None:
        return tenant
    return replace(tenant, status=status, status_since=at)
