"""Pushes made to do harm, built by hand: Git's own client would not make them."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import struct
import tracemalloc
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from dulwich.objects import Blob, Commit, ObjectID, Tree

from shared.adapters.repository.blob_repository import BlobRepository
from shared.adapters.repository.messages import MIB, GitIdentity, GitLimits, GitRequest, PushView
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


@pytest.fixture
def target(repository: BlobRepository) -> Target:
    return Target(repository)


BLOB_RECORD = record(BLOB, b"x")
X = object_id(b"blob", b"x")


def test_what_is_well_formed_is_accepted(target: Target) -> None:
    tree = raw_tree([(FILE, b"x.json", X)])
    commit = commit_on(object_id(b"tree", tree).hex().encode(), [target.main])
    packed = pack([record(COMMIT, commit.as_raw_string()), record(TREE, tree), BLOB_RECORD])
    assert f"ok {MAIN}" in target.push(commit.id.decode(), packed)
    assert target.repository.refs() == {MAIN: commit.id.decode()}


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([(FILE, b"b", X), (FILE, b"a", X)], "not in order"),
        ([(FILE, b"a", X), (FILE, b"a", X)], "not unique"),
        ([(FILE, b"a", X), (FOLDER, b"a", X)], "not unique"),
        ([(0o120000, b"link", X)], "link is a symbolic link"),
        ([(0o160000, b"module", X)], "module is a submodule"),
        ([(0o100755, b"run", X)], "run is executable"),
        ([(0o100664, b"odd", X)], "odd has the mode 100664"),
        ([(0o100600, b"odd", X)], "odd has the mode 100600"),
        ([(FILE, b"a/b", X)], "no slash"),
        ([(FILE, b"a\\b", X)], "backslash"),
        ([(FILE, b"..", X)], "not a name"),
        ([(FILE, b".", X)], "not a name"),
        ([(FILE, b"", X)], "not a name"),
        ([(FILE, b".git", X)], "belongs to Git"),
        ([(FILE, b".GiT", X)], "belongs to Git"),
        ([(FILE, b"git~1", X)], "belongs to Git"),
        ([(FILE, b".git. ", X)], "belongs to Git"),
        ([(FILE, b".git::$INDEX_ALLOCATION", X)], "belongs to Git"),
        ([(FILE, ".g\u200cit".encode(), X)], "belongs to Git"),
        ([(FILE, b"a\x07b", X)], "control"),
        ([(FILE, "a\u0085b".encode(), X)], "control"),
        ([(FILE, b"\xff\xfe", X)], "not valid UTF-8"),
        ([(FILE, b"A.json", X), (FILE, b"a.json", X)], "a.json equals A.json but for case"),
        ([(FILE, b"e\xcc\x81", X), (FILE, b"\xc3\xa9", X)], "but for case or Unicode form"),
        ([(FILE, b"STRASSE", X), (FILE, "straße".encode(), X)], "but for case"),
        ([(FILE, b"n" * 1025, X)], "longer than 1024"),
        ([(FOLDER, b"folder", X)], "not what it is used as"),
        ([(FILE, b"a", X), (FOLDER, b"b", X)], "not what it is used as"),
        ([(FILE, b"gone", b"\1" * 20)], "not complete"),
        ([(FOLDER, b"gone", b"\1" * 20)], "not complete"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[0][1])[:24],
)
def test_hostile_trees_are_refused(target: Target, entries: Any, said: str) -> None:
    assert said in target.refuses_tree(raw_tree(entries), [BLOB_RECORD])


def test_a_mode_with_a_leading_zero_is_refused(target: Target) -> None:
    assert "a tree is damaged" in target.refuses_tree(b"0100644 a\0" + X, [BLOB_RECORD])


def test_a_tree_cut_short_is_refused(target: Target) -> None:
    assert "a tree is damaged" in target.refuses_tree(b"100644 a\0short", [BLOB_RECORD])


def test_what_a_later_commit_takes_away_is_refused_too(target: Target) -> None:
    bad, good = raw_tree([(0o120000, b"link", X)]), raw_tree([(FILE, b"x", X)])
    first = commit_on(object_id(b"tree", bad).hex().encode(), [target.main])
    second = commit_on(object_id(b"tree", good).hex().encode(), [first.id.decode()])
    records = [record(COMMIT, each.as_raw_string()) for each in (first, second)]
    records += [record(TREE, bad), record(TREE, good), BLOB_RECORD]
    said = target.refuses(second.id.decode(), pack(records))
    assert f"link is a symbolic link; only plain files are kept (in commit {first.id.decode()[:10]})" in said


def test_folders_too_deep_are_refused(target: Target) -> None:
    tree, records = raw_tree([(FILE, b"x", X)]), [BLOB_RECORD]
    for _ in range(40):
        records.append(record(TREE, tree))
        tree = raw_tree([(FOLDER, b"d", object_id(b"tree", tree))])
    assert "deeper than 15 folders" in target.refuses_tree(tree, records)


def test_a_few_trees_that_stand_for_billions_of_files_are_refused(target: Target) -> None:
    tree, records = raw_tree((FILE, b"%02d" % n, X) for n in range(50)), [BLOB_RECORD]
    for _ in range(9):
        records.append(record(TREE, tree))
        binary = object_id(b"tree", tree)
        tree = raw_tree((FOLDER, b"%02d" % n, binary) for n in range(50))
    said = target.refuses_tree(tree, records)
    assert "more than 50000 files" in said


def test_one_large_file_at_many_paths_is_not_read_for_ever(repository: BlobRepository) -> None:
    target = Target(repository, GitLimits(inflated=20 * MIB))
    large = random.Random(1).randbytes(3 * MIB)
    binary = object_id(b"blob", large)
    tree = raw_tree((FILE, b"%04d" % n, binary) for n in range(1000))
    commit = commit_on(object_id(b"tree", tree).hex().encode(), [target.main])
    packed = pack([record(COMMIT, commit.as_raw_string()), record(TREE, tree), record(BLOB, large)])

    def check(view: PushView) -> list[str]:
        return [path for path, contents in view.changed.items() if contents == b""]

    assert "too large to check" in target.push(commit.id.decode(), packed, check)


def test_a_commit_whose_parent_is_no_commit_is_refused(target: Target) -> None:
    tree = raw_tree([(FILE, b"x", X)])
    commit = commit_on(object_id(b"tree", tree).hex().encode(), [target.main, X.hex()])
    packed = pack([record(COMMIT, commit.as_raw_string()), record(TREE, tree), BLOB_RECORD])
    assert "a commit cannot be read" in target.refuses(commit.id.decode(), packed)


def test_a_commit_without_its_parents_is_refused(target: Target) -> None:
    tree = raw_tree([(FILE, b"x", X)])
    commit = commit_on(object_id(b"tree", tree).hex().encode(), [target.main, "1" * 40])
    packed = pack([record(COMMIT, commit.as_raw_string()), record(TREE, tree), BLOB_RECORD])
    assert "a commit cannot be read" in target.refuses(commit.id.decode(), packed)


@pytest.mark.parametrize("text", [b"", b"tree nothing\n", b"tree " + b"1" * 40 + b"\n\nno author"], ids=repr)
def test_a_damaged_commit_is_refused(target: Target, text: bytes) -> None:
    new = object_id(b"commit", text).hex()
    assert "a commit cannot be read" in target.refuses(new, pack([record(COMMIT, text)]))


def test_main_may_not_name_a_blob_or_tag(target: Target) -> None:
    assert "a commit cannot be read" in target.refuses(X.hex(), pack([BLOB_RECORD]))


def test_a_push_without_the_commit_is_refused(target: Target) -> None:
    assert "a commit cannot be read" in target.refuses("2" * 40, pack([BLOB_RECORD]))


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"PACK",
        b"JUNK" * 20,
        pack([BLOB_RECORD])[:-1] + b"\0",
        pack([BLOB_RECORD], count=2),
        pack([BLOB_RECORD], count=0),
        pack([record(5, b"x")]),
        pack([record(BLOB, b"x", declared=2)]),
        pack([record(BLOB, b"xyz", declared=2)]),
        pack([b"\xb0" + b"\x80" * 100_000]),
        pack([record(OFFSET_DELTA, b"\1\1\1x", base=b"\x80" * 100_000)]),
        pack([record(OFFSET_DELTA, b"\1\1\1x", base=b"\x7f")]),
        pack([record(OFFSET_DELTA, b"\1\1\1x", base=b"\0")]),
        pack([record(ID_DELTA, b"\1\1\1x", base=b"\7" * 20)]),
        pack([BLOB_RECORD, record(ID_DELTA, b"\1\5\1x", base=X)]),
        pack([BLOB_RECORD, record(ID_DELTA, b"\x05\1\1x", base=X)]),
        pack([BLOB_RECORD, record(ID_DELTA, b"", base=X)]),
        pack([BLOB_RECORD, record(ID_DELTA, b"\1\1\x91\x50\1", base=X)]),
        pack([BLOB_RECORD, record(ID_DELTA, b"\1\1\0", base=X)]),
        pack([BLOB_RECORD, b"\x31garbage that does not inflate"]),
    ],
    ids=range(20),
)
def test_a_damaged_pack_is_refused(target: Target, packed: bytes) -> None:
    assert "damaged" in target.refuses("2" * 40, packed)


@pytest.mark.parametrize("seed", range(4))
def test_a_pack_with_flipped_bytes_changes_nothing(target: Target, seed: int) -> None:
    noise = random.Random(seed)
    delta = number(1) + number(70) + b"\x46" + b"y" * 70
    good = pack([BLOB_RECORD, record(ID_DELTA, delta, base=X), record(TREE, raw_tree([(FILE, b"x", X)]))])
    for _ in range(25):
        flipped = bytearray(good[:-20])
        for _ in range(noise.randint(1, 4)):
            flipped[noise.randrange(8, len(flipped))] = noise.randrange(256)
        packed = bytes(flipped) + hashlib.sha1(flipped).digest()
        target.refuses("2" * 40, packed)


def test_deltas_in_chains_and_on_stored_objects_are_resolved(target: Target) -> None:
    stored = object_id(b"blob", b"{}\n")
    second, third = b"{}\nmore", b"{}\nmore still"
    copied = number(3) + number(7) + b"\x90\3" + b"\4more"
    again = number(7) + number(13) + b"\x90\7" + b"\6 still"
    tree = raw_tree([(FILE, b"a", object_id(b"blob", second)), (FILE, b"b", object_id(b"blob", third))])
    commit = commit_on(object_id(b"tree", tree).hex().encode(), [target.main])
    records = [
        record(ID_DELTA, again, base=object_id(b"blob", second)),
        record(ID_DELTA, copied, base=stored),
        record(TREE, tree),
        record(COMMIT, commit.as_raw_string()),
    ]
    assert f"ok {MAIN}" in target.push(commit.id.decode(), pack(records))
    assert target.repository.read_file(CommitId(commit.id.decode()), "b") == third


SMALL = GitLimits(packed=MIB, inflated=4 * MIB, objects=50, object_size=2 * MIB)


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (pack([record(BLOB, random.Random(1).randbytes(MIB + 1))]), "larger than 1 MiB"),
        (pack([record(BLOB, bytes(2 * MIB + 1))]), "a file is larger than 2 MiB"),
        (pack([record(BLOB, bytes([n]) * MIB) for n in range(5)]), "inflates to more than 4 MiB"),
        (pack([BLOB_RECORD] * 51), "holds 51 objects"),
        (pack([record(BLOB, bytes(MIB), declared=1 << 40)]), "a file is larger than 2 MiB"),
        (
            pack([BLOB_RECORD, record(ID_DELTA, number(1) + number(1 << 40) + b"\x90\1", base=X)]),
            "a file is larger than 2 MiB",
        ),
    ],
    ids=["packed", "one object", "inflated", "objects", "a lie about size", "a delta's result"],
)
def test_what_is_too_large_is_refused(repository: BlobRepository, packed: bytes, said: str) -> None:
    assert said in Target(repository, SMALL).refuses("2" * 40, packed)


def test_many_deltas_on_a_large_base_do_not_take_for_ever(repository: BlobRepository) -> None:
    target = Target(repository, GitLimits(packed=MIB, inflated=4 * MIB, objects=500, object_size=2 * MIB))
    base = bytes(2 * MIB)
    on_base = object_id(b"blob", base)
    deltas = [record(ID_DELTA, number(len(base)) + number(1) + b"\x90\1", base=on_base)] * 400
    said = target.refuses("2" * 40, pack([record(BLOB, base), *deltas]))
    assert "takes too long" in said


def test_a_zip_bomb_takes_little_memory(repository: BlobRepository) -> None:
    """5 MiB of zeros each, 4.9 KiB packed: 1,000 of them would inflate to 5 GB."""
    target = Target(repository, GitLimits(inflated=100 * MIB))
    bomb = pack([record(BLOB, bytes(5 * MIB))] * 1000)
    large = pack([record(BLOB, bytes(50 * MIB))])
    tracemalloc.start()
    try:
        assert "inflates to more than 100 MiB" in target.refuses("2" * 40, bomb)
        assert "larger than 5 MiB" in target.refuses("2" * 40, large)
        assert tracemalloc.get_traced_memory()[1] < 40 * MIB
    finally:
        tracemalloc.stop()


def test_a_compressed_body_is_a_bomb_in_vain(target: Target) -> None:
    http = GitHttp(target.repository, lambda view: [], lambda push, commits: None, GitLimits())
    compressor = zlib.compressobj(wbits=31)
    body = b"".join(compressor.compress(bytes(MIB)) for _ in range(100)) + compressor.flush()
    tracemalloc.start()
    try:
        for service in ("git-upload-pack", "git-receive-pack"):
            headers = {"Content-Type": f"application/x-{service}-request", "Content-Encoding": "gzip"}
            answer = http.serve(GitRequest("POST", f"/{service}", "", headers, body), ADA)
            assert b"ok refs" not in answer.body
        assert tracemalloc.get_traced_memory()[1] < 90 * MIB
    finally:
        tracemalloc.stop()


def test_objects_that_nothing_needs_are_not_kept(target: Target) -> None:
    tree = raw_tree([(FILE, b"x", X)])
    commit = commit_on(object_id(b"tree", tree).hex().encode(), [target.main])
    stray = Blob.from_string(b"stray")
    records = [
        record(COMMIT, commit.as_raw_string()),
        record(TREE, tree),
        BLOB_RECORD,
        record(BLOB, b"stray"),
    ]
    target.push(commit.id.decode(), pack(records))
    with target.repository.opened(target.repository.read_manifest()) as objects:
        assert ObjectID(X.hex().encode()) in objects
        assert stray.id not in objects
        assert isinstance(objects[ObjectID(commit.tree)], Tree)


def test_the_same_ref_twice_in_one_push_is_refused(target: Target) -> None:
    tree = raw_tree([(FILE, b"x", X)])
    commit = commit_on(object_id(b"tree", tree).hex().encode(), [target.main])
    packed = pack([record(COMMIT, commit.as_raw_string()), record(TREE, tree), BLOB_RECORD])
    http = GitHttp(target.repository, lambda view: [], lambda push, commits: None)
    command = f"{target.main} {commit.id.decode()} {MAIN}\0report-status side-band-64k".encode()
    again = f"{target.main} {commit.id.decode()} {MAIN}".encode()
    lines = b"".join(b"%04x%s" % (len(line) + 4, line) for line in (command, again))
    headers = {"Content-Type": "application/x-git-receive-pack-request"}
    answer = http.serve(GitRequest("POST", "/git-receive-pack", "", headers, lines + b"0000" + packed), ADA)
    assert b"ok refs" not in answer.body
    assert target.repository.refs() == {MAIN: target.main}
