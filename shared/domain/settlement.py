"""What is committed after changes were applied (product.md 3.8 ii).

B and the branch `tenant` take what was read back; the repository takes the service's own form of a written
value where the file still holds what was deployed. Running it twice changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.domain.agreement import Agreement, own_files
from shared.domain.catalog import Catalog, TypeSpec
from shared.domain.edits import Edits, FileEdits
from shared.domain.file_name import fold, free_path
from shared.domain.files import Tree, to_files
from shared.domain.item import Content, PropertyPath
from shared.domain.plan import Action, Change
from shared.domain.properties import apply, copy_properties, same, same_content, value_at
from shared.domain.readback import created_content, own_forms
from shared.domain.reference import Index, identity_of
from shared.domain.tenant_state import TenantState
from shared.domain.trees import Loaded, item_paths
from shared.names import ItemPath, ObjectId


@dataclass(frozen=True, slots=True)
class Applied:
    """A change that was applied. `read_back`: the canonical content then, None after a delete."""

    change: Change
    object_id: ObjectId
    read_back: Content | None


@dataclass(frozen=True, slots=True)
class SettleInputs:
    """Where things stand. `head`, `base`: trees of `main` and B with the blobs that `settle_needs` named;
    `branch`: the tree of `tenant`. `state`: the tenant as compared; `index`: as it grew with the deploy.
    """

    catalog: Catalog
    agreement: Agreement
    state: TenantState
    index: Index
    head: Loaded
    base: Loaded
    branch: Tree


@dataclass(frozen=True, slots=True)
class OwnForm:
    """A property for which the repository took the service's own form."""

    path: ItemPath
    property: PropertyPath


@dataclass(frozen=True, slots=True)
class Settled:
    """The edits of the three refs, and what the repository took over."""

    main: FileEdits
    tenant: FileEdits
    base: FileEdits
    forms: tuple[OwnForm, ...]


def settle_needs(
    catalog: Catalog, base: Agreement, head: Tree, changes: Iterable[Change]
) -> tuple[frozenset[str], frozenset[str]]:
    """The blob ids to load of `main` and of B, for `settle` and for `revert`."""
    heads: set[str] = set()
    bases: set[str] = set()
    for change in changes:
        spec = catalog.types[change.type]
        heads.update(head[path] for path in item_paths(spec, head, change.path))
        kept = base_path(base, change)
        bases.update(base.tree[path] for path in item_paths(spec, base.tree, kept))
    return frozenset(heads), frozenset(bases)


def base_path(base: Agreement, change: Change) -> ItemPath:
    """Where B keeps the change's item."""
    kept = None if change.object_id is None else base.path_of(change.type, change.object_id)
    return kept or change.path


def settle(inputs: SettleInputs, applied: Sequence[Applied]) -> Settled:
    """Takes in every applied change."""
    found = _Edits(
        Edits(inputs.head.tree), Edits(inputs.branch), Edits(inputs.base.tree), dict(inputs.agreement.ids), []
    )
    for one in applied:
        spec = inputs.catalog.types[one.change.type]
        _take_out(inputs, spec, one, found)
        if one.read_back is not None:
            _take_in(inputs, spec, one, one.read_back, found)
    found.base.write(own_files(found.ids, inputs.agreement.types | {one.change.type for one in applied}))
    return Settled(found.main.result(), found.branch.result(), found.base.result(), tuple(found.forms))


@dataclass(slots=True)
class _Edits:
    main: Edits
    branch: Edits
    base: Edits
    ids: dict[ItemPath, ObjectId]
    forms: list[OwnForm]


def _take_out(inputs: SettleInputs, spec: TypeSpec, one: Applied, found: _Edits) -> None:
    """Removes the item as it lies in B and on the branch: what is there afterwards is written anew."""
    kept = base_path(inputs.agreement, one.change)
    found.base.remove(item_paths(spec, inputs.base.tree, kept))
    if found.ids.get(kept) == one.object_id:
        del found.ids[kept]
    seen = inputs.state.item(spec.key, one.object_id)
    if seen is not None:
        found.branch.remove(item_paths(spec, inputs.branch, seen.path))


def _take_in(inputs: SettleInputs, spec: TypeSpec, one: Applied, read_back: Content, found: _Edits) -> None:
    change = one.change
    kept = base_path(inputs.agreement, change)
    base = inputs.base.content(spec, kept, inputs.index)
    if change.action is Action.CREATE:
        agreed: Content = read_back
    else:
        agreed = copy_properties(spec, base or {}, read_back, [row.path for row in change.properties])
    found.base.write(to_files(spec, kept, agreed))
    found.ids[kept] = one.object_id
    found.branch.write(to_files(spec, _branch_path(inputs, spec, one, read_back), read_back))
    _own_forms(inputs, spec, one, read_back, found)


def _branch_path(inputs: SettleInputs, spec: TypeSpec, one: Applied, read_back: Content) -> ItemPath:
    """Where `tenant` has the item; a new one gets a free path there."""
    seen = inputs.state.item(spec.key, one.object_id)
    if seen is not None:
        return seen.path
    taken = {fold(item.path) for item in inputs.state.items.get(spec.key, ())}
    return free_path(spec, identity_of(spec, read_back), one.object_id, taken)


def _own_forms(inputs: SettleInputs, spec: TypeSpec, one: Applied, read_back: Content, found: _Edits) -> None:
    head = inputs.head.content(spec, one.change.path, inputs.index)
    if head is None:
        return
    deployed = _deployed(spec, one.change, head)
    paths = [
        path
        for path in own_forms(spec, one.change, read_back)
        if same(value_at(spec, head, path), value_at(spec, deployed, path))
    ]
    content: Content = copy_properties(spec, head, read_back, paths) if paths else head
    if same_content(spec, content, read_back):
        # Spelled as the backup would: else the next sync had a commit to make with nothing in it to read.
        content = read_back
    if paths or content is read_back:
        found.main.remove(item_paths(spec, inputs.head.tree, one.change.path))
        found.main.write(to_files(spec, one.change.path, content))
        found.forms.extend(OwnForm(one.change.path, path) for path in sorted(paths))


def _deployed(spec: TypeSpec, change: Change, head: Content) -> Content:
    """What was deployed, for the properties of the change."""
    if change.action is Action.CREATE:
        return created_content(spec, change)
    return apply(spec, head, {row.path: row.repository for row in change.properties})
