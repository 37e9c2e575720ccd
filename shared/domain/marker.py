"""What stands between double braces in canonical strings: references, secrets, files, and doubled literals.

A literal `{{` is doubled to `{{{{`; so a marker is found without knowing where markers may stand. Inside a
reference the name's `%`, `{` and `}` are written `%25`, `%7B` and `%7D`, as in file names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from shared.names import TypeKey

BASE64: Final = "base64"
FILE: Final = "file"
RESERVED: Final = frozenset({BASE64, FILE, "secret"})

_TOKEN = re.compile(r"\{\{\{\{|\{\{([a-z0-9][a-z0-9-]*):([^{}]*)\}\}")
_MARKED = re.compile(r"\{\{\{\{|\{\{[a-z0-9-]+(?::[^{}]*)?\}\}|\{\{(?!\{)")
_UNSAFE = re.compile(r"[%{}]")
_ESCAPED = re.compile(r"%(25|7B|7D)")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbolic reference: the type and the name of what is referred to."""

    type: TypeKey
    identity: str

    def __str__(self) -> str:
        name = _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", self.identity)
        return f"{{{{{self.type}:{name}}}}}"


def escape(text: str) -> str:
    """Text of the service as canonical content holds it: every literal `{{` doubled."""
    return text.replace("{{", "{{{{") if "{{" in text else text


def unescape(text: str) -> str:
    """The inverse of `escape`, for text without markers."""
    return text.replace("{{{{", "{{") if "{{" in text else text


def symbol(text: str) -> Symbol | None:
    """The reference, if the whole string is one."""
    found = _TOKEN.fullmatch(text) if text.startswith("{{") else None
    return _symbol(found) if found else None


def symbols(text: str) -> Iterator[Symbol]:
    """Every reference inside the string, from left to right."""
    if "{{" in text:
        for found in _TOKEN.finditer(text):
            inside = _symbol(found)
            if inside is not None:
                yield inside


def replace_symbols(text: str, change: Callable[[Symbol], str]) -> str:
    """The string with every reference replaced; literals stay doubled."""
    return _TOKEN.sub(lambda found: change(inside) if (inside := _symbol(found)) else found[0], text)


def resolve_text(text: str, change: Callable[[Symbol], str]) -> str:
    """The service's own text: references replaced by `change`, literals single again."""
    return _TOKEN.sub(lambda found: change(inside) if (inside := _symbol(found)) else "{{", text)


def _symbol(found: re.Match[str]) -> Symbol | None:
    if found[1] is None or found[1] in RESERVED:
        return None
    name = _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), found[2])
    return Symbol(TypeKey(found[1]), name)


def stray(text: str) -> bool:
    """Does the string hold a `{{` that is neither doubled nor part of a marker?"""
    return "{{" in text and any(found[0] == "{{" for found in _MARKED.finditer(text))


def markers(text: str) -> list[str]:
    """Every marker as written, doubled literals left out."""
    if "{{" not in text:
        return []
    return [found[0] for found in _MARKED.finditer(text) if found[0] not in ("{{{{", "{{")]


def payload(text: str, kind: str) -> str | None:
    """What follows the colon, if the whole string is the marker of this kind (`file`, `base64`)."""
    start = f"{{{{{kind}:"
    return text[len(start) : -2] if text.startswith(start) and text.endswith("}}") else None


def mark(kind: str, content: str) -> str:
    """The marker of this kind."""
    return f"{{{{{kind}:{content}}}}}"
