"""What a listing reads again: what changed since the last one, and once in a while everything."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from shared.adapters.tables import projection as projections
from shared.adapters.tables.projection import Projection
from shared.adapters.tables.state import STATE
from shared.domain.settings import Settings
from shared.domain.sync import Status, TenantRecord

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)


def tenant(name: str, version: int = 1, **more: object) -> TenantRecord:
    return TenantRecord(name, name.title(), f"e-{name}", Settings(), NOW, version=version, **more)


class Counted:
    """Tables that note how many rows each query found."""

    def __init__(self, tables) -> None:
        self._tables, self.found = tables, []

    def __getattr__(self, name):
        return getattr(self._tables, name)

    async def query(self, *given):
        rows = await self._tables.query(*given)
        self.found.append(len(rows))
        return rows


def listing(play, scenario, monkeypatch, overlap=dt.timedelta(0)):
    """Three tenants, listed twice; then what the scenario does, and what is listed after it."""
    monkeypatch.setattr(projections, "OVERLAP", overlap)

    async def run(stores):
        ticks = [0.0]
        tables = Counted(stores.tables)
        writer, reader = Projection(stores.tables, STATE), Projection(tables, STATE, lambda: ticks[0])
        for name in ("adatum", "contoso", "fabrikam"):
            await writer.write(tenant(name))
        await reader.tenants()
        await reader.tenants()
        tables.found.clear()
        await scenario(writer, ticks)
        return [(one.id, one.version) for one in await reader.tenants()], tables.found

    return play(run)


def test_only_what_changed_is_asked_for_again(play, monkeypatch):
    async def scenario(writer, ticks):
        await writer.write(tenant("fabrikam", 2, status=Status.IN_PROGRESS))
        await writer.write(tenant("woodgrove"))

    listed, found = listing(play, scenario, monkeypatch)

    assert listed == [("adatum", 1), ("contoso", 1), ("fabrikam", 2), ("woodgrove", 1)]
    assert 2 <= found[0] <= 3, "the newest row known may be found again"


def test_a_tenant_that_was_removed_is_not_listed_any_more(play, monkeypatch):
    async def scenario(writer, ticks):
        await writer.write(replace(tenant("contoso", 2), deleted_at=NOW))

    listed, _ = listing(play, scenario, monkeypatch)

    assert [name for name, _ in listed] == ["adatum", "fabrikam"]


def test_rows_stamped_a_little_in_the_past_are_found(play, monkeypatch):
    async def scenario(writer, ticks):
        pass

    _, found = listing(play, scenario, monkeypatch, overlap=dt.timedelta(hours=1))

    assert found == [3]


def test_once_in_a_while_everything_is_looked_at(play, monkeypatch):
    async def scenario(writer, ticks):
        ticks[0] = projections.WHOLE_EVERY

    listed, found = listing(play, scenario, monkeypatch)

    assert (len(listed), found) == (3, [3])
