"""Regenerates `data/models/*.json` from Microsoft's own SDK packages.

The simulation judges requests by the names and kinds of properties in Microsoft's generated models
(`msgraph-sdk` for v1.0, `msgraph-beta-sdk` for beta), never by what the product believes. Run it where
both packages are installed, after the type table or the packages' versions have changed:

    python -m infra.local.tenant.models_from_sdk SITE_PACKAGES_FOLDER

Kinds in the files: `String`, `Boolean`, `Int`, `Double`, `DateTimeOffset`, `Date`, `TimeOfDay`,
`Duration`, `Guid`, `Binary`; `enum:X`, `flags:X` (comma-separated members in one string), `type:X`
(a complex value), `nav:X` (a navigation property: X is an entity); `[]` at the end: a collection.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from .table import load_table

PRIMITIVES = {
    "get_str_value": "String",
    "get_bool_value": "Boolean",
    "get_int_value": "Int",
    "get_float_value": "Double",
    "get_datetime_value": "DateTimeOffset",
    "get_date_value": "Date",
    "get_time_value": "TimeOfDay",
    "get_timedelta_value": "Duration",
    "get_uuid_value": "Guid",
    "get_bytes_value": "Binary",
}
COLLECTION_ITEMS = {
    "str": "String",
    "int": "Int",
    "float": "Double",
    "bool": "Boolean",
    "UUID": "Guid",
    "datetime.datetime": "DateTimeOffset",
    "datetime.date": "Date",
    "datetime.time": "TimeOfDay",
    "datetime.timedelta": "Duration",
    "bytes": "Binary",
}
PACKAGES = {"v1.0": "msgraph", "beta": "msgraph_beta"}
DATA = Path(__file__).parent / "data" / "models"

_CLASS = re.compile(r"^class (\w+)\(([^)]*)\):", re.MULTILINE)
_FIELD = re.compile(
    r'^\s+"([^"]+)": lambda n : setattr\(self, \'(\w+)\', n\.(\w+)\(([^)]*)\)\)', re.MULTILINE
)
_WRITTEN = re.compile(r'writer\.(write_\w+)\("([^"]+)"')
_SUBTYPE = re.compile(
    r'casefold\(\) == "#microsoft\.graph\.([\w.]+)"\.casefold\(\):\s+.*?return (\w+)\(\)', re.DOTALL
)
_COMMENT = re.compile(r"^    # (.*)\n    (\w+): ", re.MULTILINE)
_MEMBER = re.compile(r'^\s+\w+ = "([^"]*)",', re.MULTILINE)
_READ_ONLY = re.compile(r"(^|[.(]\s*)Read[- ]only\b", re.IGNORECASE)
_NOT_NULL = re.compile(r"\bNot nullable\b", re.IGNORECASE)


@dataclass
class Model:
    """One class of the SDK: its base, its own properties, the read-only and the never-null ones."""

    base: str | None
    properties: dict[str, str] = field(default_factory=dict)
    read_only: list[str] = field(default_factory=list)
    not_null: list[str] = field(default_factory=list)
    subtypes: list[str] = field(default_factory=list)


class Sdk:
    """Reads one SDK package's generated sources."""

    def __init__(self, folder: Path, children: set[str]) -> None:
        self._folder = folder
        self._children = children
        self._files = {p.stem.replace("_", ""): p for p in folder.glob("*.py")}
        self._names: dict[str, str] = {}
        self.models: dict[str, Model] = {}
        self.enums: dict[str, list[str]] = {}

    def name_of(self, cls: str) -> str:
        """The schema's name of a class; discriminator maps give the exact spelling."""
        return self._names.get(cls, cls[:1].lower() + cls[1:])

    def source(self, cls: str) -> str:
        path = self._files.get(cls.lower())
        return path.read_text(encoding="utf-8") if path else ""

    def is_entity(self, cls: str) -> bool:
        while cls and cls != "Entity":
            match = _CLASS.search(self.source(cls))
            cls = match.group(2).split(",")[0].strip() if match else ""
        return cls == "Entity"

    def learn(self, cls: str, *, with_subtypes: bool = True) -> None:
        """Adds a class, its base classes and what its properties hold; its subtypes, where it is a value.

        A base class comes without its other subtypes, else `entity` would bring the whole schema.
        """
        known = self.models.get(self.name_of(cls))
        if not cls or (known and (known.subtypes or not with_subtypes)) or not (text := self.source(cls)):
            return
        match = _CLASS.search(text)
        if match is None:
            return
        base = match.group(2).split(",")[0].strip()
        base = "" if base in ("AdditionalDataHolder", "Parsable", "BackedModel") else base
        subtypes = _SUBTYPE.findall(text) if with_subtypes else []
        if known and not subtypes:
            return
        self._names.update({sub: name for name, sub in subtypes})
        model = Model(self.name_of(base) if base else None)
        self.models[self.name_of(cls)] = model
        self._properties(model, text)
        model.subtypes = sorted(name for name, _ in subtypes)
        self.learn(base, with_subtypes=False)
        for _, sub in subtypes:
            self.learn(sub)

    def _properties(self, model: Model, text: str) -> None:
        writers = {name: how for how, name in _WRITTEN.findall(text)}
        comments = {attribute: comment for comment, attribute in _COMMENT.findall(text)}
        for name, attribute, getter, argument in _FIELD.findall(text):
            if name == "@odata.type":
                continue
            kind, holds = self._kind(getter, argument, writers.get(name, ""))
            model.properties[name] = kind
            comment = comments.get(attribute, "")
            if name not in writers or _READ_ONLY.search(comment):
                model.read_only.append(name)
            if _NOT_NULL.search(comment):
                model.not_null.append(name)
            if holds and (not kind.startswith("nav:") or name in self._children):
                self.learn(holds)

    def _kind(self, getter: str, argument: str, writer: str) -> tuple[str, str]:
        if getter in PRIMITIVES:
            return PRIMITIVES[getter], ""
        if getter == "get_collection_of_primitive_values":
            return COLLECTION_ITEMS[argument] + "[]", ""
        if "enum" in getter:
            self._enum(argument)
            if getter == "get_enum_value":
                return f"enum:{self.name_of(argument)}", ""
            flags = writer == "write_enum_value"
            return f"flags:{self.name_of(argument)}" if flags else f"enum:{self.name_of(argument)}[]", ""
        collection = "[]" if getter == "get_collection_of_object_values" else ""
        word = "nav" if self.is_entity(argument) else "type"
        return f"{word}:{self.name_of(argument)}{collection}", argument

    def _enum(self, cls: str) -> None:
        self.enums[self.name_of(cls)] = _MEMBER.findall(self.source(cls))


