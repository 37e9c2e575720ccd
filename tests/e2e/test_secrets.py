"""Nothing secret is kept or given out in the clear: every place is searched after a sync that met secrets.

The string of a custom setting, the service's own credential, tokens of apps and of people, refresh tokens,
device codes and the codes that people type: by their values, which the simulated Entra ID tells.
Searched: answers, log, report, artifacts, every blob and table row, Git's objects and packs, the host's
database and output.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

pytestmark = pytest.mark.e2e

CONFIGURATIONS = "beta/deviceManagement/deviceConfigurations"
OMA = "oma-Zq7-plain-text-of-a-setting"
CLIENT_SECRET = "accord-local-secret"
TOKEN = re.compile(rb"eyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}")
"""A signed token of any kind. Accord's own that reads one sync is no JWT."""


@pytest.fixture
def busy(driver):
    """A tenant whose sync has signed a person in, read secrets, and written a list that holds one."""
    types = {"include": ["device-configurations", "mobile-device-management-policies"], "exclude": []}
    tenant = driver("small", authentication="servicePrincipalAndUser", types=types)
    tenant.control.patch("/behaviour", json={"deviceCodeInterval": 1}).raise_for_status()
    tenant.make(
        CONFIGURATIONS,
        **{
            "@odata.type": "#microsoft.graph.windows10CustomConfiguration",
            "displayName": "Custom",
            "omaSettings": [
                {
                    "@odata.type": "#microsoft.graph.omaSettingString",
                    "displayName": "Setting",
                    "omaUri": "./Vendor/MSFT/Policy/Config/Setting",
                    "value": OMA,
                }
            ],
        },
    )
    asked = tenant.sync()
    code = asked["authentication"]["userCode"]
    tenant.control.post("/sign-in", json={"userCode": code, "account": "admin"}).raise_for_status()
    tenant.wait(asked["id"], "end")
    clone = tenant.clone()
    path = next(one for one in clone.files("intune/device-configurations") if one.endswith("/Custom.json"))
    settings = clone.read(path)["omaSettings"]
    clone.edit(path, omaSettings=[{**settings[0], "displayName": "Renamed"}])
    clone.push("Rename the setting")
    asked = tenant.sync()
    done = tenant.decided(asked["id"], "approve")
    assert done["outcome"] == "succeeded", tenant.report(done["id"])
    return tenant, done, code


def test_no_secret_is_found_anywhere(busy, stack):
    tenant, done, code = busy
    given = tenant.control.get("/given-secrets").json()
    needles = {
        "a custom setting": {OMA},
        "the service's credential": {CLIENT_SECRET},
        "a code that a person types": {code},
        **{name: set(given[name]) for name in ("device_code", "refresh_token", "access_token", "id_token")},
    }
    assert all(min(map(len, values), default=0) > 6 for values in needles.values()), "each was given"
    found, searched = [], set()
    for place, data in everything(tenant, done, stack):
        searched |= {place.split()[0], place.split()[-1]} if b"Renamed" in data else set()
        met = [what for what, values in needles.items() if any(one.encode() in data for one in values)]
        found += [f"{what} in {place}" for what in met]
        found += [f"a token in {place}" for _ in TOKEN.findall(data)[:1]]
    assert found == []
    assert {"answer", "artifact", "blob", "inflated"} <= searched, "where the setting's new name is kept"


def everything(tenant: Any, done: dict[str, Any], stack: Any) -> Iterator[tuple[str, bytes]]:
    yield from answers(tenant, done)
    blobs = BlobServiceClient.from_connection_string(stack.storage)
    for container in blobs.list_containers():
        client = blobs.get_container_client(container.name)
        for blob in client.list_blobs():
            data = client.download_blob(blob.name).readall()
            place = f"blob {container.name}/{blob.name}"
            yield place, data
            yield f"{place}, inflated", b"\n".join(inflated(data))
    blobs.close()
    with TableServiceClient.from_connection_string(stack.storage) as tables:
        for table in tables.list_tables():
            for row in tables.get_table_client(table.name).list_entities():
                text = json.dumps(dict(row), default=str)
                yield f"table {table.name} {row['PartitionKey']} {row['RowKey']}", text.encode()
    for path in stack.data.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            yield f"file {path.name}", path.read_bytes()


def answers(tenant: Any, done: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """What the API gives out of the ended sync, and of its tenant."""
    place = f"/tenants/{tenant.id}/syncs/{done['id']}"
    for end in ("", "/changes", "/report?format=json", "/report?format=html", "/report?format=csv",
                "/logs?format=jsonl", "/logs?format=text"):  # fmt: skip
        yield f"answer {end}", tenant.api.get(place + end).content
    for end in ("", "/authentication", "/permissions", "/audit", "/syncs"):
        yield f"answer of the tenant {end}", tenant.api.get(f"/tenants/{tenant.id}{end}").content
    archive = tenant.artifacts(done["id"])
    for name in archive.namelist():
        yield f"artifact {name}", archive.read(name)


def inflated(data: bytes) -> Iterator[bytes]:
    """Every zlib stream inside: Git's objects, in packs or alone."""
    at = data.find(b"\x78")
    while at >= 0:
        stream = zlib.decompressobj()
        try:
            yield stream.decompress(data[at:])
            at = data.find(b"\x78", len(data) - len(stream.unused_data))
        except zlib.error:
            at = data.find(b"\x78", at + 1)
