"""How the service shows an object: every declared property, `@odata.type` where it says something."""

from __future__ import annotations

from typing import Any

from .schema import Schema
from .table import Type

Body = dict[str, Any]


def shape(value: Body, declared: str, schema: Schema) -> Body:
    """A value with all properties of its model: null or [] where nothing was set.

    As with `odata.metadata=minimal`, `@odata.type` stands only where the value is of a derived type. A model
    that this version of Graph does not know is shown as the declared one.
    """
    model = _known_model(value, declared, schema)
    shown: Body = {}
    if model != declared:
        shown["@odata.type"] = f"#microsoft.graph.{model}"
    for name, kind in schema.properties(model).items():
        if kind.word == "nav":
            continue
        shown[name] = _member(value.get(name), kind.word, kind.name, kind.many, schema)
    return shown


def _known_model(value: Body, declared: str, schema: Schema) -> str:
    claimed = value.get("@odata.type")
    model = schema.spelling(claimed) if isinstance(claimed, str) else declared
    return model if model is not None and model in schema else declared


def _member(value: Any, word: str, name: str, many: bool, schema: Schema) -> Any:
    if many:
        members = value if isinstance(value, list) else []
        return [shape(m, name, schema) if word == "type" and isinstance(m, dict) else m for m in members]
    if word == "type" and isinstance(value, dict):
        return shape(value, name, schema)
    return value


def merge(old: Any, new: Any) -> Any:
    """A PATCH of a value: complex values merge property by property, collections and others are replaced.

    OData 4.01 part 1, 11.4.3 "Update an Entity". Another `@odata.type` replaces the whole value.
    """
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    if "@odata.type" in new and new["@odata.type"] != old.get("@odata.type", new["@odata.type"]):
        return new
    merged = dict(old)
    for name, value in new.items():
        merged[name] = merge(old.get(name), value)
    return merged


def overlay(defaults: Body, body: Body) -> Body:
    """A new object's body over its type's defaults, one level of nested values deep."""
    merged = dict(defaults)
    for name, value in body.items():
        default = defaults.get(name)
        merged[name] = (
            {**default, **value} if isinstance(default, dict) and isinstance(value, dict) else value
        )
    return merged


def selected(shown: Body, names: list[str] | None, entry: Type) -> Body:
    """The properties asked for, or those that come by default; annotations of them always."""
    if names is None:
        if entry.default_properties:
            return {k: v for k, v in shown.items() if k in entry.default_properties or k.startswith("@")}
        return {k: v for k, v in shown.items() if k not in entry.select_only}
    wanted = {name.lower() for name in names} | {"id"}
    return {k: v for k, v in shown.items() if k.startswith("@") or k.partition("@")[0].lower() in wanted}
