"""Edits of a tenant's repository by people who use no Git: one commit on `main` each, made as a push is.

The same checks, the same note of who did it, and the same race: the commit is made on the head that was
looked at, or the edit is decided again on the new one. Nothing reaches the tenant but by a sync.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.domain.bounds import MESSAGE, cut
from shared.domain.catalog import Catalog
from shared.domain.commit_message import edit_message
from shared.domain.edits import FileEdits
from shared.domain.files import FileFault, Tree
from shared.domain.inventory import Held, item_at, version_of
from shared.domain.push_paths import PushFault
from shared.domain.rewriting import placed, pointer_of, put, written
from shared.domain.sync import Actor
from shared.errors import HeadMoved, Problem
from shared.names import MAIN, CommitId, ItemPath
from shared.ports import Author, BranchCommit, EditedRepository
from shared.steps.push import dump_actor, push_faults

ATTEMPTS: Final = 5
LARGEST_FILE: Final = 5 * 1024 * 1024
MOST_FILES: Final = 50_000
"""As for a push (docs/git.md)."""
SHOWN_FAULTS: Final = 50
NO_FAULT: Final[tuple[PushFault, ...]] = ()


@dataclass(frozen=True, slots=True)
class Editor:
    """Who edits which repository, and when."""

    repository: EditedRepository
    catalog: Catalog
    by: Actor
    at: dt.datetime
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """`main` as an edit finds it."""

    commit: CommitId | None
    tree: Tree


@dataclass(frozen=True, slots=True)
class Draft:
    """What an edit makes of the head. `subject`: the commit's, `deed`: the audit's word for it."""

    edits: FileEdits
    subject: str
    deed: str


@dataclass(frozen=True, slots=True)
class Landed:
    """Where `main` stands, and what the edit changed; no files: no commit was made."""

    commit: CommitId | None
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """A precondition. `versions`: If-Match, with `*` for any; `new`: If-None-Match with `*`."""

    versions: frozenset[str] = field(default_factory=frozenset)
    new: bool = False

    def holds(self, there: Held | None) -> bool:
        """Whether the item is as the client saw it."""
        if self.new and there is not None:
            return False
        if not self.versions:
            return True
        return there is not None and bool(self.versions & {"*", version_of(there.files)})


@dataclass(frozen=True, slots=True)
class Stored:
    """An item that was written."""

    landed: Landed
    created: bool


def store(editor: Editor, path: str, data: bytes, wish: Wish) -> Stored:
    """Writes the item from its JSON. Raises Problem `preconditionFailed`, `itemRefused`, `busy`.

    What is there already is written by nobody: repeated after its answer was lost, the same call succeeds.
    """
    created = False

    def decide(head: Head) -> Draft:
        nonlocal created
        there = item_at(editor.catalog, head.tree, path)
        files = _files(editor, head, there, path, data)
        if isinstance(files, PushFault):
            raise refused((files,), {path: data})
        edits = put(head.tree, there, files)
        if edits and not wish.holds(there):
            raise Problem("preconditionFailed", 412)
        created = there is None
        return Draft(edits, f"{'Add' if created else 'Edit'} {path}"[:200], "items.put")

    return Stored(land(editor, decide), created)


def check(editor: Editor, path: str, data: bytes) -> Sequence[Mapping[str, object]]:
    """The faults that `store` would refuse this for; none where it would be written."""
    head = _head(editor.repository)
    files = _files(editor, head, item_at(editor.catalog, head.tree, path), path, data)
    if isinstance(files, PushFault):
        return told((files,), {path: data})
    edits = put(head.tree, item_at(editor.catalog, head.tree, path), files)
    return told(_faults(editor, head, edits), edits)


def _files(
    editor: Editor, head: Head, there: Held | None, path: str, data: bytes
) -> Mapping[str, bytes] | PushFault:
    spec = placed(editor.catalog, head.tree, path)
    if isinstance(spec, PushFault):
        return spec
    blobs = editor.repository.blobs(blob for _, blob in there.files.sides) if there is not None else {}
    beside = {side: blobs[blob] for side, blob in there.files.sides} if there is not None else {}
    files = written(spec, ItemPath(path), data, beside)
    return PushFault(files.path, files.line, files.reason) if isinstance(files, FileFault) else files


def remove(editor: Editor, path: str, wish: Wish) -> Landed:
    """Removes the item. Raises Problem `itemNotFound`, `preconditionFailed`, `itemRefused`, `busy`."""

    def decide(head: Head) -> Draft:
        there = item_at(editor.catalog, head.tree, path)
        if there is None:
            raise Problem("itemNotFound", 404, values={"path": path[:200]})
        if not wish.holds(there):
            raise Problem("preconditionFailed", 412)
        return Draft(put(head.tree, there, {}), f"Remove {path}"[:200], "items.deleted")

    return land(editor, decide)


def land(editor: Editor, decide: Callable[[Head], Draft]) -> Landed:
    """Makes the commit that `decide` asks for, on the head that it was shown; it is asked again when another
    writer was faster. Raises Problem `itemRefused`, `busy`, and what `decide` raises.
    """
    for _ in range(ATTEMPTS):
        head = _head(editor.repository)
        draft = decide(head)
        if not draft.edits:
            return Landed(head.commit, ())
        if faults := _faults(editor, head, draft.edits):
            raise refused(faults, draft.edits)
        paths = tuple(draft.edits)
        message = edit_message(draft.subject, editor.comment, paths)
        author = _author(editor.by)
        wanted = BranchCommit(MAIN, head.commit, draft.edits, message, author, editor.at)
        said = dump_actor(editor.by, draft.deed, paths[0] if len(paths) == 1 else f"{len(paths)} files")
        try:
            return Landed(editor.repository.commit_for(wanted, said), paths)
        except HeadMoved:
            continue
    raise Problem("busy", 503, headers={"Retry-After": "2"})


def _head(repository: EditedRepository) -> Head:
    commit = repository.refs().get(MAIN)
    return Head(commit, repository.tree(commit))


def _faults(editor: Editor, head: Head, edits: FileEdits) -> Sequence[PushFault]:
    large = [
        PushFault(path, None, f"the file is larger than {LARGEST_FILE} bytes")
        for path, data in edits.items()
        if data is not None and len(data) > LARGEST_FILE
    ]
    if large:
        return large
    added = sum(1 for path, data in edits.items() if data is not None and path not in head.tree)
    if len(head.tree) + added > MOST_FILES:
        reason = f"the repository would hold more than {MOST_FILES} files"
        return [PushFault(next(iter(edits)), None, reason)]
    return push_faults(editor.catalog, editor.repository, _View(head.commit, edits))


@dataclass(frozen=True, slots=True)
class _View:
    """The edit as a push is shown to its check."""

    old: CommitId | None
    changed: FileEdits


def _author(by: Actor) -> Author:
    return Author(by.name, by.name if "@" in by.name else f"{by.id}@localhost")


def refused(faults: Sequence[PushFault], changed: FileEdits) -> Problem:
    """The refusal of these faults."""
    shown = told(faults[:SHOWN_FAULTS], changed)
    errors = [{"field": str(one["path"]), "detail": str(one["message"]), **one} for one in shown]
    return Problem("itemRefused", 422, values={"count": len(faults)}, errors=errors)  # type: ignore[arg-type]


def told(faults: Sequence[PushFault], changed: FileEdits) -> list[dict[str, object]]:
    """The faults as clients get them: `path` is a JSON pointer into the file `file`, where one is known."""
    return [
        {
            "path": pointer_of(changed.get(one.path), one.reason),
            "message": cut(one.reason, MESSAGE),
            "file": one.path,
            "line": one.line,
        }
        for one in faults
    ]


def canonical_bytes(content: Mapping[str, object]) -> bytes:
    """JSON that came inside another document, as the bytes of a file."""
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")
