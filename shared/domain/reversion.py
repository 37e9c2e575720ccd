"""Reject and revert: the repository takes what the tenant holds now, where it still holds what was rejected.

Creations are removed, deletions restored, updated properties set back; B agrees. A property that a later
commit changed again is left to that commit, listed, and asked about at the next sync (product.md 3.6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.agreement import own_files
from shared.domain.catalog import TypeSpec
from shared.domain.edits import Edits, FileEdits
from shared.domain.files import to_files
from shared.domain.item import Content, PropertyPath
from shared.domain.plan import Action, Change
from shared.domain.properties import copy_properties, same, triples, value_at
from shared.domain.readback import created_content
from shared.domain.settlement import SettleInputs, base_path
from shared.domain.trees import item_paths
from shared.names import ChangeId, ItemPath, ObjectId


@dataclass(frozen=True, slots=True)
class Left:
    """A property left to a later commit; an empty path stands for the whole file."""

    change: ChangeId
    path: ItemPath
    property: PropertyPath


@dataclass(frozen=True, slots=True)
class Reverted:
    """The edits of the three refs, and what was left to later commits."""

    main: FileEdits
    tenant: FileEdits
    base: FileEdits
    left: tuple[Left, ...]


@dataclass(slots=True)
class _Undoing:
    inputs: SettleInputs
    main: Edits
    branch: Edits
    base: Edits
    ids: dict[ItemPath, ObjectId]
    left: list[Left]


def revert(
    inputs: SettleInputs, changes: Sequence[Change], now: Mapping[ChangeId, Content | None]
) -> Reverted:
    """Sets these changes back. `now`: of every update and delete, what the tenant holds, as just read again
    (or as in the snapshot where that failed); None where the object is gone. Name both halves of a pair.
    """
    undo = _Undoing(
        inputs,
        Edits(inputs.head.tree),
        Edits(inputs.branch),
        Edits(inputs.base.tree),
        dict(inputs.agreement.ids),
        [],
    )
    for change in changes:
        spec = inputs.catalog.types[change.type]
        head = inputs.head.content(spec, change.path, inputs.index)
        if change.action is Action.CREATE:
            _remove_creation(undo, spec, change, head)
        elif change.action is Action.DELETE:
            _restore(undo, spec, change, head, now[change.id], changes)
        else:
            _set_back(undo, spec, change, head, now[change.id])
    undo.base.write(own_files(undo.ids, inputs.agreement.types))
    return Reverted(undo.main.result(), undo.branch.result(), undo.base.result(), tuple(undo.left))


def _remove_creation(undo: _Undoing, spec: TypeSpec, change: Change, head: Content | None) -> None:
    if change.replaces is not None:
        return  # the other half puts back what was there
    if head is None:
        _keep(undo, spec, change, None)
        return
    again = _changed_again(spec, created_content(spec, change), head)
    if again:
        undo.left.extend(Left(change.id, change.path, path) for path in again)
        return
    undo.main.remove(item_paths(spec, undo.inputs.head.tree, change.path))
    _keep(undo, spec, change, None)


def _restore(
    undo: _Undoing,
    spec: TypeSpec,
    change: Change,
    head: Content | None,
    now: Content | None,
    changes: Sequence[Change],
) -> None:
    if head is not None:
        again = [()] if change.replaces is None else _pair_changed_again(spec, change, head, changes)
        if again:
            undo.left.extend(Left(change.id, change.path, path) for path in again)
            return
    undo.main.remove(item_paths(spec, undo.inputs.head.tree, change.path))
    if now is not None:
        undo.main.write(to_files(spec, change.path, now))
    _seen(undo, spec, change, now)
    _keep(undo, spec, change, now)


def _pair_changed_again(
    spec: TypeSpec, change: Change, head: Content, changes: Sequence[Change]
) -> list[PropertyPath]:
    other = next(one for one in changes if one.id == change.replaces)
    return _changed_again(spec, created_content(spec, other), head)


def _set_back(
    undo: _Undoing, spec: TypeSpec, change: Change, head: Content | None, now: Content | None
) -> None:
    if head is None:
        undo.left.append(Left(change.id, change.path, ()))
        return
    kept = base_path(undo.inputs.agreement, change)
    base = undo.inputs.base.content(spec, kept, undo.inputs.index) or {}
    take = [
        row.path
        for row in change.properties
        if same(value_at(spec, head, row.path), row.repository)
        or same(value_at(spec, head, row.path), row.tenant)
    ]
    _seen(undo, spec, change, now)
    left = [row.path for row in change.properties if row.path not in take]
    if now is None:
        _object_gone(undo, spec, change, head, base, left)
        return
    undo.left.extend(Left(change.id, change.path, path) for path in left)
    undo.main.remove(item_paths(spec, undo.inputs.head.tree, change.path))
    undo.main.write(to_files(spec, change.path, copy_properties(spec, head, now, take)))
    _keep(undo, spec, change, copy_properties(spec, base, now, take))


def _object_gone(
    undo: _Undoing,
    spec: TypeSpec,
    change: Change,
    head: Content,
    base: Content,
    left: Sequence[PropertyPath],
) -> None:
    """The tenant lost the item since: the file goes too, unless it holds more than what was rejected."""
    planned = {row.path for row in change.properties}
    more = [path for path in _changed_again(spec, base, head) if path not in planned]
    if left or more:
        undo.left.extend(Left(change.id, change.path, path) for path in [*left, *more])
        return
    undo.main.remove(item_paths(spec, undo.inputs.head.tree, change.path))
    _keep(undo, spec, change, None)


def _changed_again(spec: TypeSpec, approved: Content, head: Content) -> list[PropertyPath]:
    rows = triples(spec, None, approved, head)
    return sorted(path for path, (_, then, today) in rows.items() if not same(then, today))


def _keep(undo: _Undoing, spec: TypeSpec, change: Change, agreed: Content | None) -> None:
    """B agrees on this; None: on the item's being gone."""
    kept = base_path(undo.inputs.agreement, change)
    undo.base.remove(item_paths(spec, undo.inputs.base.tree, kept))
    undo.ids.pop(kept, None)
    if agreed is not None and change.object_id is not None:
        undo.base.write(to_files(spec, kept, agreed))
        undo.ids[kept] = change.object_id


def _seen(undo: _Undoing, spec: TypeSpec, change: Change, now: Content | None) -> None:
    """What was read again counts as read: the branch `tenant` shows it."""
    for item in undo.inputs.state.items.get(spec.key, ()):
        if item.object_id == change.object_id:
            undo.branch.remove(item_paths(spec, undo.inputs.branch, item.path))
            undo.branch.write(to_files(spec, item.path, now) if now is not None else {})
