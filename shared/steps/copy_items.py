"""Items as they are elsewhere: at an earlier commit of this tenant (a restore), or in another (a copy).

From this tenant's own history, what was not there then is removed; from another tenant, nothing is. The
tenant itself changes only by a sync and its approval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.catalog import Catalog, TypeSpec
from shared.domain.files import FileFault
from shared.domain.inventory import Held, content_of, inventory
from shared.domain.item import Content
from shared.domain.json_form import JsonFault, parse_object
from shared.domain.push_paths import PushFault
from shared.domain.reference import identity_of
from shared.domain.rewriting import Known, Lack, Taken, chosen, lacks, moved, taken, twin
from shared.domain.tenant_state import likeness
from shared.errors import Problem
from shared.names import BASE, MAIN, ItemPath, ObjectId, TenantId, TypeKey
from shared.ports import EditedRepository
from shared.steps.edit_items import Draft, Editor, Head, Landed, land, refused
from shared.steps.read_items import Point
from shared.steps.refs import load_agreement


@dataclass(frozen=True, slots=True)
class Source:
    """Where the items come from. `tenant`: another tenant's id; None: an earlier commit of the same one."""

    at: Point
    ref: str
    tenant: TenantId | None = None


@dataclass(frozen=True, slots=True)
class Copied:
    """What the copy made of `main`, and which references of the items lead nowhere in this tenant."""

    landed: Landed
    unresolved: tuple[Lack, ...]


def copy(
    editor: Editor,
    source: Source,
    paths: Sequence[str] | None,
    names: Mapping[TypeKey, Mapping[ObjectId, str]],
) -> Copied:
    """Makes the items at `paths` (None: all) as they are at the source. `names`: of objects that this tenant
    was seen to have and Accord does not manage. Raises Problem `itemNotFound`, `itemRefused`, `busy`.

    Repeatable: what is so already is left alone, and a copy that changes nothing makes no commit.
    """
    items: Sequence[Taken] = ()

    def decide(head: Head) -> Draft:
        nonlocal items
        there = inventory(editor.catalog, head.tree)
        items = _wanted(editor, source, there, paths)
        return Draft(taken(head.tree, there, items), _subject(source, len(items)), "items.copied")

    landed = land(editor, decide)
    return Copied(landed, _unresolved(editor, items, names))


def _subject(source: Source, count: int) -> str:
    what = "1 item" if count == 1 else f"{count} items"
    if source.tenant is None:
        return f"Restore {what} as of {source.ref[:40]}"
    return f"Copy {what} from {source.tenant} as of {source.ref[:40]}"


def _wanted(
    editor: Editor, source: Source, there: Mapping[ItemPath, Held], paths: Sequence[str] | None
) -> Sequence[Taken]:
    elsewhere = inventory(editor.catalog, source.at.tree)
    restores = source.tenant is None
    found, missing = chosen({*elsewhere, *(there if restores else ())}, paths)
    if missing:
        raise Problem("itemNotFound", 404, values={"path": missing[0][:200]})
    coming = [
        elsewhere[path]
        for path in found
        if path in elsewhere and (path not in there or elsewhere[path].files != there[path].files)
    ]
    gone = [Taken(path, {}, None) for path in found if path not in elsewhere]
    if restores:
        return [*_read(source, coming, {}), *gone]
    new = {one.spec.key for one in coming if one.path not in there}
    return _read(source, coming, _by_likeness(editor.repository, there, new))


def _read(
    source: Source,
    coming: Sequence[Held],
    known: Mapping[TypeKey, Mapping[tuple[str, ...], ItemPath]],
) -> list[Taken]:
    """The items with their contents. Files are taken byte for byte, except where the target has the very same
    item under another path: there they are named after that.
    """
    blobs = source.at.repository.blobs([blob for one in coming for blob in one.files.blobs()])
    found = []
    for held in coming:
        content = content_of(held, blobs)
        if isinstance(content, FileFault):
            raise refused((PushFault(content.path, content.line, content.reason),), {})
        path = twin(held.spec, content, known.get(held.spec.key, {}), held.path)
        if path != held.path:
            found.append(moved(held.spec, content, path))
            continue
        files = {held.path: blobs[held.files.json], **{side: blobs[blob] for side, blob in held.files.sides}}
        found.append(Taken(path, files, content))
    return found


def _by_likeness(
    repository: EditedRepository, there: Mapping[ItemPath, Held], types: set[TypeKey]
) -> dict[TypeKey, dict[tuple[str, ...], ItemPath]]:
    """What the target has of these types, by what items are known by."""
    found: dict[TypeKey, dict[tuple[str, ...], ItemPath]] = {}
    for held, content in _contents(repository, [one for one in there.values() if one.spec.key in types]):
        found.setdefault(held.spec.key, {})[likeness(held.spec, content)] = held.path
    return found


def _contents(repository: EditedRepository, items: Sequence[Held]) -> Sequence[tuple[Held, Content]]:
    """The items' JSON, without those that cannot be read."""
    blobs = repository.blobs([one.files.json for one in items])
    read = [(one, parse_object(blobs[one.files.json])) for one in items]
    return [(one, content) for one, content in read if not isinstance(content, JsonFault)]


def _unresolved(
    editor: Editor, items: Sequence[Taken], names: Mapping[TypeKey, Mapping[ObjectId, str]]
) -> tuple[Lack, ...]:
    """Looked up in the head as the copy leaves it: copied items may refer to each other."""
    repository, catalog = editor.repository, editor.catalog
    brought = {one.path: (_spec(catalog, one.path), one.content) for one in items if one.content is not None}
    wanted = {reference.to for spec, _ in brought.values() for reference in spec.references}
    refs = repository.refs()
    head = repository.tree(refs.get(MAIN))
    known: dict[TypeKey, set[str]] = {key: set(found.values()) for key, found in names.items()}
    for held, content in _contents(repository, list(inventory(catalog, head, wanted).values())):
        known.setdefault(held.spec.key, set()).add(identity_of(held.spec, content))
    ids = {*load_agreement(repository, refs.get(BASE)).ids.values()}
    ids |= {one for found in names.values() for one in found}
    return lacks(brought, Known(known, ids))


def _spec(catalog: Catalog, path: ItemPath) -> TypeSpec:
    return catalog.types[TypeKey(path.split("/")[1])]
