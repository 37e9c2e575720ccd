"""The blob of what is known of a tenant: kept whole, and by several at once."""

import json
from dataclasses import replace

import pytest
from consenting_tenant import READ, WRITE, ConsentingTenant
from stores import MemoryArtifacts

from shared.domain.permissions import Grants
from shared.domain.sign_in import Tried
from shared.errors import StorageConflict
from shared.steps.tenant_findings import FINDINGS, TenantFindings, change_findings, load_findings, save_tried


@pytest.fixture
def world():
    return ConsentingTenant()


def test_findings_come_back_as_they_were_kept(world):
    world.app.listed = Grants(frozenset({"Read", "Write"}), frozenset({"Lent"}))
    world.check()
    save_tried(world.findings, {"groups": Tried(False, world.clock.at)})
    world.app.listed = Grants(frozenset({"Read", "Write", "More"}), frozenset({"Lent"}))
    world.check()
    kept = load_findings(world.findings)

    assert kept.granted_at == world.clock.at
    assert kept.seen.granted == {"Read", "Write", "More"}
    assert kept.tried == {"groups": Tried(False, world.clock.at)}
    assert set(kept.coming_since) == {WRITE}
    assert change_findings(world.findings, lambda now: now) == kept


def test_nobody_has_found_anything_at_first():
    assert load_findings(MemoryArtifacts()) == TenantFindings()


def test_of_two_who_write_at_once_both_are_heard(world):
    others = iter([lambda: save_tried(world.findings, {"groups": Tried(True, world.clock.at)})])

    def slowly(now):
        next(others, lambda: None)()
        return replace(now, ignored=now.ignored | {READ})

    found = change_findings(world.findings, slowly)
    assert (set(found.ignored), set(found.tried)) == ({READ}, {"groups"})


def test_whoever_is_always_slower_gives_up(world):
    numbers = iter(range(100))

    def too_slowly(now):
        world.findings.put(FINDINGS, json.dumps({**_empty(), "catalog": str(next(numbers))}).encode())
        return replace(now, ignored=frozenset({READ}))

    with pytest.raises(StorageConflict):
        change_findings(world.findings, too_slowly)


def _empty():
    blobs = MemoryArtifacts()
    change_findings(blobs, lambda now: replace(now, catalog="x"))
    return json.loads(blobs.get(FINDINGS))
