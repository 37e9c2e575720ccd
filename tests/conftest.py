"""What all tests share: the running stack, one for each worker, started when a test first asks for it."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import chaos
import pytest
from hypothesis import settings

from infra.local import stack as programs
from infra.local.dev import node, pythons
from infra.local.host import WorkerKind
from infra.local.processes import Child, free_ports
from infra.local.stack import Chaos, Stack
from infra.local.storage import azurite as storage

ROOT = Path(__file__).resolve().parents[1]
# Further Pythons look at what differs between Pythons: `--hypothesis-profile=fewer`.
settings.register_profile("fewer", max_examples=20)
# A machine that is busy with something else makes the running stack slow, and nothing wrong.
END_TO_END_SECONDS = 400
RUNNING = frozenset({"azurite", "tenant_server", "stack"})
LOGS: dict[str, Child | Stack] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--host-worker",
        choices=[kind.value for kind in WorkerKind],
        default=WorkerKind.DIRECT.value,
        help="what runs the functions in the local host: itself, or Microsoft's worker (Python 3.13)",
    )
    group = parser.getgroup("chaos", "the stack as three hosts, late and given to repeat")
    group.addoption("--chaos", action="store_true", help="run the end-to-end tests so, and no others")
    group.addoption("--seed", type=int, default=1, help="what chance decides (%(default)s)")
    group.addoption(
        "--share", type=int, default=1, metavar="N", help="only one in N tests, chosen by name and seed"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Hosts that are started as processes of their own take their worker from the environment."""
    os.environ["ACCORD_HOST_WORKER"] = config.getoption("host_worker")
    if config.getoption("chaos"):
        os.environ["ACCORD_PATIENCE"] = str(chaos.PATIENCE)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whatever needs a running program is `e2e`, so that the fast tests are those that need none."""
    missing = config.getoption("host_worker") == WorkerKind.MICROSOFT and not importlib.util.find_spec(
        "azure_functions_runtime"
    )
    reason = "Microsoft's worker package is not installed: there is none for Python before 3.13"
    if missing and pythons.on_ci():
        raise pytest.UsageError(reason)
    if config.getoption("chaos"):
        chaos.prepare(config, items, config.getoption("seed"), config.getoption("share"))
    for item in items:
        if missing:
            item.add_marker(pytest.mark.skip(reason=reason))
        if RUNNING & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.e2e)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(END_TO_END_SECONDS))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for program in marker.args:
            if shutil.which(program) is None:
                reason = f"needs {program}, which this machine lacks"
                if pythons.on_ci():
                    pytest.fail(reason, pytrace=False)
                pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what the programs that it used said last."""
    report = yield
    if report.failed:
        for name in RUNNING & set(getattr(item, "fixturenames", ())) & LOGS.keys():
            source = LOGS[name]
            text = source.log() if isinstance(source, Stack) else source.last_lines(60)
            report.sections.append((f"last lines of {name}", text))
    return report


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Storage of this worker's own: the connection string."""
    found = node.find(pythons.Environment(ROOT, Path(sys.prefix))) or node.find(pythons.environment(ROOT))
    if found is None or not node.storage_is_ready(ROOT):
        pytest.fail("storage is not set up: call `python3 dev.py test` once", pytrace=False)
    folder = tmp_path_factory.mktemp("storage")
    ports = storage.Ports(*free_ports(3))
    child = Child.start(storage.program(ROOT, found.program, folder / "data", ports), folder)
    LOGS["azurite"] = child
    try:
        child.wait_until_ready()
        yield storage.connection_string(ports)
    finally:
        child.kill()


@pytest.fixture(scope="session")
def tenant_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The simulated Microsoft 365 tenants of this worker, in memory: the address, control included."""
    (port,) = free_ports(1)
    folder = tmp_path_factory.mktemp("tenants")
    child = Child.start(programs.tenants(ROOT, Path(sys.executable), port, None), folder)
    LOGS["tenant_server"] = child
    try:
        child.wait_until_ready()
        yield programs.url(port)
    finally:
        child.kill()


@pytest.fixture(scope="session")
def worker_stack(
    azurite: str,
    tenant_server: str,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator[Stack]:
    """The host of this worker, or its hosts, on its storage and its tenants."""
    tenant_port = int(tenant_server.rpartition(":")[2])
    shape = Chaos(pytestconfig.getoption("seed")) if pytestconfig.getoption("chaos") else None
    stack = Stack(ROOT, azurite, tenant_port, tmp_path_factory.mktemp("host"), shape)
    LOGS["stack"] = stack
    try:
        yield stack
    finally:
        stack.kill()


@pytest.fixture
def stack(worker_stack: Stack) -> Stack:
    """The whole stack, running, whatever the test before did to it."""
    worker_stack.start()
    return worker_stack
