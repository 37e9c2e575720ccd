"""A repository after a year beside a fresh one of the same content: clone and commit at most twice as slow.

400 nightly syncs commit to `main`, `tenant` and `refs/accord/base`, tidying up as a sync does; 100 pushes by
git change one file each. Then both repositories are cloned and committed to in turns, so that the machine's
moods meet both; beside them the same content as a bare repository on disk.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from azure.storage.blob import ContainerClient

from infra.local.processes import Child, free_ports
from infra.local.storage import azurite
from shared.adapters.repository import upkeep
from shared.adapters.repository.blob_repository import BlobRepository
from shared.adapters.repository.messages import GitIdentity, GitRequest
from shared.adapters.repository.smart_http import GitHttp
from shared.names import BASE, MAIN, TENANT, CommitId
from shared.ports import Author, BranchCommit

ROOT = Path(__file__).resolve().parents[2]
ACCORD = Author("Accord", "accord@localhost")
START = dt.datetime(2026, 1, 1, 2, tzinfo=dt.UTC)
TYPES = 60
DRIFT_A_NIGHT = 3
TARGET = 2.0


def item(number: int, revision: int) -> bytes:
    """A policy of the usual size, about 3 kB."""
    noise = random.Random(number * 1000 + revision)
    settings = {
        f"setting{key:02d}": {"enabled": noise.random() < 0.5, "value": noise.random()} for key in range(40)
    }
    return json.dumps(
        {"displayName": f"Policy {number}", "settings": settings}, indent=2, sort_keys=True
    ).encode()


def path_of(number: int) -> str:
    return f"intune/type-{number % TYPES:02d}/Policy {number}.json"


def on_three(refs: Mapping[str, CommitId], files: Mapping[str, bytes], night: int) -> list[BranchCommit]:
    """What a sync commits: the same files to each of its refs."""
    at = START + dt.timedelta(days=night)
    message = f"Back up\n\n{len(files)} items drifted"
    return [BranchCommit(ref, refs.get(ref), files, message, ACCORD, at) for ref in (MAIN, TENANT, BASE)]


class Bench:
    """The two repositories, the server in front of them, and a folder for clones."""

    def __init__(self, container: ContainerClient, folder: Path, items: int) -> None:
        self.container, self.folder, self.items = container, folder, items
        self.revisions = [0] * items
        self.noise = random.Random(7)

    def open(self, tenant: str) -> BlobRepository:
        """As another instance of the app: with an empty cache."""
        return BlobRepository(self.container, tenant, tempfile.mkdtemp(dir=self.folder))

    def content(self) -> dict[str, bytes]:
        return {path_of(number): item(number, self.revisions[number]) for number in range(self.items)}

    def age(self, nights: int, pushes: int, url: str) -> None:
        """A year of nights, with the pushes spread over it."""
        repository = self.open("worn")
        repository.commit(on_three({}, self.content(), 0))
        person = self.folder / "person"
        git(self.folder, "clone", "-q", f"{url}/worn", str(person))
        for night in range(1, nights + 1):
            drifted = self.noise.sample(range(self.items), DRIFT_A_NIGHT)
            files = {path_of(number): self.revise(number) for number in drifted}
            repository.commit(on_three(repository.refs(), files, night))
            upkeep.repack(repository, dt.datetime.now(dt.UTC))
            if night * pushes // nights > (night - 1) * pushes // nights:
                self.push(person)
            if night % 50 == 0:
                print(f"  night {night}: {len(repository.read_manifest().packs)} packs", flush=True)

    def push(self, person: Path) -> None:
        number = self.noise.randrange(self.items)
        git(person, "pull", "-q", "--rebase")
        (person / path_of(number)).write_bytes(self.revise(number))
        git(person, "commit", "-qam", f"Edit policy {number}")
        git(person, "push", "-q")

    def revise(self, number: int) -> bytes:
        self.revisions[number] += 1
        return item(number, self.revisions[number])

    def begin(self) -> None:
        """The fresh repository: each ref of the worn one with its content, in one commit."""
        worn = self.open("worn")
        fresh = self.open("fresh")
        for ref, commit in worn.refs().items():
            tree = worn.tree(commit)
            contents = worn.blobs(tree.values())
            files = {path: contents[blob] for path, blob in tree.items()}
            fresh.commit([BranchCommit(ref, None, files, "All", ACCORD, START)])

    def clone(self, address: str) -> float:
        target = Path(tempfile.mkdtemp(dir=self.folder)) / "clone"
        seconds = timed(lambda: git(self.folder, "clone", "-q", address, str(target)))
        shutil.rmtree(target.parent)
        return seconds

    def commit(self, repository: BlobRepository) -> float:
        """A nightly commit of three changed items to all three refs, from reading the refs to their move."""
        drifted = self.noise.sample(range(self.items), DRIFT_A_NIGHT)
        files = {path_of(number): item(number, self.noise.randrange(10**6)) for number in drifted}
        seconds = timed(lambda: repository.commit(on_three(repository.refs(), files, 1000)))
        upkeep.repack(repository, dt.datetime.now(dt.UTC))
        return seconds


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def git(folder: Path, *arguments: str) -> str:
    who = {
        f"GIT_{role}_{part}": "ada@localhost"
        for role in ("AUTHOR", "COMMITTER")
        for part in ("NAME", "EMAIL")
    }
    ran = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **who},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(f"git {' '.join(arguments)} ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
    return ran.stdout


@contextmanager
def storage(folder: Path) -> Iterator[str]:
    node = shutil.which("node")
    if node is None:
        raise SystemExit("This needs Node for Azurite: call `python3 dev.py test` once.")
    ports = azurite.Ports(*free_ports(3))
    child = Child.start(azurite.program(ROOT, Path(node), folder / "data", ports), folder)
    try:
        child.wait_until_ready()
        yield azurite.connection_string(ports)
    finally:
        child.kill()


@contextmanager
def served(bench: Bench) -> Iterator[str]:
    """Both repositories over HTTP; each with one cache for all requests, as a warm instance has."""
    repositories = {name: bench.open(name) for name in ("worn", "fresh")}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            _, name, rest = path.split("/", 2)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            http = GitHttp(repositories[name], lambda view: [], lambda push, commits: None)
            request = GitRequest(self.command, f"/{rest}", query, dict(self.headers), body)
            answer = http.serve(request, GitIdentity("ada", may_push=True))
            self.send_response(answer.status)
            for header, value in answer.headers.items():
                self.send_header(header, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_GET  # noqa: N815  the name that http.server looks for

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def report(label: str, worn: list[float], fresh: list[float], disk: list[float]) -> bool:
    """One line of figures, medians; whether the target is met."""
    medians = [statistics.median(times) for times in (worn, fresh, disk)]
    ratio = medians[0] / medians[1]
    verdict = "ok" if ratio <= TARGET else f"over {TARGET}"
    figures = "  ".join(f"{seconds * 1000:8.0f} ms" for seconds in medians)
    print(f"{label:<28}{figures}   worn/fresh {ratio:.2f} ({verdict})")
    return ratio <= TARGET


def on_disk(bench: Bench) -> tuple[Path, Callable[[], float]]:
    """The fresh content as a bare repository on disk, and a commit in a working copy of it."""
    bare, work = bench.folder / "bare.git", bench.folder / "work"
    git(bench.folder, "init", "-q", "--bare", "-b", "main", str(bare))
    git(bench.folder, "clone", "-q", str(bare), str(work))
    for path, contents in bench.content().items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_bytes(contents)
    git(work, "add", "-A")
    git(work, "commit", "-qm", "All")
    git(work, "push", "-q", "origin", "HEAD:main")

    def commit() -> float:
        for number in bench.noise.sample(range(bench.items), DRIFT_A_NIGHT):
            (work / path_of(number)).write_bytes(item(number, bench.noise.randrange(10**6)))
        return timed(
            lambda: (git(work, "commit", "-qam", "Back up"), git(work, "push", "-q", "origin", "HEAD:main"))
        )

    return bare, commit


def measure(bench: Bench, url: str, rounds: int) -> bool:
    bare, commit_on_disk = on_disk(bench)
    mirror = bench.folder / "mirror.git"
    git(bench.folder, "clone", "-q", "--mirror", f"{url}/worn", str(mirror))
    addresses = (f"{url}/worn", f"{url}/fresh", f"file://{bare}", f"file://{mirror}")
    clones: tuple[list[float], ...] = ([], [], [], [])
    for _ in range(rounds):
        for times, address in zip(clones, addresses, strict=True):
            times.append(bench.clone(address))
    worn, fresh = bench.open("worn"), bench.open("fresh")
    commits: tuple[list[float], ...] = ([], [], [])
    cold: tuple[list[float], ...] = ([], [], [])
    for _ in range(rounds):
        cold[0].append(bench.commit(bench.open("worn")))
        cold[1].append(bench.commit(bench.open("fresh")))
        cold[2].append(commit_on_disk())
    for _ in range(rounds * 4):
        commits[0].append(bench.commit(worn))
        commits[1].append(bench.commit(fresh))
        commits[2].append(commit_on_disk())
    by_git = statistics.median(clones[3]) / statistics.median(clones[2])
    print(f"\nplain git on disk clones the worn history {by_git:.2f} times as slowly as the fresh content")
    print(f"{'median of each':<28}{'worn':>11}  {'fresh':>11}  {'plain git':>11}")
    return all(
        [
            report("clone by git", *clones[:3]),
            report("commit, warm instance", *commits),
            report("commit, cold instance", *cold),
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=760)
    parser.add_argument("--nights", type=int, default=400)
    parser.add_argument("--pushes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        storage(Path(name)) as connection,
        ContainerClient.from_connection_string(connection, "bench") as container,
    ):
        container.create_container()
        bench = Bench(container, Path(name), options.items)
        with served(bench) as url:
            print(f"{options.items} items, {options.nights} nights, {options.pushes} pushes", flush=True)
            seconds = timed(lambda: bench.age(options.nights, options.pushes, url))
            bench.begin()
            print(f"  that took {seconds:.0f} s")
            for tenant in ("worn", "fresh"):
                blobs = [blob.size for blob in container.list_blobs(f"{tenant}/pack/")]
                listed = bench.open(tenant).read_manifest().packs
                print(f"  {tenant}: {len(listed)} packs listed, {sum(blobs) / 1e6:.1f} MB stored in all")
            met = measure(bench, url, options.rounds)
    print("met" if met else "not met: clone and commit at most twice as slow as in a fresh repository")
    return 0


if __name__ == "__main__":
    sys.exit(main())
