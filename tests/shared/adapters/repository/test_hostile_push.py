"""Pushes made to do harm, built by hand: Git's own client would not make them."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import pytest
from hostile_packs import (
    BLOB,
    BLOB_RECORD,
    COMMIT,
    FILE,
    FOLDER,
    ID_DELTA,
    OFFSET_DELTA,
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
from shared.adapters.repository.messages import MIB, GitLimits, PushView
from shared.names import MAIN, CommitId


@pytest.fixture
def target(repository: BlobRepository) -> Target:
    return Target(repository)


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
