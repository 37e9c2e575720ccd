"""Azurite, which stands in for Azure Storage: blobs, tables and queues on 127.0.0.1.

It runs on Node 20 or newer from `node_modules`, which `dev.py` fills from `package-lock.json`.
"""

from dataclasses import dataclass
from pathlib import Path

from infra.local.processes import Program

# The account and key that every Azurite has; documented, and of no use anywhere else.
# https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
SCRIPT = Path("node_modules", "azurite", "dist", "src", "azurite.js")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the three services listen."""

    blob: int
    queue: int
    table: int


def program(root: Path, node: Path, location: Path, ports: Ports) -> Program:
    """Azurite with its data in the folder `location`; it keeps them when it is ended by SIGTERM.

    `--skipApiVersionCheck`: the storage SDKs speak newer versions of the API than it knows by name.
    """
    location.mkdir(parents=True, exist_ok=True)
    listen = [
        part
        for service, port in (("blob", ports.blob), ("queue", ports.queue), ("table", ports.table))
        for part in (f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port))
    ]
    return Program(
        name="storage",
        command=(
            str(node), str(root / SCRIPT), "--silent", "--skipApiVersionCheck", "--disableTelemetry",
            "--location", str(location), *listen,
        ),
        folder=location,
        ready=tuple(
            f"Azurite {service} service is successfully listening" for service in ("Blob", "Queue", "Table")
        ),
    )  # fmt: skip


def connection_string(ports: Ports) -> str:
    """The value of `AzureWebJobsStorage` for it."""
    return (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
        f"BlobEndpoint=http://127.0.0.1:{ports.blob}/{ACCOUNT};"
        f"QueueEndpoint=http://127.0.0.1:{ports.queue}/{ACCOUNT};"
        f"TableEndpoint=http://127.0.0.1:{ports.table}/{ACCOUNT};"
    )
