"""Microsoft's own SDK models as the judge of a request's body: what they do not know, or call read-only, is a
fault.

The models are generated from the service's metadata. A body is read into its model and written out again:
whatever does not come back (an unknown property, a value outside its enumeration, a wrong kind of value) was
not understood.
"""

import datetime as dt
import importlib
import inspect
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

PACKAGES = {"v1.0": "msgraph", "beta": "msgraph_beta"}
# An object that is only pointed at is named by its id, and nothing else of it is sent.
POINTERS = {".grant_controls.authentication_strength.id"}
# Read-only once they exist, and yet what a create must give: termsofusecontainer-post-agreements.
GIVEN = re.compile(r"\.files\[\d+\]\.(file_name|is_default|language|file_data(\.data)?)")
_COMMENT = re.compile(r"^    # (.*)\n    (\w+): ", re.MULTILINE)
_READ_ONLY = re.compile(r"\bread-only\b", re.IGNORECASE)


def faults(version: str, model: str, body: dict[str, Any]) -> list[str]:
    """What is wrong with this body for a model such as `models.group.Group`."""
    from kiota_serialization_json.json_parse_node import JsonParseNode
    from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter

    module, _, name = f"{PACKAGES[version]}.generated.{model}".rpartition(".")
    factory = getattr(importlib.import_module(module), name)

    def read(sent: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        value = JsonParseNode(sent).get_object_value(factory)
        writer = JsonSerializationWriter()
        value.serialize(writer)
        return value, json.loads(writer.get_serialized_content())

    value, back = read(body)
    # Flags are one text with commas in the service and a list in the models: judged once more as lists.
    as_lists = _with_lists(body, back)
    value, back = read(as_lists)
    unknown = [fault for fault in _unknown(value, "") if not _may_be_sent(fault.partition(":")[0])]
    return [*unknown, *_lost(as_lists, back, value, "")]


def _may_be_sent(path: str) -> bool:
    return path in POINTERS or GIVEN.fullmatch(path) is not None


def _with_lists(sent: Any, back: Any) -> Any:
    """The body with each text that did not come back taken apart at its commas."""
    if isinstance(sent, dict):
        there = back if isinstance(back, dict) else {}
        return {name: _with_lists(value, there.get(name)) for name, value in sent.items()}
    if isinstance(sent, list):
        there = back if isinstance(back, list) and len(back) == len(sent) else [None] * len(sent)
        return [_with_lists(one, other) for one, other in zip(sent, there, strict=True)]
    return sent.split(",") if isinstance(sent, str) and back is None else sent


def _unknown(value: Any, path: str) -> Iterator[str]:
    """Properties that the model keeps as additional data, and read-only ones that are set."""
    if isinstance(value, list):
        for at, member in enumerate(value):
            yield from _unknown(member, f"{path}[{at}]")
    if not hasattr(value, "get_field_deserializers"):
        return
    for name in getattr(value, "additional_data", None) or {}:
        yield f"{path}.{name}: unknown to {type(value).__name__}"
    for name, inner in _own(value):
        if inner is not None:
            if name in _read_only(type(value)):
                yield f"{path}.{name}: read-only"
            yield from _unknown(inner, f"{path}.{name}")


def _own(value: Any) -> Iterator[tuple[str, Any]]:
    for kind in type(value).__mro__:
        for name in getattr(kind, "__annotations__", {}):
            if name not in ("additional_data", "backing_store"):
                yield name, getattr(value, name, None)


@cache
def _read_only(kind: type) -> frozenset[str]:
    found: set[str] = set()
    for one in kind.__mro__:
        if one.__module__.startswith("msgraph"):
            comments = _COMMENT.findall(inspect.getsource(one))
            found |= {name for comment, name in comments if _READ_ONLY.search(comment)}
    return frozenset(found)


def _lost(sent: Any, back: Any, value: Any, path: str) -> Iterator[str]:
    """What was sent and did not come back, nulls left out (a model does not write them)."""
    if isinstance(sent, dict) and isinstance(back, dict):
        for name, one in sent.items():
            if one is not None and name != "@odata.type":
                yield from _lost(one, back.get(name), getattr(value, _snake(name), None), f"{path}.{name}")
    elif isinstance(sent, list) and isinstance(back, list) and len(sent) == len(back):
        values = value if isinstance(value, list) and len(value) == len(sent) else [None] * len(sent)
        for at, (one, other, inner) in enumerate(zip(sent, back, values, strict=True)):
            yield from _lost(one, other, inner, f"{path}[{at}]")
    elif sent not in (back, [], {}) and not _understood(sent, value):
        yield f"{path}: {json.dumps(sent)} came back as {json.dumps(back)}"


def _understood(sent: Any, value: Any) -> bool:
    """An object of nulls, or flags: the models read these and do not write them. Moments and durations come
    back in other words.
    """
    if isinstance(value, dt.datetime | dt.timedelta):
        return True
    if isinstance(sent, dict):
        return not any(sent.values())
    return isinstance(sent, list) and isinstance(value, list) and [one.value for one in value if one] == sent


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
