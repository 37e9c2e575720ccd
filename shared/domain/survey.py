"""The first step of a comparison: which items differ anywhere, and which blobs must be loaded to say how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.domain.agreement import Agreement
from shared.domain.catalog import Catalog, TypeSpec
from shared.domain.file_name import folder
from shared.domain.files import ItemFiles, Tree, by_folder, items_in
from shared.domain.settings import DriftPolicy
from shared.domain.tenant_state import TenantItem, TenantState
from shared.names import ItemPath, ObjectId, TypeKey


@dataclass(frozen=True, slots=True)
class Inputs:
    """The three sides. `head`, `branch`: the trees of `main` and of `tenant`. `drift`: each type's policy."""

    catalog: Catalog
    base: Agreement
    head: Tree
    branch: Tree
    tenant: TenantState
    drift: Callable[[TypeKey], DriftPolicy] = lambda _: DriftPolicy.ADOPT


@dataclass(frozen=True, slots=True)
class TypeSurvey:
    """The items of one type that differ somewhere, and the repository's paths of those that do not.

    `base`, `head`, `shown`: the files of the three sides, `shown` those of the tenant.
    """

    spec: TypeSpec
    base: Mapping[ItemPath, ItemFiles]
    head: Mapping[ItemPath, ItemFiles]
    tenant: tuple[TenantItem, ...]
    shown: Mapping[ItemPath, ItemFiles]
    ids: Mapping[ItemPath, ObjectId]
    alike: frozenset[ItemPath]


@dataclass(frozen=True, slots=True)
class Survey:
    """What to look at. `needed`: blob ids to load of the repository. `tree`: the tenant's files."""

    types: tuple[TypeSurvey, ...]
    needed: frozenset[str]
    tree: Tree


def survey(inputs: Inputs) -> Survey:
    """Looks at blob ids alone. Only types that were read are looked at."""
    tree = inputs.tenant.tree()
    bases, heads, tenants = by_folder(inputs.base.tree), by_folder(inputs.head), by_folder(tree)
    ids: dict[str, dict[ItemPath, ObjectId]] = {}
    for path, object_id in inputs.base.ids.items():
        ids.setdefault(path.rpartition("/")[0] + "/", {})[path] = object_id
    found = []
    for key, items in inputs.tenant.items.items():
        spec = inputs.catalog.types[key]
        place = folder(spec)
        found.append(
            _type_survey(
                spec,
                items_in(spec, place, bases.get(place, {})),
                items_in(spec, place, heads.get(place, {})),
                items_in(spec, place, tenants.get(place, {})),
                items,
                ids.get(place, {}),
            )
        )
    needed = frozenset(
        blob
        for one in found
        for side in (one.base, one.head)
        for files in side.values()
        for blob in files.blobs()
    )
    return Survey(tuple(found), needed, tree)


def _type_survey(
    spec: TypeSpec,
    base: Mapping[ItemPath, ItemFiles],
    head: Mapping[ItemPath, ItemFiles],
    tenant: Mapping[ItemPath, ItemFiles],
    items: tuple[TenantItem, ...],
    ids: Mapping[ItemPath, ObjectId],
) -> TypeSurvey:
    alike = frozenset(
        item.path
        for item in items
        if ids.get(item.path) == item.object_id
        and base.get(item.path) == head.get(item.path) == tenant[item.path]
    )
    return TypeSurvey(
        spec,
        {path: files for path, files in base.items() if path not in alike},
        {path: files for path, files in head.items() if path not in alike},
        tuple(item for item in items if item.path not in alike),
        {path: files for path, files in tenant.items() if path not in alike},
        {path: object_id for path, object_id in ids.items() if path not in alike},
        alike,
    )
