"""What the page says exists in both languages, is used, and is there when asked for.

Texts are asked for by a literal, `say("table.name")` or `say.count("table.name", n)`, or by a value, as in
say(`table.${value}`): families of what the API may answer are declared here with what they hold.
"""

import re
from pathlib import Path

import pytest

from functions.triggers.page import SHOWN
from shared.domain.sync import Mode
from shared.texts import Language, catalogue

PAGE = Path(__file__).resolve().parents[3] / "functions" / "page"
SCRIPTS = sorted(
    path for path in PAGE.rglob("*.js") if "vendor" not in path.parts and path.name != "texts.js"
)
TEXTS = {language: catalogue(language) for language in Language}
OWN = {key.removeprefix("page.") for key in TEXTS[Language.ENGLISH] if key.startswith("page.")}

FAMILIES: dict[str, tuple[str, ...]] = {
    "core.theme.": ("auto", "light", "dark"),
    "tenants.modes.": tuple(one.value for one in Mode),
    "tenants.does.": tuple(one.value for one in Mode),
}
"""Texts of the page's own that are asked for by a value, which is one of these."""

LITERAL = re.compile(r"\bsay\(\s*\"([^\"]+)\"")
COUNTED = re.compile(r"\bsay\.count\(\s*\"([^\"]+)\"")
BY_VALUE = re.compile(r"\bsay(?:\.count)?\(\s*`([^`$]*)\$\{")
ANY_STRING = re.compile(r"\"([a-z]\w*(?:\.\w+)+)\"")


def asked() -> dict[str, str]:
    """Every key that the page's scripts ask for by a literal, and where."""
    found: dict[str, str] = {}
    for path in SCRIPTS:
        text, name = path.read_text("utf-8"), path.relative_to(PAGE).as_posix()
        found.update(dict.fromkeys(LITERAL.findall(text), name))
        for key in COUNTED.findall(text):
            found.update({f"{key}.one": name, f"{key}.other": name})
    return found


def exists(key: str) -> bool:
    return key in OWN or (key.startswith(SHOWN) and key in TEXTS[Language.ENGLISH])


def test_every_text_that_is_asked_for_is_there() -> None:
    assert {key: place for key, place in asked().items() if not exists(key)} == {}


def by_value() -> dict[str, str]:
    """Every family that the page's scripts ask for by a value, and where."""
    return {family: path.name for path in SCRIPTS for family in BY_VALUE.findall(path.read_text("utf-8"))}


def test_every_family_that_is_asked_for_is_there() -> None:
    missing = {
        family: name
        for family, name in by_value().items()
        if not family.startswith(SHOWN) and not any(key.startswith(family) for key in OWN)
    }
    assert missing == {}


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_family_holds_a_text_for_each_of_its_values(family) -> None:
    present = {key.removeprefix(family) for key in OWN if key.startswith(family)}
    assert set(FAMILIES[family]) <= present


def test_every_text_is_used() -> None:
    families = {key for key in OWN for family in by_value() if family and key.startswith(family)}
    # A key may also stand in a table of the script's own, as a string of its whole.
    strings = {text for path in SCRIPTS for text in ANY_STRING.findall(path.read_text("utf-8"))}
    counted = {f"{text}.{form}" for text in strings for form in ("one", "other")}
    assert sorted(OWN - set(asked()) - families - strings - counted) == []


def test_what_counts_has_both_forms_and_says_the_number() -> None:
    for texts in TEXTS.values():
        counted = [key for key in texts if key.startswith("page.") and key.endswith(".other")]
        for key in counted:
            assert f"{key.removesuffix('other')}one" in texts, key
            assert "{n}" in texts[key], key


def test_french_texts_are_written_as_the_french_do() -> None:
    """A typographic apostrophe, and a space that does not break before signs of two parts."""
    french = {key: text for key, text in TEXTS[Language.FRENCH].items() if key.startswith("page.")}
    assert [key for key, text in french.items() if "'" in text] == []
    assert [key for key, text in french.items() if re.search(r"\w[;!?»]|\w:\s|«\w", text)] == []
