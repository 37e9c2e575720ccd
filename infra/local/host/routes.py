"""Which function answers a request: route templates as ASP.NET Core understands them.

A template is a path of literals and parameters: `{name}`, optional `{name?}`, with a default `{name=x}`, with
constraints `{id:int:min(1)}`, catch-all `{*rest}`; literals are compared without regard to case. Where
several templates fit, the one with the more literal segments from the left wins
(`RoutePrecedence.ComputeInbound`). A method that a function does not list is no match: the real host answers
404 and not 405, also to HEAD (azure-functions-host issues 10098 and 11625).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from infra.local.host.functions import HttpTrigger, UnsupportedFunction

_NAME = re.compile(r"(?P<stars>\*{0,2})(?P<name>\w+)")
_CONSTRAINT = re.compile(r"(?P<name>[a-z]+)(?:\((?P<arguments>.*)\))?")
_RESERVED = ("admin", "runtime")

Constraint = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Literal:
    text: str


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    constraints: tuple[Constraint, ...]
    catch_all: bool
    optional: bool
    default: str | None

    def accepts(self, value: str) -> bool:
        return all(constraint(value) for constraint in self.constraints)


_Segment = _Literal | _Parameter


@dataclass(frozen=True, slots=True)
class Route:
    """One function's address."""

    function: str
    template: str
    methods: frozenset[str]
    segments: tuple[_Segment, ...]

    @property
    def precedence(self) -> tuple[str, str]:
        """Sorts before what it beats."""
        return "".join(_digit(segment) for segment in self.segments), self.template

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The route's values in this path (without first slash, still encoded); None if it does not fit."""
        if self.methods and method not in self.methods:
            return None
        values: dict[str, str] = {}
        rest = path
        for segment in self.segments:
            if isinstance(segment, _Parameter) and segment.catch_all:
                part, rest = rest, ""
            else:
                part, _, rest = rest.partition("/")
                if not part and rest:
                    return None
            if not _fits(segment, _decode(part), values):
                return None
        return None if rest else values


def build_routes(triggers: Mapping[str, HttpTrigger], prefix: str) -> list[Route]:
    """The routes of these functions, the one to try first in front; refuses what the real host refuses."""
    routes = []
    for function, trigger in triggers.items():
        template = trigger.route.strip("/")
        if template.lower().startswith(_RESERVED):
            raise UnsupportedFunction(
                f"Function '{function}': the specified route conflicts with one or more built in routes. "
                f"No route may begin with {' or '.join(_RESERVED)}; it is '{template}'."
            )
        whole = "/".join(part for part in (prefix, template) if part)
        routes.append(Route(function, whole, trigger.methods, tuple(_segments(function, whole))))
    _check_unique(routes)
    return sorted(routes, key=lambda route: route.precedence)


def find_route(routes: Iterable[Route], method: str, raw_path: str) -> tuple[Route, dict[str, str]] | None:
    """The first route that fits, with its values; `raw_path` as it was sent, percent-encoded."""
    for route in routes:
        values = route.match(method, raw_path.removeprefix("/"))
        if values is not None:
            return route, values
    return None


def _fits(segment: _Segment, part: str, values: dict[str, str]) -> bool:
    """Whether a part of the path (empty: there is none) fits the segment; notes the value of a parameter."""
    match segment:
        case _Literal(text):
            return part.lower() == text.lower()
        case _Parameter():
            value = part or segment.default
            if not value:
                return segment.optional or segment.catch_all
            values[segment.name] = value
            return segment.accepts(value)


def _segments(function: str, template: str) -> Iterable[_Segment]:
    for text in _split(template):
        if not text:
            continue
        if text.startswith("{") and text.endswith("}") and text.count("{") - text.count("{{") * 2 == 1:
            yield _parameter(function, text[1:-1].replace("{{", "{").replace("}}", "}"))
        elif "{" in text or "}" in text:
            raise UnsupportedFunction(
                f"Function '{function}': the local host does not read the segment '{text}' of its route; "
                "write a literal or one parameter between slashes."
            )
        else:
            yield _Literal(text)


