"""B, the base: what tenant and repository were last seen to agree on, as files of its own ref.

<workload>/<type>/<name>.json    the agreed properties of an item, under the path it has in the repository
.accord/ids.json                 path → object id; a path without one is an item the tenant has lost
.accord/types.json               the types that have been compared at least once
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from shared.domain.file_name import type_in
from shared.domain.files import Tree
from shared.domain.item import Json
from shared.domain.json_form import dumps
from shared.names import ItemPath, ObjectId, TypeKey

IDS: Final = ".accord/ids.json"
TYPES: Final = ".accord/types.json"


@dataclass(frozen=True, slots=True)
class Agreement:
    """B as it stands: its files by blob id, the object ids, and the types it knows."""

    tree: Tree = field(default_factory=dict)
    ids: Mapping[ItemPath, ObjectId] = field(default_factory=dict)
    types: frozenset[TypeKey] = frozenset()
    _paths: dict[tuple[TypeKey | None, ObjectId], ItemPath] = field(
        default_factory=dict, compare=False, repr=False
    )

    def path_of(self, key: TypeKey, object_id: ObjectId) -> ItemPath | None:
        """Where B keeps the object."""
        if not self._paths:
            self._paths.update({(type_in(path), one): path for path, one in self.ids.items()})
        return self._paths.get((key, object_id))

    def known(self, key: TypeKey) -> dict[ObjectId, ItemPath]:
        """Object id → path of every item of the type that the tenant was seen to hold."""
        return {object_id: path for path, object_id in self.ids.items() if type_in(path) == key}


def agreement(tree: Tree, ids: bytes | None, types: bytes | None) -> Agreement:
    """B from its tree and the contents of its two own files (None where there is none)."""
    known = {ItemPath(path): ObjectId(value) for path, value in json.loads(ids or b"{}").items()}
    compared = {TypeKey(key) for key in json.loads(types or b"[]")}
    return Agreement(tree, known, frozenset(compared))


def own_files(ids: Mapping[ItemPath, ObjectId], types: frozenset[TypeKey]) -> dict[str, bytes]:
    """The contents of B's two own files."""
    return {IDS: dumps(cast("Json", dict(ids))), TYPES: dumps(cast("Json", sorted(types)))}
