"""The process: what it prints, what it keeps, how it ends, how it breaks connections."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.local.tenant.app_roles import APP_ID, APP_SECRET

ROOT = Path(__file__).parents[4]


class Server:
    """The program, started; `base` is its address."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "infra.local.tenant", "--port", "0", *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline().strip()
        self.base = self.line.rsplit(" ", 1)[-1]

    def token(self, tenant: str) -> dict[str, str]:
        entra_id = httpx.get(f"{self.base}/control/tenants/{tenant}").json()["entraTenantId"]
        form = {
            "grant_type": "client_credentials",
            "client_id": APP_ID,
            "client_secret": APP_SECRET,
            "scope": "https://graph.microsoft.com/.default",
        }
        answer = httpx.post(f"{self.base}/{entra_id}/oauth2/v2.0/token", data=form)
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server("--memory")
    yield started
    if started.process.poll() is None:
        started.end()
    elif started.process.stdout is not None:
        started.process.stdout.close()


def test_it_prints_one_line_and_ends_when_told(server: Server) -> None:
    assert server.line.startswith("tenant ready http://127.0.0.1:")
    assert httpx.get(f"{server.base}/control/health").status_code == 200
    assert server.process.stdout is not None
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 0
    assert time.monotonic() - began < 15
    assert server.process.stdout.read() == ""


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    server = Server("--data", str(tmp_path), "--demo")
    headers = server.token("adatum")
    control = f"{server.base}/control/tenants/adatum"
    httpx.patch(f"{control}/behaviour", json={"quotas": "off", "visibilityDelay": 0, "pageSize": 2})
    httpx.put(f"{control}/licences", json={"sharepoint": False})
    httpx.delete(f"{control}/grants/User.Read.All")
    tags = f"{server.base}/beta/deviceManagement/roleScopeTags"
    tag = httpx.post(tags, json={"displayName": "Kept"}, headers=headers).json()
    server.end(signal.SIGKILL)
    again = Server("--data", str(tmp_path), "--demo")
    tags = f"{again.base}/beta/deviceManagement/roleScopeTags"
    assert httpx.get(f"{tags}/{tag['id']}", headers=headers).json()["displayName"] == "Kept"
    assert httpx.post(tags, json={"displayName": "Next"}, headers=headers).json()["id"] == str(
        int(tag["id"]) + 1
    )
    details = httpx.get(f"{again.base}/control/tenants/adatum").json()
    assert (details["behaviour"]["quotas"], details["behaviour"]["pageSize"]) == ("off", 2)
    assert details["licences"]["sharepoint"] is False
    assert "User.Read.All" not in details["grants"]
    tenants = httpx.get(f"{again.base}/control/tenants").json()["value"]
    assert [t["id"] for t in tenants] == ["contoso", "fabrikam", "adatum"]
    again.end()


def test_connections_are_broken_for_real(server: Server) -> None:
    httpx.put(f"{server.base}/control/tenants/one", json={"seed": "small", "quotas": "off"})
    headers, faults = server.token("one"), f"{server.base}/control/tenants/one/faults"
    groups = f"{server.base}/v1.0/groups"
    httpx.post(faults, json={"path": "/groups", "reset": "before"})
    with pytest.raises(httpx.TransportError):
        httpx.get(groups, headers=headers)
    httpx.post(faults, json={"path": "/groups", "truncate": 40})
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(groups, headers=headers)
    body = {"displayName": "New", "mailEnabled": False, "mailNickname": "new", "securityEnabled": True}
    httpx.post(faults, json={"path": "/groups", "reset": "after"})
    with pytest.raises(httpx.TransportError):
        httpx.post(groups, json=body, headers=headers)
    objects = f"{server.base}/control/tenants/one/objects/groups"
    assert len(httpx.get(objects, params={"name": "New"}).json()["value"]) == 1
    httpx.post(faults, json={"path": "/groups", "delay": 0.3})
    began = time.monotonic()
    assert httpx.get(groups, headers=headers).status_code == 200
    assert time.monotonic() - began >= 0.3


def test_latency_is_what_it_was_set_to(server: Server) -> None:
    behaviour = {"seed": "empty", "quotas": "off", "latency": {"get": 200}}
    httpx.put(f"{server.base}/control/tenants/slow", json=behaviour)
    headers = server.token("slow")
    began = time.monotonic()
    httpx.get(f"{server.base}/v1.0/groups", headers=headers)
    assert time.monotonic() - began >= 0.2


def test_a_port_in_use_is_one_clear_line(server: Server) -> None:
    port = server.base.rsplit(":", 1)[-1]
    command = [sys.executable, "-m", "infra.local.tenant", "--port", port, "--memory"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"port {port} cannot be used for the simulated tenants: Address already in use"
    ]
