"""When a commit of the history was made."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest
from dulwich.objects import Commit
from hostile_packs import commit_on

from shared.adapters.repository.history import revisions

TREE = b"4b825dc642cb6eb9a060e54bf8d69288fbee4904"
MONDAY, FRIDAY = 1772366400, 1772712000


def shown(commit: Commit) -> dt.datetime:
    parent = commit_on(TREE)
    commit.parents = [parent.id]
    kept = {one.id.decode(): one for one in (parent, commit)}
    objects = SimpleNamespace(commit=lambda name: kept[name])
    (newest,) = revisions(objects, commit.id.decode(), None, None, 1, 0).value
    return newest.at


@pytest.mark.parametrize(
    ("committed", "at"),
    [
        (FRIDAY, dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC)),
        (10**15, dt.datetime(1970, 1, 1, tzinfo=dt.UTC)),
    ],
    ids=["rebased", "of no calendar"],
)
def test_a_commit_was_made_when_it_was_committed_not_when_it_was_written(
    committed: int, at: dt.datetime
) -> None:
    commit = commit_on(TREE)
    commit.author_time, commit.commit_time = MONDAY, committed

    assert shown(commit) == at
