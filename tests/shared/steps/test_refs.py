"""B and the other refs, as the domain takes them."""

from __future__ import annotations

from shared.names import BASE
from shared.steps import blobs
from shared.steps.refs import load_agreement, settle_inputs


def test_b_is_loaded_with_its_ids_and_types(scene):
    found = load_agreement(scene.git, scene.git.heads[BASE])

    assert found.known("groups") == {"groups-1": "entra/groups/Staff.json"}
    assert found.types == set(scene.catalog.types)


def test_b_before_a_first_sync_is_empty(scene):
    found = load_agreement(scene.git, None)

    assert (dict(found.tree), dict(found.ids), found.types) == ({}, {}, frozenset())


def test_settling_loads_only_what_its_changes_need(scene):
    scene.edit("groups", "Staff", note="wanted")
    plan = scene.plan()
    state = blobs.load_state(scene.blobs)

    found = settle_inputs(scene.git, scene.catalog, scene.git.refs(), state, state.index, plan.changes)

    spec = scene.catalog.types["groups"]
    assert found.head.content(spec, "entra/groups/Staff.json", state.index)["note"] == "wanted"
    assert found.base.content(spec, "entra/groups/Staff.json", state.index)["note"] == "all"
    assert len(found.head.blobs) == len(found.base.blobs) == 1
