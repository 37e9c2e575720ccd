"""Checks a push before it is accepted: every file that it touches must be one that a sync can work with.

Refused are paths that name no type, names that other systems take for equal, files that are not JSON,
properties that nobody keeps, secrets, markers that lead nowhere, and what a type can never do. Two pure
steps: `push_needs` says which files, as they were, must be loaded; `check_push` decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.domain.agreement import Agreement
from shared.domain.catalog import Catalog, Kind, TypeSpec
from shared.domain.file_name import folder
from shared.domain.files import FileFault, from_files, owner_of, sides_named
from shared.domain.item import Content
from shared.domain.json_form import JsonFault, parse_object
from shared.domain.matching import nameless
from shared.domain.properties import same_content
from shared.domain.push_content import content_faults, immutable_faults, marked_unchangeable
from shared.domain.push_paths import PushFault, path_faults, spec_at
from shared.domain.tenant_state import likeness
from shared.names import ItemPath


@dataclass(frozen=True, slots=True)
class Push:
    """What a push does to `main`. `old`: every path before; `changed`: path → new contents, None: removed.

    `contents`: what `push_needs` asked for. `base`: B, which says what the tenant is known to hold.
    """

    catalog: Catalog
    old: Collection[str]
    changed: Mapping[str, bytes | None]
    contents: Mapping[str, bytes]
    base: Agreement


def push_needs(catalog: Catalog, old: Collection[str], changed: Mapping[str, bytes | None]) -> frozenset[str]:
    """The files, as they were, that `check_push` looks at: those of the items touched, and, where items are
    added, the JSON of all items of that type.
    """
    needed: set[str] = set()
    for spec, paths in _by_type(catalog, changed):
        there = [path for path in old if path.startswith(folder(spec))]
        owners = _owners(spec, {*paths, *there})
        touched = {owners.get(path) for path in paths}
        added = any(changed[path] is not None and owners.get(path) == path for path in set(paths) - set(old))
        for path in there:
            if owners.get(path) in touched or (added and owners.get(path) == path):
                needed.add(path)
    return frozenset(needed)


def _by_type(catalog: Catalog, paths: Iterable[str]) -> list[tuple[TypeSpec, list[str]]]:
    found: dict[str, tuple[TypeSpec, list[str]]] = {}
    for path in sorted(paths):
        spec = spec_at(catalog, path)
        if spec is not None:
            found.setdefault(spec.key, (spec, []))[1].append(path)
    return list(found.values())


def _owners(spec: TypeSpec, paths: Iterable[str]) -> dict[str, str]:
    """Path → the JSON file of the item it belongs to (an item's own: itself); nothing for a stray file."""
    place = folder(spec)
    names = [path.removeprefix(place) for path in paths]
    stems = {name.removesuffix(".json"): "" for name in names if name.endswith(".json")}
    found = {}
    for name in names:
        owner = owner_of(spec, name, stems)
        if owner is not None:
            found[place + name] = f"{place}{owner}.json"
        elif name.endswith(".json"):
            found[place + name] = place + name
    return found


def _grouped(owners: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, owner in owners.items():
        found.setdefault(owner, []).append(path)
    return found


def check_push(push: Push) -> tuple[PushFault, ...]:
    """Every fault of the push, by path; none: it can be accepted."""
    faults = path_faults(push.catalog, push.old, push.changed)
    wrong = {fault.path for fault in faults}
    right = {path: data for path, data in push.changed.items() if path not in wrong}
    for spec, paths in _by_type(push.catalog, right):
        faults.extend(_Folder(push, spec).check(paths))
    return tuple(sorted(faults, key=lambda fault: (fault.path, fault.line or 0, fault.reason)))


class _Folder:
    """One type's files, before the push and after it."""

    def __init__(self, push: Push, spec: TypeSpec) -> None:
        place = folder(spec)
        self.push, self.spec = push, spec
        self.before = {path for path in push.old if path.startswith(place)}
        gone = {path for path, data in push.changed.items() if data is None}
        written = {path for path in push.changed if path.startswith(place)} - gone
        self.after = (self.before - gone) | written
        self.had, self.has = _owners(spec, self.before), _owners(spec, self.after)
        self.files_before, self.files_after = _grouped(self.had), _grouped(self.has)

    def check(self, paths: Sequence[str]) -> Iterator[PushFault]:
        """The faults of the items that these changed files belong to."""
        owners = {self.has.get(path) or self.had.get(path) for path in paths}
        for path in paths:
            if path in self.after and path not in self.has:
                yield PushFault(path, None, "no item's file names this one")
        items = sorted(owner for owner in owners if owner is not None)
        there = [ItemPath(path) for path in items if path in self.after]
        lost = [ItemPath(path) for path in items if path not in self.after]
        before = {path: self._read(path, old=True) for path in (*there, *lost) if path in self.before}
        known = {path: content for path, content in before.items() if not isinstance(content, FileFault)}
        now: dict[ItemPath, Content] = {}
        for path in there:
            content = self._read(path, old=False)
            if isinstance(content, FileFault):
                yield PushFault(content.path, content.line, content.reason)
            else:
                now[path] = content
                yield from self._content(path, content, known.get(path))
        added = {path: content for path, content in now.items() if path not in self.before}
        removed = {path: known.get(path) for path in lost}
        yield from self._namesakes(added)
        yield from self._never(added, removed)
        for path in lost:
            for left in sorted(set(self.files_before[path]) & self.after - self.push.changed.keys()):
                yield PushFault(left, None, f"{path} is removed: remove this file too")

    def _read(self, path: ItemPath, *, old: bool) -> Content | FileFault:
        names = (self.files_before if old else self.files_after)[path]
        return from_files(self.spec, path, {one: self._bytes(one, old=old) for one in names})

    def _bytes(self, path: str, *, old: bool) -> bytes:
        data = None if old else self.push.changed.get(path)
        return self.push.contents[path] if data is None else data

    def _content(self, path: ItemPath, content: Content, before: Content | None) -> Iterator[PushFault]:
        reasons = content_faults(self.push.catalog, self.spec, content, before)
        if before is not None and path in self.push.base.ids:
            reasons += immutable_faults(self.spec, before, content)
            if marked_unchangeable(self.spec, before) and not same_content(self.spec, before, content):
                reasons.append("the service does not let anybody change this object")
        yield from (PushFault(path, None, reason) for reason in reasons)
        named = sides_named(self.spec, path, self._bytes(path, old=False))
        for one in sorted(set(self.files_after[path]) - named - {path}):
            yield PushFault(one, None, f"{path} does not name this file: remove it, or name it there")

    def _namesakes(self, added: Mapping[ItemPath, Content]) -> Iterator[PushFault]:
        """A new file must not be the second of one identity."""
        if not added:
            return
        known: dict[tuple[str, ...], str] = {}
        for path in sorted(self.files_after.keys() - added.keys()):
            other_content = parse_object(self._bytes(path, old=False))
            if not isinstance(other_content, JsonFault):
                known.setdefault(likeness(self.spec, other_content), path)
        for new, content in sorted(added.items()):
            other = known.setdefault(likeness(self.spec, content), new)
            if other != new:
                name = likeness(self.spec, content)[0]
                yield PushFault(new, None, f"{other} has the {self.spec.named_by} {name!r} already")

    def _never(
        self, added: Mapping[ItemPath, Content], removed: Mapping[ItemPath, Content | None]
    ) -> Iterator[PushFault]:
        """Creations and deletions that the service never allows; a moved file is neither."""
        spec = self.spec
        before = {_looks(spec, content) for content in removed.values() if content is not None}
        after = {_looks(spec, content) for content in added.values()}
        creatable = spec.creatable or spec.kind is Kind.SINGLETON  # its file is an update of what is there
        for path, content in added.items():
            if not creatable and spec.key in self.push.base.types and _looks(spec, content) not in before:
                yield PushFault(path, None, f"{spec.key} cannot be created: the service makes them itself")
        for path, old in removed.items():
            if path not in self.push.base.ids or (old is not None and _looks(spec, old) in after):
                continue
            if not spec.deletable or spec.kind is Kind.SINGLETON:
                yield PushFault(path, None, f"{spec.key} cannot be deleted")
            elif old is not None and marked_unchangeable(spec, old):
                yield PushFault(path, None, "the service does not let anybody delete this object")


def _looks(spec: TypeSpec, content: Content) -> str:
    """Equal for what is the same item under another path or another name."""
    return nameless(spec, content)
