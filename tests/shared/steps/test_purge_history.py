"""The runtime's record of a sync goes a month after the sync ended."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from stores import MemoryArtifacts, MemoryStatus

from shared.domain.sync import Actor, ActorKind, SyncOptions, SyncRecord
from shared.names import SyncId, TenantId
from shared.steps.purge_history import AT_ONCE, KEPT_FOR, MARK, PAGE, purge_history

NOW = dt.datetime(2026, 6, 1, 3, 0, tzinfo=dt.UTC)
DAY, SECOND = dt.timedelta(days=1), dt.timedelta(seconds=1)
CONTOSO = TenantId("contoso")
ADA = Actor(ActorKind.PERSON, "Ada", "u-1", "page")


class Tenant:
    """Syncs that started and ended some time ago, and what has been purged of them."""

    def __init__(self):
        self.status, self.blobs, self.now = MemoryStatus(), MemoryArtifacts(), NOW
        self.purged: list[str] = []
        self.pages = 0
        syncs = self.status.syncs

        async def counted(*given):
            self.pages += 1
            return await syncs(*given)

        self.status.syncs = counted

    def sync(self, started, ended):
        """A sync that started this long ago; None: it has not ended."""
        at = NOW - started
        name = SyncId(f"{int(at.timestamp()):015}-{len(self.status.sync_rows):010}")
        end = None if ended is None else NOW - ended
        self.status.sync_rows[name] = SyncRecord(name, CONTOSO, SyncOptions(), ADA, at, ended_at=end)
        return name

    def purge(self):
        """One round; the syncs whose record went."""

        async def noted(instance):
            self.purged.append(instance)

        self.purged = []
        asyncio.run(purge_history(self.status, self.blobs, CONTOSO, self.now, noted))
        return [one for one in self.purged if one in self.status.sync_rows]


@pytest.fixture
def tenant():
    return Tenant()


@pytest.mark.parametrize(
    ("ended", "goes"),
    [(KEPT_FOR, True), (KEPT_FOR - SECOND, False), (None, False)],
    ids=["a month ago", "less", "not yet"],
)
def test_what_counts_is_when_the_sync_ended(tenant, ended, goes):
    sync = tenant.sync(started=90 * DAY, ended=ended)
    assert tenant.purge() == ([sync] if goes else [])


def test_its_sign_ins_and_what_closed_it_go_with_it(tenant):
    sync = tenant.sync(40 * DAY, 40 * DAY)
    tenant.purge()
    assert tenant.purged == [sync, f"{sync}-signin-1", f"{sync}-signin-2", f"{sync}-close"]


def test_a_tenant_is_looked_at_once_a_day_and_nothing_is_purged_twice(tenant):
    first, second = tenant.sync(40 * DAY, 40 * DAY), tenant.sync(30 * DAY, 30 * DAY - SECOND)
    assert tenant.purge() == [first]
    tenant.now += DAY - SECOND
    assert (tenant.purge(), tenant.pages) == ([], 1)
    tenant.now += SECOND
    assert tenant.purge() == [second]


def test_a_sync_that_was_decided_late_is_found_behind_newer_ones(tenant):
    tenant.purge()
    late = tenant.sync(350 * DAY, 30 * DAY - SECOND)
    for days in range(1, 340):
        tenant.sync(days * DAY, None)
    tenant.now += DAY
    assert tenant.purge() == [late]
    assert tenant.pages == 1 + -(-340 // PAGE)


def test_no_further_back_is_looked_than_a_sync_can_last(tenant):
    tenant.purge()
    for days in range(1000):
        tenant.sync(days * DAY, days * DAY)
    tenant.now += DAY
    tenant.purge()
    assert tenant.pages == 1 + 3, "not all five pages"


def test_a_backlog_goes_in_rounds_the_oldest_first(tenant):
    syncs = [tenant.sync((days + 40) * DAY, (days + 40) * DAY) for days in range(AT_ONCE + 20)]
    assert tenant.purge() == syncs[:19:-1], "oldest first"
    assert tenant.purge()[-20:] == syncs[19::-1]
    assert tenant.purge() == []


def test_a_round_that_dies_comes_again(tenant):
    sync = tenant.sync(40 * DAY, 40 * DAY)

    async def dies(instance):
        raise OSError(instance)

    with pytest.raises(OSError, match=sync):
        asyncio.run(purge_history(tenant.status, tenant.blobs, CONTOSO, NOW, dies))
    assert tenant.blobs.get(MARK) is None
    assert tenant.purge() == [sync]
