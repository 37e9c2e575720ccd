"""The tenant's own multi-admin approval: a second administrator must let a write through (product.md 3.7).

Intune answers a write to what an access policy protects with the id of an approval request, and does
nothing. Once the request is approved the same write is sent again with that id
(learn.microsoft.com/intune/fundamentals/role-based-access-control/multi-admin-approval-graph-api).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from shared.domain.journal import Entry, Fault, Journal, State, body_hash
from shared.domain.request import Request
from shared.domain.sync import SyncRecord
from shared.names import ChangeId

SERVICE: Final = ("/deviceManagement/", "/deviceAppManagement/")
"""Addresses of Intune, the one service that has this approval."""
READ: Final = ("DeviceManagementConfiguration.Read.All",)
"""By what an app may read approval requests and take its own back; DeviceManagementRBAC.Read.All serves too
(learn.microsoft.com/graph/api/intune-rbac-operationapprovalrequest-get)."""
LONGEST: Final = 1024
"""Characters of a justification at most (operationApprovalRequest, `requestJustification`)."""


def may_be_held(path: str) -> bool:
    """Whether a write to this address, below the version's, can need the tenant's own approval."""
    return path.startswith(SERVICE)


class ApprovalState(Enum):
    """Where an approval request stands: operationApprovalRequestStatus, and two of ours.

    `UNKNOWN`: a state that Graph has added since; waited on. `UNREADABLE`: the tenant does not let Accord
    read its approval requests, so that no answer would ever be seen.
    """

    NEEDED = "needsApproval"
    APPROVED = "approved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"

    @property
    def final(self) -> bool:
        """Nobody has to be waited for any more."""
        return self not in (ApprovalState.NEEDED, ApprovalState.UNKNOWN)

    @property
    def lets(self) -> bool:
        """The write may be repeated, or has been."""
        return self in (ApprovalState.APPROVED, ApprovalState.COMPLETED)


@dataclass(frozen=True, slots=True)
class ApprovalAnswer:
    """The row `tenantApproval_{sync}_{request}`, inserted once: how the tenant answered, who (a name or an
    id), and what they noted.
    """

    state: ApprovalState
    at: dt.datetime
    by: str = ""
    note: str = ""


REFUSALS: Final[Mapping[ApprovalState, str]] = {
    ApprovalState.REJECTED: "an administrator of the tenant rejected it",
    ApprovalState.CANCELLED: "the approval request was cancelled in the tenant",
    ApprovalState.EXPIRED: "the approval request expired in the tenant before anybody approved it",
    ApprovalState.UNREADABLE: (
        "the tenant does not let Accord read its approval requests: grant"
        " DeviceManagementConfiguration.Read.All or DeviceManagementRBAC.Read.All"
    ),
}
CODE: Final = "tenantApproval"


def refusal(answer: ApprovalAnswer) -> Fault:
    """Why a write that the tenant's own approval did not let through has failed."""
    who = f" ({answer.by})" if answer.by else ""
    note = f": {answer.note}" if answer.note else ""
    return given_up(f"{REFUSALS[answer.state]}{who}{note}")


def given_up(why: str) -> Fault:
    """The fault of a write that the tenant's own approval held back to its end."""
    return Fault(CODE, f"the tenant's own approval held the write back, and {why}")


def too_late(limit: dt.timedelta) -> Fault:
    """Nobody approved it in the time that the settings give."""
    hours = f"{limit.total_seconds() / 3600:g}"
    return given_up(f"nobody in the tenant approved it within {hours} h")


def justification(sync: SyncRecord, change: ChangeId, request: Request) -> str:
    """What the tenant's approver reads, and by which a request of ours is found again after a crash.

    The same for the same request of the same change, and for no other.
    """
    said = f"{request.method} {request.path} {body_hash(request.body)}"
    mark = hashlib.sha256(said.encode()).hexdigest()[:12]
    text = f"Accord, sync {sync.id}, {change}, {mark}: {request.doing}."
    if sync.decision is not None:
        comment = f": {sync.decision.comment}" if sync.decision.comment else ""
        text += f" Approved in Accord by {sync.decision.by.name}{comment}"
    return text[:LONGEST]


def dump_requests(requests: Iterable[Request]) -> bytes:
    """Requests as they are kept until they are let through: sent again, they make the same bytes."""
    fields = [
        [one.method, one.version, one.path, one.bucket, one.body, one.doing, one.once, one.type]
        for one in requests
    ]
    return json.dumps(fields).encode()


def load_requests(data: bytes) -> tuple[Request, ...]:
    """The other way round."""
    return tuple(Request(*fields) for fields in json.loads(data))


def remaining(requests: Iterable[Request], entry: Entry) -> tuple[Request, ...]:
    """Those of the kept requests that the journal does not say were answered well."""
    done = {(one.method, one.path, one.body) for one in entry.writes if one.done}
    return tuple(one for one in requests if (one.method, one.path, body_hash(one.body)) not in done)


def held(journal: Journal) -> tuple[Entry, ...]:
    """The changes whose last write is held back."""
    return tuple(entry for entry in journal.entries.values() if entry.state is State.HELD)


def deadline(journal: Journal, limit: dt.timedelta) -> dt.datetime | None:
    """When the first of the held writes has waited too long; None where nothing is held."""
    return min((entry.since + limit for entry in held(journal)), default=None)


def withdrawal(approval: str) -> Request:
    """The request by which whoever filed an approval request takes it back (cancelMyRequest)."""
    return Request(
        "POST",
        "beta",
        "/deviceManagement/operationApprovalRequests/cancelMyRequest",
        "intune",
        {"id": approval},
        "withdrawing an approval request of the tenant",
    )
