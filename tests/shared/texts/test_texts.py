"""Every text exists in both languages with the same places to fill, is used, and is there when asked for."""

import ast
import functools
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.domain.plan import BlockedCode
from shared.domain.snapshot import NotReadReason
from shared.domain.sync import Cause, DecisionKind, Incomplete, Outcome, Status
from shared.steps.log import Event
from shared.texts import Language, catalogue, known, negotiate, say
from shared.wire.codes import CHANGE_ERRORS, PROBLEMS, SYNC_ERRORS
from shared.wire.refusal import forms

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
ENGLISH, FRENCH = catalogue(Language.ENGLISH), catalogue(Language.FRENCH)
FATES = ("adopted", "proposed", "applied", "failed", "stale", "skipped", "blocked")
PEOPLE = [DecisionKind.APPROVE, DecisionKind.REJECT, DecisionKind.REJECT_AND_REVERT]

SEED = {
    Status.NOT_RUN: "Non exécuté",
    Status.IDLE: "Inactif",
    Status.STARTING: "Démarrage",
    Status.IN_PROGRESS: "En cours",
    Status.NEW_ERROR: "Nouvelle erreur",
    Status.PENDING_AUTHENTICATION: "Authentification en attente",
    Status.PENDING_APPROVAL: "Approbation en attente",
    Status.PARTIALLY_SUCCEEDED: "Partiellement réussi",
    Status.PENDING_ADMIN_CONSENT: "Consentement administrateur en attente",
}
"""The labels of the text that the project was created from."""

FAMILIES = {
    **{f"status.{one.value}": None for one in Status},
    **{f"outcome.{one.value}": None for one in Outcome},
    **{f"incomplete.{one.value}": None for one in Incomplete},
    **{f"decision.{one.value}": None for one in PEOPLE},
    **{f"blocked.{one.value}": None for one in BlockedCode},
    **{f"notRead.{one.value}": None for one in NotReadReason},
    **{f"fate.{one}": None for one in FATES},
    **{f"cause.{one.value}": None for one in Cause},
    **{f"incompleteAdvice.{one.value}": None for one in Incomplete},
    **{f"reportWhole.{one}": None for one in ("added", "changed", "removed", "item")},
    **{f"log.{one.value}": None for one in Event},
    **{f"problem.{code}.{part}": None for code in PROBLEMS for part in ("title", "detail")},
    **{f"blockedTitle.{one.value}": None for one in BlockedCode},
    **{f"refused.{key}": None for key in forms()},
    **{
        f"error.{code}.{part}": None
        for code in (*SYNC_ERRORS, *CHANGE_ERRORS)
        for part in ("message", "advice")
    },
    **{f"error.{code}.operation": None for code in SYNC_ERRORS},
}
"""Texts that are asked for by the value of something."""


@functools.cache
def nodes() -> tuple[tuple[Path, ast.AST], ...]:
    """Every node of the source's syntax, with its file."""
    trees = ((path, ast.parse(path.read_text("utf-8"))) for path in SOURCES)
    return tuple((path, node) for path, tree in trees for node in ast.walk(tree))


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def strings() -> Iterator[str]:
    """Every piece of text in the source, parts of f-strings included."""
    for _, node in nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_both_languages_have_the_same_texts() -> None:
    assert set(ENGLISH) == set(FRENCH)


@pytest.mark.parametrize("key", sorted(ENGLISH))
def test_a_text_has_the_same_places_in_both_languages(key) -> None:
    assert places(ENGLISH[key]) == places(FRENCH[key])


@pytest.mark.parametrize("key", sorted(FAMILIES))
def test_what_is_asked_for_by_a_value_is_there(key) -> None:
    assert known(key)


def test_every_text_is_used() -> None:
    used = set(strings())
    unused = [key for key in ENGLISH if key not in FAMILIES and not {key, key.rpartition(".")[2]} & used]
    # Faults of fields are asked for by pydantic's own names of them; the page's texts have their own test.
    assert [key for key in unused if not key.startswith(("field.", "page."))] == []


@pytest.mark.parametrize("status", list(Status), ids=lambda one: one.value)
def test_status_labels_are_the_seed_s(status) -> None:
    assert say(f"status.{status.value}", Language.FRENCH) == SEED[status]


def test_texts_say_what_to_do_next_in_sentences() -> None:
    for texts in (ENGLISH, FRENCH):
        for key, text in texts.items():
            if key.startswith(("problem.", "error.")) and key.endswith((".detail", ".advice")):
                assert text.endswith("."), key


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        (None, Language.ENGLISH),
        ("", Language.ENGLISH),
        ("FR", Language.FRENCH),
        ("fr-be;q=0.3, en-GB;q=0.3", Language.FRENCH),
        ("de,fr;q=0.1", Language.FRENCH),
        ("en,fr", Language.ENGLISH),
        ("fr;q=1.0;x, en", Language.ENGLISH),
    ],
)
def test_the_language_is_the_one_preferred(accept, language) -> None:
    assert negotiate(accept) is language
