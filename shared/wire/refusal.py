"""Why a file of the repository is refused, in the reader's language.

The domain says it in English, as Git shows it on a terminal. Each English text of the table `refused` is the
form of one such reason; a reason of that form is said by the same text of another language, with the same
names in its places.
"""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Mapping
from typing import Any, Final

from shared.texts import Language, catalogue, say

FAMILY: Final = "refused."


@functools.cache
def forms() -> Mapping[str, re.Pattern[str]]:
    """Every form by its key, in the order of the texts: the first that fits counts."""
    texts = catalogue(Language.ENGLISH)
    return {key.removeprefix(FAMILY): _form(text) for key, text in texts.items() if key.startswith(FAMILY)}


def _form(text: str) -> re.Pattern[str]:
    parts = string.Formatter().parse(text)
    return re.compile(
        "".join(re.escape(said) + (f"(?P<{name}>.*)" if name else "") for said, name, _, _ in parts),
        re.DOTALL,
    )


def reason_text(reason: str, language: Language) -> str:
    """The reason, a line at most, in that language; as it is where no form fits."""
    if language is Language.ENGLISH:
        return reason
    for key, form in forms().items():
        found = form.fullmatch(reason)
        if found is not None:
            return say(f"{FAMILY}{key}", language, **found.groupdict())
    return reason


def in_words(fault: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """The fault of an item with its words in that language."""
    said = {name: reason_text(str(fault[name]), language) for name in ("message", "detail") if name in fault}
    return {**fault, **said}
