"""Every stable code: with its HTTP status where a request is refused with it, and those of syncs and changes.

Titles and advice are in `shared/texts`. A test walks the source and fails on a code that is not listed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PROBLEMS: Final[Mapping[str, int]] = {
    "invalidJson": 400,
    "invalidQuery": 400,
    "unauthenticated": 401,
    "tokenNotAccepted": 401,
    "tokenInvalid": 401,
    "tokenExpired": 401,
    "forbidden": 403,
    "groupsUnknown": 403,
    "secondPerson": 403,
    "notFound": 404,
    "tenantNotFound": 404,
    "syncNotFound": 404,
    "operationNotFound": 404,
    "changeNotFound": 404,
    "keyNotFound": 404,
    "permissionNotFound": 404,
    "itemNotFound": 404,
    "commitNotFound": 404,
    "noPlan": 404,
    "notEnded": 404,
    "methodNotAllowed": 405,
    "syncActive": 409,
    "syncEnded": 409,
    "entraTenantInUse": 409,
    "directoryFixed": 409,
    "userAuthenticationOff": 409,
    "signInRefused": 409,
    "planChanged": 409,
    "notPending": 409,
    "alreadyDecided": 409,
    "superseded": 409,
    "idempotencyKeyInUse": 409,
    "preconditionFailed": 412,
    "bodyTooLarge": 413,
    "unsupportedMediaType": 415,
    "invalidBody": 422,
    "itemRefused": 422,
    "tooManyTenants": 422,
    "invalidSchedule": 422,
    "confirmDeletions": 422,
    "dependencyMissing": 422,
    "blocked": 422,
    "unknownChange": 422,
    "idempotencyKeyReused": 422,
    "internal": 500,
    "checkFailed": 502,
    "busy": 503,
    "notReached": 503,
    "signInUnavailable": 503,
    "identityUnavailable": 503,
    "storageUnavailable": 503,
}
"""Refusals of a request: code → HTTP status."""

SYNC_ERRORS: Final = (
    "signInDeadline",
    "timeLimit",
    "credentialRefused",
    "nothingReadable",
    "planStale",
    "deployFailed",
    "repositoryUnavailable",
    "orchestrationLost",
    "consentMissing",
    "storageUnavailable",
    "internal",
)
"""Codes of a sync's `error`."""

CHANGE_ERRORS: Final = (
    "notShown",
    "createAmbiguous",
    "tenantApproval",
    "stale",
    "stopped",
    "dependency",
    "noAnswer",
    "readFailed",
)
"""Codes of a change's `error`, besides the service's own."""
