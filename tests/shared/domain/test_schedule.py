"""Cron lines, time zones, and who starts when."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.schedule import due, faults, jitter, key, next_sync_at, upcoming
from shared.domain.settings import Schedule
from shared.names import TenantId

CONTOSO = TenantId("contoso")


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def daily(cron: str = "0 6 * * *", zone: str = "Europe/Paris", *, enabled: bool = True) -> Schedule:
    return Schedule(enabled, cron, zone)


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        pytest.param(daily(), "2026-01-10T12:00", "2026-01-11T05:00", id="winter in Paris"),
        pytest.param(daily(), "2026-07-10T12:00", "2026-07-11T04:00", id="summer in Paris"),
        pytest.param(
            daily("30 2 * * *"), "2026-03-28T12:00", "2026-03-29T01:00", id="the hour that spring skips"
        ),
        pytest.param(
            daily("30 2 * * *"), "2026-10-24T12:00", "2026-10-25T00:30", id="the hour that autumn doubles"
        ),
        pytest.param(
            daily("0 0 1 * *", "UTC"), "2026-01-31T23:59", "2026-02-01T00:00", id="the first of the month"
        ),
        pytest.param(
            daily("*/15 * * * *", "Asia/Kolkata"), "2026-01-01T00:01", "2026-01-01T00:15", id="half hours"
        ),
    ],
)
def test_the_next_start_is_read_in_the_tenants_time_zone(schedule, after, expected):
    assert next_sync_at(schedule, utc(after)) == utc(expected)


def test_the_doubled_hour_starts_one_sync():
    times = upcoming(daily("30 2 * * *"), utc("2026-10-24T12:00"), 2)
    assert times == (utc("2026-10-25T00:30"), utc("2026-10-26T01:30"))


def test_the_next_five_times_are_shown():
    times = upcoming(daily(zone="UTC"), utc("2026-01-01T00:00"))
    assert [time.day for time in times] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("schedule", "fields"),
    [
        pytest.param(daily(), set(), id="nothing"),
        pytest.param(daily("0 6 * * MON-FRI"), set(), id="names of days"),
        pytest.param(daily("61 6 * * *"), {"cron"}, id="minute 61"),
        pytest.param(daily("0 6 * *"), {"cron"}, id="four fields"),
        pytest.param(daily("0 0 6 * * *"), {"cron"}, id="seconds"),
        pytest.param(daily("@daily"), {"cron"}, id="a word"),
        pytest.param(daily("0 6 30 2 *"), {"cron"}, id="30 February"),
        pytest.param(daily(zone="Europe/Pariss"), {"timeZone"}, id="no such zone"),
        pytest.param(daily(zone=""), {"timeZone"}, id="no zone"),
        pytest.param(daily(zone="../etc/passwd"), {"timeZone"}, id="a path"),
        pytest.param(daily("x", "y"), {"cron", "timeZone"}, id="both"),
    ],
)
def test_what_is_wrong_with_a_schedule_is_named(schedule, fields):
    found = faults(schedule)
    assert set(found) == fields
    assert all(found.values())
    assert bool(upcoming(schedule, utc("2026-01-01T00:00"))) == (not fields)


def test_a_schedule_that_is_off_starts_nothing():
    off = daily(enabled=False)
    assert next_sync_at(off, utc("2026-01-01T00:00")) is None
    assert not due(off, CONTOSO, utc("2026-01-01T00:00"), utc("2026-01-02T00:00"))
    assert not due(daily(), CONTOSO, None, utc("2026-01-02T00:00"))


def test_a_sync_is_due_once_its_own_delay_is_over():
    schedule, planned = daily(zone="UTC"), utc("2026-01-01T06:00")
    late = planned + jitter(schedule, CONTOSO, planned)
    assert not due(schedule, CONTOSO, planned, late - dt.timedelta(seconds=1))
    assert due(schedule, CONTOSO, planned, late)


@given(st.text(min_size=1, max_size=20))
def test_the_delay_is_small_and_always_the_same(name):
    tenant, planned = TenantId(name), utc("2026-01-01T06:00")
    nightly, busy = daily(zone="UTC"), daily("*/5 * * * *", "UTC")
    assert dt.timedelta() <= jitter(nightly, tenant, planned) < dt.timedelta(minutes=5)
    assert jitter(busy, tenant, planned) < dt.timedelta(seconds=30)
    assert jitter(nightly, tenant, planned) == jitter(nightly, tenant, planned)


def test_a_thousand_tenants_do_not_start_at_once():
    schedule, planned = daily(zone="UTC"), utc("2026-01-01T06:00")
    seconds = [int(jitter(schedule, TenantId(f"t{n}"), planned).total_seconds()) for n in range(1_000)]
    assert max(seconds.count(second) for second in set(seconds)) < 20


def test_a_delay_is_known_even_where_no_start_follows():
    assert jitter(daily(enabled=False), CONTOSO, utc("2026-01-01T06:00")) < dt.timedelta(minutes=5)


def test_a_planned_start_has_one_key_whatever_the_zone_it_is_written_in():
    planned = utc("2026-01-01T06:00")
    elsewhere = planned.astimezone(dt.timezone(dt.timedelta(hours=2)))
    assert key(CONTOSO, planned) == key(CONTOSO, elsewhere) == "schedule:contoso:2026-01-01T06:00:00+00:00"
