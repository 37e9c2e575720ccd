"""The items of a tenant's repository at any point of its history, and how they differ between two points."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.domain.catalog import Catalog
from shared.domain.contrast import Contrast, action_of, contrasts
from shared.domain.file_name import readable
from shared.domain.files import FileFault, Tree
from shared.domain.inventory import Held, content_of, inventory, item_at
from shared.domain.item import Content
from shared.domain.json_form import JsonFault, parse_object
from shared.domain.plan import Action
from shared.domain.reference import identity_of
from shared.errors import Problem
from shared.names import MAIN, TENANT, CommitId, ItemPath, TypeKey
from shared.ports import EditedRepository

BRANCHES: Final[Mapping[str, str]] = {"main": MAIN, "tenant": TENANT}
TAGS: Final = "refs/tags/"
AT_ONCE: Final = 500
"""Items read at a time where all of them are looked through."""
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Point:
    """One commit of a repository; none before the first."""

    repository: EditedRepository
    commit: CommitId | None
    tree: Tree


def point(repository: EditedRepository, ref: str | None) -> Point:
    """What `ref` names: `main` (also None), `tenant`, a tag, or a commit's id. Raises Problem
    `commitNotFound`, also for a commit of another repository.
    """
    commit = commit_of(repository, ref)
    return Point(repository, commit, repository.tree(commit))


def commit_of(repository: EditedRepository, ref: str | None) -> CommitId | None:
    """The same, without its files."""
    name = ref or "main"
    if name in BRANCHES:
        return repository.refs().get(BRANCHES[name])
    if _COMMIT.fullmatch(name):
        found = CommitId(name) if repository.holds(CommitId(name)) else None
    else:
        found = repository.refs().get(f"{TAGS}{name}")
    if found is None:
        raise Problem("commitNotFound", 404, values={"ref": name[:100]})
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """An item in a list. `size`: bytes of all its files."""

    held: Held
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list; `more`: others follow."""

    value: Sequence[Shown]
    more: bool


def listed(
    catalog: Catalog, at: Point, types: Sequence[TypeKey] | None, search: str, top: int, after: int
) -> Page:
    """The items at that point, by path. `search`: part of a name or of a path, in any case."""
    found = list(inventory(catalog, at.tree, types).values())
    if search:
        found = [
            one
            for one, name in _named(at, found)
            if search in name.casefold() or search in one.path.casefold()
        ]
    page = found[after : after + top]
    blobs = at.repository.blobs([blob for one in page for blob in one.files.blobs()])
    value = [
        Shown(one, _name(one, blobs[one.files.json]), sum(len(blobs[blob]) for blob in one.files.blobs()))
        for one in page
    ]
    return Page(value, len(found) > after + top)


def _named(at: Point, found: Sequence[Held]) -> Sequence[tuple[Held, str]]:
    named: list[tuple[Held, str]] = []
    for start in range(0, len(found), AT_ONCE):
        some = found[start : start + AT_ONCE]
        blobs = at.repository.blobs([one.files.json for one in some])
        named.extend((one, _name(one, blobs[one.files.json])) for one in some)
    return named


def _name(held: Held, data: bytes) -> str:
    content = parse_object(data)
    name = "" if isinstance(content, JsonFault) else identity_of(held.spec, content)
    return name or readable(held.path)


@dataclass(frozen=True, slots=True)
class Whole:
    """One item with its files' contents, the JSON apart."""

    held: Held
    name: str
    data: bytes
    beside: Mapping[str, bytes]


def whole(catalog: Catalog, at: Point, path: str) -> Whole:
    """The item at that path. Raises Problem `itemNotFound`."""
    held = item_at(catalog, at.tree, path)
    if held is None:
        raise Problem("itemNotFound", 404, values={"path": path[:200]})
    blobs = at.repository.blobs(held.files.blobs())
    beside = {side: blobs[blob] for side, blob in held.files.sides}
    data = blobs[held.files.json]
    return Whole(held, _name(held, data), data, beside)


@dataclass(frozen=True, slots=True)
class Differing:
    """An item that two points do not hold alike. `fault`: why its files cannot be compared."""

    held: Held
    name: str
    action: Action
    properties: tuple[Contrast, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Differences:
    """A part of them; `more`: others follow. An item whose files are only written differently is left out,
    so that a part may hold fewer than were asked for.
    """

    value: Sequence[Differing]
    more: bool


def differences(
    catalog: Catalog, old: Point, new: Point, types: Sequence[TypeKey] | None, path: str | None, places: range
) -> Differences:
    """What leads from one point to the other, item by item, by path. `places`: which of those whose files
    differ; `path`: this item only.
    """
    before, after = inventory(catalog, old.tree, types), inventory(catalog, new.tree, types)
    found = sorted(
        one
        for one in before.keys() | after.keys()
        if (path is None or one == path) and _files(before.get(one)) != _files(after.get(one))
    )
    page = found[places.start : places.stop]
    olds = _contents(old, [before[one] for one in page if one in before])
    news = _contents(new, [after[one] for one in page if one in after])
    value = [_differing(after.get(one) or before[one], olds.get(one), news.get(one)) for one in page]
    return Differences([one for one in value if one.properties or one.fault], len(found) > places.stop)


def _files(held: Held | None) -> object:
    return None if held is None else held.files


def _contents(at: Point, items: Sequence[Held]) -> dict[ItemPath, Content | FileFault]:
    blobs = at.repository.blobs([blob for one in items for blob in one.files.blobs()])
    return {one.path: content_of(one, blobs) for one in items}


def _differing(held: Held, old: Content | FileFault | None, new: Content | FileFault | None) -> Differing:
    action = action_of(old, new)
    for side in (old, new):
        if isinstance(side, FileFault):
            return Differing(held, readable(held.path), action, (), f"{side.path}: {side.reason}")
    before, after = (None if isinstance(one, FileFault) else one for one in (old, new))
    name = identity_of(held.spec, after if after is not None else before or {}) or readable(held.path)
    return Differing(held, name, action, contrasts(held.spec, before, after))
