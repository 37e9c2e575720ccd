"""Plain values of a catalog entry. Each function takes what TOML gave and where it stands, and answers the
value, or raises a CatalogError that says what was expected there.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

from shared.domain.pattern import parse

E = TypeVar("E", bound=Enum)


class CatalogError(ValueError):
    """A fault in the catalog's files. `where` names file, entry and key."""

    def __init__(self, where: str, fault: str) -> None:
        super().__init__(f"catalog, {where}: {fault}")
        self.where, self.fault = where, fault


def text(value: Any, where: str) -> str:
    """A text, not empty."""
    if not isinstance(value, str) or not value.strip():
        raise CatalogError(where, "is a text, not empty")
    return value


def flag(value: Any, where: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise CatalogError(where, "is true or false")
    return value


def whole_number(value: Any, where: str) -> int:
    """A whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise CatalogError(where, "is a whole number")
    return value


def seconds(value: Any, where: str) -> float:
    """A number of seconds above zero."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise CatalogError(where, "is a number of seconds above zero")
    return float(value)


def one_of(kind: type[E]) -> Callable[[Any, str], E]:
    """A reader of one of the words of this Enum."""

    def read(value: Any, where: str) -> E:
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(str(member.value) for member in kind)
            raise CatalogError(where, f"is one of {known}") from None

    return read


def members(value: Any, where: str) -> list[Any]:
    """A list, unread."""
    if not isinstance(value, list):
        raise CatalogError(where, "is a list")
    return value


def table(value: Any, where: str) -> dict[str, Any]:
    """A table, unread."""
    if not isinstance(value, dict):
        raise CatalogError(where, "is a table")
    return value


def texts(value: Any, where: str) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(text(member, f"{where}[{at}]") for at, member in enumerate(members(value, where)))


def pattern(value: Any, where: str) -> str:
    """A pattern that can be read."""
    try:
        parse(text(value, where))
    except ValueError as fault:
        if isinstance(fault, CatalogError):
            raise
        raise CatalogError(where, str(fault)) from fault
    return str(value)


def patterns(value: Any, where: str) -> tuple[str, ...]:
    """A list of patterns."""
    return tuple(pattern(member, f"{where}[{at}]") for at, member in enumerate(members(value, where)))


def text_table(value: Any, where: str) -> dict[str, str]:
    """A table of texts."""
    return {name: text(member, f"{where}.{name}") for name, member in table(value, where).items()}


def values_by_pattern(value: Any, where: str) -> dict[str, tuple[Any, ...]]:
    """A table from pattern to a list of values."""
    return {
        pattern(name, f"{where}.{name}"): tuple(members(listed, f"{where}.{name}"))
        for name, listed in table(value, where).items()
    }
