"""Compares a whole repository with a tenant: what to commit, what to plan, what to report (product.md 3.5).

Two pure steps around the loading of blobs: `survey` says which are needed, `compare` decides. Only items
whose files differ somewhere are looked into: in Git equal blob ids are equal contents. Of a type that was not
read, or is held, nothing is adopted, planned or moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from shared.domain.agreement import own_files
from shared.domain.canonical import normalise
from shared.domain.catalog import TypeSpec
from shared.domain.edits import Edits, FileEdits
from shared.domain.file_name import folder, readable
from shared.domain.files import FileFault, ItemFiles, from_files, to_files
from shared.domain.item import Content
from shared.domain.matching import Sides, Trio, match
from shared.domain.merge import Merged, deletion, merge_item
from shared.domain.placing import Placed, place
from shared.domain.plan import Action, Difference, PropertyChange
from shared.domain.reference import identity_of
from shared.domain.settings import DriftPolicy
from shared.domain.survey import Inputs, Survey, TypeSurvey
from shared.names import ItemPath, ObjectId, TypeKey


class Reason(Enum):
    """Why the backup commit touches a file."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    MOVED = "moved"
    NORMALISED = "normalised"


@dataclass(frozen=True, slots=True)
class Note:
    """One line of the backup commit's message. `came_from`: the old path of a moved file."""

    reason: Reason
    type: TypeKey
    item: str
    path: ItemPath
    came_from: ItemPath | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """What one item took over from the tenant. `properties`: of a changed item, with the values before."""

    difference: Difference
    type: TypeKey
    item: str
    path: ItemPath
    properties: tuple[PropertyChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """A change the repository wants, before it has its place in a plan.

    `head`, `tenant`: the contents as compared. `replacing`: half of a delete-and-create pair of this path.
    """

    action: Action
    type: TypeKey
    item: str
    path: ItemPath
    object_id: ObjectId | None
    properties: tuple[PropertyChange, ...]
    conflict: bool
    head: Content | None
    tenant: Content | None
    unchangeable: bool = False
    replacing: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """What follows. `main`, `tenant`, `base`: the edits of the three refs, path → contents, None to remove.

    `faults`: files that cannot be read, whose items are left alone. `unchanged`: items that are alike on all
    sides.
    """

    main: FileEdits
    tenant: FileEdits
    base: FileEdits
    notes: tuple[Note, ...]
    drift: tuple[Drift, ...]
    planned: tuple[Planned, ...]
    faults: tuple[FileFault, ...]
    unchanged: int

    @property
    def counts(self) -> Mapping[Difference, int]:
        """How many items drifted, by kind."""
        return {kind: sum(one.difference is kind for one in self.drift) for kind in Difference}


@dataclass(slots=True)
class _Gathered:
    """What the types add up to."""

    main: Edits
    base: Edits
    ids: dict[ItemPath, ObjectId]
    notes: list[Note]
    drift: list[Drift]
    planned: list[Planned]
    faults: list[FileFault]
    unchanged: int = 0


def compare(inputs: Inputs, seen: Survey, blobs: Mapping[str, bytes]) -> Comparison:
    """Decides on everything that differs. `blobs`: at least those that the survey needs."""
    base = inputs.base
    found = _Gathered(Edits(inputs.head), Edits(base.tree), dict(base.ids), [], [], [], [])
    for one in seen.types:
        _compare_type(inputs, one, blobs, found)
    types = base.types | {one.spec.key for one in seen.types}
    for path, data in own_files(found.ids, types).items():
        found.base.write({path: data})
    return Comparison(
        found.main.result(),
        _branch(inputs, seen),
        found.base.result(),
        tuple(found.notes),
        tuple(found.drift),
        tuple(found.planned),
        tuple(found.faults),
        found.unchanged,
    )


def _branch(inputs: Inputs, seen: Survey) -> FileEdits:
    edits = Edits(inputs.branch)
    folders = {folder(one.spec) for one in seen.types}
    edits.remove(path for path in inputs.branch if path.rpartition("/")[0] + "/" in folders)
    edits.write({path: inputs.tenant.files[path] for path in seen.tree})
    return edits.result()


def _compare_type(inputs: Inputs, one: TypeSurvey, blobs: Mapping[str, bytes], found: _Gathered) -> None:
    spec = one.spec
    sides, faulty = _load(inputs, one, blobs, found)
    policy, known = inputs.drift(spec.key), spec.key in inputs.base.types
    trios = match(spec, sides)
    merged = [_merge(spec, sides, trio, policy, known_type=known) for trio in trios]
    found.unchanged += len(one.alike)
    for path in sides.ids:
        del found.ids[path]
    for placed in place(spec, trios, merged, one.alike | faulty):
        _write(one, placed, found)
        _note(spec, placed, found)
        if placed.merged.action is not None:
            found.planned.extend(_plan(spec, sides, placed, placed.merged.action))


def _load(
    inputs: Inputs, one: TypeSurvey, blobs: Mapping[str, bytes], found: _Gathered
) -> tuple[Sides, frozenset[ItemPath]]:
    """The contents of what differs. An item with a file that cannot be read is left alone on every side."""
    spec = one.spec
    tenant = {item: inputs.tenant.content(spec, item) for item in one.tenant}
    read = _Reader(
        inputs, spec, blobs, {(item.path, one.shown[item.path]): tenant[item] for item in tenant}, {}
    )
    base = {path: read.content(path, files) for path, files in one.base.items()}
    head = {path: read.content(path, files) for path, files in one.head.items()}
    faulty = read.faults
    found.faults.extend(faulty.values())
    lost = {one.ids[path] for path in faulty if path in one.ids}
    sides = Sides(
        base={path: content for path, content in base.items() if path not in faulty},
        head={path: content for path, content in head.items() if path not in faulty},
        tenant={item: content for item, content in tenant.items() if item.object_id not in lost},
        ids={path: object_id for path, object_id in one.ids.items() if path not in faulty},
    )
    return sides, frozenset(faulty)


@dataclass(slots=True)
class _Reader:
    """Reads items of one type, equal files once: what the tenant shows is canonical already."""

    inputs: Inputs
    spec: TypeSpec
    blobs: Mapping[str, bytes]
    known: dict[tuple[ItemPath, ItemFiles], Content]
    faults: dict[ItemPath, FileFault]

    def content(self, path: ItemPath, files: ItemFiles) -> Content:
        """The item's content, normalised; of a file that cannot be read, nothing, and a fault."""
        if (path, files) not in self.known:
            data = {path: self.blobs[files.json], **{side: self.blobs[blob] for side, blob in files.sides}}
            content = from_files(self.spec, path, data)
            if isinstance(content, FileFault):
                self.faults[path] = content
                return {}
            self.known[path, files] = normalise(self.spec, content, self.inputs.tenant.index)
        return self.known[path, files]


def _merge(spec: TypeSpec, sides: Sides, trio: Trio, policy: DriftPolicy, *, known_type: bool) -> Merged:
    return merge_item(
        spec,
        sides.base[trio.base] if trio.base else None,
        sides.head[trio.head] if trio.head else None,
        sides.tenant[trio.tenant] if trio.tenant else None,
        policy,
        known_type=known_type,
    )


def _write(one: TypeSurvey, placed: Placed, found: _Gathered) -> None:
    trio, merged, spec = placed.trio, placed.merged, one.spec
    if trio.head is not None:
        found.main.remove((trio.head, *(path for path, _ in one.head[trio.head].sides)))
    if trio.base is not None:
        found.base.remove((trio.base, *(path for path, _ in one.base[trio.base].sides)))
    if placed.head is not None and merged.head is not None:
        found.main.write(to_files(spec, placed.head, merged.head))
    if placed.base is not None and merged.base is not None:
        found.base.write(to_files(spec, placed.base, merged.base))
        if trio.tenant is not None:
            found.ids[placed.base] = trio.tenant.object_id


def _note(spec: TypeSpec, placed: Placed, found: _Gathered) -> None:
    trio, merged = placed.trio, placed.merged
    path = placed.path
    name = trio.tenant.name if trio.tenant else readable(path)
    if merged.drift is not None:
        found.drift.append(Drift(merged.drift, spec.key, name, path, merged.adopted))
        found.notes.append(Note(Reason(merged.drift.value), spec.key, name, path))
    if trio.head is not None and placed.head is not None and placed.head != trio.head:
        found.notes.append(Note(Reason.MOVED, spec.key, name, placed.head, trio.head))
    elif merged.drift is None and placed.head is not None and found.main.changes(placed.head):
        found.notes.append(Note(Reason.NORMALISED, spec.key, name, placed.head))
    if merged.drift is None and merged.action is None:
        found.unchanged += 1


def _plan(spec: TypeSpec, sides: Sides, placed: Placed, action: Action) -> list[Planned]:
    trio, merged = placed.trio, placed.merged
    tenant = sides.tenant[trio.tenant] if trio.tenant else None
    wanted = Planned(
        action=action,
        type=spec.key,
        item=identity_of(spec, merged.head if merged.head is not None else tenant or {}),
        path=placed.path,
        object_id=trio.tenant.object_id if trio.tenant else None,
        properties=merged.properties,
        conflict=merged.conflict,
        head=merged.head,
        tenant=tenant,
        unchangeable=trio.tenant is not None and trio.tenant.unchangeable,
    )
    if not merged.replace or tenant is None:
        return [wanted]
    base = sides.base[trio.base] if trio.base else None
    gone = deletion(spec, base, tenant, conflict=merged.conflict)
    old = replace(wanted, action=Action.DELETE, item=identity_of(spec, tenant), properties=gone, head=None)
    new = replace(wanted, object_id=None, tenant=None, unchangeable=False)
    return [replace(old, replacing=True), replace(new, replacing=True)]
