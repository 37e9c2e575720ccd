"""From an address to what it means: which type, which object, which sub-resource or action."""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass, field

from .errors import segment_error
from .table import Action, Navigation, Table, Type

_CALL = re.compile(r"^([A-Za-z][\w.$]*)\((.*)\)$")


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of an address: a name, or a key; `arguments` of a function or an alternate key."""

    name: str
    arguments: dict[str, str] = field(default_factory=dict)
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """What an address means. `rest` are the ids and names below a sub-resource."""

    entry: Type
    key: str | None = None
    alternate: tuple[str, str] | None = None
    navigation: Navigation | None = None
    action: Action | None = None
    arguments: dict[str, str] = field(default_factory=dict)
    rest: tuple[str, ...] = ()
    as_collection: bool = False

    @property
    def is_item(self) -> bool:
        return (
            self.key is not None
            or self.alternate is not None
            or (self.entry.singleton and not self.as_collection)
        )


def split(path: str) -> list[Segment]:
    """The steps of a percent-encoded path; `x('id')` is the step x and the key id."""
    steps: list[Segment] = []
    for part in path.strip("/").split("/"):
        text = urllib.parse.unquote(part)
        match = _CALL.match(text)
        if match is None:
            steps.append(Segment(text))
            continue
        name, inside = match.groups()
        if "=" in inside:
            steps.append(Segment(name, _arguments(inside)))
        else:
            steps.append(Segment(name))
            if inside:
                steps.append(Segment(_unquoted(inside), is_key=True))
    return steps


def _arguments(text: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.split(","))
    return {name.strip(): _unquoted(value) for name, _, value in pairs}


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1].replace("''", "'") if len(text) > 1 and text[0] == text[-1] == "'" else text


def resolve(table: Table, path: str, version: str) -> Route:
    """The route of a path; an address that Graph does not have is a GraphError 400."""
    steps = split(path)
    names = [step.name for step in steps]
    found = table.find(names, version)
    if found is None:
        raise segment_error(_unknown(table, names, version))
    entry, taken = found
    last, rest = steps[taken - 1], steps[taken:]
    if entry.singleton:
        return _singleton(entry, version, rest)
    if last.arguments:
        name, value = next(iter(last.arguments.items()))
        if name not in ("id", entry.alternate_key):
            raise segment_error(last.name)
        alternate = (name, value)
        return _below(Route(entry, alternate=alternate), rest)
    if not rest:
        return Route(entry)
    return _below(Route(entry, key=rest[0].name), rest[1:])


def _singleton(entry: Type, version: str, rest: list[Segment]) -> Route:
    if version == "beta" and entry.beta_path:
        if not rest:
            return Route(entry, as_collection=True)
        if rest[0].name.lower() != entry.beta_path.rsplit("/", 1)[-1].lower():
            raise segment_error(rest[0].name)
        rest = rest[1:]
    return _below(Route(entry), rest)


def _below(route: Route, rest: list[Segment]) -> Route:
    """A sub-resource, an action or nothing below an object."""
    if not rest:
        return route
    name = rest[0].name.removeprefix("microsoft.graph.").lower()
    entry = route.entry
    action = next((a for n, a in entry.actions.items() if n.lower() == name), None)
    if action is not None and len(rest) == 1:
        return Route(entry, route.key, route.alternate, action=action, arguments=rest[0].arguments)
    navigation = next((n for key, n in entry.navigation.items() if key.lower() == name), None)
    if navigation is None:
        raise segment_error(rest[0].name)
    below = tuple(step.name for step in rest[1:])
    return Route(entry, route.key, route.alternate, navigation=navigation, rest=below)


def _unknown(table: Table, names: list[str], version: str) -> str:
    """The first step at which no known address goes on."""
    known = [
        path.lower().split("/")
        for entry in table.types.values()
        if version in entry.versions
        for path in (entry.path, *entry.aliases)
    ]
    for index, name in enumerate(names):
        start = [n.lower() for n in names[: index + 1]]
        if not any(own[: index + 1] == start for own in known):
            return name
    return names[-1]
