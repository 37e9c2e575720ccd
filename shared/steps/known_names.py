"""Names of objects that Accord does not manage, as they were last looked up: one blob per tenant.

A permission to look them up may be withdrawn. What stands in the repository as `{{users:ada@contoso.com}}`
must not become a bare id by that, adopted as if the tenant had changed: the names that were known count on.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Final

from shared.names import ObjectId, TypeKey
from shared.ports import Artifacts
from shared.steps.blobs import dumps

NAMES: Final = "names.json"


def known_names(blobs: Artifacts) -> Mapping[TypeKey, Mapping[ObjectId, str]]:
    """Looked-up type → object id → name. `blobs`: those of the tenant that belong to no sync."""
    data = blobs.get(NAMES)
    return {} if data is None else json.loads(data)


def keep_names(
    blobs: Artifacts,
    asked: Mapping[TypeKey, Collection[ObjectId]],
    found: Mapping[TypeKey, Mapping[ObjectId, str]],
) -> None:
    """Keeps what was looked up. `asked`: the ids of each type in `found`; those that are gone are
    forgotten.
    """
    before = known_names(blobs)
    after = dict(before)
    for key, names in found.items():
        left = {one: name for one, name in before.get(key, {}).items() if one not in asked[key]}
        after[key] = {**left, **names}
    if after != before:
        blobs.put(NAMES, dumps(after))
