"""The requests that the catalog's examples lead to."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.catalog.loader import load
from shared.domain.canonical import canonical
from shared.domain.catalog import TypeSpec
from shared.domain.item import Json
from shared.domain.reference import Index
from shared.domain.request import Request, create_request, update_requests
from shared.domain.snapshot import Raw
from shared.names import ObjectId, TypeKey

EXAMPLES = Path(__file__).parents[1] / "shared" / "catalog" / "examples"
ID = ObjectId("object-1")


def spec_of(key: str) -> TypeSpec:
    return load().types[TypeKey(key)]


def example(key: str, at: int = 0) -> Raw:
    found: Raw = json.loads((EXAMPLES / f"{key}.json").read_text())[at]
    return found


def content_of(key: str, raw: Raw) -> dict[str, Any]:
    """The canonical content, its ids left as they are (as if every symbol had been resolved)."""
    return copy.deepcopy(dict(canonical(spec_of(key), raw, Index({})).content))


def update(key: str, raw: Raw, desired: Mapping[str, Json], *touched: str) -> tuple[Request, ...]:
    paths = [tuple(path.split("/")) for path in touched]
    found = update_requests(spec_of(key), "N", ID, raw, desired, paths)
    assert isinstance(found, tuple), found
    return found


def create(key: str, desired: Mapping[str, Json]) -> Request:
    found = create_request(spec_of(key), "N", desired)
    assert isinstance(found, Request), found
    return found
