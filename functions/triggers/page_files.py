"""The web page's files as they are served: under addresses that name their version, compressed once.

Everything in the folder that a browser can use is served, a new file without a word here. Files are found by
their whole name in a table, so that no address leads out of the folder.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

FOLDER: Final = Path(__file__).parents[1] / "page"
INDEX: Final = "index.html"
ENTRY: Final = "app.js"
FIRST_STYLE: Final = "style/base.css"
MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
"""What is served; declarations of types and licences stay in the folder."""
_IMPORT: Final = re.compile(r"""(?:\bfrom|\bimport)\s*["'](\.{1,2}/[^"']+)["']""")


@dataclass(frozen=True, slots=True)
class File:
    """A file as it goes over the wire, plain and compressed, and its entity tag."""

    body: bytes
    packed: bytes
    media_type: str
    tag: str


@dataclass(frozen=True, slots=True)
class Site:
    """All files by their path in the folder; `version` changes with any of them."""

    version: str
    files: Mapping[str, File]
    index: File


class Folder:
    """Reads a folder anew when a file in it has changed: one look at each file's time, no restart."""

    def __init__(self, root: Path = FOLDER) -> None:
        self._root = root
        self._seen: tuple[tuple[str, int, int], ...] = ()
        self._site: Site | None = None

    def site(self) -> Site:
        """The files as they are now."""
        found = {path.relative_to(self._root).as_posix(): path for path in self._served()}
        stats = {name: path.stat() for name, path in found.items()}
        seen = tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in sorted(stats.items()))
        if self._site is None or seen != self._seen:
            self._site = _read({name: found[name].read_bytes() for name in sorted(found)})
            self._seen = seen
        return self._site

    def _served(self) -> Iterator[Path]:
        for path in self._root.rglob("*"):
            if path.suffix in MEDIA_TYPES and not path.name.endswith(".d.ts") and path.is_file():
                yield path


def _read(contents: Mapping[str, bytes]) -> Site:
    whole = hashlib.sha256()
    for name, body in contents.items():
        whole.update(f"{name}\0{len(body)}\0".encode() + body)
    version = whole.hexdigest()[:16]
    files = {name: _file(name, body) for name, body in contents.items() if name != INDEX}
    return Site(version, files, _file(INDEX, _index(contents, version)))


def _file(name: str, body: bytes) -> File:
    return packed(body, MEDIA_TYPES[PurePosixPath(name).suffix])


def packed(body: bytes, media_type: str) -> File:
    """These bytes, to be sent as this media type."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return File(body, gzip.compress(body, mtime=0), media_type, tag)


def _index(contents: Mapping[str, bytes], version: str) -> bytes:
    """The page with its version, style sheets and modules written in.

    Modules are named up front, so that the browser fetches them side by side and not import by import.
    """
    styles = [name for name in contents if name.endswith(".css") and name != FIRST_STYLE]
    text = contents[INDEX].decode()
    text = text.replace("{styles}", _links("stylesheet", [FIRST_STYLE, *styles]))
    text = text.replace("{modules}", _links("modulepreload", _modules(contents)))
    return text.replace("{version}", version).encode()


def _links(relation: str, names: Iterable[str]) -> str:
    return "".join(f'<link rel="{relation}" href="/page/{{version}}/{name}">\n' for name in names)


def _modules(contents: Mapping[str, bytes]) -> list[str]:
    """What the page's script imports, directly or not, in the order in which it is come upon."""
    found, waiting = [], [ENTRY]
    while waiting:
        name = waiting.pop(0)
        if name in found or name not in contents:
            continue
        found.append(name)
        waiting += [_resolved(name, target) for target in _IMPORT.findall(contents[name].decode())]
    return found[1:]


def _resolved(name: str, target: str) -> str:
    parts = list(PurePosixPath(name).parent.parts)
    for part in PurePosixPath(target).parts:
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    return "/".join(parts)
