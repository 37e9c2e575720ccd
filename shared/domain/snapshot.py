"""What a backup found: each type either read completely, or not read, and then why. Never something in
between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from shared.names import ObjectId, TypeKey

Raw: TypeAlias = dict[str, Any]
"""One object as the service gave it, its sub-resources put in at their property, nothing removed."""


@dataclass(frozen=True, slots=True)
class RawItem:
    """One object as read: the service's id (a singleton's is its type key) and the whole object."""

    object_id: ObjectId
    raw: Raw


class NotReadReason(Enum):
    """Why a type was not read (product.md 3.4)."""

    READ_FAILED = "readFailed"
    PERMISSION_MISSING = "permissionMissing"
    PERMISSION_PROPAGATING = "permissionPropagating"
    USER_NEEDED = "userNeeded"
    USER_NOT_SIGNED_IN = "userNotSignedIn"
    EXCLUDED = "excluded"
    PERMISSION_IGNORED = "permissionIgnored"
    NOT_AVAILABLE = "notAvailable"
    HELD = "massRemoval"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class NotRead:
    """A type that was not read. `counted`: it should have been readable, so the sync is incomplete.

    `detail` says what was being done and what the service answered. `names`: for a held type, the missing
    items.
    """

    type: TypeKey
    reason: NotReadReason
    counted: bool
    detail: str = ""
    request_id: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TypeRead:
    """A type read completely: every page and every sub-resource of every item arrived.

    `reader`: who read it, empty for the service principal.
    """

    type: TypeKey
    items: tuple[RawItem, ...]
    reader: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the tenant held. `lookups`: looked-up type → object id → identity (`users` → id → UPN)."""

    read: Mapping[TypeKey, TypeRead]
    not_read: tuple[NotRead, ...]
    lookups: Mapping[TypeKey, Mapping[ObjectId, str]] = field(default_factory=dict)
