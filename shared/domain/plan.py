"""The plan: the ordered changes that would make the tenant what the repository wants, under a digest."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from shared.domain.item import ABSENT, PropertyPath, Value
from shared.names import ChangeId, Digest, ItemPath, ObjectId, TenantId, TypeKey


class Action(Enum):
    """What a change does in the tenant."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class BlockedCode(Enum):
    """Why a change cannot be deployed (product.md 3.6)."""

    UNRESOLVED_REFERENCE = "unresolvedReference"
    PERMISSION_MISSING = "permissionMissing"
    NEEDS_USER = "needsUser"
    UNCHANGEABLE = "unchangeable"
    AMBIGUOUS = "ambiguous"
    PROTECTED = "protected"


@dataclass(frozen=True, slots=True)
class Blocked:
    """`detail` names what it was: the reference, the permission, the pattern."""

    code: BlockedCode
    detail: str


class Difference(Enum):
    """What the change does to one property, seen from the tenant."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One property with its three values. `conflict`: changed since B on both sides, to different values."""

    path: PropertyPath
    base: Value
    tenant: Value
    repository: Value
    conflict: bool = False

    @property
    def difference(self) -> Difference:
        """Seen from the tenant, which this change would alter."""
        if self.tenant is ABSENT:
            return Difference.ADDED
        return Difference.REMOVED if self.repository is ABSENT else Difference.CHANGED


@dataclass(frozen=True, slots=True)
class Change:
    """One item's change.

    `path` is the file at the head (for a delete, where it was). `object_id` is None for a create.
    `depends_on`: the changes that must be applied first. `conflict`: any property's, or the item's own
    (created on both sides, deleted on one and changed on the other). `replaces`: part of a delete-and-create
    pair, the other's id.
    """

    id: ChangeId
    action: Action
    type: TypeKey
    item: str
    path: ItemPath
    object_id: ObjectId | None
    properties: tuple[PropertyChange, ...]
    conflict: bool = False
    depends_on: tuple[ChangeId, ...] = ()
    blocked: Blocked | None = None
    replaces: ChangeId | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Never changes. `changes` are in the order of deployment; `digest` covers tenant, catalog version, order
    and every change with its three values, so that an identical plan has the same digest.
    """

    tenant: TenantId
    catalog: str
    changes: tuple[Change, ...]
    digest: Digest
