"""Bodies: bounded in size and depth, strict JSON, then validated by a model, with faults people can read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import azure.functions as func

from shared.errors import Problem
from shared.texts import Language, known, say

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

LARGEST: Final = 1024 * 1024
"""Bytes of a body: the largest decision names 20,000 changes."""
DEEPEST: Final = 32
MEDIA_TYPES: Final = ("application/json", "application/merge-patch+json")
SHOWN_FAULTS: Final = 50

Model = TypeVar("Model", bound="BaseModel")


def read_json(request: func.HttpRequest, largest: int = LARGEST, deepest: int = DEEPEST) -> Any:
    """The body's JSON value; an empty body is an empty object. Raises Problem."""
    raw = read_bytes(request, largest)
    return parse(raw, deepest) if raw.strip() else {}


def read_bytes(request: func.HttpRequest, largest: int) -> bytes:
    """The body, which says that it is JSON. Raises Problem."""
    raw = request.get_body()
    if len(raw) > largest:
        raise Problem("bodyTooLarge", 413, values={"limit": largest})
    if not raw.strip():
        return raw
    media_type = (request.headers.get("Content-Type") or "application/json").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        headers = {"Accept-Patch" if request.method == "PATCH" else "Accept": ", ".join(MEDIA_TYPES)}
        raise Problem("unsupportedMediaType", 415, headers=headers)
    return raw


def parse(raw: bytes, deepest: int = DEEPEST) -> Any:
    """Strict JSON (RFC 8259): UTF-8, no name twice in an object, no NaN, nested `deepest` deep at most."""
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError as exc:
        raise _invalid("It is not UTF-8") from exc
    except RecursionError as exc:
        raise _invalid(f"It is nested more than {deepest} deep") from exc
    except ValueError as exc:
        raise _invalid(str(exc)) from exc
    if _depth(value) > deepest:
        raise _invalid(f"It is nested more than {deepest} deep")
    return value


def _invalid(reason: str) -> Problem:
    return Problem("invalidJson", 400, values={"reason": reason})


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"The name {json.dumps(twice[:100])} stands twice in one object")
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _depth(value: Any) -> int:
    """Level by level, since what came from outside may be deeper than the stack."""
    level, depth = [value], 0
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


def validated(model: type[Model], value: Any, language: Language) -> Model:
    """The value as the model; its faults as a Problem, each under its JSON pointer."""
    from pydantic import ValidationError

    try:
        return model.model_validate_json(json.dumps(value))
    except ValidationError as exc:
        faults = _faults(exc.errors(include_url=False, include_input=False)[:SHOWN_FAULTS], language)
        raise Problem("invalidBody", 422, errors=faults) from exc


def _faults(errors: Iterable[ErrorDetails], language: Language) -> list[dict[str, str]]:
    found = ({"field": _pointer(one["loc"]), "detail": _detail(one, language)} for one in errors)
    return list({(fault["field"], fault["detail"]): fault for fault in found}.values())


def _pointer(location: tuple[int | str, ...]) -> str:
    # Of a union, pydantic names the alternative it tried as well: `literal['adopt','revert']`.
    parts = [str(part) for part in location if not (isinstance(part, str) and "[" in part)]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def _detail(error: ErrorDetails, language: Language) -> str:
    key = f"field.{error['type']}"
    return say(key, language, **error.get("ctx", {})) if known(key) else say("field.invalid", language)


def fault(field: str, key: str, language: Language, **values: object) -> dict[str, str]:
    """One field's fault, found by other means than a model."""
    return {"field": field, "detail": say(f"field.{key}", language, **values)}
