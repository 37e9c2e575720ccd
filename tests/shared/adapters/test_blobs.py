"""The blobs of syncs in real storage: writes, conditions, logs and leases."""

import itertools
import threading
import uuid

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobLeaseClient, ExponentialRetry

from shared.adapters.blobs import PIECE, Blobs, by_account, by_connection_string
from shared.errors import LeaseLost, StorageConflict, StorageUnavailable
from shared.names import SyncId, TenantId

CONTOSO, SYNC = TenantId("contoso"), SyncId("01J0000000000000000000000A")


@pytest.fixture
def blobs(azurite):
    made = Blobs(by_connection_string(azurite), container=f"t{uuid.uuid4().hex}")
    yield made
    made.close()


@pytest.fixture
def artifacts(blobs):
    return blobs.of(CONTOSO, SYNC)


def test_what_is_put_is_there_under_its_name_and_its_sync(blobs, artifacts):
    artifacts.put("plan.json", b"1")
    artifacts.put("plan.json", b"{}")
    artifacts.put("snapshot/b.json", b"b")
    artifacts.put("snapshot/a.json", b"a")
    assert artifacts.get("plan.json") == b"{}"
    assert artifacts.get("report.json") is None
    assert artifacts.get_with_etag("report.json") is None
    assert artifacts.names("snapshot/") == ["snapshot/a.json", "snapshot/b.json"]
    assert artifacts.names("") == ["plan.json", "snapshot/a.json", "snapshot/b.json"]
    assert blobs.of(CONTOSO, SyncId("01J0000000000000000000000B")).names("") == []
    assert blobs.of_tenant(CONTOSO).get("plan.json") is None
    artifacts.delete("plan.json")
    artifacts.delete("plan.json")
    assert artifacts.get("plan.json") is None


def test_a_conditional_write_counts_only_on_what_was_read(artifacts):
    first = artifacts.put_if("journal.json", b"1", None)
    with pytest.raises(StorageConflict):
        artifacts.put_if("journal.json", b"2", None)
    second = artifacts.put_if("journal.json", b"2", first)
    with pytest.raises(StorageConflict):
        artifacts.put_if("journal.json", b"3", first)
    assert artifacts.get_with_etag("journal.json") == (b"2", second)
    artifacts.delete("journal.json")
    with pytest.raises(StorageConflict):
        artifacts.put_if("journal.json", b"3", second)


def test_a_big_blob_comes_in_pieces(artifacts):
    data = bytes(range(256)) * (PIECE // 256) * 2 + b"end"
    artifacts.put("artifacts.zip", data)
    pieces = list(artifacts.stream("artifacts.zip"))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= PIECE
    assert artifacts.stream("nothing") is None


def test_a_log_grows_from_several_threads(artifacts):
    lines = [f"line {n}\n".encode() for n in range(8)]
    threads = [threading.Thread(target=artifacts.append, args=["log.jsonl", line]) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    artifacts.append("log.jsonl", b"")
    assert sorted(artifacts.get("log.jsonl").splitlines(keepends=True)) == lines


def test_a_log_takes_more_than_one_block_at_once(artifacts):
    artifacts.append("log.jsonl", b"x" * (PIECE + 1))
    assert len(artifacts.get("log.jsonl")) == PIECE + 1


def test_a_lease_lets_one_write(artifacts):
    lease = artifacts.lease("journal.json")
    assert artifacts.get("journal.json") == b"", "made empty where there was none"
    with pytest.raises(LeaseLost):
        artifacts.lease("journal.json")
    with pytest.raises(StorageConflict):
        artifacts.put_if("journal.json", b"intruder", artifacts.get_with_etag("journal.json")[1])
    lease.put(b"1")
    lease.put(b"2")
    lease.release()
    assert artifacts.get("journal.json") == b"2"
    again = artifacts.lease("journal.json")
    assert artifacts.get("journal.json") == b"2", "a lease keeps what is there"
    again.release()
    again.release()


def test_a_lease_is_renewed_when_it_is_due_and_missed_when_it_is_lost(azurite):
    ticks = itertools.count(0, 7)
    now = {"at": 0.0}
    client = by_connection_string(azurite)
    blobs = Blobs(client, container=f"t{uuid.uuid4().hex}", lease_seconds=15, clock=lambda: now["at"])
    artifacts = blobs.of(CONTOSO, SYNC)
    lease = artifacts.lease("journal.json")
    for _ in range(3):
        now["at"] = next(ticks)
        lease.hold()
    broken = blobs.container.get_blob_client(f"{CONTOSO}/{SYNC}/journal.json")
    BlobLeaseClient(broken).break_lease(lease_break_period=0)
    other = artifacts.lease("journal.json")
    lease.hold()
    with pytest.raises(LeaseLost, match="another run"):
        lease.put(b"late")
    now["at"] = 100.0
    with pytest.raises(LeaseLost):
        lease.hold()
    lease.release()
    other.put(b"fresh")
    assert artifacts.get("journal.json") == b"fresh"
    other.release()
    blobs.close()


class Busy(RequestsTransport):
    """Answers 503 ServerBusy to the first request of each kind, as the service does when it is pressed."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[tuple[str, str]] = set()

    def send(self, request, **more):
        kind = (request.method, request.url.partition("?")[2].split("&")[0])
        answer = super().send(request, **more) if kind in self._seen else None
        if answer is None:
            self._seen.add(kind)
            request.method, method = "OPTIONS", request.method
            answer = super().send(request, **more)
            request.method = method
            answer.status_code, answer.reason = 503, "Server Busy"
        return answer


def test_a_busy_service_is_asked_again(azurite):
    soon = ExponentialRetry(initial_backoff=0, increment_base=0, random_jitter_range=0)
    client = by_connection_string(azurite, transport=Busy(), retry_policy=soon)
    blobs = Blobs(client, container=f"t{uuid.uuid4().hex}")
    artifacts = blobs.of(CONTOSO, SYNC)
    artifacts.put("plan.json", b"{}")
    artifacts.append("log.jsonl", b"line\n")
    lease = artifacts.lease("journal.json")
    lease.put(b"1")
    lease.release()
    assert artifacts.names("") == ["journal.json", "log.jsonl", "plan.json"]
    assert artifacts.get("journal.json") == b"1"
    artifacts.delete("plan.json")
    assert artifacts.get("plan.json") is None
    blobs.close()


def test_a_refusal_says_what_was_being_done(azurite):
    blobs = Blobs(by_connection_string(azurite), container="Not A Container")
    with pytest.raises(StorageUnavailable, match="making container"):
        blobs.of(CONTOSO, SYNC).get("plan.json")
    blobs.close()


def test_an_identity_that_may_not_make_the_container_uses_the_one_there_is():
    class Container:
        def create_container(self):
            error = HttpResponseError("AuthorizationFailure")
            error.status_code = 403
            raise error

    class Service:
        def get_container_client(self, name):
            return container

        def close(self):
            pass

    container = Container()
    assert Blobs(Service()).container is container


def test_an_account_of_azure_is_reached_by_a_credential():
    class Credential:
        def get_token(self, *scopes, **more):
            raise AssertionError("nothing connects before the first call")

    assert by_account("contosostorage", Credential()).url == "https://contosostorage.blob.core.windows.net/"
