"""Query parameters: numbers in bounds, one of a few words, times, and the place where a list goes on."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from functions.triggers.bodies import fault
from shared.errors import Problem
from shared.texts import Language
from shared.wire.times import parse_time

TOP: Final = 100
MOST: Final = 1000
SECRETS: Final = ("code", "token")
"""Parameters that give access: never repeated in a link."""
_PLACE: Final = re.compile(r"[A-Za-z0-9_~=.:-]{1,400}")


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of one request. A fault is a Problem that names the parameter."""

    values: Mapping[str, str]
    language: Language

    def text(self, name: str, longest: int = 200) -> str | None:
        """The parameter, if it is there and not empty; more than a name may be long is a fault."""
        value = self.values.get(name) or None
        if value is not None and len(value) > longest:
            raise self.refused(name, "string_too_long", max_length=longest)
        return value

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1."""
        value = self.values.get(name)
        if value is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or not 1 <= int(value) <= most:
            raise self.refused(name, "number", least=1, most=most)
        return int(value)

    def top(self) -> int:
        """How many entries a page has at most."""
        return self.number("top", TOP, MOST)

    def after(self) -> str | None:
        """Where a list goes on, from its `nextLink`."""
        value = self.values.get("after")
        if value is not None and not _PLACE.fullmatch(value):
            raise self.refused("after", "nextPage")
        return value

    def choice(self, name: str, choices: Sequence[str], default: str | None = None) -> str | None:
        """One of a few words."""
        value = self.values.get(name) or default
        if value is not None and value not in choices:
            raise self.refused(name, "choice", expected=", ".join(choices))
        return value

    def choices(self, name: str, choices: Sequence[str]) -> frozenset[str]:
        """Any of a few words, with commas between; empty for all."""
        chosen = frozenset(filter(None, (self.values.get(name) or "").split(",")))
        if not chosen <= set(choices):
            raise self.refused(name, "choice", expected=", ".join(choices))
        return chosen

    def flag(self, name: str) -> bool | None:
        """True, false, or not asked."""
        value = self.choice(name, ("true", "false"))
        return None if value is None else value == "true"

    def time(self, name: str) -> dt.datetime | None:
        """An RFC 3339 time."""
        value = self.values.get(name)
        # A `+` in a query is a space unless it was escaped, as few clients do.
        parsed = parse_time(value.replace(" ", "+")) if value else None
        if value and parsed is None:
            raise self.refused(name, "time")
        return parsed

    def with_(self, after: str) -> str:
        """The same query, going on from there; without what gives access."""
        kept = {name: value for name, value in self.values.items() if name not in (*SECRETS, "after")}
        return urlencode({**kept, "after": after})

    def refused(self, name: str, key: str, **values: object) -> Problem:
        """The Problem of one parameter."""
        return Problem("invalidQuery", 400, errors=[fault(name, key, self.language, **values)])
