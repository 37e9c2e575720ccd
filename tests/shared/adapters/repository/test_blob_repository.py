from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping

import pytest

from shared.adapters.repository.blob_repository import BlobRepository
from shared.adapters.repository.objects import ObjectMissing
from shared.errors import HeadMoved
from shared.names import BASE, MAIN, TENANT, CommitId
from shared.ports import Author, BranchCommit, blob_id

ACCORD = Author("Accord", "accord@localhost")
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
Open = Callable[[], BlobRepository]


def change(
    files: Mapping[str, bytes | None],
    expected: CommitId | None = None,
    ref: str = MAIN,
    message: str = "Back up",
    minutes: int = 0,
) -> BranchCommit:
    return BranchCommit(ref, expected, files, message, ACCORD, NOON + dt.timedelta(minutes=minutes))


def test_a_new_repository_has_no_refs(repository: BlobRepository) -> None:
    assert repository.refs() == {}
    assert repository.tree(None) == {}
    assert repository.log(MAIN) == []
    assert repository.blobs([]) == {}


def test_what_was_committed_is_read_by_another_instance(open_repository: Open) -> None:
    made = open_repository().commit([change({"intune/a/x.json": b"1", "intune/b/y.json": b"2"})])
    other = open_repository()
    assert other.refs() == made
    assert other.tree(made[MAIN]) == {"intune/a/x.json": blob_id(b"1"), "intune/b/y.json": blob_id(b"2")}
    assert other.blobs([blob_id(b"1"), blob_id(b"2")]) == {blob_id(b"1"): b"1", blob_id(b"2"): b"2"}
    assert other.read_file(made[MAIN], "intune/a/x.json") == b"1"
    assert other.read_file(made[MAIN], "intune/a") is None
    assert other.read_file(made[MAIN], "intune/a/none.json") is None
    assert other.read_file(made[MAIN], "intune/a/x.json/below") is None


def test_many_blobs_are_read_at_once_from_several_packs(repository: BlobRepository) -> None:
    files: dict[str, bytes | None] = {f"f/{number}.json": b"%d" % number for number in range(300)}
    files["f/empty.json"] = b""
    first = repository.commit([change(files)])[MAIN]
    second = repository.commit([change({"f/0.json": b"changed" * 1000}, first)])[MAIN]
    blobs = repository.blobs(repository.tree(second).values())
    assert {blob_id(contents) for contents in blobs.values()} == set(blobs)
    assert len(blobs) == 301
    with pytest.raises(ObjectMissing, match="1" * 40):
        repository.blobs([*blobs, "1" * 40])
    with pytest.raises(ObjectMissing, match="1" * 40):
        repository.blobs(["1" * 40])


def test_files_are_added_changed_and_removed(repository: BlobRepository) -> None:
    first = repository.commit([change({"a/x.json": b"1", "a/y.json": b"2", "b/z.json": b"3"})])[MAIN]
    second = repository.commit(
        [change({"a/x.json": b"9", "b/z.json": None, "c/new.json": b"4", "none.json": None}, first)]
    )[MAIN]
    assert repository.tree(second) == {
        "a/x.json": blob_id(b"9"),
        "a/y.json": blob_id(b"2"),
        "c/new.json": blob_id(b"4"),
    }


@pytest.mark.parametrize(
    "files",
    [{}, {"a.json": b"1"}, {"none.json": None}, {"b/none.json": None}],
    ids=["no files", "equal contents", "nothing to remove", "no folder to remove from"],
)
def test_what_changes_nothing_makes_no_commit(
    repository: BlobRepository, files: Mapping[str, bytes | None]
) -> None:
    first = repository.commit([change({"a.json": b"1"})])[MAIN]
    assert repository.commit([change(files, first)]) == {MAIN: first}
    assert repository.refs() == {MAIN: first}


def test_nothing_in_a_new_repository_makes_no_ref(repository: BlobRepository) -> None:
    assert repository.commit([change({}), change({"a": None}, ref=TENANT)]) == {}
    assert repository.refs() == {}