def _parameter(function: str, text: str) -> _Parameter:
    """The parameter that stands between these braces, e.g. `id:int`, `name?`, `*rest`, `page:min(1)=1`."""
    body, optional = (text[:-1], True) if text.endswith("?") else (text, False)
    body, *default = _split(body, "=")
    name, *constraints = _split(body, ":")
    match = _NAME.fullmatch(name)
    if match is None:
        raise UnsupportedFunction(f"Function '{function}': '{{{text}}}' in its route is not a parameter.")
    return _Parameter(
        name=match["name"],
        constraints=tuple(_constraint(function, constraint) for constraint in constraints),
        catch_all=bool(match["stars"]),
        optional=optional,
        default=default[0] if default else None,
    )


def _split(text: str, separator: str = "/") -> list[str]:
    """Splits at the separator, but not inside braces or parentheses."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "({") - (character in ")}")
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _decode(part: str) -> str:
    """Percent-decodes a segment, but leaves an encoded slash as it is, as ASP.NET Core does."""
    return "%2F".join(unquote(piece) for piece in re.split("%2F", part, flags=re.IGNORECASE))


def _digit(segment: _Segment) -> str:
    match segment:
        case _Literal():
            return "1"
        case _Parameter(catch_all=False):
            return "2" if segment.constraints else "3"
        case _Parameter():
            return "4" if segment.constraints else "5"


def _check_unique(routes: Sequence[Route]) -> None:
    for position, route in enumerate(routes):
        for other in routes[:position]:
            overlap = not route.methods or not other.methods or route.methods & other.methods
            if overlap and route.template.lower() == other.template.lower():
                raise UnsupportedFunction(
                    f"Function '{route.function}': the route specified conflicts with the route defined by "
                    f"function '{other.function}': '{route.template}'."
                )


def _constraint(function: str, text: str) -> Constraint:
    match = _CONSTRAINT.fullmatch(text)
    made = match and _CONSTRAINTS.get(match["name"])
    if not match or not made:
        raise UnsupportedFunction(
            f"Function '{function}': the constraint '{text}' of its route is not known; "
            f"known are {', '.join(sorted(_CONSTRAINTS))}."
        )
    return made(match["arguments"] or "")


def _parses(parse: Callable[[str], object]) -> Callable[[str], Constraint]:
    def accepts(value: str) -> bool:
        try:
            parse(value)
        except ValueError:
            return False
        return True

    return lambda _: accepts


def _matches(pattern: str) -> Callable[[str], Constraint]:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda _: lambda value: compiled.fullmatch(value) is not None


def _number(check: Callable[[int, list[int]], bool]) -> Callable[[str], Constraint]:
    def make(arguments: str) -> Constraint:
        limits = [int(argument) for argument in arguments.split(",")]
        return lambda value: re.fullmatch(r"[+-]?\d+", value) is not None and check(int(value), limits)

    return make


def _length(check: Callable[[int, list[int]], bool]) -> Callable[[str], Constraint]:
    def make(arguments: str) -> Constraint:
        limits = [int(argument) for argument in arguments.split(",")]
        return lambda value: check(len(value), limits)

    return make


_CONSTRAINTS: dict[str, Callable[[str], Constraint]] = {
    "alpha": _matches("[a-z]*"),
    "bool": _matches("true|false"),
    "datetime": _parses(datetime.fromisoformat),
    "decimal": _matches(r"[+-]?\d*\.?\d+"),
    "double": _parses(float),
    "float": _parses(float),
    "guid": _matches(r"\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?"),
    "int": lambda _: lambda value: bool(re.fullmatch(r"[+-]?\d+", value)) and -(2**31) <= int(value) < 2**31,
    "length": _length(lambda size, limits: limits[0] <= size <= limits[-1]),
    "long": lambda _: lambda value: bool(re.fullmatch(r"[+-]?\d+", value)) and -(2**63) <= int(value) < 2**63,
    "max": _number(lambda value, limits: value <= limits[0]),
    "maxlength": _length(lambda size, limits: size <= limits[0]),
    "min": _number(lambda value, limits: value >= limits[0]),
    "minlength": _length(lambda size, limits: size >= limits[0]),
    "range": _number(lambda value, limits: limits[0] <= value <= limits[1]),
    "regex": lambda pattern: lambda value: re.search(pattern, value, re.IGNORECASE) is not None,
    "required": lambda _: bool,
}
