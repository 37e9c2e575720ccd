"""Every code that the API answers while tests drive it, to be held against what `GET /errors` lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx


class CodeWatch:
    """Hooks into a client; `unlisted` answers the codes it met that the API does not document."""

    def __init__(self) -> None:
        self.met: set[tuple[str, str]] = set()

    def note(self, answer: httpx.Response) -> None:
        """An event hook of httpx: reads the answer, and notes the codes in it."""
        if "json" not in answer.headers.get("content-type", ""):
            return
        answer.read()
        try:
            body = answer.json()
        except ValueError:
            return
        if answer.headers["content-type"].startswith("application/problem+json"):
            self.met.add(("request", body["code"]))
        elif not answer.request.url.path.endswith("/errors"):
            self.met |= set(_codes(body))

    def unlisted(self, api: httpx.Client) -> list[tuple[str, str]]:
        """Codes that are not listed. A service's own are not Accord's to list: they are written otherwise."""
        listed = {(one["of"], one["code"]) for one in api.get("/errors").json()["value"]}
        known = {code for _, code in listed}
        return sorted(
            (of, code)
            for of, code in self.met
            if (of, code) not in listed and not (of == "error" and (code in known or not code[:1].islower()))
        )


def _codes(value: Any) -> Iterator[tuple[str, str]]:
    """The codes of errors and of what blocks changes, wherever they lie in an answer."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("error", "blocked") and isinstance(inner, dict) and "code" in inner:
                yield name, inner["code"]
            yield from _codes(inner)
    elif isinstance(value, list):
        for one in value:
            yield from _codes(one)
