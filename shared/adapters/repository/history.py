"""Walks commits: what lies between two, whether one follows another, who changed a path and why."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from dulwich.objects import Commit

from shared.adapters.repository.objects import StoredObjects
from shared.adapters.repository.trees import find
from shared.names import CommitId
from shared.ports import Author

_ReadCommit: TypeAlias = Callable[[CommitId], Commit]


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One commit of a log: `at` is when it was written by its author, in the author's own time zone."""

    commit: CommitId
    parents: tuple[CommitId, ...]
    author: Author
    at: dt.datetime
    message: str


def parents_of(commit: Commit) -> tuple[CommitId, ...]:
    """The commit's parents."""
    return tuple(CommitId(parent.decode()) for parent in commit.parents)


def between(read: _ReadCommit, old: CommitId | None, new: CommitId) -> Sequence[CommitId]:
    """The commits reachable from `new` and not from `old`, newest first, children before their parents."""
    found = _reach(read, new, stop=old)
    if old is not None and any(not parents for parents in found.values()):
        # A walk that came to a first commit went around `old` somewhere, so it may hold ancestors of it.
        for known in _reach(read, old, stop=None):
            found.pop(known, None)
    return _children_first(read, found)


def follows(read: _ReadCommit, old: CommitId | None, new: CommitId) -> bool:
    """Whether `new` is `old` or came after it (a fast-forward)."""
    return old is None or any(commit == old for commit, _ in _newest_first(read, new))


def log(
    objects: StoredObjects, start: CommitId, path: str | None, top: int, after: int = 0
) -> Sequence[LogEntry]:
    """The newest commits from `start`: all, or those that changed what is at `path` (a file or a folder).

    As `git log`: of a merge, only a side that brought the path as it is now is followed.
    """
    entries: list[LogEntry] = []
    for commit_id, commit in _touching(objects, start, path):
        if after > 0:
            after -= 1
            continue
        entries.append(_entry(commit_id, commit))
        if len(entries) >= top:
            break
    return entries


def ancestors(read: _ReadCommit, tips: Sequence[CommitId]) -> set[CommitId]:
    """Every commit reachable from the tips, themselves included."""
    found: set[CommitId] = set()
    queue = list(tips)
    while queue:
        commit = queue.pop()
        if commit not in found:
            found.add(commit)
            queue.extend(parents_of(read(commit)))
    return found


def _reach(read: _ReadCommit, start: CommitId, stop: CommitId | None) -> dict[CommitId, tuple[CommitId, ...]]:
    """Commit → parents of everything reachable without passing `stop`."""
    found: dict[CommitId, tuple[CommitId, ...]] = {}
    queue = [start]
    while queue:
        commit = queue.pop()
        if commit != stop and commit not in found:
            found[commit] = parents_of(read(commit))
            queue.extend(found[commit])
    return found


def _children_first(
    read: _ReadCommit, parents: Mapping[CommitId, tuple[CommitId, ...]]
) -> Sequence[CommitId]:
    children = dict.fromkeys(parents, 0)
    for each in parents.values():
        for parent in each:
            if parent in children:
                children[parent] += 1
    ready = [(-read(commit).commit_time, commit) for commit, count in children.items() if not count]
    heapq.heapify(ready)
    ordered: list[CommitId] = []
    while ready:
        _, commit = heapq.heappop(ready)
        ordered.append(commit)
        for parent in parents[commit]:
            if parent in children:
                children[parent] -= 1
                if not children[parent]:
                    heapq.heappush(ready, (-read(parent).commit_time, parent))
    return ordered


def _newest_first(read: _ReadCommit, start: CommitId) -> Iterator[tuple[CommitId, Commit]]:
    """Commits by time, as they come into sight."""
    first = read(start)
    sight = [(-first.commit_time, start)]
    seen = {start}
    while sight:
        _, commit_id = heapq.heappop(sight)
        commit = read(commit_id)
        yield commit_id, commit
        for parent in parents_of(commit):
            if parent not in seen:
                seen.add(parent)
                heapq.heappush(sight, (-read(parent).commit_time, parent))


def _touching(objects: StoredObjects, start: CommitId, path: str | None) -> Iterator[tuple[CommitId, Commit]]:
    if path is None:
        yield from _newest_first(objects.commit, start)
        return
    followed: set[CommitId] = {start}
    sight = [(-objects.commit(start).commit_time, start)]
    while sight:
        _, commit_id = heapq.heappop(sight)
        commit = objects.commit(commit_id)
        here = find(objects, commit.tree, path)
        before = {parent: find(objects, objects.commit(parent).tree, path) for parent in parents_of(commit)}
        same = next((parent for parent, there in before.items() if there == here), None)
        if same is None and (before or here is not None):
            yield commit_id, commit
        for parent in [same] if same is not None else before:
            if parent not in followed:
                followed.add(parent)
                heapq.heappush(sight, (-objects.commit(parent).commit_time, parent))


def _entry(commit_id: CommitId, commit: Commit) -> LogEntry:
    name, _, email = commit.author.decode(errors="replace").rpartition(" <")
    zone = dt.timezone(dt.timedelta(seconds=commit.author_timezone))
    try:
        at = dt.datetime.fromtimestamp(commit.author_time, zone)
    except (OverflowError, ValueError, OSError):
        at = dt.datetime.fromtimestamp(0, dt.UTC)
    author = Author(name or email, email.removesuffix(">"))
    return LogEntry(commit_id, parents_of(commit), author, at, commit.message.decode(errors="replace"))
