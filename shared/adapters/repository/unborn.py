"""Tells a client that clones an empty repository which branch it should begin: `main`.

Only version 2 of Git's protocol can say that of a branch without commits (gitprotocol-v2(5), `ls-refs`,
`unborn`); dulwich's server speaks version 0. Without it a first push from a clone would go to whatever branch
that machine begins with. An empty repository never has anything to send, so two answers are all it takes.
"""

from __future__ import annotations

from typing import Final

from dulwich.protocol import pkt_line

from shared.names import MAIN

_FLUSH: Final = pkt_line(None)


def speaks_version_2(git_protocol: str) -> bool:
    """Whether the client offers version 2, by its `Git-Protocol` header."""
    return "version=2" in git_protocol.split(":")


def capabilities() -> bytes:
    """The answer to `GET /info/refs`."""
    lines = (b"version 2\n", b"ls-refs=unborn\n", b"object-format=sha1\n")
    return b"".join(
        (pkt_line(b"# service=git-upload-pack\n"), _FLUSH, *(pkt_line(line) for line in lines), _FLUSH)
    )


def refs(command: bytes) -> bytes:
    """The answer to `POST /git-upload-pack`. Raises ValueError for anything but the command `ls-refs`."""
    if command[4:].startswith(b"command=ls-refs"):
        return pkt_line(b"unborn HEAD symref-target:" + MAIN.encode() + b"\n") + _FLUSH
    raise ValueError("the repository has no commits yet")
