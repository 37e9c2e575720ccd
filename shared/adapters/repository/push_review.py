"""What a push must be before it may move `main`: whole, well-formed, and of accepted content.

Everything new is looked at, also what an intermediate commit holds and a later one removes again: history is
kept for good and checked out by others.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dulwich.errors import ChecksumMismatch, ObjectFormatException
from dulwich.objects import Blob, Commit, ObjectID, Tree, parse_tree, serialize_tree, sorted_tree_items

from shared.adapters.repository import history, trees
from shared.adapters.repository.messages import GitLimits, PushCheck, PushRefused, PushView
from shared.adapters.repository.objects import ObjectMissing
from shared.adapters.repository.path_rules import DEEPEST_PATH, look_alikes, name_fault, path_fault
from shared.adapters.repository.quarantine import Quarantine
from shared.names import CommitId

_MODE_FAULTS: Final[Mapping[int, str]] = {
    0o120000: "is a symbolic link; only plain files are kept",
    0o160000: "is a submodule; only plain files are kept",
    0o100755: "is executable; run: git update-index --chmod=-x <file>",
}
_MOST_FAULTS: Final = 50


@dataclass(frozen=True, slots=True)
class _Folder:
    """A new tree that is still to be looked at, and where it was met first."""

    tree: bytes
    path: str
    commit: CommitId


class _Faults:
    """The lines to tell, up to a limit that ends the review."""

    def __init__(self, new: CommitId) -> None:
        self.lines: list[str] = []
        self._new = new

    def add(self, commit: CommitId, path: str, fault: str) -> None:
        where = "" if commit == self._new else f" (in commit {commit[:10]})"
        self.lines.append(f"{_shown(path)} {fault}{where}")
        if len(self.lines) >= _MOST_FAULTS:
            self.refuse()

    def refuse(self) -> None:
        if self.lines:
            raise refusal(self.lines)


def refusal(lines: Sequence[str]) -> PushRefused:
    """The refusal for these faults."""
    found = "1 fault" if len(lines) == 1 else f"{len(lines)} faults"
    return PushRefused(f"{found}, listed above; main has not moved", lines)


def review(
    objects: Quarantine, old: CommitId | None, new: CommitId, check: PushCheck, limits: GitLimits
) -> list[bytes]:
    """The ids of the objects to store, if `main` may move from `old` to `new`. Raises PushRefused.

    Objects that the repository has are taken as whole and well-formed: nothing else gets in.
    """
    commits = _new_commits(objects, new)
    if not history.follows(objects.commit, old, new):
        raise PushRefused(
            "not a fast-forward", ["main holds commits that yours lacks: run git pull, then push again"]
        )
    wanted = [commit_id.encode() for commit_id in commits]
    wanted.extend(_new_trees_and_blobs(objects, commits, new))
    view = _view(objects, old, new, limits)
    if lines := list(check(view)):
        raise refusal(lines)
    return wanted


def _new_commits(objects: Quarantine, new: CommitId) -> dict[CommitId, Commit]:
    """The commits that the push brings, `new` first. Each has its parents."""
    found: dict[CommitId, Commit] = {}
    queue = [new]
    while queue:
        commit_id = queue.pop()
        if commit_id in found:
            continue
        try:
            commit = objects.commit(commit_id)
            if not objects.pushed(commit_id.encode()):
                continue
            commit.check()
        except (ObjectMissing, ObjectFormatException, ChecksumMismatch, ValueError) as exc:
            raise PushRefused("a commit cannot be read", [f"commit {commit_id}: {exc}"]) from exc
        found[commit_id] = commit
        queue.extend(history.parents_of(commit))
    return found


def _new_trees_and_blobs(
    objects: Quarantine, commits: Mapping[CommitId, Commit], new: CommitId
) -> Iterator[bytes]:
    """Their ids, each once. Raises PushRefused for what is missing or not as it must be."""
    faults, seen = _Faults(new), dict[bytes, int]()
    folders = [_Folder(commit.tree, "", commit_id) for commit_id, commit in reversed(list(commits.items()))]
    while folders:
        folder = folders.pop()
        if not _first_sight(objects, folder.tree, Tree.type_num, seen):
            continue
        yield folder.tree
        for name, mode, object_id in _entries(objects, folder, faults):
            path = f"{folder.path}{name.decode(errors='replace')}"
            if stat.S_ISDIR(mode):
                if path.count("/") >= DEEPEST_PATH - 1:
                    faults.add(folder.commit, path, f"lies deeper than {DEEPEST_PATH - 1} folders")
                    continue
                folders.append(_Folder(object_id, f"{path}/", folder.commit))
            elif mode != trees.FILE_MODE:
                faults.add(folder.commit, path, _MODE_FAULTS.get(mode, f"has the mode {mode:o}"))
            elif _first_sight(objects, object_id, Blob.type_num, seen):
                yield object_id
    faults.refuse()


def _first_sight(objects: Quarantine, object_id: bytes, kind: int, seen: dict[bytes, int]) -> bool:
    """Whether this is a new object, seen for the first time. PushRefused if missing or of another kind."""
    first = object_id not in seen
    if first:
        try:
            seen[object_id] = objects.kind(object_id)
        except KeyError as exc:
            missing = f"object {object_id.decode()} is needed but was not sent"
            raise PushRefused("the push is not complete", [missing]) from exc
    if seen[object_id] != kind:
        raise PushRefused("a tree is damaged", [f"object {object_id.decode()} is not what it is used as"])
    return first and objects.pushed(object_id)


def _entries(objects: Quarantine, folder: _Folder, faults: _Faults) -> list[tuple[bytes, int, bytes]]:
    """The entries of a new tree: in Git's own form, so that every client reads the same in them."""
    raw = objects.get_raw(ObjectID(folder.tree))[1]
    try:
        entries = [(name, mode, object_id) for name, mode, object_id in parse_tree(raw, 20, strict=True)]
        canonical = serialize_tree(
            sorted_tree_items({name: (mode, ObjectID(sha)) for name, mode, sha in entries}, name_order=False)
        )
        if b"".join(canonical) != raw:
            raise ObjectFormatException("its entries are not in order, or not unique")
    except (ObjectFormatException, ValueError) as exc:
        raise PushRefused("a tree is damaged", [f"folder {_shown(folder.path) or '/'}: {exc}"]) from exc
    for name, _, _ in entries:
        if fault := name_fault(name):
            faults.add(folder.commit, f"{folder.path}{name.decode(errors='replace')}", f"is refused: {fault}")
    for one, other in look_alikes(name for name, _, _ in entries):
        path, twin = (f"{folder.path}{name.decode(errors='replace')}" for name in (other, one))
        faults.add(folder.commit, path, f"equals {_shown(twin)} but for case or Unicode form")
    return entries


