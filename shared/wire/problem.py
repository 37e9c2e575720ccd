"""Refusals as problem documents (RFC 9457)."""

from __future__ import annotations

from typing import Any

from shared.errors import Problem
from shared.texts import Language, say
from shared.wire.refusal import in_words

MEDIA_TYPE = "application/problem+json"


def problem_json(problem: Problem, language: Language, origin: str) -> dict[str, Any]:
    """The document (schema `ProblemAnswer`): `type` leads to where the code is explained."""
    document: dict[str, Any] = {
        "type": f"{origin}/api/v1/errors#{problem.code}",
        "title": say(f"problem.{problem.code}.title", language),
        "status": problem.status,
        "detail": say(f"problem.{problem.code}.detail", language, **problem.values),
        "code": problem.code,
    }
    if problem.errors:
        refused = problem.code == "itemRefused"
        document["errors"] = [in_words(one, language) if refused else dict(one) for one in problem.errors]
    return document | problem.extra
