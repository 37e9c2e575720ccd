"""The blobs of syncs in Azure Blob Storage: plain functions for the thread pool (mechanics.md 2, 5).

Names lie below `{tenant}/{sync}/` in the container `syncs`. Clients may be shared between threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any, Final

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobLeaseClient, BlobServiceClient, ContainerClient, ExponentialRetry

from shared.errors import LeaseLost, StorageConflict, StorageUnavailable
from shared.names import SyncId, TenantId

CONTAINER: Final = "syncs"
LEASE_SECONDS: Final = 60
RENEW_AFTER: Final = 20.0
PIECE: Final = 4 * 1024 * 1024
"""Bytes at a time of a download that is streamed, and of one block appended to a log."""

_LEASE_FAULTS: Final = frozenset(
    {
        "LeaseAlreadyPresent",
        "LeaseIdMissing",
        "LeaseIdMismatchWithBlobOperation",
        "LeaseNotPresentWithBlobOperation",
    }
    | {
        "LeaseIdMismatchWithLeaseOperation",
        "LeaseNotPresentWithLeaseOperation",
        "LeaseLost",
        "LeaseAlreadyBroken",
    }
    | {
        "LeaseIsBreakingAndCannotBeAcquired",
        "LeaseIsBrokenAndCannotBeRenewed",
        "ConditionNotMet",
        "BlobNotFound",
    }
)


def by_connection_string(connection: str, **more: Any) -> BlobServiceClient:
    """Connects by account key, as on one machine."""
    return BlobServiceClient.from_connection_string(connection, **_how(more))


def by_account(account: str, credential: Any, **more: Any) -> BlobServiceClient:
    """Connects to an account of Azure by a (synchronous) credential, such as a managed identity's."""
    endpoint = f"https://{account}.blob.core.windows.net"
    return BlobServiceClient(endpoint, credential=credential, **_how(more))


def _how(more: dict[str, Any]) -> dict[str, Any]:
    retries = ExponentialRetry(initial_backoff=0, increment_base=2, retry_total=5, random_jitter_range=1)
    return {
        "retry_policy": retries,
        "max_single_get_size": PIECE,
        "max_chunk_get_size": PIECE,
        **more,
    }


