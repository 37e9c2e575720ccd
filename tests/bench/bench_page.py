"""The web page with 1,000 tenants: bytes of its first load, time to a usable table, requests of an idle page.

Chromium opens the page of a host on this machine, each time with an empty cache. The times stand beside the
floor of the same run: reading the same list by HTTP once, and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from bench_list import ROOT, storage, tenant
from playwright.sync_api import Browser, Page, sync_playwright

from infra.local import stack
from infra.local.processes import Child, free_ports
from shared.adapters.tables.connection import Tables, by_connection_string, together
from shared.adapters.tables.projection import Projection
from shared.adapters.tables.state import STATE

sys.path.insert(0, str(ROOT / "tests" / "fakes"))
AIM_BYTES = 150_000
FETCHED_AHEAD = 8_000
"""After so many ms the page has fetched the views that may be wanted next."""
HIDE = "Object.defineProperty(document, 'hidden', {get: () => true})"


@dataclass(slots=True)
class Traffic:
    """What went over the wire, compressed as it was, headers included; the API's answers apart."""

    addresses: dict[str, str] = field(default_factory=dict)
    files: int = 0
    answers: int = 0
    requests: int = 0

    def follow(self, page: Page) -> None:
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        # Playwright marks the functions it is given, which a method of an object with slots forbids.
        session.on("Network.requestWillBeSent", partial(Traffic._asked, self))
        session.on("Network.loadingFinished", partial(Traffic._came, self))

    def _asked(self, event: dict[str, Any]) -> None:
        self.requests += 1
        self.addresses[event["requestId"]] = event["request"]["url"]

    def _came(self, event: dict[str, Any]) -> None:
        size = int(event["encodedDataLength"])
        if "/api/" in self.addresses.get(event["requestId"], ""):
            self.answers += size
        else:
            self.files += size


async def fill(connection: str, tenants: int) -> None:
    """The rows of that many tenants, none of which will start a sync by itself."""
    tables = Tables(by_connection_string(connection))
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    projection = Projection(tables, STATE)
    await together([projection.write(replace(tenant(n), next_sync_at=later)) for n in range(tenants)])
    await tables.close()


@contextmanager
def app(folder: Path, tenants: int) -> Iterator[str]:
    """The address of a host that serves and does nothing else."""
    with storage(folder / "storage") as connection:
        asyncio.run(fill(connection, tenants))
        port, nobody = free_ports(2)
        settings = stack.settings(connection, nobody, port, folder)
        child = Child.start(
            stack.host(ROOT, Path(sys.executable), port, folder, settings, roles="http"), folder
        )
        try:
            child.wait_until_ready()
            yield stack.url(port)
        finally:
            child.kill()


def floor(address: str) -> float:
    """Seconds to read the list once, as the page asks for it."""
    started = time.perf_counter()
    headers = {"x-functions-key": stack.KEY}
    httpx.get(f"{address}/api/v1/tenants?top=1000", headers=headers, timeout=60).raise_for_status()
    return time.perf_counter() - started


def opened(browser: Browser, address: str, last: str) -> tuple[Traffic, Traffic, float, float]:
    """A first visit: the traffic until the table stands and all of it, seconds until then, and from typing in
    the search to the one row left.
    """
    context = browser.new_context(base_url=address, locale="en-GB")
    page = context.new_page()
    traffic = Traffic()
    traffic.follow(page)
    started = time.perf_counter()
    page.goto("/", wait_until="commit")
    page.get_by_role("link", name="Customer 0000 of the provider", exact=True).wait_for()
    shown = time.perf_counter() - started
    page.wait_for_timeout(200)
    first = replace(traffic)
    page.wait_for_timeout(FETCHED_AHEAD)
    searched = time.perf_counter()
    page.get_by_role("searchbox").fill(last)
    page.get_by_role("link", name=f"Customer {last} of the provider", exact=True).wait_for()
    page.get_by_role("link", name="Customer 0000 of the provider", exact=True).wait_for(state="detached")
    found = time.perf_counter() - searched
    context.close()
    return first, traffic, shown, found


def idle(browser: Browser, address: str, seconds: int, *, hidden: bool) -> Traffic:
    """What a page that nobody touches asks for in that time."""
    context = browser.new_context(base_url=address)
    if hidden:
        context.add_init_script(HIDE)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name="Customer 0000 of the provider", exact=True).wait_for()
    page.wait_for_timeout(FETCHED_AHEAD)
    traffic = Traffic()
    traffic.follow(page)
    page.wait_for_timeout(seconds * 1_000)
    context.close()
    return traffic


def report(what: str, figure: str, beside: str = "") -> None:
    print(f"{what:<62}{figure:>14}   {beside}")


def measure(browser: Browser, address: str, tenants: int, rounds: int, seconds: int) -> None:
    last = f"{tenants - 1:04d}"
    opened(browser, address, last)
    floors, visits = [], []
    for _ in range(rounds):
        floors.append(floor(address))
        visits.append(opened(browser, address, last))
    first, whole, least = visits[-1][0], visits[-1][1], statistics.median(floors)
    shown = statistics.median(visit[2] for visit in visits)
    found = statistics.median(visit[3] for visit in visits)
    print(f"{tenants} tenants, median of {rounds} visits with an empty cache")
    aim = f"{AIM_BYTES / 1000:.0f} kB at most"
    report("first load, the page's own files", f"{first.files / 1000:.0f} kB", aim)
    report(
        "first load, the API's answers", f"{first.answers / 1000:.0f} kB", f"{first.requests} requests in all"
    )
    report("fetched ahead once the table stands", f"{(whole.files - first.files) / 1000:.0f} kB")
    report("time to a usable table", f"{shown * 1000:.0f} ms", f"the list alone {least * 1000:.0f} ms")
    report("from typing in the search to the one row", f"{found * 1000:.0f} ms")
    for hidden in (False, True):
        seen = idle(browser, address, seconds, hidden=hidden)
        per_minute = f"{seen.requests * 60 / seconds:.0f} requests/min"
        report(f"an idle page, {'hidden' if hidden else 'in sight'}", per_minute)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=60, help="how long the idle page is watched")
    options = parser.parse_args()
    from browsing import ARGUMENTS

    program = shutil.which("chromium")
    if program is None:
        raise SystemExit("this needs Debian's Chromium: apt install chromium")
    with (
        tempfile.TemporaryDirectory() as name,
        app(Path(name), options.tenants) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        measure(browser, address, options.tenants, options.rounds, options.seconds)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
