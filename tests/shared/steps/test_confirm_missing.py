"""An empty page where there were items, at any page of any type: nothing that still stands is taken for gone.

In process, through the real adapter; faults that fail a read are in `adapters/graph/test_faults.py`.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fake_graph import NOW, FakeGraph, Fault, ok
from scene import Scene

from shared.catalog.loader import load
from shared.domain.catalog import Kind
from shared.domain.snapshot import NotRead, NotReadReason, TypeRead
from shared.steps.confirm_missing import Asked, confirm_missing

EXAMPLES = Path(__file__).parents[1] / "catalog" / "examples"
CATALOG = load()
COLLECTIONS = sorted(
    (spec for spec in CATALOG.types.values() if spec.kind is Kind.COLLECTION), key=lambda spec: spec.key
)
LATER = NOW + dt.timedelta(hours=1)
EMPTY = {
    "the last page": {"value": []},
    "the last page, an empty next link": {"value": [], "@odata.nextLink": None},
}


def objects_of(spec):
    """Five objects like the example's: two pages and a half."""
    example = json.loads((EXAMPLES / f"{spec.key}.json").read_text())
    return [{**example[at % len(example)], "id": f"id-{at}"} for at in range(5)]


def backed_up(spec, graph, known):
    """What a backup makes of the type, of which these items are known."""
    scene = Scene(catalog=CATALOG, changes={"api": graph.tenant()})
    scene.begin()

    async def step(work):
        read = await work.api.read_type(spec, LATER)
        return await confirm_missing(work, spec, Asked(read), known)

    return scene.play(step)


def lists(spec, seen: list[httpx.Request]) -> list[int]:
    """The numbers of the requests that asked for a page of the type's list."""
    path = f"/{spec.version}{spec.path}"
    return [at for at, one in enumerate(seen) if one.method == "GET" and urlsplit(str(one.url)).path == path]


@pytest.mark.parametrize("spec", COLLECTIONS, ids=lambda spec: spec.key)
def test_an_empty_page_removes_nothing(spec):
    known = {f"id-{at}": f"{spec.workload}/{spec.key}/{at}.json" for at in range(5)}
    whole = FakeGraph(spec, objects_of(spec))
    expected = {one.object_id: one.raw for one in backed_up(spec, whole, known).items}
    assert len(expected) == 5
    for body in EMPTY.values():
        for at in lists(spec, whole.seen):
            graph = FakeGraph(spec, objects_of(spec), faults=[Fault(lambda _, body=body: ok(body), at)])
            found = backed_up(spec, graph, known)
            assert isinstance(found, TypeRead), (at, found)
            assert {one.object_id for one in found.items} == set(expected)


@pytest.mark.parametrize("spec", COLLECTIONS, ids=lambda spec: spec.key)
def test_a_list_that_is_empty_for_good_holds_the_type_only_when_its_items_are_gone(spec):
    known = {f"id-{at}": f"{spec.workload}/{spec.key}/{at}.json" for at in range(11)}
    gone = backed_up(spec, FakeGraph(spec, []), known)
    assert isinstance(gone, NotRead)
    assert (gone.reason, len(gone.names)) == (NotReadReason.HELD, 11)
