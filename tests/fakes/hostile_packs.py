"""Packs and pushes put together by hand, as no Git client would make them."""

from __future__ import annotations

import datetime as dt
import hashlib
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dulwich.objects import Commit, ObjectID

from shared.adapters.repository.blob_repository import BlobRepository
from shared.adapters.repository.messages import GitIdentity, GitLimits, GitRequest
from shared.adapters.repository.smart_http import GitHttp
from shared.names import MAIN, CommitId
from shared.ports import Author, BranchCommit

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
ADA = GitIdentity("ada", may_push=True)
COMMIT, TREE, BLOB, OFFSET_DELTA, ID_DELTA = 1, 2, 3, 6, 7
FILE, FOLDER = 0o100644, 0o40000


def number(value: int) -> bytes:
    """A size as deltas begin with."""
    made = bytearray()
    while value > 0x7F:
        made.append(0x80 | (value & 0x7F))
        value >>= 7
    return bytes([*made, value])


def record(kind: int, contents: bytes, base: bytes = b"", declared: int | None = None) -> bytes:
    """One object as it stands in a pack; `declared` may lie about its size."""
    size = len(contents) if declared is None else declared
    head, size = (kind << 4) | (size & 15), size >> 4
    header = bytes([head | 0x80]) + number(size) if size else bytes([head])
    return header + base + zlib.compress(contents)


def pack(records: Sequence[bytes], count: int | None = None) -> bytes:
    body = b"PACK" + struct.pack(">LL", 2, len(records) if count is None else count) + b"".join(records)
    return body + hashlib.sha1(body).digest()


def object_id(kind: bytes, contents: bytes) -> bytes:
    return hashlib.sha1(b"%s %d\0" % (kind, len(contents)) + contents).digest()


def raw_tree(entries: Iterable[tuple[int, bytes, bytes]]) -> bytes:
    """A tree as given: unsorted, twice, or of any name."""
    return b"".join(b"%o %s\0%s" % (mode, name, binary) for mode, name, binary in entries)


def commit_on(tree: bytes, parents: Sequence[str] = ()) -> Commit:
    commit = Commit()
    commit.tree, commit.parents = ObjectID(tree), [ObjectID(parent.encode()) for parent in parents]
    commit.author = commit.committer = b"Mallory <m@contoso.com>"
    commit.author_time = commit.commit_time = 1772366400
    commit.author_timezone = commit.commit_timezone = 0
    commit.message = b"Harmless"
    return commit


@dataclass
class Target:
    """A repository with one commit, and a way to push any bytes to it."""

    repository: BlobRepository
    limits: GitLimits = field(default_factory=GitLimits)
    main: CommitId = field(init=False)

    def __post_init__(self) -> None:
        files: dict[str, bytes | None] = {"intune/type/a.json": b"{}\n", "intune/type/b.json": b"[]\n"}
        author = Author("Accord", "accord@localhost")
        self.main = self.repository.commit([BranchCommit(MAIN, None, files, "First", author, NOON)])[MAIN]

    def push(self, new: str, packed: bytes, check: Any = lambda view: []) -> str:
        """Answers what the client would show."""
        http = GitHttp(self.repository, check, lambda push, commits: None, self.limits)
        command = f"{self.main} {new} {MAIN}\0report-status side-band-64k".encode()
        body = b"%04x%s0000" % (len(command) + 4, command) + packed
        headers = {"Content-Type": "application/x-git-receive-pack-request"}
        answer = http.serve(GitRequest("POST", "/git-receive-pack", "", headers, body), ADA)
        assert answer.status == 200
        return answer.body.decode(errors="replace")

    def refuses(self, new: str, packed: bytes) -> str:
        said = self.push(new, packed)
        assert f"ng {MAIN}" in said, said
        assert f"ok {MAIN}" not in said
        assert self.repository.refs() == {MAIN: self.main}
        assert list(self.repository.read_manifest().packs) == [self.repository.read_manifest().packs[0]]
        return said

    def refuses_tree(self, tree: bytes, extra: Sequence[bytes] = ()) -> str:
        root = object_id(b"tree", tree).hex().encode()
        commit = commit_on(root, [self.main])
        records = [record(COMMIT, commit.as_raw_string()), record(TREE, tree), *extra]
        return self.refuses(commit.id.decode(), pack(records))


BLOB_RECORD = record(BLOB, b"x")
X = object_id(b"blob", b"x")