def test_removing_the_last_file_leaves_an_empty_tree(repository: BlobRepository) -> None:
    first = repository.commit([change({"a/b/c.json": b"1"})])[MAIN]
    second = repository.commit([change({"a/b/c.json": None}, first)])[MAIN]
    assert repository.tree(second) == {}
    third = repository.commit([change({"a/b/c.json": b"1"}, second)])[MAIN]
    assert repository.tree(third) == repository.tree(first)


def test_a_file_makes_room_for_a_folder_and_back(repository: BlobRepository) -> None:
    first = repository.commit([change({"a": b"1"})])[MAIN]
    second = repository.commit([change({"a": None, "a/b": b"2"}, first)])[MAIN]
    assert repository.tree(second) == {"a/b": blob_id(b"2")}
    third = repository.commit([change({"a": b"1", "a/b": None}, second)])[MAIN]
    assert repository.tree(third) == {"a": blob_id(b"1")}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a/b": b"1"}, "it is a file"),
        ({"folder": b"1"}, "it is a folder"),
        ({"c": b"1", "c/d": b"2"}, "it is a folder"),
        ({"../x": b"1"}, "not a name"),
        ({"": b"1"}, "not a name"),
        ({"x//y": b"1"}, "not a name"),
        ({".GIT/config": b"1"}, "belongs to Git"),
        ({"x\\y": b"1"}, "backslash"),
        ({"x\n": b"1"}, "control"),
        ({"/".join("x" * 17): b"1"}, "more than 16"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(next(iter(value)))[:20],
)
def test_paths_that_cannot_be_are_refused(
    repository: BlobRepository, files: Mapping[str, bytes | None], said: str
) -> None:
    first = repository.commit([change({"a": b"1", "folder/x": b"2"})])[MAIN]
    with pytest.raises(ValueError, match=said):
        repository.commit([change(files, first)])
    assert repository.refs() == {MAIN: first}


def test_several_refs_move_together(repository: BlobRepository) -> None:
    made = repository.commit(
        [change({"a": b"1"}), change({"a": b"1"}, ref=TENANT), change({".accord/ids.json": b"{}"}, ref=BASE)]
    )
    assert repository.refs() == made
    assert set(made) == {MAIN, TENANT, BASE}


def test_if_one_ref_moved_no_ref_moves(open_repository: Open) -> None:
    repository = open_repository()
    first = repository.commit([change({"a": b"1"}), change({"a": b"1"}, ref=TENANT)])
    moved = open_repository().commit([change({"a": b"2"}, first[MAIN])])[MAIN]
    with pytest.raises(HeadMoved, match="refs/heads/main of contoso"):
        repository.commit([change({"a": b"3"}, first[TENANT], TENANT), change({"a": b"3"}, first[MAIN])])
    assert repository.refs() == {MAIN: moved, TENANT: first[TENANT]}


def test_a_ref_that_changes_nothing_must_still_stand(open_repository: Open) -> None:
    repository = open_repository()
    first = repository.commit([change({"a": b"1"})])[MAIN]
    open_repository().commit([change({"a": b"2"}, first)])
    with pytest.raises(HeadMoved):
        repository.commit([change({}, first)])


def test_a_commit_expected_that_nobody_has_is_a_moved_head(repository: BlobRepository) -> None:
    repository.commit([change({"a": b"1"})])
    with pytest.raises(HeadMoved):
        repository.commit([change({"a": b"2"}, CommitId("1" * 40))])


def test_the_same_commit_made_twice_is_one(open_repository: Open) -> None:
    once = open_repository().commit([change({"a": b"1"})])
    assert open_repository().commit([change({"a": b"1"})]) == once
    assert len(open_repository().log(MAIN)) == 1


def test_a_ref_named_twice_is_a_mistake(repository: BlobRepository) -> None:
    with pytest.raises(ValueError, match="twice"):
        repository.commit([change({"a": b"1"}), change({"b": b"1"})])


