"""What the granted permissions let a sync do, and when they let it do nothing."""

from __future__ import annotations

from dataclasses import replace

from shared.domain.snapshot import NotReadReason
from shared.domain.sync import SyncError
from shared.steps import blobs
from shared.steps.check_permissions import check_permissions


def test_the_scope_is_kept_for_later_stages(scene):
    scene.begin()

    found = scene.play(check_permissions)

    assert blobs.load_scope(scene.blobs) == found
    assert set(found.types) == set(scene.catalog.types)


def test_missing_write_permissions_block_changes_and_stop_no_backup(scene):
    scene.begin()
    scene.tokens.granted = frozenset({"Read"})

    found = scene.play(check_permissions)

    assert set(found.write_missing) == set(scene.catalog.types)


def test_nothing_readable_ends_the_sync_and_says_what_is_missing(scene):
    scene.begin()
    scene.tokens.granted = frozenset()

    error = scene.play(check_permissions)

    assert isinstance(error, SyncError)
    assert error.code == "nothingReadable"
    assert "reading groups: needs Read" in error.detail


def test_what_is_only_excluded_is_no_error(scene):
    record = scene.record
    scene.status.rows["contoso"] = replace(record, settings=replace(record.settings, exclude=("*",)))
    scene.begin()
    scene.tokens.granted = frozenset()

    found = scene.play(check_permissions)

    assert found.buckets == {}
    assert {one.reason for one in found.not_read} == {NotReadReason.EXCLUDED}
