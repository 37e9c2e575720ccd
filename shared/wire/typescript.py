"""Writes functions/page/api.d.ts, the API's types for the page: `python -m shared.wire.typescript`.

The page's code is checked against them (`tsc`), so an answer is described once, by its model. Answers are
named without `Answer` (`Tenant`, `Sync`), and so is what they hold (`Settings`); what a client sends keeps
its name (`SettingsBody`), with what may be left out marked so.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from shared.wire import schema as schemas
from shared.wire.schema.scalars import Answer, Body

PATH: Final = Path(__file__).parents[2] / "functions" / "page" / "api.d.ts"
HEAD: Final = (
    "// Made from shared/wire/schema by `python -m shared.wire.typescript`: "
    "change the models, not this file.\n"
)
SIMPLE: Final = {
    "string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null",
}  # fmt: skip
KINDS: Final[tuple[tuple[JsonSchemaMode, type[BaseModel]], ...]] = (
    ("serialization", Answer),
    ("validation", Body),
)
Schema = Mapping[str, Any]


def declarations() -> str:
    """The whole file."""
    modules = [
        importlib.import_module(f"{schemas.__name__}.{found.name}")
        for found in pkgutil.iter_modules(schemas.__path__)
    ]
    choices = {name: values for module in modules for name, values in _choices(module)}
    keys = {frozenset(values): name for name, values in choices.items()}
    parts = [HEAD, *(f"export type {name} = {_choice(values)};\n" for name, values in choices.items())]
    written: dict[str, str] = {}
    for mode, kind in KINDS:
        for name, text in _written(modules, mode, kind, keys):
            if written.setdefault(name, text) != text:
                raise ValueError(f"two models are {name} in TypeScript: rename one of them")
    return "\n".join([*parts, *written.values()])


def _choices(module: ModuleType) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Those that have a name, such as `StatusKey`, and their values."""
    for name, value in vars(module).items():
        if name.endswith("Key") and get_origin(value) is Literal:
            yield name, get_args(value)


def _written(
    modules: list[ModuleType], mode: JsonSchemaMode, kind: type[BaseModel], keys: Mapping[Any, str]
) -> Iterator[tuple[str, str]]:
    models = [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, kind) and value.__module__ == module.__name__
        if value is not kind
    ]
    _, found = models_json_schema([(model, mode) for model in models], ref_template="{model}")
    definitions = found.get("$defs", {})
    short = mode == "serialization"
    for model, schema in definitions.items():
        # An answer leaves nothing out, also of what a client may leave out.
        whole = {"required": schema["properties"]} if short and re.search(r"Body(-Output)?$", model) else {}
        name = _name(model, short)
        yield name, _interface(name, {**schema, **whole}, _Writer(keys, short))


def _name(model: str, short: bool) -> str:
    name = model.replace("-Input", "").replace("-Output", "").rpartition("__")[2]
    return re.sub(r"(Answer|Body)$", "", name) if short else name


def _interface(name: str, schema: Schema, writer: _Writer) -> str:
    said = schema.get("description", "").partition("\n")[0]
    comment = f"/** {said} */\n" if said else ""
    return f"{comment}export interface {name} {writer.members(schema, '')}\n"


class _Writer:
    """Turns the JSON Schema that pydantic makes into TypeScript."""

    def __init__(self, keys: Mapping[Any, str], short: bool) -> None:
        self.keys, self.short = keys, short

    def members(self, schema: Schema, indent: str) -> str:
        required = set(schema.get("required", ()))
        lines = []
        for name, inner in schema.get("properties", {}).items():
            if said := inner.get("description", ""):
                lines.append(f"{indent}  /** {' '.join(said.split())} */")
            key = name if name.isidentifier() else json.dumps(name)
            lines.append(f"{indent}  {key}{'' if name in required else '?'}: {self.type(inner, indent)};")
        return "\n".join(["{", *lines, f"{indent}}}"])

    def type(self, schema: Schema, indent: str = "  ") -> str:
        if "$ref" in schema:
            return _name(schema["$ref"], self.short)
        if "const" in schema:
            return json.dumps(schema["const"])
        if "enum" in schema:
            return self.keys.get(frozenset(schema["enum"]), "") or _choice(schema["enum"])
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return " | ".join(dict.fromkeys(self.type(one, indent) for one in schema[several]))
        kind = schema.get("type")
        if kind == "array":
            inner = self.type(schema.get("items", {}), indent)
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        if kind == "object":
            if "properties" in schema:
                return self.members(schema, indent + "  ")
            values = schema.get("additionalProperties", True)
            return f"Record<string, {self.type(values, indent) if isinstance(values, dict) else 'unknown'}>"
        return SIMPLE[kind] if kind else "unknown"


def _choice(values: Any) -> str:
    return " | ".join(json.dumps(value) for value in values)


if __name__ == "__main__":
    PATH.write_text(declarations(), encoding="utf-8")
