"""Tenants registered, edited and removed over the status store, races included."""

import asyncio
import datetime as dt
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from shared.domain.registration import Wanted
from shared.domain.settings import Settings
from shared.domain.sync import Actor, ActorKind, LastSync, Outcome
from shared.errors import Problem
from shared.steps.register import Registry

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
WANTED = Wanted("Contoso", "guid-1", Settings())


class Clock:
    def now(self) -> dt.datetime:
        return NOW


@pytest.fixture
def registry() -> Registry:
    path = Path(__file__).parents[2] / "fakes" / "stores.py"
    if "accord_fakes_stores" not in sys.modules:
        spec = importlib.util.spec_from_file_location("accord_fakes_stores", path)
        module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    stores = sys.modules["accord_fakes_stores"]
    admin = Actor(ActorKind.KEY, "admin", "k", "admin")
    return Registry(stores.MemoryStatus(), stores.MemoryAudit(), Clock(), admin)


def always(_: object) -> bool:
    return True


def test_of_two_that_register_one_id_the_second_is_told(registry) -> None:
    first = asyncio.run(registry.add("contoso", WANTED))
    second = asyncio.run(registry.add("contoso", replace(WANTED, entra_tenant_id="guid-2")))
    assert (first.id, second) == ("contoso", None)
    assert [one.action for one in registry.audit.rows] == ["tenant.added"]


def test_a_directory_belongs_to_one_tenant_also_after_an_edit(registry) -> None:
    asyncio.run(registry.add("contoso", WANTED))
    asyncio.run(registry.add("fabrikam", replace(WANTED, entra_tenant_id="guid-2")))
    with pytest.raises(Problem) as refused:
        asyncio.run(registry.edit("fabrikam", lambda _: WANTED, always))
    assert (refused.value.code, refused.value.values) == ("entraTenantInUse", {"tenant": "contoso"})


def test_a_new_directory_gives_the_old_one_back(registry) -> None:
    released: list[tuple[str, str]] = []

    async def unclaim(entra_tenant: str, tenant: str) -> None:
        released.append((entra_tenant, tenant))

    asyncio.run(registry.add("contoso", WANTED))
    registry.status.unclaim = unclaim
    moved = replace(WANTED, entra_tenant_id="guid-2")
    assert asyncio.run(registry.edit("contoso", lambda _: moved, always)).entra_tenant_id == "guid-2"
    assert released == [("guid-1", "contoso")]


def test_a_removed_tenant_comes_back_with_its_own_directory_only(registry) -> None:
    asyncio.run(registry.add("contoso", WANTED))
    ended = LastSync("S", Outcome.SUCCEEDED, (), NOW, None)
    registry.status.rows["contoso"] = replace(registry.status.rows["contoso"], last_sync=ended)
    asyncio.run(registry.remove("contoso", always))
    with pytest.raises(Problem) as refused:
        asyncio.run(registry.add("contoso", replace(WANTED, entra_tenant_id="guid-2")))
    assert refused.value.code == "directoryFixed"
    assert asyncio.run(registry.add("contoso", WANTED)) is not None


def test_what_is_not_there_cannot_be_edited_or_removed(registry) -> None:
    for attempt in (registry.edit("nowhere", lambda _: WANTED, always), registry.remove("nowhere", always)):
        with pytest.raises(Problem) as refused:
            asyncio.run(attempt)
        assert refused.value.code == "tenantNotFound"


def test_a_sync_that_begins_while_a_tenant_is_being_removed_keeps_it(registry) -> None:
    asyncio.run(registry.add("contoso", WANTED))
    change = registry.status.change

    async def begun_meanwhile(tenant, sync, decide):
        record = registry.status.rows[tenant]
        registry.status.rows[tenant] = replace(record, active_sync="01S")
        return await change(tenant, sync, decide)

    registry.status.change = begun_meanwhile
    with pytest.raises(Problem) as refused:
        asyncio.run(registry.remove("contoso", always))
    assert (refused.value.code, refused.value.extra) == ("syncActive", {"tenant": "contoso", "sync": "01S"})


def test_a_tenant_that_is_not_as_it_was_read_is_left_alone(registry) -> None:
    asyncio.run(registry.add("contoso", WANTED))
    for attempt in (
        registry.edit("contoso", lambda _: replace(WANTED, display_name="New"), lambda _: False),
        registry.remove("contoso", lambda _: False),
    ):
        with pytest.raises(Problem) as refused:
            asyncio.run(attempt)
        assert refused.value.code == "preconditionFailed"
