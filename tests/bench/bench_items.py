"""Measures how the history of a repository is read without Git: commits, of one item or all, and differences.

A repository of 2,000 items and 500 nightly commits of three items each, packed as nightly upkeep leaves it. A
first read has to fetch the packs into an empty folder; the others have them, as a warm instance has.
"""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from bench_git import storage

from shared.adapters.repository.site import TenantRepository
from shared.adapters.repository.upkeep import repack
from shared.names import MAIN
from shared.ports import Author, BranchCommit

if TYPE_CHECKING:
    from collections.abc import Callable

ITEMS, COMMITS, TYPES = 2_000, 500, 20
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ACCORD = Author("Accord", "accord@localhost")
REPEATS = 5


def path_of(number: int) -> str:
    """The file of one item."""
    return f"entra/type-{number % TYPES:02}/Item {number:05}.json"


def item(number: int, revision: int) -> bytes:
    """Its content, about as long as a policy's."""
    lines = "".join(f'  "setting{index}": "{number * index % 97}",\n' for index in range(40))
    return f'{{\n{lines}  "revision": {revision}\n}}\n'.encode()


def aged(repository: TenantRepository) -> None:
    """The repository after all its nights."""
    noise, files, head = random.Random(7), {path_of(n): item(n, 0) for n in range(ITEMS)}, None
    for night in range(COMMITS):
        changed = files if night == 0 else {path_of(n): item(n, night) for n in noise.sample(range(ITEMS), 3)}
        at = START + dt.timedelta(days=night)
        head = repository.commit([BranchCommit(MAIN, head, changed, f"Night {night}", ACCORD, at)])[MAIN]
        repack(repository, at)


def seconds_of(work: Callable[[], object]) -> float:
    """The best of a few runs: the machine has other things to do too."""
    found = []
    for _ in range(REPEATS):
        began = perf_counter()
        work()
        found.append(perf_counter() - began)
    return min(found)


def main(connection: str, folder: Path) -> None:
    """Prints the figures."""
    from azure.storage.blob import ContainerClient

    with ContainerClient.from_connection_string(connection, "bench-items") as container:
        container.create_container()

        def opened() -> TenantRepository:
            return TenantRepository(container, "worn", folder / "cache")

        aged(opened())
        cold = tempfile.mkdtemp(dir=folder)
        began = perf_counter()
        TenantRepository(container, "worn", cold).refs()
        head = opened().refs()[MAIN]
        TenantRepository(container, "worn", cold).revisions(head, None, None, 100, 0)
        print(f"first read of 100 commits, packs fetched: {(perf_counter() - began) * 1000:7.0f} ms")
        commits = [one.id for one in opened().revisions(head, None, None, 1000, 0).value]
        rows = {
            "100 newest commits": lambda: opened().revisions(head, None, None, 100, 0),
            "all 500 commits": lambda: opened().revisions(head, None, None, 1000, 0),
            "commits of one item": lambda: opened().revisions(head, path_of(7), None, 100, 0),
            "commits of one type": lambda: opened().revisions(head, "entra/type-07", None, 100, 0),
            "commits since the 30th": lambda: opened().revisions(head, None, commits[30], 100, 0),
            "tree of one commit": lambda: opened().tree(head),
        }
        for name, work in rows.items():
            print(f"{name:40} {seconds_of(work) * 1000:7.0f} ms")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name, storage(Path(name)) as connection:
        main(connection, Path(name))
