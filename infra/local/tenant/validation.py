"""Judges the body of a create or an update by Microsoft's models and the table's facts.

Order of the checks: `@odata.type`, names, read-only, nulls, kinds, required. The first fault is the answer.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from .errors import Dialect, GraphError
from .schema import Kind, Schema
from .table import Type

Body = dict[str, Any]
_DURATION = re.compile(r"^-?P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$")
_DATE_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
_TIME = re.compile(r"^\d\d:\d\d(:\d\d(\.\d+)?)?$")
# Base types that are values by themselves, though others derive from them.
CONCRETE = frozenset(
    {
        "appListItem",
        "authenticationMethodTarget",
        "deviceManagementConfigurationSetting",
        "directoryObject",
        "conditionalAccessPolicy",
    }
)
# Collections whose members may combine several values ("password,sms"): the SDK does not tell these apart.
# learn.microsoft.com/graph/api/resources/authenticationstrengthpolicy
COMBINED = frozenset({"authenticationMethodModes"})
# Read-only once the object exists, given when it is made:
# learn.microsoft.com/graph/api/termsofusecontainer-post-agreements
GIVEN_ON_CREATE = {
    "agreementFileLocalization": frozenset({"fileName", "language", "isDefault", "fileData"}),
    "agreementFileData": frozenset({"data"}),
}
INT_RANGE = (-(2**63), 2**63 - 1)


@dataclass(frozen=True, slots=True)
class Judge:
    """Checks values against one version's schema, in the words of one service."""

    schema: Schema
    dialect: Dialect

    def model_of(self, value: Body, declared: str, *, demanded: bool) -> str:
        """The model a value claims to be: its `@odata.type`, else the declared one."""
        claimed = value.get("@odata.type")
        if claimed is None:
            if demanded:
                raise self._refuse(
                    "The @odata.type annotation is required: a value of the abstract type "
                    f"'microsoft.graph.{declared}' "
                    "must say which type it is."
                )
            return declared
        if not isinstance(claimed, str) or not claimed.startswith("#microsoft.graph."):
            raise self._refuse(
                f"The @odata.type '{claimed}' is not the name of a type, as in '#microsoft.graph.x'."
            )
        model = self.schema.spelling(claimed)
        if model is None or not self.schema.is_a(model, declared):
            raise self._refuse(
                f"A type named '{claimed.removeprefix('#')}' could not be resolved by the model or is not a "
                f"'microsoft.graph.{declared}'."
            )
        if demanded and model == declared:
            raise self._refuse(f"The type 'microsoft.graph.{declared}' is abstract and cannot be created.")
        return model

    def value(self, value: Any, kind: Kind, where: str) -> None:
        """One property's value: null is for the caller to judge."""
        if kind.many:
            if not isinstance(value, list):
                raise self._kind(where, f"Collection({self._edm(kind)})")
            for index, member in enumerate(value):
                self.value(member, Kind(kind.word, kind.name, many=False), f"{where}[{index}]")
            return
        if kind.word in ("type", "nav"):
            self.complex(value, kind.name, where)
        elif kind.word in ("enum", "flags"):
            self._enum(value, kind, where)
        elif not _primitive(value, kind.word):
            raise self._kind(where, self._edm(kind))

    def complex(self, value: Any, declared: str, where: str) -> None:
        """A nested value: polymorphic ones must say their type, and only known properties count."""
        if not isinstance(value, dict):
            raise self._kind(where, f"microsoft.graph.{declared}")
        demanded = self.schema.has_subtypes(declared) and declared not in CONCRETE
        model = self.model_of(value, declared, demanded=demanded)
        properties = self.schema.properties(model)
        read_only = self.schema.read_only(model) - GIVEN_ON_CREATE.get(model, frozenset())
        for name, member in value.items():
            if self.is_annotation(name, properties, model):
                continue
            if name not in properties:
                raise self.dialect.unknown(name, model)
            if name in read_only and name != "id":  # inside a value, an id names the object that is meant
                raise self.dialect.not_writable(name)
            if member is not None:
                self.value(member, properties[name], f"{where}.{name}")

    def is_annotation(self, name: str, properties: dict[str, Kind], model: str) -> bool:
        """`@odata.type` and `x@odata.type` belong to requests; other annotations do not."""
        if "@" not in name:
            return False
        target, _, annotation = name.partition("@")
        if annotation == "odata.type" and (not target or target in properties):
            return True
        raise self.dialect.unknown(name, model)

    def _enum(self, value: Any, kind: Kind, where: str) -> None:
        members = self.schema.members(kind.name)
        several = kind.word == "flags" or kind.name in COMBINED
        given = value.split(",") if several and isinstance(value, str) else [value]
        for member in given:
            text = member.strip() if isinstance(member, str) else member
            if text not in members or text == "unknownFutureValue":
                raise self._refuse(
                    f"Cannot convert the value '{value}' of '{where}' to the expected type "
                    f"'microsoft.graph.{kind.name}'. The possible values are: {', '.join(members)}."
                )

    def _edm(self, kind: Kind) -> str:
        if kind.word in ("type", "nav", "enum", "flags"):
            return f"microsoft.graph.{kind.name}"
        return {"Int": "Edm.Int32"}.get(kind.word, f"Edm.{kind.word}")

    def _kind(self, where: str, expected: str) -> GraphError:
        return self._refuse(f"Cannot convert the value of '{where}' to the expected type '{expected}'.")

    def _refuse(self, message: str) -> GraphError:
        return self.dialect.refuse(message)


