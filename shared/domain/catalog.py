"""The catalog's vocabulary: what Accord knows of one configuration type. The entries themselves are TOML.

A *pattern* names places in an item: segments joined by `.`, where `[]` after a name means "each member of
this list", `*` any key, and `**` any depth. `conditions.users.includeGroups[]`, `settings[].**.groupId`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from shared.names import TypeKey


class Kind(Enum):
    """A collection holds any number of items; a singleton exactly one, which is never created or deleted."""

    COLLECTION = "collection"
    SINGLETON = "singleton"


class UpdateMethod(Enum):
    """PATCH takes the changed properties alone; PUT the whole object, as just re-read with the changes put
    in.
    """

    PATCH = "PATCH"
    PUT = "PUT"


@dataclass(frozen=True, slots=True)
class Collection:
    """A list whose order means nothing. Its members count each for itself, compared by `key`.

    `key` holds dotted names inside a member (`target.groupId`); empty for a list of scalars, whose members
    are their own keys.
    """

    path: str
    key: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that holds the id of another object.

    `to` is the type it names: a catalog type, or a looked-up one that Accord does not manage (`users`).
    `special` are values that are no ids (`All`, `None`, the zero GUID) and stay as they are. `embedded`: the
    ids stand inside a longer text.
    """

    path: str
    to: TypeKey
    special: frozenset[str] = frozenset()
    embedded: bool = False


@dataclass(frozen=True, slots=True)
class LongText:
    """A property kept in a file of its own beside the JSON. `base64`: the service holds it encoded, the file
    holds it decoded.
    """

    path: str
    extension: str
    base64: bool = False


class ReadBy(Enum):
    """How a sub-resource is read: inside the list call (`$expand`), or by a request of its own for each item."""

    EXPAND = "expand"
    REQUEST = "request"


class WrittenBy(Enum):
    """How a sub-resource is written: `ACTION` posts the complete list to `{item}/{write_path}`; `BODY` sends
    it within the item itself.
    """

    ACTION = "action"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class SubResource:
    """A part of an item that the service keeps behind its own address, such as assignments or settings.

    `property`: where it stands in the item. `read_path`, `write_path`: below the item's address. `payload`:
    the name of the list in the action's body. `strip`: patterns relative to a member. `on_create`: the
    create's body holds it too.
    """

    property: str
    read_by: ReadBy
    written_by: WrittenBy
    read_path: str = ""
    write_path: str = ""
    payload: str = ""
    strip: tuple[str, ...] = ()
    on_create: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer by which the service says that the tenant does not have a type (licence, provisioning).

    Matches when the status is equal, and `code` and `message` (if set) are found, ignoring case, in the
    error's code and message.
    """

    status: int
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class TypeSpec:
    """One configuration type, as its catalog entry says. Paths are below the API version's address."""

    key: TypeKey
    workload: str
    title: Mapping[str, str]
    """What people read, by language: `en`, `fr`."""
    kind: Kind
    version: str
    """The Graph version: `v1.0` or `beta`."""
    path: str
    """The list's address (for a singleton, the object's): `/identity/conditionalAccess/policies`."""
    identity: str
    """The property that names an item, `displayName` or `name`; of a singleton, empty."""
    bucket: str
    """The throttling bucket its requests count in (mechanics.md 4), such as `conditional-access`."""
    tier: int
    """Deployed in ascending order where no reference decides; deletes in descending."""
    read: tuple[str, ...]
    write: tuple[str, ...]
    """Application permissions that a read, and a write, needs: all of them."""
    update: UpdateMethod = UpdateMethod.PATCH
    creatable: bool = True
    deletable: bool = True
    query: Mapping[str, str] = field(default_factory=dict)
    """Query options of the list call, such as `$expand`."""
    each: bool = False
    """Lists leave properties out: every item is also read by its own address."""
    each_query: Mapping[str, str] = field(default_factory=dict)
    only: Condition = field(default_factory=dict)
    """Which objects of the collection belong to this type (one collection may hold several types)."""
    but: Condition = field(default_factory=dict)
    """Which objects of the collection belong to another type."""
    discriminators: tuple[str, ...] = ()
    """With the identity, what tells items of one name apart: `@odata.type`."""
    strip: tuple[str, ...] = ()
    """Patterns removed on reading: volatile and read-only properties."""
    drop_if: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Values that mean "nothing there": pattern → values, removed on reading (the zero GUID); null there too."""
    collections: tuple[Collection, ...] = ()
    atomic: tuple[str, ...] = ()
    """Objects whose properties only make sense together: each compares as one property."""
    references: tuple[Reference, ...] = ()
    long_texts: tuple[LongText, ...] = ()
    secrets: tuple[str, ...] = ()
    """Patterns of values the service never gives back, or masks, or gives back in clear: kept as `{{secret}}`, also
    where the service answers null."""
    reveals: tuple[Reveal, ...] = ()
    sub_resources: tuple[SubResource, ...] = ()
    immutable: tuple[str, ...] = ()
    """Patterns that an update cannot change (`@odata.type` always is: delete and create)."""
    required_on_update: tuple[str, ...] = ()
    """Top-level properties every PATCH must carry, changed or not, such as `@odata.type`."""
    unchangeable: tuple[Condition, ...] = ()
    """Objects that are backed up and never written: built-in ones, or mastered elsewhere. Any condition marks one."""
    delete_first: Mapping[str, Any] = field(default_factory=dict)
    """Properties set by a PATCH before a delete (a trusted location must be untrusted first). Left out where the
    object has no such property."""
    visible_within: float = 120.0
    """Seconds within which a created object shows in lists."""
    absent_answers: tuple[Answer, ...] = ()

    def is_unchangeable(self, raw: Mapping[str, Any]) -> bool:
        """Whether this raw object is one of those never written."""
        return any(holds(condition, raw) for condition in self.unchangeable)

    def holds(self, raw: Mapping[str, Any]) -> bool:
        """Whether this raw object of the collection belongs to this type."""
        return holds(self.only, raw) and not (self.but and holds(self.but, raw))


@dataclass(frozen=True, slots=True)
class Lookup:
    """A type that items refer to and Accord does not manage: resolved one by one, never backed up.

    `identity` is a property that people know it by (`userPrincipalName`); `by_id` and `by_identity` are the
    addresses, with `{}` for the value; the second may answer with the object or with a list (`$filter`).
    """

    key: TypeKey
    version: str
    identity: str
    by_id: str
    by_identity: str
    read: tuple[str, ...]
    bucket: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """All types by key, the looked-up ones, and the version that a plan's digest covers.

    `version` changes with any entry: it is the SHA-256 of the canonical catalog.
    """

    types: Mapping[TypeKey, TypeSpec]
    lookups: Mapping[TypeKey, Lookup]
    version: str