class Blobs:
    """One container, made at the first use where it is missing. `of` gives the blobs of one sync."""

    def __init__(
        self,
        service: BlobServiceClient,
        *,
        container: str = CONTAINER,
        lease_seconds: int = LEASE_SECONDS,
        renew_after: float = RENEW_AFTER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lease_seconds, self.renew_after, self.clock = lease_seconds, renew_after, clock
        self._service, self._name = service, container
        self._lock = threading.Lock()
        self._container: ContainerClient | None = None

    def of(self, tenant: TenantId, sync: SyncId) -> SyncArtifacts:
        """The blobs of one sync."""
        return SyncArtifacts(self, f"{tenant}/{sync}/")

    def of_tenant(self, tenant: TenantId) -> SyncArtifacts:
        """The blobs of a tenant that belong to no sync, such as the findings of a permission check."""
        return SyncArtifacts(self, f"{tenant}/-/")

    def close(self) -> None:
        """Closes the connections."""
        self._service.close()

    @property
    def container(self) -> ContainerClient:
        """The container's client. An identity that may not make it finds the one the deployment made."""
        with self._lock:
            if self._container is None:
                container = self._service.get_container_client(self._name)
                with _translated(f"making container {self._name}"):
                    try:
                        container.create_container()
                    except ResourceExistsError:
                        pass
                    except HttpResponseError as error:
                        if error.status_code != 403:
                            raise
                self._container = container
            return self._container


class SyncArtifacts:
    """`Artifacts` below one prefix."""

    def __init__(self, blobs: Blobs, prefix: str) -> None:
        self._blobs, self._prefix = blobs, prefix

    def put(self, name: str, data: bytes) -> None:
        with _translated(f"writing {name}"):
            self._blob(name).upload_blob(data, overwrite=True)

    def get(self, name: str) -> bytes | None:
        found = self.get_with_etag(name)
        return None if found is None else found[0]

    def stream(self, name: str) -> Iterator[bytes] | None:
        try:
            with _translated(f"reading {name}"):
                download = self._blob(name).download_blob()
        except ResourceNotFoundError:
            return None
        return _pieces(name, download.chunks())

    def put_if(self, name: str, data: bytes, etag: str | None) -> str:
        how: dict[str, Any] = (
            {"overwrite": False}
            if etag is None
            else {"overwrite": True, "etag": etag, "match_condition": MatchConditions.IfNotModified}
        )
        try:
            with _translated(f"writing {name}"):
                return str(self._blob(name).upload_blob(data, **how)["etag"])
        except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
            raise StorageConflict(f"writing {name}: it is not as it was read") from error

    def get_with_etag(self, name: str) -> tuple[bytes, str] | None:
        try:
            with _translated(f"reading {name}"):
                download = self._blob(name).download_blob()
                return download.readall(), str(download.properties.etag)
        except ResourceNotFoundError:
            return None

    def append(self, name: str, data: bytes) -> None:
        blob = self._blob(name)
        for start in range(0, len(data), PIECE):
            block = data[start : start + PIECE]
            with _translated(f"appending to {name}"):
                try:
                    blob.append_block(block)
                except ResourceNotFoundError:
                    _made_once(lambda: blob.create_append_blob(if_none_match="*"))
                    blob.append_block(block)

    def names(self, prefix: str) -> Sequence[str]:
        below = f"{self._prefix}{prefix}"
        with _translated(f"listing {prefix}"):
            found = list(self._blobs.container.list_blob_names(name_starts_with=below))
        return [name.removeprefix(self._prefix) for name in found]

    def delete(self, name: str) -> None:
        try:
            with _translated(f"removing {name}"):
                self._blob(name).delete_blob()
        except ResourceNotFoundError:
            return
        except ResourceModifiedError as error:
            raise LeaseLost(f"removing {name}: somebody holds it now") from error

    def lease(self, name: str) -> BlobLease:
        blob = self._blob(name)
        with _translated(f"leasing {name}"):
            _made_once(lambda: blob.upload_blob(b"", overwrite=False))
        return BlobLease(self._blobs, blob, name)

    def _blob(self, name: str) -> Any:
        return self._blobs.container.get_blob_client(f"{self._prefix}{name}")


class BlobLease:
    """`Lease`: held by whoever made it last, for a minute after it was last renewed."""

    def __init__(self, blobs: Blobs, blob: Any, name: str) -> None:
        self._blobs, self._blob, self._name = blobs, blob, name
        self._client = BlobLeaseClient(blob)
        with _held(name):
            self._client.acquire(lease_duration=blobs.lease_seconds)
            self._etag = str(blob.get_blob_properties(lease=self._client).etag)
        self._renewed = blobs.clock()

    def hold(self) -> None:
        if self._blobs.clock() - self._renewed < self._blobs.renew_after:
            return
        with _held(self._name):
            self._client.renew()
        self._renewed = self._blobs.clock()

    def put(self, data: bytes) -> None:
        self.hold()
        with _held(self._name):
            written = self._blob.upload_blob(
                data,
                overwrite=True,
                lease=self._client,
                etag=self._etag,
                match_condition=MatchConditions.IfNotModified,
            )
        self._etag = str(written["etag"])

    def release(self) -> None:
        if not self._client.id:  # given back already
            return
        try:
            with _held(self._name):
                self._client.release()
        except LeaseLost:
            return


def _made_once(make: Callable[[], object]) -> None:
    """Makes a blob; another that made it, or holds it, has made it just as well."""
    try:
        make()
    except (ResourceExistsError, ResourceModifiedError):
        return
    except HttpResponseError as error:
        if _code(error) not in _LEASE_FAULTS:  # a leased blob answers 412
            raise


def _pieces(name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    with _translated(f"reading {name}"):
        yield from chunks


@contextmanager
def _held(name: str) -> Iterator[None]:
    """What says that the lease is another's, or the blob not as we left it, is LeaseLost."""
    try:
        with _translated(f"holding {name}"):
            yield
    except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
        raise LeaseLost(f"writing {name}: another run of the same work holds it now") from error


@contextmanager
def _translated(doing: str) -> Iterator[None]:
    """What callers handle passes; any other error of the vendor is StorageUnavailable."""
    try:
        yield
    except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError):
        raise
    except HttpResponseError as error:
        if _code(error) in _LEASE_FAULTS:
            raise ResourceModifiedError(message=error.message, response=error.response) from error
        raise StorageUnavailable(f"{doing}: {error.status_code} {_code(error)}") from error
    except AzureError as error:
        raise StorageUnavailable(f"{doing}: {error.message}"[:500]) from error


def _code(error: HttpResponseError) -> str:
    """The service's own code, which its SDK adds to the error."""
    code: object = getattr(error, "error_code", "")
    return str(code.value if isinstance(code, Enum) else code)
