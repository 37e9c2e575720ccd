"""A first sync and a no-change sync of `contoso` on the running stack, beside the floor of the service's
own quotas.

Prints wall times, the durable events of each sync, the requests it made, and the time to import the app
beside that of the SDKs alone. The floor: the conditional access requests at one a second, plus the sync's
own longest wait for them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from infra.local import stack as stacks
from infra.local.dev import node, pythons
from infra.local.processes import Child, free_ports
from infra.local.storage import azurite

ROOT = Path(__file__).resolve().parents[2]
IMPORTS = {"the SDKs": "import azure.functions, azure.durable_functions", "the app": "import function_app"}


def storage_node() -> Path:
    """Node, which runs Azurite: what `dev.py` has set up."""
    found = node.find(pythons.environment(ROOT))
    if found is None:
        sys.exit("this benchmark needs Azurite: `python3 dev.py test tests/test_layout.py` sets it up")
    return found.program


def call(method: str, url: str, body: Any = None) -> Any:
    """One JSON call with the local key."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"x-functions-key": stacks.KEY, "content-type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def sync(stack: stacks.Stack, control: str) -> dict[str, Any]:
    """Runs one sync; its wall time, durable events and requests."""
    seen = call("GET", f"{control}/requests?after=0")["last"]
    start = time.perf_counter()
    tenant = f"{stack.api}/api/v1/tenants/contoso"
    made = call("POST", f"{tenant}/syncs", {})
    while not (record := call("GET", f"{tenant}/syncs/{made['id']}"))["endedAt"]:
        time.sleep(0.02)
    wall = time.perf_counter() - start
    log = call("GET", f"{control}/requests?after={seen}")["value"]
    graph = [one for one in log if one["path"].startswith(("/v1.0", "/beta"))]
    with sqlite3.connect(stack.data / "host.sqlite3") as database:
        query = "SELECT count(*) FROM history WHERE instance = ?"
        events = database.execute(query, (made["id"],)).fetchone()[0]
    return {
        "outcome": record["outcome"],
        "items": record["progress"]["items"],
        "wall": wall,
        "events": events,
        "requests": len(graph),
        "conditional access": sum("/identity/conditionalAccess/" in one["path"] for one in graph),
    }


def imports(times: int) -> dict[str, float]:
    """Median seconds to import, in turns, each in a process of its own."""
    found: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _ in range(times):
        for name, code in IMPORTS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
            found[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> None:
    """Starts the stack, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--syncs", type=int, default=5, help="no-change syncs after the first")
    options = parser.parse_args()
    data = Path(tempfile.mkdtemp(prefix="accord-bench-"))
    children: list[Child] = []
    try:
        ports = azurite.Ports(*free_ports(3))
        (tenant_port,) = free_ports(1)
        python = Path(sys.executable)
        programs = [
            azurite.program(ROOT, storage_node(), data / "azurite", ports),
            stacks.tenants(ROOT, python, tenant_port, None),
        ]
        children.extend(Child.start(program, data / "logs") for program in programs)
        for child in children:
            child.wait_until_ready()
        stack = stacks.Stack(ROOT, azurite.connection_string(ports), tenant_port, data)
        stack.start()
        control = f"{stack.control}/control/tenants/contoso"
        made = call("PUT", control, {"seed": "contoso"})
        body = {"displayName": "Contoso", "entraTenantId": made["entraTenantId"], "settings": {}}
        call("PUT", f"{stack.api}/api/v1/tenants/contoso", body)
        show("first sync", [sync(stack, control)])
        show("no-change sync", [sync(stack, control) for _ in range(options.syncs)])
        stack.stop()
    finally:
        for child in reversed(children):
            child.stop()
        shutil.rmtree(data, ignore_errors=True)
    seconds = imports(5)
    app, sdks = seconds["the app"], seconds["the SDKs"]
    print(f"import of function_app {app:.2f} s, the SDKs alone {sdks:.2f} s: {app / sdks:.2f} ×")


def show(what: str, runs: list[dict[str, Any]]) -> None:
    """One line of medians."""
    wall = statistics.median(one["wall"] for one in runs)
    one = runs[-1]
    limited = one["conditional access"]
    print(
        f"{what} of contoso ({one['items']} items, {one['outcome']}): {wall:.2f} s, {one['events']} durable "
        f"events, {one['requests']} requests; the quota of its {limited} to conditional access alone takes "
        f"{max(0, limited - 1)} s"
    )


if __name__ == "__main__":
    main()
