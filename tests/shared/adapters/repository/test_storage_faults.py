"""What storage does to a repository: faults of single requests, lost answers, damaged and missing copies."""

from __future__ import annotations

import datetime as dt
import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.transport import HttpRequest, RequestsTransport
from azure.storage.blob import ContainerClient, ExponentialRetry

from shared.adapters.repository.blob_repository import BlobRepository
from shared.adapters.repository.messages import GitIdentity, GitRequest
from shared.adapters.repository.packs import INDEX_STORED_ABOVE, PackCache, PackMissing
from shared.adapters.repository.smart_http import GitHttp
from shared.errors import HeadMoved, StorageConflict, StorageUnavailable
from shared.names import MAIN, CommitId
from shared.ports import Author, BranchCommit, blob_id

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
Wish = Callable[[HttpRequest], bool]
LARGE = random.Random(1).randbytes(INDEX_STORED_ABOVE).hex()
"""So large that the index of its pack is stored."""


def change(text: str, expected: CommitId | None = None) -> BranchCommit:
    return BranchCommit(
        MAIN, expected, {"a.json": text.encode()}, text, Author("Accord", "a@localhost"), NOON
    )


class Faulty(RequestsTransport):
    """Reaches storage, but answers 503 to, or loses the answer of, the next requests that fit."""

    def __init__(self) -> None:
        super().__init__()
        self.busy: list[Wish] = []
        self.lost: list[Wish] = []
        self.seen: list[tuple[str, str]] = []

    def send(self, request: Any, **options: Any) -> Any:
        self.seen.append((request.method, request.url.partition("?")[0]))
        if self._takes(self.busy, request):
            url, request.url = request.url, request.url.partition("?")[0] + "/nowhere?comp=nothing"
            answer = super().send(request, **options)
            request.url = url
            answer.status_code, answer.internal_response.status_code = 503, 503
            return answer
        if self._takes(self.lost, request):
            super().send(request, **options)
            raise ServiceResponseError("the connection was reset")
        return super().send(request, **options)

    @staticmethod
    def _takes(wishes: list[Wish], request: HttpRequest) -> bool:
        for number, wish in enumerate(wishes):
            if wish(request):
                del wishes[number]
                return True
        return False


@pytest.fixture
def transport() -> Faulty:
    return Faulty()


@pytest.fixture
def faulty(
    azurite: str, container: ContainerClient, transport: Faulty, tmp_path: Path
) -> Iterator[BlobRepository]:
    retry = ExponentialRetry(initial_backoff=0, increment_base=0, retry_total=3, random_jitter_range=0)
    with ContainerClient.from_connection_string(
        azurite, container.container_name, transport=transport, retry_policy=retry
    ) as client:
        yield BlobRepository(client, "contoso", tmp_path / "faulty")


def fits(method: str, part: str) -> Wish:
    return lambda request: request.method == method and part in request.url


@pytest.mark.parametrize(
    "wish",
    [fits("GET", "manifest"), fits("PUT", "manifest"), fits("PUT", ".pack"), fits("PUT", ".idx")],
    ids=["reading the manifest", "writing the manifest", "uploading a pack", "uploading an index"],
)
def test_storage_that_is_busy_once_is_asked_again(
    faulty: BlobRepository, transport: Faulty, wish: Wish, open_repository: Any
) -> None:
    first = faulty.commit([change("1")])[MAIN]
    transport.busy.append(wish)
    second = faulty.commit([change(LARGE, first)])[MAIN]
    assert transport.busy == []
    assert open_repository().refs() == {MAIN: second}


@pytest.mark.parametrize("part", [".pack", ".idx"])
def test_a_download_that_is_busy_once_is_asked_again(
    faulty: BlobRepository, transport: Faulty, open_repository: Any, part: str
) -> None:
    commit = open_repository().commit([change(LARGE)])[MAIN]
    transport.busy.append(fits("GET", part))
    assert faulty.read_file(commit, "a.json") == LARGE.encode()
    assert transport.busy == []


def test_a_manifest_written_without_an_answer_is_no_lost_race(
    faulty: BlobRepository, transport: Faulty, open_repository: Any
) -> None:
    first = faulty.commit([change("1")])[MAIN]
    transport.lost.append(fits("PUT", "manifest"))
    second = faulty.commit([change("2", first)])[MAIN]
    assert transport.lost == []
    assert open_repository().refs() == {MAIN: second}
    assert len(open_repository().log(MAIN)) == 2


def test_the_first_manifest_written_without_an_answer_is_no_lost_race(
    faulty: BlobRepository, transport: Faulty, open_repository: Any
) -> None:
    transport.lost.append(fits("PUT", "manifest"))
    assert faulty.commit([change("1")]) == open_repository().refs()


def test_a_commit_whose_manifest_cannot_be_written_has_not_happened(
    faulty: BlobRepository, transport: Faulty, open_repository: Any
) -> None:
    first = faulty.commit([change("1")])[MAIN]
    transport.busy += [fits("PUT", "manifest")] * 9
    with pytest.raises(StorageUnavailable, match="writing the repository of contoso: 503"):
        faulty.commit([change("2", first)])
    assert open_repository().refs() == {MAIN: first}
    transport.busy.clear()
    assert faulty.commit([change("2", first)]) == open_repository().refs()


