"""From canonical content to the service's own words: symbols become ids, doubled braces single."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.item import SECRET, Content, Json
from shared.domain.marker import BASE64, Symbol, payload, resolve_text
from shared.domain.reference import Index, Unresolvable


@dataclass(frozen=True, slots=True)
class Unresolved:
    """References that name no one object; nothing is written with one of them left out."""

    symbols: tuple[str, ...]


def literal(content: Content, index: Index) -> dict[str, Json] | Unresolved:
    """The content with every reference turned into an id, as `request.py` wants it.

    The markers for secrets and for texts that are no text stay: they say where a value comes from.
    """
    missing: list[str] = []

    def object_id(symbol: Symbol) -> str:
        # What the tenant itself holds may have a namesake by now; a new reference to one never gets this far.
        found = index.owner(symbol.type, symbol.identity)
        if isinstance(found, Unresolvable):
            missing.append(str(symbol))
            return ""
        return found

    def turned(value: Json) -> Json:
        if isinstance(value, str):
            marked = value == SECRET or payload(value, BASE64) is not None
            return value if marked or "{{" not in value else resolve_text(value, object_id)
        if isinstance(value, dict):
            return {key: turned(inner) for key, inner in value.items()}
        return [turned(inner) for inner in value] if isinstance(value, list) else value

    result = {key: turned(value) for key, value in content.items()}
    return Unresolved(tuple(dict.fromkeys(missing))) if missing else result
