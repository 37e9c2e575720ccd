"""Reasons for a refusal are said in the reader's language."""

from __future__ import annotations

import string

import pytest

from shared.texts import Language, catalogue, say
from shared.wire.refusal import FAMILY, forms, in_words, reason_text


def filled(key: str, language: Language) -> str:
    text = catalogue(language)[f"{FAMILY}{key}"]
    names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    return say(f"{FAMILY}{key}", language, **{name: f"/the-{name}" for name in names})


@pytest.mark.parametrize("key", forms())
def test_every_reason_is_found_by_its_own_form_and_no_earlier_one(key: str) -> None:
    assert reason_text(filled(key, Language.ENGLISH), Language.FRENCH) == filled(key, Language.FRENCH)
    assert reason_text(filled(key, Language.ENGLISH), Language.ENGLISH) == filled(key, Language.ENGLISH)


@pytest.mark.parametrize(
    ("english", "french"),
    [
        (
            "/a/b holds {{groups:X}} inside a longer text: there it stands alone",
            "/a/b contient {{groups:X}} dans un texte plus long : il s’y met seul",
        ),
        ("/note is a secret and is not kept in the repository: write '{{secret}}' in its place",
         "/note est un secret et n’est pas conservé dans le référentiel : écrivez « {{secret}} » à sa place"),
        ("what nobody has said before", "what nobody has said before"),
    ],
)  # fmt: skip
def test_names_stay_as_they_are(english: str, french: str) -> None:
    assert reason_text(english, Language.FRENCH) == french


def test_a_fault_keeps_its_place() -> None:
    fault = {"path": "/a", "message": "the file is not UTF-8 text", "file": "x.json", "line": 3}

    assert in_words(fault, Language.FRENCH) == {**fault, "message": "le fichier n’est pas du texte UTF-8"}