def _primitive(value: Any, word: str) -> bool:
    if word == "Boolean":
        return isinstance(value, bool)
    if word == "Int":
        return (
            isinstance(value, int) and not isinstance(value, bool) and INT_RANGE[0] <= value <= INT_RANGE[1]
        )
    if word == "Double":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str) and _text(value, word)


def _text(value: str, word: str) -> bool:
    try:
        if word == "DateTimeOffset":
            return bool(_DATE_TIME.match(value)) and datetime.fromisoformat(value[:19]) is not None
        if word == "Date":
            return date.fromisoformat(value) is not None
        if word == "Guid":
            return str(UUID(value)) == value.lower()
        if word == "Binary":
            return base64.b64decode(value, validate=True) is not None
    except (ValueError, binascii.Error):
        return False
    if word == "TimeOfDay":
        return bool(_TIME.match(value))
    return bool(_DURATION.match(value)) if word == "Duration" else True


def judge_create(body: Body, entry: Type, judge: Judge) -> str:
    """Checks a new object's body; returns its model. Nothing is changed."""
    model = judge.model_of(body, entry.model, demanded=entry.polymorphic)
    _properties(body, entry, judge, model, refused=frozenset(entry.update_only), nested=entry.deep_insert)
    for name in entry.required:
        if body.get(name) in (None, "", []):
            raise judge.dialect.refuse(f"The required property '{name}' is missing or empty.")
    return model


def judge_update(body: Body, entry: Type, judge: Judge, current: str, *, whole: bool) -> None:
    """Checks a PATCH (or, with `whole`, a PUT) of an object of the model `current`."""
    if not {name for name in body if "@" not in name} and not any(n.endswith("@odata.bind") for n in body):
        raise judge.dialect.refuse("The request body must contain at least one property to update.")
    model = judge.model_of(body, entry.model, demanded=entry.polymorphic)
    if entry.polymorphic and model != current:
        message = f"The type of an object cannot be changed from 'microsoft.graph.{current}'."
        raise judge.dialect.refuse(message)
    refused = frozenset() if whole else frozenset(entry.create_only)
    nested = entry.deep_insert if whole else ()
    _properties(body, entry, judge, current, refused=refused, nested=nested)
    names = {name.partition("@")[0] for name in body} - {""}
    if entry.patchable and not whole and (others := sorted(names - set(entry.patchable))):
        raise judge.dialect.refuse(f"The property '{others[0]}' cannot be changed by PATCH.")


def _properties(
    body: Body, entry: Type, judge: Judge, model: str, *, refused: frozenset[str], nested: tuple[str, ...]
) -> None:
    properties = judge.schema.properties(model)
    read_only = judge.schema.read_only(model) | set(entry.read_only) | {"id"}
    not_null = judge.schema.not_null(model) | set(entry.not_null)
    for name, value in body.items():
        bound = name.removesuffix("@odata.bind")
        if (bound != name and bound in entry.bindable) or judge.is_annotation(name, properties, model):
            continue
        kind = properties.get(name)
        if kind is None:
            raise judge.dialect.unknown(name, model)
        if name in read_only or name in refused:
            raise judge.dialect.not_writable(name)
        if kind.word == "nav" and name not in nested:
            message = f"The navigation property '{name}' cannot be written as part of this request."
            raise judge.dialect.refuse(message)
        if value is not None:
            judge.value(value, kind, name)
            _length(name, value, entry)
        elif name in not_null:
            raise judge.dialect.refuse(f"The property '{name}' cannot be null.")


def _length(name: str, value: Any, entry: Type) -> None:
    limit = entry.lengths.get(name)
    if limit is not None and isinstance(value, str) and len(value) > limit:
        raise entry.dialect.refuse(f"The value of '{name}' is longer than {limit} characters.")
