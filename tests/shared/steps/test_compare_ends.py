"""Where the comparison ends the sync: a cancel before its commit, and nothing that could be read."""

from __future__ import annotations

from fake_tenant import failed

from shared.domain.move import Cancel
from shared.domain.sync import Incomplete, SyncError
from shared.steps.compare import compare_and_plan
from shared.steps.findings import read_findings
from shared.steps.work import Stop


def test_a_cancel_while_names_are_looked_up_comes_before_the_commit(scene):
    scene.tenant.put("groups", "New")
    scene.begin()
    scene.read()
    heads = dict(scene.git.heads)
    scene.status.cancels[scene.sync_id] = Cancel(scene.sync.started_by, scene.clock.at)

    assert scene.play(compare_and_plan) is Stop.CANCELLED

    assert scene.git.heads == heads


def test_a_sync_that_could_read_nothing_at_all_is_an_error_and_says_what_it_was_not_given(scene):
    for key in scene.catalog.types:
        scene.tenant.unread[key] = failed(f"reading {key}")
    scene.begin()

    found = scene.compare()

    assert isinstance(found, SyncError)
    assert (found.code, found.request_id) == ("nothingReadable", "r-9")
    assert all(f"reading {key}: 503" in found.detail for key in scene.catalog.types)
    assert scene.sync.incomplete == (Incomplete.NOT_READ,)
    assert len(read_findings(scene.blobs).not_read) == len(scene.catalog.types)


def test_a_held_type_was_readable_whatever_else_was_not(scene):
    for number in range(11):
        scene.tenant.put("groups", f"G{number}")
    scene.ran()
    scene.tenant.objects["groups"].clear()
    for key in set(scene.catalog.types) - {"groups"}:
        scene.tenant.unread[key] = failed(f"reading {key}")
    scene.begin()

    assert scene.compare().asks is False

    assert scene.sync.incomplete == (Incomplete.NOT_READ, Incomplete.MASS_REMOVAL)
