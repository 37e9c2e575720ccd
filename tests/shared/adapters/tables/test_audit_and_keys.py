"""The audit trail and the function keys in real tables."""

import datetime as dt
from dataclasses import replace

from shared.domain.access import KeyRecord, Role
from shared.domain.sync import Actor, ActorKind
from shared.names import TenantId
from shared.stores import AuditEntry

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
ADA = Actor(ActorKind.PERSON, "Ada", "ada-id", "page")
CONTOSO, FABRIKAM = TenantId("contoso"), TenantId("fabrikam")


def entry(minute: int, tenant: TenantId | None = CONTOSO, **more) -> AuditEntry:
    return AuditEntry(NOW + dt.timedelta(minutes=minute), ADA, f"did {minute}", tenant, **more)


def test_entries_are_listed_newest_first_by_tenant_and_by_all(play):
    async def scenario(stores):
        audit = stores.audit
        for one in (entry(1), entry(2, FABRIKAM), entry(3), entry(4, None)):
            await audit.add(one)
        everything, _ = await audit.entries(None, None, 10)
        first, onward = await audit.entries(CONTOSO, None, 1)
        rest, end = await audit.entries(CONTOSO, None, 5, onward)
        recent, _ = await audit.entries(None, NOW + dt.timedelta(minutes=3), 10)
        return [[one.action for one in found] for found in (everything, first, rest, recent)], end

    assert play(scenario) == (
        [["did 4", "did 3", "did 2", "did 1"], ["did 3"], ["did 1"], ["did 4", "did 3"]],
        None,
    )


def test_an_entry_added_twice_is_one(play):
    async def scenario(stores):
        await stores.audit.add(entry(1, id="sync-started"))
        await stores.audit.add(entry(1, id="sync-started"))
        await stores.audit.add(entry(1))
        return (await stores.audit.entries(CONTOSO, None, 10))[0]

    found = play(scenario)
    assert len(found) == 2
    assert all(one.id for one in found)


KEY = KeyRecord("k1", "nightly", Role.OPERATOR, "a" * 64, NOW, "Ada", (CONTOSO,), NOW)


def test_a_key_is_found_by_its_hash_until_it_is_deleted(play):
    async def scenario(stores):
        keys = stores.keys
        added = [await keys.add(KEY), await keys.add(KEY), await keys.add(replace(KEY, hash="b" * 64))]
        other = replace(KEY, id="k0", hash="c" * 64, tenants=(), expires_at=None)
        await keys.add(other)
        found, listed = await keys.find(KEY.hash), [key.id for key in await keys.all()]
        deleted = [await keys.delete("k1"), await keys.delete("k1")]
        return added, found, listed, deleted, await keys.find(KEY.hash), await keys.find(other.hash) == other

    assert play(scenario) == ([True, False, False], KEY, ["k0", "k1"], [True, False], None, True)
