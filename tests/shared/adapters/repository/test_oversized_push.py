"""Pushes made to use up memory and time, built by hand: Git's own client would not make them."""

from __future__ import annotations

import random
import tracemalloc
import zlib

import pytest
from dulwich.objects import Blob, ObjectID, Tree
from hostile_packs import (
    ADA,
    BLOB,
    BLOB_RECORD,
    COMMIT,
    FILE,
    ID_DELTA,
    TREE,
    Target,
    X,
    commit_on,
    number,
    object_id,
    pack,
    raw_tree,
    record,
)

from shared.adapters.repository.blob_repository import BlobRepository
from shared.adapters.repository.messages import MIB, GitLimits, GitRequest
from shared.adapters.repository.smart_http import GitHttp
from shared.names import MAIN


@pytest.fixture
def target(repository: BlobRepository) -> Target:
    return Target(repository)


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
