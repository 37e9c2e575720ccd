"""Azurite, as `dev.py` and the tests start it, is storage enough for the SDKs and keeps its data."""

from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from infra.local.dev import node, pythons
from infra.local.processes import Child, free_ports
from infra.local.storage import azurite as storage

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.e2e
def test_what_was_stored_is_there_after_a_restart_on_other_ports(tmp_path: Path) -> None:
    found = node.find(pythons.environment(ROOT))
    assert found is not None, "call `python3 dev.py test` once"
    for start in (1, 2):
        ports = storage.Ports(*free_ports(3))
        child = Child.start(storage.program(ROOT, found.program, tmp_path / "data", ports), tmp_path)
        try:
            child.wait_until_ready()
            connection = storage.connection_string(ports)
            with TableServiceClient.from_connection_string(connection) as tables:
                table = tables.create_table_if_not_exists("state")
                if start == 1:
                    table.create_entity({"PartitionKey": "contoso", "RowKey": "tenant", "version": 1})
                assert table.get_entity("contoso", "tenant")["version"] == 1
            with BlobServiceClient.from_connection_string(connection) as blobs:
                blob = blobs.get_blob_client("artifacts", "report.json")
                if start == 1:
                    blobs.create_container("artifacts")
                    blob.upload_blob(b"{}")
                assert blob.download_blob().readall() == b"{}"
        finally:
            child.stop()
