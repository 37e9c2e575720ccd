from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from shared.adapters.repository import upkeep
from shared.adapters.repository.blob_repository import BlobRepository
from shared.errors import StorageConflict
from shared.names import BASE, MAIN, TENANT, CommitId
from shared.ports import Author, BranchCommit

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

Open = Callable[[], BlobRepository]
ACCORD = Author("Accord", "accord@localhost")


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def change(text: str, expected: CommitId | None, ref: str = MAIN) -> BranchCommit:
    files: dict[str, bytes | None] = {f"intune/type/{ref[-4:]}.json": text.encode()}
    return BranchCommit(ref, expected, files, text, ACCORD, now())


def with_history(repository: BlobRepository, commits: int) -> None:
    """As many commits, each a pack, spread over three refs."""
    stands: dict[str, CommitId] = {}
    for number in range(commits):
        ref = (MAIN, TENANT, BASE)[number % 3]
        stands |= repository.commit([change(f"{number}", stands.get(ref), ref)])


def contents(repository: BlobRepository) -> dict[str, object]:
    """Everything that can be read of every ref."""
    return {
        ref: [
            (entry, dict(repository.blobs(repository.tree(entry.commit).values())))
            for entry in repository.log(ref, top=100)
        ]
        for ref in repository.refs()
    }


def test_few_packs_are_left_as_they_are(repository: BlobRepository) -> None:
    with_history(repository, 5)
    assert not upkeep.repack(repository, now())
    assert len(repository.read_manifest().packs) == 5


def test_many_packs_become_one_that_holds_the_same(open_repository: Open) -> None:
    repository = open_repository()
    with_history(repository, 21)
    before = contents(repository)
    assert upkeep.repack(repository, now())
    manifest = repository.read_manifest()
    assert len(manifest.packs) == 1
    assert len(manifest.unlisted) == 21
    assert contents(open_repository()) == before
    assert not upkeep.repack(repository, now())
    stands = repository.refs()[MAIN]
    repository.commit([change("after", stands)])
    assert len(open_repository().log(MAIN, top=100)) == 8


def test_repacking_a_single_pack_changes_nothing(repository: BlobRepository) -> None:
    with_history(repository, 1)
    assert upkeep.repack(repository, now(), over=0)
    manifest = repository.read_manifest()
    assert upkeep.repack(repository, now(), over=0)
    assert repository.read_manifest() == manifest


def test_unlisted_packs_are_deleted_after_a_day(open_repository: Open, container: ContainerClient) -> None:
    repository = open_repository()
    with_history(repository, 4)
    upkeep.repack(repository, now(), over=3)
    blobs = 4 + 1 + 1
    assert upkeep.delete_unlisted(repository, now() + dt.timedelta(hours=23)) == 0
    assert len(list(container.list_blobs())) == blobs
    assert upkeep.delete_unlisted(repository, now() + dt.timedelta(hours=25)) == 4
    assert len(list(container.list_blobs())) == blobs - 4
    assert repository.read_manifest().unlisted == {}
    assert len(contents(open_repository())) == 3
    assert upkeep.delete_unlisted(repository, now() + dt.timedelta(hours=25)) == 0


def test_an_upload_that_was_never_listed_is_deleted_after_a_day(
    repository: BlobRepository, container: ContainerClient
) -> None:
    with_history(repository, 1)
    container.upload_blob("contoso/pack/0123.pack", b"left behind")
    container.upload_blob("fabrikam/pack/0123.pack", b"another tenant's")
    assert upkeep.delete_unlisted(repository, now() + dt.timedelta(hours=25)) == 1
    assert container.get_blob_client("fabrikam/pack/0123.pack").exists()


def test_what_was_written_again_meanwhile_is_not_deleted(
    repository: BlobRepository, container: ContainerClient
) -> None:
    container.upload_blob("contoso/pack/0123.pack", b"left behind")
    (found,) = repository.packs.stored()
    container.upload_blob("contoso/pack/0123.pack", b"left behind", overwrite=True)
    assert not repository.packs.delete(found)
    assert container.get_blob_client("contoso/pack/0123.pack").exists()


def test_an_instance_that_slept_through_repack_and_clean_up_reads_on(open_repository: Open) -> None:
    sleeper, other = open_repository(), open_repository()
    with_history(other, 4)
    stands = sleeper.refs()[MAIN]
    upkeep.repack(other, now(), over=3)
    upkeep.delete_unlisted(other, now() + dt.timedelta(hours=25))
    assert sleeper.tree(stands)
    made = sleeper.commit([change("late", stands)])
    assert open_repository().refs()[MAIN] == made[MAIN]


class Interrupted(BlobRepository):
    """A repository in which something happens between building a pack and listing it."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)
    times = 1

    def publish(self, *arguments, **options):  # type: ignore[no-untyped-def]
        if self.times:
            self.times -= 1
            self.meanwhile()
        return super().publish(*arguments, **options)


@pytest.fixture
def interrupted(container: ContainerClient, tmp_path: object) -> Interrupted:
    return Interrupted(container, "contoso", f"{tmp_path}/interrupted")


def test_a_commit_built_on_packs_that_a_repack_replaces_is_built_again(
    interrupted: Interrupted, open_repository: Open
) -> None:
    with_history(open_repository(), 4)
    stands = interrupted.refs()[MAIN]
    interrupted.meanwhile = lambda: upkeep.repack(open_repository(), now(), over=0)
    made = interrupted.commit([change("meanwhile", stands)])
    after = open_repository()
    assert after.refs()[MAIN] == made[MAIN]
    assert len(after.read_manifest().packs) == 2
    assert after.blobs(after.tree(made[MAIN]).values())


def test_a_commit_that_is_overtaken_by_repacks_for_ever_says_so(
    interrupted: Interrupted, open_repository: Open
) -> None:
    with_history(open_repository(), 4)
    stands = interrupted.refs()[MAIN]
    interrupted.times = 10

    def repack() -> None:
        other = open_repository()
        other.commit([change(f"{interrupted.times}", other.refs()[TENANT], TENANT)])
        upkeep.repack(other, now(), over=0)

    interrupted.meanwhile = repack
    with pytest.raises(StorageConflict, match="replaced 3 times"):
        interrupted.commit([change("meanwhile", stands)])


def test_a_repack_that_is_overtaken_by_a_commit_is_done_again(
    interrupted: Interrupted, open_repository: Open
) -> None:
    with_history(open_repository(), 4)

    def commit() -> None:
        other = open_repository()
        other.commit([change("meanwhile", other.refs()[MAIN])])

    interrupted.meanwhile = commit
    assert upkeep.repack(interrupted, now(), over=3)
    after = open_repository()
    assert len(after.read_manifest().packs) == 1
    assert after.log(MAIN)[0].message == "meanwhile"
    assert contents(after)


def test_a_repack_that_is_always_overtaken_is_left_for_later(
    interrupted: Interrupted, open_repository: Open
) -> None:
    with_history(open_repository(), 4)
    interrupted.times = 10

    def commit() -> None:
        other = open_repository()
        other.commit([change(f"{interrupted.times}", other.refs()[MAIN])])

    interrupted.meanwhile = commit
    assert not upkeep.repack(interrupted, now(), over=3)
    assert contents(open_repository())
