"""The part of OData's `$filter` that the services document: comparisons, and/or/not, in, functions, any.

An expression becomes a function from a shown object to true or false. Which property may be filtered by which
operator stands in the table; what is not there is refused, as the services do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .errors import Dialect, GraphError
from .schema import Schema
from .table import Type

Body = dict[str, Any]
Test = Callable[[Body], bool]
_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
    r"|(?P<date>\d{4}-\d\d-\d\dT[0-9:.]+Z)|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w/.]*)|(?P<mark>[(),:]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: bool(_folded(a) == _folded(b)),
    "ne": lambda a, b: bool(_folded(a) != _folded(b)),
    "gt": lambda a, b: a is not None and b is not None and bool(_folded(a) > _folded(b)),
    "ge": lambda a, b: a is not None and b is not None and bool(_folded(a) >= _folded(b)),
    "lt": lambda a, b: a is not None and b is not None and bool(_folded(a) < _folded(b)),
    "le": lambda a, b: a is not None and b is not None and bool(_folded(a) <= _folded(b)),
    "has": lambda a, b: b in [m.strip() for m in str(a).split(",")],
}
_FUNCTIONS: dict[str, Callable[[Any, Any], bool]] = {
    "startswith": lambda a, b: str(a or "").lower().startswith(str(b).lower()),
    "endswith": lambda a, b: str(a or "").lower().endswith(str(b).lower()),
    "contains": lambda a, b: str(b).lower() in str(a or "").lower(),
}


def _either(left: Test, right: Test) -> Test:
    return lambda body: left(body) or right(body)


def _both(left: Test, right: Test) -> Test:
    return lambda body: left(body) and right(body)


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


@dataclass
class Parser:
    """A recursive-descent parser over the tokens of one expression."""

    tokens: list[tuple[str, str]]
    entry: Type
    schema: Schema
    used: set[str]
    at: int = 0

    def expression(self) -> Test:
        test = self._all()
        while self._take("name", "or"):
            test = _either(test, self._all())
        return test

    def _all(self) -> Test:
        test = self._one()
        while self._take("name", "and"):
            test = _both(test, self._one())
        return test

    def _one(self) -> Test:
        if self._take("name", "not"):
            self.used.add("not")
            inner = self._one()
            return lambda body: not inner(body)
        if self._take("mark", "("):
            inner = self.expression()
            self._need("mark", ")")
            return inner
        kind, text = self._next()
        if kind != "name":
            raise self._syntax()
        return self._call(text) if self._take("mark", "(") else self._comparison(text)

    def _call(self, name: str) -> Test:
        if name.lower() == "isof":
            return self._isof()
        if name.endswith("/any"):
            return self._any(name.removesuffix("/any"))
        test = _FUNCTIONS.get(name.lower())
        if test is None:
            raise self._syntax()
        path = self._need("name")
        self._permit(path, name.lower())
        self._need("mark", ",")
        wanted = self._literal()
        self._need("mark", ")")
        return lambda body: test(_at(body, path), wanted)

    def _isof(self) -> Test:
        self._permit("", "isof")
        wanted = self.schema.spelling(str(self._literal()))
        self._need("mark", ")")
        if wanted is None:
            raise self._syntax()
        return lambda body: self.schema.is_a(
            self.schema.spelling(body.get("@odata.type", "")) or self.entry.model, wanted
        )

    def _any(self, path: str) -> Test:
        self._permit(path, "any")
        variable = self._need("name")
        self._need("mark", ":")
        if self._need("name") != variable or self._need("name") != "eq":
            raise self._syntax()
        wanted = self._literal()
        self._need("mark", ")")
        return lambda body: wanted in (_at(body, path) or [])

    def _comparison(self, path: str) -> Test:
        operator = self._need("name")
        self._permit(path, operator)
        if operator == "in":
            self._need("mark", "(")
            values = [self._literal()]
            while self._take("mark", ","):
                values.append(self._literal())
            self._need("mark", ")")
            return lambda body: _folded(_at(body, path)) in [_folded(v) for v in values]
        compare = _COMPARE.get(operator)
        if compare is None:
            raise self._syntax()
        wanted = self._literal()
        return lambda body: compare(_at(body, path), wanted)

    def _permit(self, path: str, operator: str) -> None:
        allowed = self.entry.filters.get(path)
        if allowed is None or operator not in allowed:
            raise _unsupported(self.entry.dialect, f"{operator} on '{path}'")
        self.used.add(operator)

    def _literal(self) -> Any:
        kind, text = self._next()
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind in ("guid", "date"):
            return text
        if kind == "name" and text in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text]
        raise self._syntax()

    def _next(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise self._syntax()
        self.at += 1
        return self.tokens[self.at - 1]

    def _take(self, kind: str, text: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == (kind, text):
            self.at += 1
            return True
        return False

    def _need(self, kind: str, text: str | None = None) -> str:
        found = self._next()
        if found[0] != kind or (text is not None and found[1] != text):
            raise self._syntax()
        return found[1]

    def _syntax(self) -> GraphError:
        return self.entry.dialect.refuse("Invalid filter clause", code="BadRequest")


def _at(body: Body, path: str) -> Any:
    value: Any = body
    for name in path.split("/"):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _unsupported(dialect: Dialect, what: str) -> GraphError:
    code = "Request_UnsupportedQuery" if dialect.bad_request == "Request_BadRequest" else None
    return dialect.refuse(f"Unsupported or invalid query filter clause specified: {what}.", code=code)


def parse_filter(text: str, entry: Type, schema: Schema) -> tuple[Test, set[str]]:
    """The test for an expression, and the operators it uses (some need advanced query support)."""
    tokens, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise entry.dialect.refuse("Invalid filter clause", code="BadRequest")
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
    parser = Parser(tokens, entry, schema, set())
    test = parser.expression()
    if parser.at != len(tokens):
        raise entry.dialect.refuse("Invalid filter clause", code="BadRequest")
    return test, parser.used
