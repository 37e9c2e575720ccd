"""Makes commits: the objects that are new, and where each ref would stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from dulwich.objects import Commit, ObjectID

from shared.adapters.repository.objects import NewObject, StoredObjects
from shared.adapters.repository.trees import EMPTY_TREE, TreeEdit
from shared.names import CommitId
from shared.ports import Author, BranchCommit


def draft_commits(
    objects: StoredObjects, commits: Sequence[BranchCommit]
) -> tuple[dict[bytes, NewObject], dict[str, tuple[CommitId | None, CommitId | None]]]:
    """The new objects by id, and each ref's old and new commit (the same where nothing changes)."""
    edit = TreeEdit(objects)
    made: dict[bytes, NewObject] = {}
    targets: dict[str, tuple[CommitId | None, CommitId | None]] = {}
    for wanted in commits:
        old_tree = objects.commit(wanted.expected).tree if wanted.expected else None
        new_tree = edit.apply(old_tree, wanted.files)
        target = wanted.expected
        if new_tree != (old_tree or EMPTY_TREE):
            draft = _commit_object(wanted, new_tree)
            made[draft.id] = NewObject.of(draft)
            target = CommitId(draft.id.decode())
        targets[wanted.ref] = (wanted.expected, target)
    return {**edit.made, **made}, targets


def _commit_object(wanted: BranchCommit, tree: bytes) -> Commit:
    commit = Commit()
    commit.tree = ObjectID(tree)
    commit.parents = [ObjectID(wanted.expected.encode())] if wanted.expected else []
    commit.author = commit.committer = _identity(wanted.author)
    commit.author_time = commit.commit_time = int(wanted.at.timestamp())
    offset = wanted.at.utcoffset() or dt.timedelta()
    commit.author_timezone = commit.commit_timezone = int(offset.total_seconds()) // 60 * 60
    commit.message = wanted.message.encode()
    return commit


def _identity(author: Author) -> bytes:
    """`Name <email>`; what Git keeps for itself in that line is left out."""
    name, email = (
        "".join(character for character in part if character.isprintable() and character not in "<>").strip()
        for part in (author.name, author.email)
    )
    return f"{name or 'unknown'} <{email}>".encode()
