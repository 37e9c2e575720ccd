"""Git's smart HTTP in front of a repository, without a web framework: a request in, an answer out.

dulwich speaks the protocol (version 0, which every Git client falls back to) as a WSGI application. The
caller has found out who asks, and answers 401 with `messages.CHALLENGE` where nobody has signed in.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import re
import sys
import zlib
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import parse_qs

from dulwich.errors import GitProtocolError, HangupException
from dulwich.protocol import pkt_line
from dulwich.refs import HEADREF, DictRefsContainer, Ref
from dulwich.repo import BaseRepo
from dulwich.server import Backend
from dulwich.web import HTTPGitApplication

from shared.adapters.repository import history, unborn
from shared.adapters.repository.blob_repository import BlobRepository
from shared.adapters.repository.messages import (
    MIB,
    GitIdentity,
    GitLimits,
    GitRequest,
    GitResponse,
    OnPushed,
    PushCheck,
)
from shared.adapters.repository.objects import StoredObjects
from shared.adapters.repository.push_gate import PushGate
from shared.adapters.repository.receive_pack import ReceivePack
from shared.adapters.repository.upload_pack import CloneTooLarge, UploadPack
from shared.errors import AccordError
from shared.names import MAIN, CommitId

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger(__name__)
_UPLOAD: Final = "git-upload-pack"
_RECEIVE: Final = "git-receive-pack"
_SERVICES: Final = frozenset({_UPLOAD, _RECEIVE})
_VISIBLE: Final = ("refs/heads/", "refs/tags/")
_ASKING_LIMIT: Final = 4 * MIB
"""A fetch names what it wants and has: 50 bytes each."""
_COMMANDS_LIMIT: Final = MIB
"""What comes before the pack of a push."""
_GZIP: Final = b"\x1f\x8b"
_WANT: Final = re.compile(rb"want ([0-9a-f]{40})")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class GitHttp:
    """One repository over HTTP.

    `check` judges the content of pushes. `on_pushed` takes note of accepted ones; when it raises, the push
    stands, its client is told so, and the push is handed over again by the next push or by `take_note`.
    """

    def __init__(
        self,
        repository: BlobRepository,
        check: PushCheck,
        on_pushed: OnPushed,
        limits: GitLimits | None = None,
        now: Callable[[], dt.datetime] = _now,
    ) -> None:
        self._repository, self._limits = repository, limits or GitLimits()
        self._gate = PushGate(repository, check, on_pushed, self._limits, now)

    def take_note(self) -> bool:
        """Hands pushes that nobody has taken note of to `on_pushed`; whether none is left."""
        return self._gate.take_note()

    def serve(self, request: GitRequest, identity: GitIdentity) -> GitResponse:
        """Answers one request. Faults of the client are answers, too; storage that is down is a 503."""
        service = _service(request)
        if service is None:
            return _text(403, "Only Git's smart HTTP is served here. Use git clone, fetch and push.")
        if service == _RECEIVE and not identity.may_push:
            return _text(403, "You may read this repository but not push to it. Ask for the role Operator.")
        try:
            return self._serve(service, request, self._body(service, request), identity)
        except CloneTooLarge:
            size = self._limits.clone // MIB
            return _refused(service, f"this needs more than {size} MiB in one answer: clone with --depth 1")
        except (GitProtocolError, HangupException, zlib.error, ValueError, AssertionError) as exc:
            _log.info("serving %s of %s: %s", service, self._repository.tenant, exc)
            return _refused(service, f"the request cannot be understood: {exc}")
        except (OSError, AccordError):
            _log.exception("serving %s of %s", service, self._repository.tenant)
            return _text(503, "The repository does not answer. Try again; git fetch shows what has arrived.")

    def _body(self, service: str, request: GitRequest) -> bytes:
        """The body, inflated. Of a push that is too large only so much that the pack is seen to be."""
        if service == _RECEIVE:
            return _inflated(request, self._limits.packed + _COMMANDS_LIMIT)
        body = _inflated(request, _ASKING_LIMIT)
        if len(body) > _ASKING_LIMIT:
            raise ValueError(f"it is larger than {_ASKING_LIMIT // MIB} MiB")
        return body

    def _serve(self, service: str, request: GitRequest, body: bytes, identity: GitIdentity) -> GitResponse:
        manifest = self._repository.read_manifest()
        with self._repository.opened(manifest) as objects:
            refs = {ref: commit for ref, commit in manifest.refs.items() if ref.startswith(_VISIBLE)}
            if service == _UPLOAD and not refs and unborn.speaks_version_2(_header(request, "git-protocol")):
                return _unborn(request, body)
            if service == _UPLOAD and request.method == "POST":
                refs |= _still_wanted(objects, refs, body)
            backend = _Served(objects, refs, head=service == _UPLOAD)
            handlers: dict[bytes, Callable[..., Any]] = {
                b"git-upload-pack": partial(UploadPack, objects, self._limits.clone),
                b"git-receive-pack": partial(ReceivePack, self._gate, identity),
            }
            return _call(HTTPGitApplication(backend, handlers=handlers), _environment(request, body))


class _Served(Backend):
    """The visible refs and the objects of one moment, as dulwich's server looks for them."""

    def __init__(self, objects: StoredObjects, refs: dict[str, CommitId], *, head: bool) -> None:
        named: dict[Ref, bytes] = {Ref(ref.encode()): commit.encode() for ref, commit in refs.items()}
        container = DictRefsContainer(named)
        if head and MAIN in refs:
            container.set_symbolic_ref(HEADREF, Ref(MAIN.encode()))
        self._repository = BaseRepo(objects, container)  # type: ignore[arg-type]  # it reads only

    def open_repository(self, path: str) -> BaseRepo:  # type: ignore[override]  # noqa: ARG002
        """There is one."""
        return self._repository


