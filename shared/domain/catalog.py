"""The catalog's vocabulary: what Accord knows of one configuration type. The entries themselves are TOML.

Places in an item are named by patterns (`shared/domain/pattern.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from shared.domain.item import ABSENT
from shared.domain.pattern import dig
from shared.names import TypeKey

Condition: TypeAlias = Mapping[str, tuple[Any, ...]]
"""Dotted properties of a raw object → the values one of which each must have; all of them must hold."""


def holds(condition: Condition, raw: Mapping[str, Any]) -> bool:
    """Whether the raw object meets the condition. A property that is not there equals null."""
    found = ((dig(dict(raw), path), values) for path, values in condition.items())
    return all((None if value is ABSENT else value) in values for value, values in found)


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


class Identity(Enum):
    """Who reads and writes a type: the service principal; a signed-in user only (Graph has no application
    permission for it); or, where documentation and practice disagree, the service principal first and a
    user where it is refused.
    """

    APP = "app"
    USER = "user"
    TRY = "try"


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
    """How a sub-resource is read: it stands in the item's own answer (by itself, or by `$expand` in the
    query), or takes a request of its own for each item.
    """

    ANSWER = "answer"
    REQUEST = "request"


class WrittenBy(Enum):
    """How a sub-resource is written: `ACTION` posts the complete list to `{item}/{write_path}`; `BODY` sends
    it within the item itself; `MEMBERS` creates, changes and deletes each member by itself below
    `{item}/{write_path}`, matched by the key of its collection; `LINKS` adds and removes references to
    objects that exist for themselves (`{item}/{write_path}/$ref`), matched likewise.
    """

    ACTION = "action"
    BODY = "body"
    MEMBERS = "members"
    LINKS = "links"


@dataclass(frozen=True, slots=True)
class SubResource:
    """A part of an item that the service keeps behind its own address, such as assignments or settings.

    `property`: where it stands in the item. `read_path` (with its query), `write_path`: below the item's
    address. `payload`: the name of the list in the action's body. `on_create`: the create's body holds it
    too. `constants`: properties every member carries on writing and never in the repository. `link`: the
    address that names a linked object, with `{}` for its id. `set_only`: flags that one member has, which are
    taken from it by setting them on another one and in no other way.
    """

    property: str
    read_by: ReadBy
    written_by: WrittenBy
    read_path: str = ""
    write_path: str = ""
    payload: str = ""
    on_create: bool = False
    constants: Mapping[str, Any] = field(default_factory=dict)
    link: str = ""
    set_only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reveal:
    """Values the service masks in the object and tells when asked one by one (a GET).

    Asked only where one item is read again for a write, since a list is written whole; never kept. `path`:
    the list; `when`: which of its members; `address`: below the item's, `{name}` standing for the member's
    property; `into`: the member's property that takes the answer's `value`.
    """

    path: str
    when: Condition
    address: str
    into: str


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
    named_by: str
    """The property that names an item, `displayName` or `name`; of a singleton, empty."""
    bucket: str
    """The throttling bucket its requests count in (mechanics.md 4), such as `conditional-access`."""
    tier: int
    """Deployed in ascending order where no reference decides; deletes in descending."""
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    """Application permissions that a read, and a write, needs: all of them. None for Identity.USER."""
    identity: Identity = Identity.APP
    user_read: tuple[str, ...] = ()
    user_write: tuple[str, ...] = ()
    """Delegated permissions that a read, and a write, needs of the signed-in user's token: all of them. None
    for Identity.APP.
    """
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
    witness: str = ""
    """Of a singleton: a property it always has. An answer without it is something else."""
    discriminators: tuple[str, ...] = ()
    """With the name, what tells items of one name apart: `@odata.type`."""
    strip: tuple[str, ...] = ()
    """Patterns removed on reading: volatile and read-only properties."""
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Objects of which only some properties are kept on reading, such as the ids of linked objects: pattern →
    names.
    """
    drop_if: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Values that mean "nothing there": pattern → values, removed on reading (the zero GUID); null there too.
    """
    collections: tuple[Collection, ...] = ()
    atomic: tuple[str, ...] = ()
    """Objects whose properties only make sense together: each compares as one property."""
    references: tuple[Reference, ...] = ()
    long_texts: tuple[LongText, ...] = ()
    secrets: tuple[str, ...] = ()
    """Patterns of values the service never gives back, or masks, or gives back in clear: kept as
    `{{secret}}`, also where the service answers null.
    """
    given_once: tuple[str, ...] = ()
    """Of the `secrets`, what is none and yet never given back, such as a document: the file of a new item
    holds it until the item is created.
    """
    reveals: tuple[Reveal, ...] = ()
    sub_resources: tuple[SubResource, ...] = ()
    immutable: tuple[str, ...] = ()
    """Patterns that an update cannot change (`@odata.type` always is: delete and create)."""
    required_on_update: tuple[str, ...] = ()
    """Top-level properties every PATCH must carry, changed or not, such as `@odata.type`."""
    alone: tuple[str, ...] = ()
    """Top-level properties that take a PATCH of their own, with no other property in it."""
    implied: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Values that follow from other writes and are refused when sent: top-level property → values."""
    unchangeable: tuple[Condition, ...] = ()
    """Objects that are backed up and never written: built-in ones, or mastered elsewhere. Any condition marks
    one."""
    delete_first: Mapping[str, Any] = field(default_factory=dict)
    """Properties set by a PATCH before a delete (a trusted location must be untrusted first), where the
    object has them with another value.
    """
    visible_within: float = 120.0
    """Seconds within which a created object shows in lists."""
    absent_answers: tuple[Answer, ...] = ()

    def is_unchangeable(self, raw: Mapping[str, Any]) -> bool:
        """Whether this raw object is one of those never written."""
        return any(holds(condition, raw) for condition in self.unchangeable)

    def is_plausible(self, raw: Mapping[str, Any]) -> bool:
        """Whether this answer can be an object of the type: it has the property that every one has."""
        return (self.witness or self.named_by) in raw

    def covers(self, raw: Mapping[str, Any]) -> bool:
        """Whether this raw object of the collection belongs to this type."""
        return holds(self.only, raw) and not (self.but and holds(self.but, raw))

    def collection(self, path: str) -> Collection | None:
        """The unordered collection at this path, if it is one."""
        return next((found for found in self.collections if found.path == path), None)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A type that items refer to and Accord does not manage: resolved one by one, never backed up.

    `named_by` is a property that people know it by (`userPrincipalName`); `by_id` and `by_identity` are the
    addresses, with `{}` for the value; the second may answer with the object or with a list (`$filter`).
    """

    key: TypeKey
    version: str
    named_by: str
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

    def lookups_of(self, spec: TypeSpec) -> tuple[Lookup, ...]:
        """The looked-up types that this type refers to, each once. Their `read` permissions are application
        permissions, wanted beside the type's own: without them, ids stay ids.
        """
        named = dict.fromkeys(reference.to for reference in spec.references)
        return tuple(self.lookups[key] for key in named if key in self.lookups)
