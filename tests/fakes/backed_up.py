"""A repository after a first sync, for tests of Git clients."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeAlias

from shared.adapters.repository.blob_repository import BlobRepository
from shared.names import BASE, MAIN, TENANT, CommitId
from shared.ports import Author, BranchCommit

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
Open: TypeAlias = Callable[[], BlobRepository]
Make: TypeAlias = Callable[..., Any]


def change(files: dict[str, bytes | None], expected: CommitId | None = None, ref: str = MAIN) -> BranchCommit:
    return BranchCommit(ref, expected, files, "Back up", Author("Accord", "accord@localhost"), NOON)


def backed_up(repository: BlobRepository) -> dict[str, CommitId]:
    """A repository after a first sync."""
    files: dict[str, bytes | None] = {f"intune/type/item {n}.json": b'{"n": %d}\n' % n for n in range(20)}
    return dict(
        repository.commit(
            [change(files), change(files, ref=TENANT), change({".accord/ids.json": b"{}"}, ref=BASE)]
        )
    )
