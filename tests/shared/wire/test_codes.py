"""Every stable code is listed by `GET /errors` with its advice, and no code is raised that is not."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.domain.outcome import Verdict
from shared.domain.plan import BlockedCode
from shared.steps.decide import STATUS
from shared.steps.work import Stop
from shared.texts import Language
from shared.wire.codes import CHANGE_ERRORS, PROBLEMS, SYNC_ERRORS
from shared.wire.error import fault_json
from shared.wire.service import errors_json

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
BLOCKED = {one.value for one in BlockedCode}
PLACES = {
    # what is made with a code → where the code stands, and which codes it may be
    "Problem": (0, set(PROBLEMS)),
    "SyncError": (0, set(SYNC_ERRORS)),
    "SignInFailed": (0, {*SYNC_ERRORS, "userSignInNeeded"}),
    "Fault": (0, {*CHANGE_ERRORS, *BLOCKED}),
    "Final": (1, {*CHANGE_ERRORS, *BLOCKED}),
}
"""`userSignInNeeded` asks a person to sign in: no sync ends with it."""


@functools.cache
def made() -> tuple[tuple[str, str, int | None, str], ...]:
    """Every call that names a code as a literal: what it makes, the code, its status, the file."""
    return tuple(_made())


def _made() -> Iterator[tuple[str, str, int | None, str]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            name = node.func.id
            if name not in PLACES:
                continue
            at = PLACES[name][0]
            named = [one.value for one in node.keywords if one.arg == "code"]
            given = named[0] if named else node.args[at] if len(node.args) > at else None
            status = node.args[1] if len(node.args) > 1 else None
            for code in _texts(given):
                yield name, code, status.value if isinstance(status, ast.Constant) else None, path.name


def _texts(node: ast.expr | None) -> Iterator[str]:
    """The texts that an expression may be: a literal, or either side of a condition or an `or`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for one in node.values:
            yield from _texts(one)


@pytest.mark.parametrize("name", PLACES)
def test_no_code_is_raised_that_is_not_listed(name) -> None:
    found = [one for one in made() if one[0] == name]
    assert [one for one in found if one[1] not in PLACES[name][1]] == []


def test_a_refusal_is_raised_with_the_status_that_is_listed() -> None:
    found = [one for one in made() if one[0] == "Problem" and one[2] is not None]
    assert found
    assert [one for one in found if PROBLEMS[one[1]] != one[2]] == []
    assert {code.value: status for code, status in STATUS.items()}.items() <= PROBLEMS.items()


def test_every_refusal_that_is_listed_is_raised() -> None:
    codes = {code for name, code, *_ in made() if name == "Problem"} | {code.value for code in STATUS}
    assert set(PROBLEMS) - codes == set()


def test_codes_that_verdicts_and_orchestrators_name_are_listed() -> None:
    """They stand in JSON there: `{"code": …}`."""
    named = {
        code
        for path in (*(ROOT / "functions").rglob("*.py"), *(ROOT / "shared" / "steps").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == "code"
        for code in _texts(value)
    }  # fmt: skip
    assert named
    assert named <= {*SYNC_ERRORS, *CHANGE_ERRORS, *PROBLEMS}
    assert {stop.value for stop in Stop} <= {verdict.value for verdict in Verdict}


@pytest.mark.parametrize("language", list(Language), ids=lambda one: one.value)
def test_every_code_has_a_title_and_advice_in_both_languages(language) -> None:
    listed = errors_json(language)
    keys = [(one["of"], one["code"]) for one in listed]
    assert len(set(keys)) == len(keys)
    for one in listed:
        assert one["title"], one
        assert one["advice"].endswith("."), one
        assert one["title"] != one["code"], one
    other = Language.FRENCH if language is Language.ENGLISH else Language.ENGLISH
    same = {(one["of"], one["code"]): one for one in errors_json(other)}
    assert [one for one in listed if same[one["of"], one["code"]]["advice"] == one["advice"]] == []


@pytest.mark.parametrize("code", ["stale", "stopped", "permissionMissing"])
def test_a_change_s_error_says_in_the_reader_s_language_what_and_keeps_what_was_in_the_way(code) -> None:
    english = fault_json(code, "/rule", "r-1", Language.ENGLISH)
    french = fault_json(code, "/rule", "r-1", Language.FRENCH)
    assert english["message"] != french["message"]
    assert (english["detail"], french["detail"]) == ("/rule", "/rule")


def test_a_code_of_the_service_has_the_service_s_words() -> None:
    told = fault_json("BadRequest", "no such rule", "r-1", Language.FRENCH)
    expected = {
        "code": "BadRequest", "message": "no such rule", "detail": "", "requestId": "r-1", "advice": "",
    }  # fmt: skip
    assert told == expected
