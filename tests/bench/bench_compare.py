"""Compare and plan 10,000 items, 50 MB of JSON, 500 of them changed.

    .venv/bin/python tests/bench/bench_compare.py

Prints the seconds of processor time (other programs do not count) and the peak memory, beside a floor:
reading the three versions of the changed items as JSON, and telling with `==` whether they differ.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from shared.domain.agreement import IDS, TYPES, Agreement, own_files
from shared.domain.catalog import Catalog, Collection, Kind, Reference, TypeSpec
from shared.domain.compare import compare
from shared.domain.files import blob_id
from shared.domain.json_form import dumps
from shared.domain.plan_json import dump_plan
from shared.domain.planning import PlanInputs, make_plan
from shared.domain.reference import Index
from shared.domain.survey import Inputs, survey
from shared.domain.tenant_state import TenantItem, TenantState
from shared.names import ItemPath, ObjectId, TenantId, TypeKey

ITEMS, CHANGED, TYPES_COUNT, FILLING = 10_000, 500, 20, 70


def peak() -> float:
    """Megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def catalog() -> Catalog:
    """Twenty types that refer to groups, which the first type holds."""
    keys = [TypeKey(f"type-{number}") for number in range(TYPES_COUNT)]
    specs = {
        key: TypeSpec(
            key=key,
            workload="entra",
            title={"en": key, "fr": key},
            kind=Kind.COLLECTION,
            version="v1.0",
            path=f"/{key}",
            named_by="displayName",
            bucket="directory",
            tier=100 + number,
            read=("Read",),
            write=("Write",),
            collections=(Collection("groups"), Collection("assignments", ("target.groupId",))),
            references=(Reference("groups[]", keys[0]), Reference("assignments[].target.groupId", keys[0])),
        )
        for number, key in enumerate(keys)
    }
    return Catalog(specs, {}, "bench")


def item(number: int, value: int) -> bytes:
    """About 5 kB of canonical JSON."""
    settings = [
        {"definition": f"vendor_policy_setting_{index}", "value": (number * index) % 97, "enabled": True}
        for index in range(FILLING - 24)
    ]
    return dumps(
        {
            "displayName": f"Item {number}",
            "value": value,
            "other": value,
            "groups": [f"{{{{type-0:Item {TYPES_COUNT * index}}}}}" for index in range(5)],
            "assignments": [{"target": {"groupId": f"{{{{type-0:Item {TYPES_COUNT * 7}}}}}"}}],
            "settings": settings,
        }
    )


def main() -> None:
    """Makes the three sides, compares, plans, and prints the figures."""
    types = catalog()
    keys = list(types.types)
    paths = [ItemPath(f"entra/{keys[n % TYPES_COUNT]}/Item {n}.json") for n in range(ITEMS)]
    ids = {path: ObjectId(f"id-{n}") for n, path in enumerate(paths)}
    tenant = {path: item(n, 1) for n, path in enumerate(paths)}
    every = ITEMS // CHANGED
    head = {path: item(n, 2) for n, path in enumerate(paths) if n % every == 0}
    drifted = {path: item(n, 3) for n, path in enumerate(paths) if n % every == 0 and n % (2 * every)}
    blobs = {
        blob_id(data): data
        for side in (head, {path: tenant[path] for path in head})
        for data in side.values()
    }
    own = own_files(ids, frozenset(keys))
    base_tree = {path: blob_id(data) for path, data in {**tenant, **own}.items()}
    head_tree = {
        **{path: base_tree[path] for path in paths},
        **{path: blob_id(data) for path, data in head.items()},
    }
    branch = {path: base_tree[path] for path in paths}
    tenant.update(drifted)
    index = Index({keys[0]: {ids[path]: f"Item {n}" for n, path in enumerate(paths) if n % TYPES_COUNT == 0}})
    items = {
        key: tuple(
            TenantItem(key, ids[paths[n]], paths[n], (f"Item {n}",))
            for n in range(number, ITEMS, TYPES_COUNT)
        )
        for number, key in enumerate(keys)
    }
    size = sum(len(data) for data in tenant.values()) / 1e6

    before, started = peak(), time.process_time()
    state = TenantState(index, items, tenant)
    base = Agreement(base_tree, ids, frozenset(keys))
    inputs = Inputs(types, base, head_tree, branch, state)
    seen = survey(inputs)
    surveyed = time.process_time()
    found = compare(inputs, seen, {blob: blobs[blob] for blob in seen.needed if blob in blobs})
    compared = time.process_time()
    plan = make_plan(PlanInputs(types, TenantId("bench"), state), found.planned)
    stored = dump_plan(plan)
    ended = time.process_time()

    floor_started = time.process_time()
    for path, data in head.items():
        sides = [json.loads(one) for one in (data, tenant[path], blobs[base_tree[path]])]
        assert sides[0] != sides[2]
    floor = time.process_time() - floor_started

    assert len(plan.changes) == CHANGED
    assert {IDS, TYPES} <= base_tree.keys()
    print(f"{ITEMS} items, {size:.0f} MB, {CHANGED} changed; a plan of {len(stored) / 1e6:.1f} MB")
    print(
        f"survey {surveyed - started:.2f} s, compare {compared - surveyed:.2f} s, "
        f"plan {ended - compared:.2f} s"
    )
    total = ended - started
    print(f"total {total:.2f} s; floor {floor:.3f} s; {total / floor:.0f} times that; wanted: 3 s")
    print(
        f"peak memory {peak() - before:.0f} MB above the inputs' own; wanted: 400 MB or less, inputs included"
    )


if __name__ == "__main__":
    main()
