"""Azure's errors in the product's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.storage.blob import StorageErrorCode

from shared.errors import StorageUnavailable


@contextmanager
def asking_storage(doing: str) -> Iterator[None]:
    """Turns what storage raises inside into StorageUnavailable; `doing` is for its message."""
    try:
        yield
    except HttpResponseError as exc:
        code = getattr(exc, "error_code", None) or exc.reason
        raise StorageUnavailable(f"{doing}: {exc.status_code} {code}") from exc
    except AzureError as exc:
        raise StorageUnavailable(f"{doing}: {exc.message}"[:500]) from exc


def is_blob_missing(error: ResourceNotFoundError) -> bool:
    """Whether it is the blob that is not there. A container that is gone says nothing about its blobs."""
    return getattr(error, "error_code", None) == StorageErrorCode.BLOB_NOT_FOUND
