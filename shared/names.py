"""The names that cross a border: ids, event names, function names and where things lie in storage.

Names in use never change: running orchestrations and stored rows hold them.
"""

from __future__ import annotations

import hashlib
from typing import NewType

TenantId = NewType("TenantId", str)
"""The slug an administrator chose: `^[a-z0-9][a-z0-9-]{0,62}$`."""
SyncId = NewType("SyncId", str)
"""26 characters of Crockford's base 32, sorting by time; also the orchestration's instance id."""
TypeKey = NewType("TypeKey", str)
"""A configuration type of the catalog, such as `conditional-access-policies`."""
ObjectId = NewType("ObjectId", str)
"""The service's own id of an object."""
ItemPath = NewType("ItemPath", str)
"""An item's JSON file in the repository: `<workload>/<type>/<item name>.json`."""
CommitId = NewType("CommitId", str)
"""40 lower-case hexadecimal digits."""
Digest = NewType("Digest", str)
"""`sha256:` and 64 lower-case hexadecimal digits: names one plan."""
ChangeId = NewType("ChangeId", str)
"""`c0`, `c1` … in the plan's order."""
PermissionId = NewType("PermissionId", str)
"""Kind and name, dots as `_`: `application-Policy_Read_All`."""

MAIN = "refs/heads/main"
TENANT = "refs/heads/tenant"
BASE = "refs/accord/base"

# Function names: global in the app, kept in durable history.
SYNC_TENANT = "sync_tenant"
CLOSE_SYNC = "close_sync"
SIGN_IN = "sign_in"
RECONCILE = "reconcile"
TAKE_TURNS = "take_turns"
AUTHENTICATE = "authenticate"
OPEN_SIGN_IN = "open_sign_in"
POLL_SIGN_IN = "poll_sign_in"
CLOSE_SIGN_IN = "close_sign_in"
CHECK_PERMISSIONS = "check_permissions"
BACK_UP = "back_up"
COMPARE = "compare"
OPEN_APPROVAL = "open_approval"
READ_DECISION = "read_decision"
DEPLOY = "deploy"
AWAIT_TENANT = "await_tenant"
REVERT = "revert"
SETTLE = "settle"
REPORT = "report"
FINISH = "finish"

CANCEL_EVENT = "cancel"


def sign_in_event(number: int) -> str:
    """The event that wakes a sign-in once its row stands."""
    return f"signIn-{number}"


def sign_in_instance(sync: SyncId, number: int) -> SyncId:
    """The instance id of the orchestration that waits for somebody to sign in."""
    return SyncId(f"{sync}-signin-{number}")


def close_instance(sync: SyncId) -> SyncId:
    """The instance id of the orchestration that ends a sync whose own was lost."""
    return SyncId(f"{sync}-close")


def decision_event(digest: Digest | str) -> str:
    """The event that wakes the sync waiting for a decision on this plan.

    Unique per plan: the Durable SDK 1.7 mixes up two early events of one name (durable-python#507).
    """
    return f"decision-{digest.removeprefix('sha256:')[:32]}"


def tenant_approval_event(change: ChangeId | str) -> str:
    """The event that wakes the sync whose write of this change the tenant's own approval holds back."""
    return f"tenantApproval-{change}"


def short_hash(text: str, length: int) -> str:
    """The first `length` hexadecimal digits of the SHA-256 of `text`: stable suffixes for equal names."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]
