"""Microsoft's models: which properties a type has, of what kind, and which types derive from it.

Read from `data/models/*.json` (see `models_from_sdk.py`). Everything here is a fact of the schema; what the
services do beyond it stands in the type table.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "data" / "models"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a property holds: `word` is a primitive or enum, flags, type, nav; `name` says which one."""

    word: str
    name: str
    many: bool

    @staticmethod
    def parse(text: str) -> Kind:
        word, _, name = text.removesuffix("[]").partition(":")
        return Kind(word, name, text.endswith("[]"))


class Schema:
    """The models of one Graph version ("v1.0" or "beta")."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._models: dict[str, Any] = document["models"]
        self._enums: dict[str, list[str]] = document["enums"]
        self._properties: dict[str, dict[str, Kind]] = {}
        self._spelling = {name.lower(): name for name in self._models}

    def __contains__(self, model: str) -> bool:
        return model in self._models

    def spelling(self, odata_type: str) -> str | None:
        """The model that an `@odata.type` names, or None: `#microsoft.graph.omaSettingString`."""
        name = odata_type.removeprefix("#").removeprefix("microsoft.graph.")
        return self._spelling.get(name.lower())

    def properties(self, model: str) -> dict[str, Kind]:
        """Own and inherited properties of a model."""
        if model not in self._properties:
            entry = self._models.get(model)
            if entry is None:
                return {}
            found = dict(self.properties(entry["base"])) if "base" in entry else {}
            found.update({name: Kind.parse(text) for name, text in entry["properties"].items()})
            self._properties[model] = found
        return self._properties[model]

    def read_only(self, model: str) -> frozenset[str]:
        return self._flags(model, "readOnly")

    def not_null(self, model: str) -> frozenset[str]:
        return self._flags(model, "notNull")

    def _flags(self, model: str, key: str) -> frozenset[str]:
        names: set[str] = set()
        current: str | None = model
        while current and (entry := self._models.get(current)):
            names.update(entry.get(key, ()))
            current = entry.get("base")
        return frozenset(names)

    def is_a(self, model: str, base: str) -> bool:
        current: str | None = model
        while current:
            if current == base:
                return True
            current = self._models.get(current, {}).get("base")
        return False

    def base(self, model: str) -> str | None:
        """The direct base of a model."""
        found: str | None = self._models.get(model, {}).get("base")
        return found

    def has_subtypes(self, model: str) -> bool:
        return bool(self._models.get(model, {}).get("subtypes"))

    def members(self, enum: str) -> list[str]:
        return self._enums.get(enum, [])


@cache
def schema(version: str) -> Schema:
    """The schema of "v1.0" or "beta", read once."""
    return Schema(json.loads((_FOLDER / f"{version}.json").read_text(encoding="utf-8")))
