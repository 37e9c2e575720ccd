"""Each tenant's turn of the day."""

import asyncio
import datetime as dt
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from consenting_tenant import BOTH, DOWN, PATIENCE, REFUSED, ConsentingTenant
from user_access import MemoryTokenCaches, user_cache

from shared.domain.daily import latest_turn
from shared.domain.permissions import Grants
from shared.domain.sync import Status
from shared.steps.take_turns import LAST_START, Turns
from shared.stores import Expected


@pytest.fixture
def world():
    return ConsentingTenant()


def turns(world, caches=None, look=None):
    @asynccontextmanager
    async def looks(tenant):
        yield world.look()

    people = caches or MemoryTokenCaches(), lambda tenant: world.user
    asyncio.run(Turns(world.status, world.clock, look or looks, *people, world.callbacks).run())


def at_its_turn(world):
    world.clock.at = latest_turn("contoso", world.clock.at) + dt.timedelta(days=2)


def test_a_tenant_has_its_turn_once_a_day(world):
    turns(world)
    assert world.row.daily_at is None, "it is not its turn yet"

    at_its_turn(world)
    turns(world)
    assert world.row.status is Status.PENDING_ADMIN_CONSENT
    assert world.row.daily_at == world.clock.at

    world.app.grant("Read", "Write")
    world.clock.pass_(60)
    turns(world)
    assert world.row.status is Status.PENDING_ADMIN_CONSENT, "tomorrow again"
    world.clock.pass_(24 * 3600)
    turns(world)
    assert world.row.status is Status.IDLE


def test_the_stored_token_is_tried_at_the_turn():
    world, caches = ConsentingTenant(BOTH, lent=True), MemoryTokenCaches()
    caches.store("contoso", user_cache())
    at_its_turn(world)
    world.user.refusals += [REFUSED, REFUSED]
    turns(world, caches)
    assert world.row.sign_in_needed


def test_what_is_on_its_way_is_looked_for_between_turns(world):
    world.app.listed = Grants(frozenset({"Read", "Write"}))
    world.check()
    world.app.granted = frozenset({"Read", "Write"})
    turns(world)
    assert world.row.permissions_coming_until is None
    assert world.row.daily_at is None


@pytest.mark.parametrize(
    ("fault", "had"), [(DOWN, False), (REFUSED, True)], ids=["the provider is down", "refused for good"]
)
def test_a_turn_is_put_off_while_the_provider_is_down(world, fault, had):
    at_its_turn(world)
    world.app.refusals += [fault] * 5
    turns(world)
    assert (world.row.daily_at is not None) is had


def test_turns_that_would_begin_too_late_are_the_next_run_s(world):
    for number in range(6):
        name = f"tenant-{number}"
        world.status.rows[name] = replace(
            world.row, id=name, permissions_coming_until=world.clock.at + PATIENCE, created_at=world.clock.at
        )
    world.app.refusals += [DOWN] * 4  # the first look takes half a minute
    looked = []

    @asynccontextmanager
    async def look(tenant):
        looked.append(tenant.id)
        world.clock.pass_(LAST_START.total_seconds() / 2)
        yield world.look()

    turns(world, look=look)
    assert 0 < len(looked) < 6


def test_links_that_nobody_followed_are_forgotten(world):
    over = Expected("consent", "contoso", world.clock.at)
    world.callbacks.rows = {"old": over, "new": replace(over, until=world.clock.at + PATIENCE)}
    world.clock.pass_(1)
    turns(world)
    assert set(world.callbacks.rows) == {"new"}


def test_a_fault_at_one_tenant_keeps_no_other_from_its_turn_nor_links_from_being_forgotten(world, caplog):
    """Such as findings that cannot be read any more."""
    at_its_turn(world)
    long_ago = world.clock.at - dt.timedelta(days=1)
    asyncio.run(world.callbacks.expect("old", Expected("consent", "contoso", long_ago)))

    @asynccontextmanager
    async def broken(tenant):
        raise ValueError("no JSON")
        yield

    turns(world, look=broken)

    assert world.callbacks.rows == {}
    assert "contoso" in caplog.text
