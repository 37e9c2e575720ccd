"""Whose turn it is."""

import datetime as dt
from collections import Counter

import pytest

from shared.domain.daily import coming, due, had_turn, latest_turn
from shared.domain.move import Ignored
from shared.domain.settings import Settings
from shared.domain.sync import TenantRecord

NOW = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)
TURN = latest_turn("contoso", NOW)


def tenant(**changes):
    return TenantRecord("contoso", "Contoso", "e", Settings(), NOW - 30 * DAY, **changes)


def test_a_turn_comes_once_a_day_at_the_same_minute():
    assert NOW - DAY < TURN <= NOW
    assert latest_turn("contoso", TURN) == TURN
    assert latest_turn("contoso", TURN - MINUTE) == TURN - DAY
    assert latest_turn("contoso", TURN + DAY) == TURN + DAY


def test_turns_are_spread_over_the_day():
    hours = Counter(latest_turn(f"tenant-{n}", NOW).hour for n in range(1_000))
    assert len(hours) == 24
    assert max(hours.values()) < 80


@pytest.mark.parametrize(
    ("had", "expected"),
    [(None, True), (TURN - MINUTE, True), (TURN, False), (TURN + MINUTE, False)],
    ids=["never", "before the turn", "at the turn", "since"],
)
def test_a_tenant_is_due_until_it_has_had_its_turn(had, expected):
    assert due(tenant(daily_at=had), NOW) is expected


def test_a_tenant_that_is_new_waits_for_its_first_turn():
    new = TenantRecord("contoso", "Contoso", "e", Settings(), TURN + MINUTE)
    assert not due(new, TURN + 2 * MINUTE)
    assert due(new, TURN + DAY)


@pytest.mark.parametrize(
    ("until", "expected"),
    [(None, False), (NOW, False), (NOW + MINUTE, True)],
    ids=["nothing on its way", "waited long enough", "waited for"],
)
def test_what_is_on_its_way_is_looked_for_as_long_as_it_is_waited_for(until, expected):
    assert coming(tenant(permissions_coming_until=until), NOW) is expected


def test_a_turn_is_had_once():
    moved = had_turn(NOW)(tenant(daily_at=TURN), None)
    assert moved.tenant.daily_at == NOW
    assert had_turn(NOW)(moved.tenant, None) is Ignored.SAME