def generate(site_packages: Path, version: str, roots: list[str], children: set[str]) -> str:
    """The file's text: one model a line, so that a change of the SDK is a readable diff.

    `children` are the navigation properties whose entities are wanted too.
    """
    sdk = Sdk(site_packages / PACKAGES[version] / "generated" / "models", children)
    for root in roots:
        sdk.learn(root[:1].upper() + root[1:])
    lines = []
    for name, model in sorted(sdk.models.items()):
        entry: dict[str, object] = {"properties": dict(sorted(model.properties.items()))}
        facts: dict[str, object] = {
            "base": model.base,
            "readOnly": sorted(model.read_only),
            "notNull": sorted(model.not_null),
            "subtypes": model.subtypes,
        }
        entry.update({key: value for key, value in facts.items() if value})
        lines.append(f"{json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}")
    enums = [f"{json.dumps(n)}: {json.dumps(v, separators=(',', ':'))}" for n, v in sorted(sdk.enums.items())]
    return '{"models": {\n' + ",\n".join(lines) + '\n}, "enums": {\n' + ",\n".join(enums) + "\n}}\n"


def main(argv: list[str]) -> int:
    """Writes both files; the roots are the models that the type table names."""
    if len(argv) != 1:
        print("usage: python -m infra.local.tenant.models_from_sdk SITE_PACKAGES_FOLDER", file=sys.stderr)
        return 2
    table = load_table()
    roots = sorted(table.model_names())
    navigations = [n for t in table.types.values() for n in t.navigation.values()]
    children = {c for n in navigations for c in (*n.children, *n.inline)}
    DATA.mkdir(parents=True, exist_ok=True)
    for version in PACKAGES:
        text = generate(Path(argv[0]), version, roots, children)
        (DATA / f"{version}.json").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
