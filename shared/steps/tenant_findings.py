"""What is known of a tenant beyond its row: permissions as last seen, which of them are ignored, and which
types a service principal was let read. One blob per tenant.

Several syncs, checks and people write it: every change is read, decided and written under the blob's ETag,
and decided again where another was quicker. Plain functions, for the thread pool.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from shared.domain.permissions import Seen
from shared.domain.sign_in import Tried
from shared.errors import StorageConflict
from shared.names import PermissionId, TypeKey
from shared.ports import Artifacts
from shared.steps.blobs import dumps

FINDINGS: Final = "findings.json"
ATTEMPTS: Final = 10


@dataclass(frozen=True, slots=True)
class ConsentState:
    """The state in the consent link that is shown, and until when it counts."""

    value: str
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class TenantFindings:
    """`seen`: what the last check of the permissions saw, None before the first. `coming_since`: since when
    the directory has granted what no token carries yet.

    `catalog`: the version of the catalog that the check went by, `known`: the permissions that any tenant
    could need by it; `updated`: those that a newer catalog has needed since. `granted_at`: when the app's
    permissions were last seen to have changed.
    """

    seen: Seen | None = None
    coming_since: Mapping[PermissionId, dt.datetime] = field(default_factory=dict)
    ignored: frozenset[PermissionId] = frozenset()
    catalog: str = ""
    known: frozenset[PermissionId] = frozenset()
    updated: frozenset[PermissionId] = frozenset()
    tried: Mapping[TypeKey, Tried] = field(default_factory=dict)
    consent: ConsentState | None = None
    granted_at: dt.datetime | None = None


def load_findings(blobs: Artifacts) -> TenantFindings:
    """The tenant's findings; empty where there are none. `blobs`: those of the tenant that belong to no
    sync.
    """
    data = blobs.get(FINDINGS)
    return TenantFindings() if data is None else _load(json.loads(data))


def change_findings(blobs: Artifacts, change: Callable[[TenantFindings], TenantFindings]) -> TenantFindings:
    """Has `change` say what the findings become, and writes that; answers it. Raises StorageConflict where
    others are quicker again and again.
    """
    for _ in range(ATTEMPTS):
        held = blobs.get_with_etag(FINDINGS)
        now = TenantFindings() if held is None else _load(json.loads(held[0]))
        after = change(now)
        if after == now:
            return now
        try:
            blobs.put_if(FINDINGS, dumps(_dump(after)), None if held is None else held[1])
        except StorageConflict:
            continue
        return after
    raise StorageConflict("writing a tenant's findings: others were quicker again and again")


def save_tried(blobs: Artifacts, tried: Mapping[TypeKey, Tried]) -> TenantFindings:
    """Keeps what trying types with the service principal showed, over earlier findings of those types."""
    return change_findings(blobs, lambda now: replace(now, tried={**now.tried, **tried}))


def forget_tried(blobs: Artifacts, key: TypeKey) -> TenantFindings:
    """What trying this type showed does not hold any more: it is tried again."""
    return change_findings(
        blobs, lambda now: replace(now, tried={one: kept for one, kept in now.tried.items() if one != key})
    )


def _dump(found: TenantFindings) -> dict[str, Any]:
    return {
        "seen": None if found.seen is None else _dump_seen(found.seen),
        "comingSince": {key: at.isoformat() for key, at in found.coming_since.items()},
        "ignored": sorted(found.ignored),
        "catalog": found.catalog,
        "known": sorted(found.known),
        "updated": sorted(found.updated),
        "tried": {key: {"app": one.app, "at": one.at.isoformat()} for key, one in found.tried.items()},
        "consent": found.consent and [found.consent.value, found.consent.until.isoformat()],
        "grantedAt": found.granted_at and found.granted_at.isoformat(),
    }


def _load(value: Mapping[str, Any]) -> TenantFindings:
    consent, granted_at = value.get("consent"), value.get("grantedAt")
    return TenantFindings(
        seen=None if value["seen"] is None else _load_seen(value["seen"]),
        coming_since={PermissionId(key): _moment(at) for key, at in value["comingSince"].items()},
        ignored=frozenset(map(PermissionId, value["ignored"])),
        catalog=value["catalog"],
        known=frozenset(map(PermissionId, value["known"])),
        updated=frozenset(map(PermissionId, value["updated"])),
        tried={TypeKey(key): Tried(one["app"], _moment(one["at"])) for key, one in value["tried"].items()},
        consent=consent and ConsentState(consent[0], _moment(consent[1])),
        granted_at=granted_at and _moment(granted_at),
    )


def _dump_seen(seen: Seen) -> dict[str, Any]:
    names = {
        "roles": seen.roles,
        "scopes": seen.scopes,
        "granted": seen.granted,
        "consented": seen.consented,
    }
    return {
        "at": seen.at.isoformat(),
        **{key: None if one is None else sorted(one) for key, one in names.items()},
    }


def _load_seen(value: Mapping[str, Any]) -> Seen:
    scopes, granted, consented = (
        None if value[key] is None else frozenset(value[key]) for key in ("scopes", "granted", "consented")
    )
    return Seen(_moment(value["at"]), frozenset(value["roles"]), scopes, granted, consented)


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
