"""What a name in a tree may be, so that every clone on every system holds the same files, inside its folder.

These are the rules of form that Git's clients depend on; what a path means is the business of the domain.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

LONGEST_PATH: Final = 1024
"""Bytes of UTF-8."""
DEEPEST_PATH: Final = 16
"""Names in one path. A tenant's own paths have three."""


def path_fault(path: str) -> str | None:
    """Why no file may have this path; None if it may."""
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        return "the path is not valid UTF-8"
    if len(encoded) > LONGEST_PATH:
        return f"the path is longer than {LONGEST_PATH} bytes"
    segments = encoded.split(b"/")
    if len(segments) > DEEPEST_PATH:
        return f"the path has more than {DEEPEST_PATH} names"
    return next((fault for segment in segments if (fault := name_fault(segment))), None)


def name_fault(name: bytes) -> str | None:
    """Why no file or folder may have this name; None if it may."""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return "the name is not valid UTF-8"
    if len(name) > LONGEST_PATH:
        return f"a name is not longer than {LONGEST_PATH} bytes"
    if text in {"", ".", ".."}:
        return f"{text!r} is not a name"
    if "/" in text or "\\" in text:
        return "a name holds no slash or backslash"
    if any(unicodedata.category(character) == "Cc" for character in text):
        return "a name holds no control characters"
    if _means_git(text):
        return "the name belongs to Git"
    return None


def look_alikes(names: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Pairs of names in one folder that differ only in case or Unicode form: one name on Windows or macOS."""
    seen: dict[str, bytes] = {}
    for name in names:
        folded = _folded(name.decode(errors="replace"))
        if folded in seen:
            yield seen[folded], name
        seen.setdefault(folded, name)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _means_git(text: str) -> bool:
    """Whether a file system would take the name for `.git`.

    As Git's own check: any case, Windows' short name and its trailing dots, spaces and streams, and
    characters that macOS ignores (CVE-2014-9390).
    """
    visible = "".join(character for character in text if unicodedata.category(character) != "Cf")
    bare = visible.split(":", 1)[0].rstrip(". ").casefold()
    return bare in {".git", "git~1"}
