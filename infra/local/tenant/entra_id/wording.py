"""The texts of the sign-in pages, in English and French."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "wording.toml"


@cache
def _all() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return found


def words(language: str) -> dict[str, str]:
    """The texts of `en` or `fr`."""
    return _all()[language]


def language_of(wanted: str, accepted: str) -> str:
    """`fr` or `en`, from the query's `mkt` or `ui_locales`, else from the header Accept-Language."""
    for part in (wanted or accepted).replace(" ", ",").split(","):
        tag = part.partition(";")[0].strip().lower()[:2]
        if tag in _all():
            return tag
    return "en"