def test_git_is_told_that_storage_is_down(faulty: BlobRepository, transport: Faulty) -> None:
    faulty.commit([change("1")])
    transport.busy += [fits("GET", "manifest")] * 9
    http = GitHttp(faulty, lambda view: [], lambda push, commits: None)
    request = GitRequest("GET", "/info/refs", "service=git-upload-pack")
    answer = http.serve(request, GitIdentity("ada", may_push=True))
    assert answer.status == 503
    assert b"Try again" in answer.body


def test_races_lost_to_other_refs_are_run_again(faulty: BlobRepository, open_repository: Any) -> None:
    first = faulty.commit([change("1")])[MAIN]
    other = open_repository()
    races = iter(range(5))

    def decide(current: Any) -> Any:
        if (number := next(races, None)) is not None:
            other.tag(f"tag-{number}", first)
        return current.moved({"refs/heads/x": first}, None)

    faulty.change(decide)
    assert len(open_repository().refs()) == 7


def test_races_lost_again_and_again_end(faulty: BlobRepository, open_repository: Any) -> None:
    first = faulty.commit([change("1")])[MAIN]
    other = open_repository()
    names = (f"tag-{number}" for number in range(100))

    def decide(current: Any) -> Any:
        other.tag(next(names), first)
        return current.moved({"refs/heads/x": first}, None)

    with pytest.raises(StorageConflict, match="contoso"):
        faulty.change(decide)


def test_what_is_cached_is_not_downloaded_again(
    faulty: BlobRepository, transport: Faulty, open_repository: Any
) -> None:
    commit = open_repository().commit([change("1")])[MAIN]
    faulty.tree(commit)
    transport.seen.clear()
    faulty.tree(commit)
    faulty.read_file(commit, "a.json")
    assert transport.seen == []


def test_a_small_commit_takes_three_requests(faulty: BlobRepository, transport: Faulty) -> None:
    """Storing a pack, reading the manifest and writing it: whatever the repository's size."""
    first = faulty.commit([change("1")])[MAIN]
    transport.seen.clear()
    faulty.commit([change("2", first)])
    assert [method for method, _ in transport.seen] == ["PUT", "GET", "PUT"]


def test_a_copy_that_vanishes_is_fetched_again(repository: BlobRepository) -> None:
    commit = repository.commit([change("1")])[MAIN]
    for path in repository.packs.cache.folder.iterdir():
        path.unlink()
    assert repository.read_file(commit, "a.json") == b"1"


def test_a_download_that_does_not_match_its_name_is_refused(
    repository: BlobRepository, container: ContainerClient, open_repository: Any
) -> None:
    commit = repository.commit([change("1")])[MAIN]
    (pack,) = repository.read_manifest().packs
    container.upload_blob(f"contoso/pack/{pack}.pack", b"something else entirely", overwrite=True)
    other = open_repository()
    with pytest.raises(StorageUnavailable, match="do not match its checksum"):
        other.tree(commit)
    assert list(other.packs.cache.folder.iterdir()) == []


def test_a_listed_pack_that_is_gone_is_named(
    repository: BlobRepository, container: ContainerClient, open_repository: Any
) -> None:
    commit = repository.commit([change("1")])[MAIN]
    (pack,) = repository.read_manifest().packs
    container.delete_blob(f"contoso/pack/{pack}.pack")
    with pytest.raises(PackMissing, match=pack):
        open_repository().tree(commit)


def test_the_cache_keeps_what_was_used_last(tmp_path: Path) -> None:
    cache = PackCache(tmp_path / "cache", limit=250)
    long_ago = time.time() - 3600
    for number in range(4):
        path = cache.path(f"{number}", ".pack")
        path.write_bytes(bytes(100))
        os.utime(path, (long_ago + number, long_ago + number))
    os.utime(cache.path("0", ".pack"))
    cache.trim()
    assert sorted(path.name for path in cache.folder.iterdir()) == ["0.pack", "3.pack"]


def test_a_container_that_is_gone_is_no_empty_repository(
    repository: BlobRepository, container: ContainerClient
) -> None:
    commit = repository.commit([change("1")])[MAIN]
    for path in repository.packs.cache.folder.iterdir():
        path.unlink()
    container.delete_container()
    with pytest.raises(StorageUnavailable, match="ContainerNotFound"):
        repository.refs()
    with pytest.raises(StorageUnavailable, match="ContainerNotFound"):
        repository.tree(commit)


def test_an_unknown_manifest_is_not_guessed_at(
    repository: BlobRepository, container: ContainerClient
) -> None:
    container.upload_blob("contoso/manifest.json", b'{"format": 2}')
    with pytest.raises(ValueError, match="format 2 is not known"):
        repository.refs()


def test_a_head_that_moved_is_not_told_as_a_conflict(faulty: BlobRepository, open_repository: Any) -> None:
    first = faulty.commit([change("1")])[MAIN]
    open_repository().commit([change("2", first)])
    with pytest.raises(HeadMoved):
        faulty.commit([change("3", first)])
    assert open_repository().blobs([blob_id(b"2")])
