"""Walks commits: what lies between two, whether one follows another, who changed a path and why."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from dulwich.objects import Commit

from shared.adapters.repository.objects import StoredObjects
from shared.adapters.repository.trees import changes, find
from shared.names import CommitId
from shared.ports import Author, Revision, Revisions

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


def revisions(
    objects: StoredObjects, start: CommitId, path: str | None, since: CommitId | None, top: int, after: int
) -> Revisions:
    """The same as people read it, and without what `since` reaches.

    With `since` all of it is walked and counted. Without, no commit before the last one asked for is read,
    and of each commit only the folders on the way to `path`.
    """
    within = None if since is None else frozenset(between(objects.commit, since, start))
    page: list[tuple[CommitId, Commit]] = []
    seen = 0
    for one in _touching(objects, start, path, within):
        seen += 1
        if after < seen <= after + top:
            page.append(one)
        elif seen > after + top and within is None:
            break
    count = None if within is None else seen
    return Revisions([_revision(objects, *one) for one in page], seen > after + top, count)


def _revision(objects: StoredObjects, commit_id: CommitId, commit: Commit) -> Revision:
    told = _entry(commit_id, commit)
    before = objects.commit(told.parents[0]).tree if told.parents else None
    files = sum(1 for _ in changes(objects, before, commit.tree))
    # Not when its author says to have written it: a commit that was rebased would stand before its parents.
    at = _moment(commit.commit_time, dt.UTC)
    return Revision(commit_id, told.author, at, told.message, files)


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


def _newest_first(
    read: _ReadCommit, start: CommitId, within: Collection[CommitId] | None = None
) -> Iterator[tuple[CommitId, Commit]]:
    """Commits by time, as they come into sight; `within`: no others."""
    if within is not None and start not in within:
        return
    sight = [(-read(start).commit_time, start)]
    seen = {start}
    while sight:
        _, commit_id = heapq.heappop(sight)
        commit = read(commit_id)
        yield commit_id, commit
        for parent in parents_of(commit):
            if parent not in seen and (within is None or parent in within):
                seen.add(parent)
                heapq.heappush(sight, (-read(parent).commit_time, parent))


def _touching(
    objects: StoredObjects, start: CommitId, path: str | None, within: Collection[CommitId] | None = None
) -> Iterator[tuple[CommitId, Commit]]:
    read: _ReadCommit = cache(objects.commit)
    if path is None:
        yield from _newest_first(read, start, within)
        return
    if within is not None and start not in within:
        return
    here_in = cache(lambda commit_id: find(objects, read(commit_id).tree, path))
    followed: set[CommitId] = {start}
    sight = [(-read(start).commit_time, start)]
    while sight:
        _, commit_id = heapq.heappop(sight)
        commit = read(commit_id)
        here = here_in(commit_id)
        before = {parent: here_in(parent) for parent in parents_of(commit)}
        same = next((parent for parent, there in before.items() if there == here), None)
        if same is None and (before or here is not None):
            yield commit_id, commit
        for parent in [same] if same is not None else before:
            if parent not in followed and (within is None or parent in within):
                followed.add(parent)
                heapq.heappush(sight, (-read(parent).commit_time, parent))


def _entry(commit_id: CommitId, commit: Commit) -> LogEntry:
    name, _, email = commit.author.decode(errors="replace").rpartition(" <")
    zone = dt.timezone(dt.timedelta(seconds=commit.author_timezone))
    at = _moment(commit.author_time, zone)
    author = Author(name or email, email.removesuffix(">"))
    return LogEntry(commit_id, parents_of(commit), author, at, commit.message.decode(errors="replace"))


def _moment(seconds: int, zone: dt.tzinfo) -> dt.datetime:
    """A time of a commit; 1970 for one that no calendar has, since anybody may write anything there."""
    try:
        return dt.datetime.fromtimestamp(seconds, zone)
    except (OverflowError, ValueError, OSError):
        return dt.datetime.fromtimestamp(0, dt.UTC)
