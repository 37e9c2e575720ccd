"""The history as people read it without Git, and commits that somebody asked for."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shared.adapters.repository.site import TenantRepository
from shared.errors import HeadMoved
from shared.names import MAIN, CommitId
from shared.ports import Author, BranchCommit

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

ACCORD = Author("Accord", "accord@localhost")
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def repository(container: ContainerClient, tmp_path: Path) -> TenantRepository:
    return TenantRepository(container, f"t-{uuid.uuid4().hex[:8]}", tmp_path)


def change(files: dict[str, bytes | None], expected: CommitId | None, minutes: int) -> BranchCommit:
    return BranchCommit(
        MAIN, expected, files, f"After {minutes}", ACCORD, NOON + dt.timedelta(minutes=minutes)
    )


@pytest.fixture
def line(repository: TenantRepository) -> list[CommitId]:
    """Four commits, oldest first."""
    made: list[CommitId] = []
    for minutes, files in enumerate(
        ({"f/a": b"1", "g/b": b"1"}, {"f/a": b"2"}, {"g/b": b"2"}, {"f/a": None, "g/b": b"3"})
    ):
        head = made[-1] if made else None
        made.append(repository.commit([change(files, head, minutes)])[MAIN])
    return made


def test_a_history_is_read_in_parts_with_how_many_files_each_commit_changed(repository, line) -> None:
    found = repository.revisions(line[3], None, None, 2, 0)

    assert [(one.id, one.files, one.message) for one in found.value] == [
        (line[3], 2, "After 3"),
        (line[2], 1, "After 2"),
    ]
    assert (found.more, found.count) == (True, None)
    rest = repository.revisions(line[3], None, None, 2, 2)
    assert ([one.id for one in rest.value], rest.more) == ([line[1], line[0]], False)
    assert (rest.value[-1].files, rest.value[-1].at, rest.value[-1].author) == (2, NOON, ACCORD)


@pytest.mark.parametrize(
    ("path", "since", "left"),
    [
        (None, 1, [3, 2]),
        (None, 3, []),
        ("f/a", None, [3, 1, 0]),
        ("f/a", 0, [3, 1]),
        ("g", 2, [3]),
        ("g", 3, []),
        ("none", None, []),
    ],
)
def test_what_came_since_a_commit_is_counted_also_of_one_path(repository, line, path, since, left) -> None:
    found = repository.revisions(line[3], path, None if since is None else line[since], 1, 0)

    assert [one.id for one in found.value] == [line[number] for number in left[:1]]
    assert found.count == (None if since is None else len(left))
    assert found.more == (len(left) > 1)


def test_only_commits_of_this_repository_are_held(repository, line) -> None:
    blob = next(iter(repository.tree(line[0]).values()))

    assert repository.holds(line[0])
    assert not repository.holds(CommitId("0" * 40))
    assert not repository.holds(CommitId(blob))


def test_who_asked_for_a_commit_is_kept_in_the_step_that_moves_main(repository, line) -> None:
    made = repository.commit_for(change({"f/a": b"9"}, line[3], 9), "ada")

    assert repository.refs()[MAIN] == made
    (push,) = repository.pending_pushes()
    assert (push.old, push.new, push.principal, push.at) == (
        line[3],
        made,
        "ada",
        NOON + dt.timedelta(minutes=9),
    )
    repository.settle_push(push)
    assert repository.pending_pushes() == ()


def test_a_commit_that_loses_leaves_no_trace_of_who_asked(repository, line) -> None:
    with pytest.raises(HeadMoved):
        repository.commit_for(change({"f/a": b"9"}, line[2], 9), "ada")

    assert repository.pending_pushes() == ()
    assert repository.refs()[MAIN] == line[3]


def test_a_commit_that_changes_nothing_is_nobodys(repository, line) -> None:
    assert repository.commit_for(change({"g/b": b"3"}, line[3], 9), "ada") == line[3]
    assert repository.pending_pushes() == ()
