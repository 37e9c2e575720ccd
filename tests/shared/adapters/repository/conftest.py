"""Repositories in Azurite, a server for real Git clients, and those clients."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from shared.adapters.repository.messages import (
    CHALLENGE,
    AcceptedPush,
    GitIdentity,
    GitLimits,
    GitRequest,
    GitResponse,
    PushView,
)

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

    from shared.adapters.repository.blob_repository import BlobRepository
    from shared.adapters.repository.smart_http import GitHttp

AUTHOR = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@contoso.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@contoso.com",
}


@pytest.fixture
def container(azurite: str) -> Iterator[ContainerClient]:
    from azure.storage.blob import ContainerClient

    with ContainerClient.from_connection_string(azurite, f"git-{uuid.uuid4().hex}") as client:
        client.create_container()
        yield client


@pytest.fixture
def open_repository(container: ContainerClient, tmp_path: Path) -> Callable[[], BlobRepository]:
    """Opens the same repository, each time as another instance of the app would: with a cache of its own."""
    from shared.adapters.repository.blob_repository import BlobRepository

    def make() -> BlobRepository:
        return BlobRepository(container, "contoso", tmp_path / f"cache-{uuid.uuid4().hex}")

    return make


@pytest.fixture
def repository(open_repository: Callable[[], BlobRepository]) -> BlobRepository:
    return open_repository()


@dataclass
class Served:
    """A repository behind HTTP, and what its rules and its listener do: tests replace them."""

    repository: BlobRepository
    limits: GitLimits
    check: Callable[[PushView], Sequence[str]] = lambda view: []
    on_pushed: Callable[[AcceptedPush, Sequence[str]], None] = lambda push, commits: None
    url: str = ""
    requests: list[GitRequest] = field(default_factory=list)
    after: Callable[[GitRequest], None] = lambda request: None
    http: GitHttp = field(init=False)

    def __post_init__(self) -> None:
        from shared.adapters.repository.smart_http import GitHttp

        self.http = GitHttp(
            self.repository,
            lambda view: list(self.check(view)),
            lambda push, commits: self.on_pushed(push, tuple(commits)),
            self.limits,
        )

    def answer(self, request: GitRequest) -> GitResponse:
        self.requests.append(request)
        user = _user(request.headers)
        if user is None:
            return GitResponse(401, dict([CHALLENGE]), b"")
        answer = self.http.serve(request, GitIdentity(user, may_push=user != "reader"))
        self.after(request)
        return answer


def _user(headers: Any) -> str | None:
    scheme, _, encoded = headers.get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return None
    user, _, password = base64.b64decode(encoded).decode().partition(":")
    return user if password == "secret" else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Served

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        request = GitRequest(
            self.command, path.removeprefix("/git/contoso"), query, dict(self.headers), self._body()
        )
        answer = self.served.answer(request)
        self.send_response(answer.status)
        for name, value in {"Content-Length": "0", **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = bytearray()
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return bytes(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def limits() -> GitLimits:
    return GitLimits()


@pytest.fixture
def served(repository: BlobRepository, limits: GitLimits) -> Iterator[Served]:
    served = Served(repository, limits)
    handler = type("Handler", (_Handler,), {"served": served})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        served.url = f"http://ada:secret@127.0.0.1:{server.server_port}/git/contoso"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield served
        server.shutdown()


@dataclass(frozen=True)
class Ran:
    """What git said: its standard output and error as one text."""

    code: int
    said: str


@dataclass(frozen=True)
class Clone:
    """A working copy, and the git command in it."""

    folder: Path

    def git(self, *arguments: str, stdin: bytes | None = None) -> Ran:
        home = self.folder.parent / "home"
        home.mkdir(exist_ok=True)
        quiet = {"GIT_CONFIG_NOSYSTEM": "1", "HOME": str(home), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        ran = subprocess.run(
            ["git", "-c", "init.defaultBranch=main", "-c", "commit.gpgSign=false", *arguments],
            cwd=self.folder,
            env={**os.environ, **AUTHOR, **quiet},
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=100,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout.decode(errors="replace"))

    def ok(self, *arguments: str, stdin: bytes | None = None) -> str:
        ran = self.git(*arguments, stdin=stdin)
        assert ran.code == 0, ran.said
        return ran.said.strip()

    def write(self, files: dict[str, bytes | None], message: str = "Edit") -> str:
        """Commits changed files; answers the commit."""
        for path, contents in files.items():
            file = self.folder / path
            if contents is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(contents)
        self.ok("add", "-A")
        self.ok("commit", "-q", "-m", message)
        return self.ok("rev-parse", "HEAD")


@pytest.fixture
def clone(served: Served, tmp_path: Path) -> Callable[..., Clone]:
    """Clones the served repository, or begins a repository whose `origin` it is."""

    def make(*options: str, name: str | None = None, before: Sequence[str] = ()) -> Clone:
        folder = tmp_path / (name or f"clone-{uuid.uuid4().hex[:6]}")
        Clone(tmp_path).ok(*before, "clone", "-q", *options, served.url, str(folder))
        return Clone(folder)

    return make
