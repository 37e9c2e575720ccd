"""Everything people read, in English and French: two TOML files a language, the same keys in both.

What the web page says by itself stands in the files `page.*.toml`, and its keys begin with `page.` here. Keys
are dotted (`status.idle`, `problem.syncActive.title`); `{names}` in a text are filled by `say`.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any


class Language(Enum):
    """The languages Accord speaks, by their BCP 47 tag."""

    ENGLISH = "en"
    FRENCH = "fr"


def say(key: str, language: Language, /, **values: object) -> str:
    """The text in that language. An unknown key is a KeyError: a test finds it before a person does."""
    return catalogue(language)[key].format(**values)


def known(key: str) -> bool:
    """Whether there is such a text; keys made from a service's own codes may have none."""
    return key in catalogue(Language.ENGLISH)


@functools.cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every text of one language, by dotted key. Read once per process."""
    return dict(_flat(_file(f"{language.value}.toml") | {"page": _file(f"page.{language.value}.toml")}, ""))


def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text("utf-8"))


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield prefix + name, value
        else:
            yield from _flat(value, f"{prefix}{name}.")


def negotiate(accept: str | None) -> Language:
    """The language that an `Accept-Language` prefers (RFC 9110, 12.5.4); English where it names neither.

    A regional tag counts as its language (`fr-CA`); `*` and what cannot be read count as English.
    """
    best, weight = Language.ENGLISH, 0.0
    for part in (accept or "").split(",")[:20]:
        tag, _, parameters = part.partition(";")
        language = _LANGUAGES.get(tag.strip().lower().partition("-")[0])
        quality = _quality(parameters)
        if language is not None and quality > weight:
            best, weight = language, quality
    return best


_LANGUAGES = {language.value: language for language in Language}


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
