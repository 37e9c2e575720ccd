"""Canonical JSON: the bytes of a file, of a digest, and the strict reading of what people push.

Sorted keys, two spaces, LF, one LF at the end, no escapes but those JSON demands. Text is kept as it is: no
Unicode normalisation.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from json.encoder import encode_basestring as _quoted  # its C form: the documented encoder's own
from typing import Final

from shared.domain.item import Json

MAX_DEPTH: Final = 200
"""Levels of lists and objects in a file; the deepest the services document is below 100."""


@dataclass(frozen=True, slots=True)
class JsonFault:
    """Why bytes are not acceptable JSON; `line` counts from 1 where it is known."""

    reason: str
    line: int | None = None


def dumps(value: Json) -> bytes:
    """The canonical bytes, for a file."""
    pieces: list[str] = []
    _write(value, "\n", pieces)
    pieces.append("\n")
    # A lone surrogate, which JSON may hold as an escape, is written as that escape.
    return "".join(pieces).encode("utf-8", "backslashreplace")


def _write(value: Json, indent: str, pieces: list[str]) -> None:
    # The standard encoder falls back to slower Python code as soon as it indents.
    if isinstance(value, str):
        pieces.append(_quoted(value))
    elif isinstance(value, dict):
        if not value:
            pieces.append("{}")
            return
        inner = indent + "  "
        mark = "{" + inner
        for key in sorted(value):
            pieces.append(f"{mark}{_quoted(key)}: ")
            _write(value[key], inner, pieces)
            mark = "," + inner
        pieces.append(indent + "}")
    elif isinstance(value, list):
        if not value:
            pieces.append("[]")
            return
        inner = indent + "  "
        mark = "[" + inner
        for member in value:
            pieces.append(mark)
            _write(member, inner, pieces)
            mark = "," + inner
        pieces.append(indent + "]")
    else:
        pieces.append(_scalar(value))


def _scalar(value: float | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return int.__repr__(value) if isinstance(value, int) else json.dumps(value, allow_nan=False)


def compact(value: Json) -> str:
    """The canonical text on one line: for keys, sorting and digests."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class _Duplicate(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _Duplicate(next(key for key in keys if keys.count(key) > 1))
    return found


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def parse_object(data: bytes) -> dict[str, Json] | JsonFault:
    """A JSON object from a file, strictly: UTF-8 without byte order mark, no key twice, bounded depth."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        return JsonFault("the file is not UTF-8 text", data[: fault.start].count(b"\n") + 1)
    if text.startswith("\ufeff"):
        return JsonFault("the file starts with a byte order mark: save it as UTF-8 without one", 1)
    deep = _too_deep(text)
    if deep is not None:
        return JsonFault(f"nested deeper than {MAX_DEPTH} levels", deep)
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as fault:
        return JsonFault(f"not valid JSON: {fault.msg} (column {fault.colno})", fault.lineno)
    except _Duplicate as fault:
        return JsonFault(f"the key {fault.key!r} stands twice in one object", _second(text, fault.key))
    except ValueError as fault:
        return JsonFault(f"not valid JSON: {fault}")
    if not isinstance(value, dict):
        return JsonFault("the file must hold one JSON object", 1)
    return value


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text} is out of range")
    return value


_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def _too_deep(text: str) -> int | None:
    # Quick bound first: a text with fewer opening brackets than the limit cannot be too deep.
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return None
    depth = 0
    for found in _BRACKETS.finditer(text):
        first = found[0][0]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return text.count("\n", 0, found.start()) + 1
        elif first in "]}":
            depth -= 1
    return None


def _second(text: str, key: str) -> int | None:
    # Where a key is written exactly twice, the second is the one at fault; otherwise the line stays unknown.
    written = [found.start() for found in re.finditer(re.escape(_quoted(key)) + r"\s*:", text)]
    return text.count("\n", 0, written[1]) + 1 if len(written) == 2 else None
