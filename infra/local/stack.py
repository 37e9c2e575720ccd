"""The three programs that make up Accord on one machine: storage, the simulated tenants and the host.

`dev.py run` starts them for a person, the tests' fixtures for a test run.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
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


def host(
    root: Path,
    python: Path,
    port: int,
    data: Path,
    settings: Mapping[str, str],
    *,
    roles: str = "http,durable,timer",
) -> Program:
    """The host that runs the app, embedded: our own, in place of Azure Functions.

    Several may share `data`, each with roles and a port of its own.
    """
    return Program(
        name="host" if roles == "http,durable,timer" else f"host-{port}",
        command=(
            str(python), "-m", "infra.local.host",
            "--app", str(root), "--port", str(port), "--data", str(data), "--role", roles,
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


@dataclass(frozen=True, slots=True)
class Chaos:
    """One host for HTTP and two for the work, timers included, all of them late and given to repeat.

    `delay_max` and `redeliver` as the host's faults have them; `seed` repeats what chance decides, as far as
    three processes side by side can be repeated.
    """

    seed: int
    delay_max: float = 5.0
    redeliver: float = 0.25

    def environment(self, number: int) -> dict[str, str]:
        """What makes host `number` so."""
        return {
            "ACCORD_HOST_DELAY_MAX": str(self.delay_max),
            "ACCORD_HOST_REDELIVER": str(self.redeliver),
            "ACCORD_HOST_SEED": str(self.seed * 10 + number),
        }


class Stack:
    """Hosts for tests, on storage and simulated tenants that run already; they can be killed and come back.

    One host does everything; with `chaos` there are three. `api` is the address of the app, `control` that of
    the simulated tenants, `data` the hosts' folder. Addresses and data stay the same over every restart, and
    `settings` are read anew at each.
    """

    def __init__(
        self, root: Path, storage: str, tenant_port: int, data: Path, chaos: Chaos | None = None
    ) -> None:
        roles = ["http,durable,timer"] if chaos is None else ["http", "durable,timer", "durable,timer"]
        ports = free_ports(len(roles))
        self.api = url(ports[0])
        self.control = url(tenant_port)
        self.data = data
        self.storage = storage
        # Tests kill hosts, and grant permissions: what those held is soon free, and these are soon seen.
        quick = {"ACCORD_LEASE_SECONDS": "15", "ACCORD_PROPAGATION_SECONDS": "30"}
        self.settings = settings(storage, tenant_port, ports[0], data) | quick
        self._root, self._chaos = root, chaos
        self._hosts = list(zip(ports, roles, strict=True))
        self._children: dict[int, Child] = {}

    def start(self) -> None:
        """Starts the hosts that do not run, and waits until they serve."""
        for number, (port, roles) in enumerate(self._hosts):
            child = self._children.get(port)
            if child is None or child.exit_code is not None:
                settings = self.settings | (self._chaos.environment(number) if self._chaos else {})
                program = host(self._root, Path(sys.executable), port, self.data, settings, roles=roles)
                self._children[port] = Child.start(program, self.data / "logs")
        for child in self._children.values():
            child.wait_until_ready()

    def stop(self) -> None:
        """Ends the hosts as Azure does when it takes instances away: they may finish what they do."""
        for child in self._children.values():
            child.stop()

    def kill(self) -> None:
        """Ends the hosts at once, in the middle of whatever they do."""
        for child in self._children.values():
            child.kill()

    def restart(self) -> None:
        """Ends the hosts and starts them again."""
        self.stop()
        self.start()

    @property
    def pids(self) -> list[int]:
        """The processes of the hosts that run."""
        return [child.pid for child in self._children.values() if child.exit_code is None]

    def log(self) -> str:
        """The last lines of each host."""
        return "\n".join(child.last_lines(60) for child in self._children.values())