def test_of_concurrent_committers_to_one_ref_one_wins(open_repository: Open) -> None:
    first = open_repository().commit([change({"a": b"1"})])[MAIN]
    won, lost = [], []

    def commit(number: int) -> None:
        repository = open_repository()
        barrier.wait()
        try:
            won.append(repository.commit([change({"a": b"%d" % number}, first)])[MAIN])
        except HeadMoved:
            lost.append(number)

    barrier = threading.Barrier(4)
    threads = [threading.Thread(target=commit, args=(number,)) for number in range(2, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(lost) == 3
    assert open_repository().refs() == {MAIN: won[0]}


def test_concurrent_committers_to_different_refs_all_win(open_repository: Open) -> None:
    refs = [f"refs/heads/b{number}" for number in range(4)]
    barrier = threading.Barrier(len(refs))

    def commit(ref: str) -> None:
        repository = open_repository()
        expected = None
        barrier.wait()
        for number in range(4):
            files = {f"{ref}/{number}": b"x"}
            expected = repository.commit([change(files, expected, ref)])[ref]

    threads = [threading.Thread(target=commit, args=(ref,)) for ref in refs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = open_repository()
    assert {ref: len(after.tree(commit)) for ref, commit in after.refs().items()} == dict.fromkeys(refs, 4)


def test_between_two_commits(repository: BlobRepository) -> None:
    commits = []
    expected = None
    for number in range(4):
        expected = repository.commit([change({"a": b"%d" % number}, expected, minutes=number)])[MAIN]
        commits.append(expected)
    assert repository.between(None, commits[3]) == commits[::-1]
    assert repository.between(commits[1], commits[3]) == [commits[3], commits[2]]
    assert repository.between(commits[3], commits[3]) == []
    assert repository.between(commits[3], commits[1]) == []
    aside = repository.commit([change({"a": b"side"}, None, "refs/heads/side")])["refs/heads/side"]
    assert repository.between(aside, commits[0]) == [commits[0]]
    assert repository.follows(commits[0], commits[3])
    assert repository.follows(None, commits[3])
    assert not repository.follows(commits[3], commits[0])
    assert not repository.follows(aside, commits[3])


def test_the_log_of_a_path_names_the_commits_that_changed_it(repository: BlobRepository) -> None:
    first = repository.commit([change({"f/a": b"1", "g/b": b"1"}, message="First\n\nWhy")])[MAIN]
    second = repository.commit([change({"f/a": b"2"}, first, message="Second", minutes=1)])[MAIN]
    third = repository.commit([change({"g/b": b"2"}, second, message="Third", minutes=2)])[MAIN]
    fourth = repository.commit([change({"f/a": None}, third, message="Fourth", minutes=3)])[MAIN]

    def named(**options: object) -> list[CommitId]:
        return [entry.commit for entry in repository.log(MAIN, **options)]

    assert named() == [fourth, third, second, first]
    assert named(top=2) == [fourth, third]
    assert named(top=2, after=1) == [third, second]
    assert named(path="f/a") == [fourth, second, first]
    assert named(path="g") == [third, first]
    assert named(path="none") == []
    entry = repository.log(first)[0]
    assert (entry.author, entry.at, entry.message, entry.parents) == (ACCORD, NOON, "First\n\nWhy", ())


def test_a_tag_is_made_once(repository: BlobRepository) -> None:
    first = repository.commit([change({"a": b"1"})])[MAIN]
    second = repository.commit([change({"a": b"2"}, first)])[MAIN]
    repository.tag("sync-1", first)
    repository.tag("sync-1", first)
    assert repository.refs()["refs/tags/sync-1"] == first
    with pytest.raises(HeadMoved):
        repository.tag("sync-1", second)
    with pytest.raises(ValueError, match="not a tag's name"):
        repository.tag("a..b", first)


def test_an_author_cannot_break_the_commit(repository: BlobRepository) -> None:
    odd = BranchCommit(MAIN, None, {"a": b"1"}, "m", Author("E <v>\nil", "e@x>"), NOON)
    commit = repository.commit([odd])[MAIN]
    assert repository.log(commit)[0].author == Author("E vil", "e@x")
