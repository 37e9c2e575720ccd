"""What Git over HTTP takes and gives. Plain values: importing this loads neither dulwich nor azure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from shared.names import CommitId

CHALLENGE: Final = ("WWW-Authenticate", 'Basic realm="Accord"')
"""The header of a 401 without which Git sends no credentials."""

MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class GitRequest:
    """One HTTP request.

    `path` is what follows the repository: `/info/refs`, `/git-upload-pack`, `/git-receive-pack`. `query` is
    without the question mark, `body` as it was sent but no longer chunked.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class GitResponse:
    """The HTTP answer, `Content-Length` among its headers."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class GitIdentity:
    """Who asks, as the caller found out. `principal` is kept with a push, as the caller spells it."""

    principal: str
    may_push: bool


@dataclass(frozen=True, slots=True)
class GitLimits:
    """How large things may be, in bytes unless said otherwise; checked before memory is spent on them."""

    packed: int = 32 * MIB
    inflated: int = 256 * MIB
    objects: int = 20_000
    """Objects in one push."""
    object_size: int = 5 * MIB
    files: int = 50_000
    """Files in the tree that a push makes."""
    clone: int = 100 * MIB


@dataclass(frozen=True, slots=True)
class PushView:
    """A push whose form is right, for the rules about content to judge.

    `changed`: path → new contents (None: removed), against `old`; read when asked for. `files`: path → blob
    id of every file as the push leaves it; `read` gives any of them. Valid only during the check.
    """

    old: CommitId | None
    new: CommitId
    commits: Sequence[CommitId]
    """What the push adds to `main`, newest first."""
    changed: Mapping[str, bytes | None]
    files: Mapping[str, str]
    read: Callable[[str], bytes]


PushCheck: TypeAlias = Callable[[PushView], Sequence[str]]
"""What is wrong with the content of a push: one line for each fault, naming the file; empty if nothing is."""


@dataclass(frozen=True, slots=True)
class AcceptedPush:
    """A push that has moved `main`, kept in the manifest until `OnPushed` has taken note of it.

    `principal` is who pushed, as the caller spelled it; `at` is when, in UTC.
    """

    old: CommitId | None
    new: CommitId
    principal: str
    at: dt.datetime


OnPushed: TypeAlias = Callable[[AcceptedPush, Sequence[CommitId]], None]
"""Takes note of a push and the commits it added, newest first.

Repeatable: it is called again if it raised, or if its success could not be recorded."""


class PushRefused(Exception):
    """The push breaks a rule. `lines` are for the client's terminal; `summary` is one line."""

    def __init__(self, summary: str, lines: Sequence[str] = ()) -> None:
        super().__init__(summary)
        self.summary, self.lines = summary, tuple(lines)
