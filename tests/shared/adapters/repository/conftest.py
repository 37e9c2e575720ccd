"""Repositories in Azurite."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

    from shared.adapters.repository.blob_repository import BlobRepository


@pytest.fixture
def container(azurite: str) -> Iterator[ContainerClient]:
    from azure.storage.blob import ContainerClient

    with ContainerClient.from_connection_string(azurite, f"git-{uuid.uuid4().hex}") as client:
        client.create_container()
        yield client


@pytest.fixture
def open_repository(container: ContainerClient, tmp_path: Path) -> Callable[[], BlobRepository]:
    """Opens the same repository, each time as another instance of the app would: with a cache of its own."""
    from shared.adapters.repository.blob_repository import BlobRepository

    def make() -> BlobRepository:
        return BlobRepository(container, "contoso", tmp_path / f"cache-{uuid.uuid4().hex}")

    return make


@pytest.fixture
def repository(open_repository: Callable[[], BlobRepository]) -> BlobRepository:
    return open_repository()
