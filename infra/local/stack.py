"""The three programs that make up Accord on one machine: storage, the simulated tenants and the host.

`dev.py run` starts them for a person, the tests' fixtures for a test run.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.local.processes import Child, Program, free_ports

CLIENT_ID = "ac000000-0000-4000-8000-000000000001"
CLIENT_SECRET = "accord-local-secret"
KEY = "local"  # the API key with every role, on one machine only


def url(port: int) -> str:
    """The address of a program that listens on `port`."""
    return f"http://127.0.0.1:{port}"


def tenants(root: Path, python: Path, port: int, data: Path | None) -> Program:
    """The simulated tenants. They keep their state in `data`; without it they forget."""
    place = ("--memory",) if data is None else ("--data", str(data), "--demo")
    return Program(
        name="tenants",
        command=(str(python), "-m", "infra.local.tenant", "--port", str(port), *place),
        folder=root,
        ready=("tenant ready ",),
    )


def host(root: Path, python: Path, port: int, data: Path, settings: Mapping[str, str]) -> Program:
    """The host that runs the app, embedded: our own, in place of Azure Functions."""
    return Program(
        name="host",
        command=(
            str(python), "-m", "infra.local.host",
            "--app", str(root), "--port", str(port), "--data", str(data),
        ),
        folder=root,
        environment=settings,
        ready=("host ready ",),
    )  # fmt: skip


def core_tools(root: Path, func: Path, python: Path, port: int, settings: Mapping[str, str]) -> Program:
    """The host that runs the app: Azure Functions Core Tools, where a person has installed them.

    They take the first Python of the PATH, as in an activated virtual environment, and say nothing that
    tells when the app is ready: ask it.
    """
    return Program(
        name="host",
        command=(str(func), "start", "--port", str(port)),
        folder=root,
        environment={
            **settings,
            "FUNCTIONS_WORKER_RUNTIME": "python",
            "PATH": os.pathsep.join((str(python.parent), os.environ.get("PATH", os.defpath))),
            "VIRTUAL_ENV": str(python.parent.parent),
        },
    )


def settings(storage: str, tenant_port: int, port: int, data: Path) -> dict[str, str]:
    """What the app reads from its environment, for a run on this machine.

    `storage` is a connection string, `data` the folder for the key file that stands in for Key Vault.
    """
    return {
        "AzureWebJobsStorage": storage,
        "AzureWebJobsDisableHomepage": "true",
        "ACCORD_CLIENT_ID": CLIENT_ID,
        "ACCORD_CLIENT_SECRET": CLIENT_SECRET,
        "ACCORD_DATA": str(data),
        "ACCORD_GRAPH_ENDPOINT": url(tenant_port),
        "ACCORD_LOCAL_KEY": KEY,
        "ACCORD_LOGIN_ENDPOINT": url(tenant_port),
        "ACCORD_PUBLIC_URL": url(port),
    }


class Stack:
    """A host for tests, on storage and simulated tenants that run already; it can be killed and come back.

    `api` is the address of the app, `control` that of the simulated tenants, `data` the host's folder.
    Addresses and data stay the same over every restart.
    """

    def __init__(self, root: Path, storage: str, tenant_port: int, data: Path) -> None:
        (port,) = free_ports(1)
        self.api = url(port)
        self.control = url(tenant_port)
        self.data = data
        self.storage = storage
        # Tests kill hosts: what those held is soon free.
        self.settings = settings(storage, tenant_port, port, data) | {"ACCORD_LEASE_SECONDS": "15"}
        self._program = host(root, Path(sys.executable), port, data, self.settings)
        self._child: Child | None = None

    def start(self) -> None:
        """Starts the host unless it runs, and waits until it serves."""
        if self._child is None or self._child.exit_code is not None:
            self._child = Child.start(self._program, self.data / "logs")
            self._child.wait_until_ready()

    def stop(self) -> None:
        """Ends the host as Azure does when it takes an instance away: it may finish what it does."""
        if self._child is not None:
            self._child.stop()

    def kill(self) -> None:
        """Ends the host at once, in the middle of whatever it does."""
        if self._child is not None:
            self._child.kill()

    def restart(self) -> None:
        """Ends the host and starts it again."""
        self.stop()
        self.start()

    def log(self) -> str:
        """The last lines of the host."""
        return self._child.last_lines(60) if self._child is not None else ""