def _view(objects: Quarantine, old: CommitId | None, new: CommitId, limits: GitLimits) -> PushView:
    new_tree = objects.commit(new).tree
    if (count := _count_files(objects, new_tree, {}, 0)) > limits.files:
        raise PushRefused(f"the push makes more than {limits.files} files", [f"it makes {count} files"])
    files = trees.flatten(objects, new_tree)
    old_tree = objects.commit(old).tree if old else None
    changed = {change.path: change.new for change in trees.changes(objects, old_tree, new_tree)}
    faults = _Faults(new)
    for path, blob in changed.items():
        if blob is not None and (fault := path_fault(path)):
            faults.add(new, path, f"is refused: {fault}")
    faults.refuse()
    reader = _Reader(objects, limits.inflated)
    return PushView(
        old=old,
        new=new,
        commits=history.between(objects.commit, old, new),
        changed=_Changed(changed, reader),
        files=files,
        read=lambda path: reader.read(files[path]),
    )


def _count_files(objects: Quarantine, tree: bytes, counted: dict[bytes, int], depth: int) -> int:
    """Files below a tree, each folder counted once: a few small trees can stand for billions of paths."""
    if depth > DEEPEST_PATH:
        raise PushRefused(
            "folders lie too deep", [f"there are more than {DEEPEST_PATH} folders in each other"]
        )
    if tree not in counted:
        counted[tree] = sum(
            _count_files(objects, object_id, counted, depth + 1) if stat.S_ISDIR(mode) else 1
            for mode, object_id in objects.entries(tree).values()
        )
    return counted[tree]


class _Reader:
    """Reads blobs for the check, up to a total: one blob may stand at many paths."""

    def __init__(self, objects: Quarantine, limit: int) -> None:
        self._objects, self._left = objects, limit

    def read(self, blob: str) -> bytes:
        contents = self._objects.contents(blob)
        self._left -= len(contents)
        if self._left < 0:
            raise PushRefused("the push is too large to check", ["push fewer changed files at a time"])
        return contents


class _Changed(Mapping[str, bytes | None]):
    """The changed files, each read when asked for."""

    def __init__(self, blobs: Mapping[str, str | None], reader: _Reader) -> None:
        self._blobs, self._reader = blobs, reader

    def __getitem__(self, path: str) -> bytes | None:
        blob = self._blobs[path]
        return None if blob is None else self._reader.read(blob)

    def __iter__(self) -> Iterator[str]:
        return iter(self._blobs)

    def __len__(self) -> int:
        return len(self._blobs)


def _shown(path: str) -> str:
    """The path without what could play tricks on a terminal."""
    return "".join(character if character.isprintable() else "?" for character in path)