def _service(request: GitRequest) -> str | None:
    """The service that is asked for, or to be announced; None for anything else."""
    if request.method == "GET" and request.path == "/info/refs":
        name = parse_qs(request.query).get("service", [""])[0]
    else:
        name = request.path.removeprefix("/") if request.method == "POST" else ""
    return name if name in _SERVICES else None


def _inflated(request: GitRequest, limit: int) -> bytes:
    """The body without its compression, cut off one byte after `limit`."""
    if _header(request, "content-encoding") not in {"gzip", "x-gzip"} or not request.body.startswith(_GZIP):
        return request.body[: limit + 1]  # some front ends inflate the body but leave the header
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    body = inflate.decompress(request.body, limit + 1)
    if not inflate.eof and len(body) <= limit:
        raise ValueError("the compressed body ends too early")
    return body


def _header(request: GitRequest, name: str) -> str:
    return next((value for key, value in request.headers.items() if key.lower() == name), "").strip()


def _still_wanted(objects: StoredObjects, refs: dict[str, CommitId], body: bytes) -> dict[str, CommitId]:
    """Commits that the client wants because they stood at the tip when it asked, a moment ago."""
    wanted = {CommitId(found.decode()) for found in _WANT.findall(body)} - set(refs.values())
    if not wanted:
        return {}
    passed = wanted & history.ancestors(objects.commit, list(refs.values()))
    return {f"refs/passed/{commit}": commit for commit in passed}


def _environment(request: GitRequest, body: bytes) -> WSGIEnvironment:
    """The request for a WSGI application (PEP 3333); the body is neither chunked nor compressed any more."""
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query,
        "CONTENT_TYPE": _header(request, "content-type"),
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def _call(application: WSGIApplication, environment: WSGIEnvironment) -> GitResponse:
    """Calls a WSGI application, with the `write` that dulwich sends its answer through."""
    written = io.BytesIO()
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str,
        headers: list[tuple[str, str]],
        exc_info: tuple[type[BaseException], BaseException, TracebackType] | None = None,  # noqa: ARG001
    ) -> Callable[[bytes], object]:
        started.append((status, headers))
        return written.write

    for chunk in application(environment, cast("StartResponse", start_response)):
        written.write(chunk)
    status, headers = started[-1]
    return _answer(int(status.split()[0]), dict(headers), written.getvalue())


def _unborn(request: GitRequest, body: bytes) -> GitResponse:
    if request.method == "GET":
        return _answer(200, {"Content-Type": f"application/x-{_UPLOAD}-advertisement"}, unborn.capabilities())
    return _answer(200, {"Content-Type": f"application/x-{_UPLOAD}-result"}, unborn.refs(body))


def _refused(service: str, reason: str) -> GitResponse:
    """For a fetch, an answer that Git shows as `fatal: remote error: …`; a push has no such form."""
    if service == _RECEIVE:
        return _text(400, f"{reason[0].upper()}{reason[1:]}.")
    kind = {"Content-Type": f"application/x-{service}-result"}
    return _answer(200, kind, pkt_line(b"ERR " + reason.encode()))


def _text(status: int, text: str) -> GitResponse:
    """An answer whose text Git shows beside the status."""
    return _answer(status, {"Content-Type": "text/plain; charset=utf-8"}, f"{text}\n".encode())


def _answer(status: int, headers: dict[str, str], body: bytes) -> GitResponse:
    return GitResponse(status, {**headers, "Content-Length": str(len(body))}, body)
