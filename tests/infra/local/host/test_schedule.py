"""NCRONTAB schedules."""

from datetime import UTC, datetime, timedelta

import pytest

from infra.local.host.schedule import Schedule
from infra.local.host.settings import InvalidSettings

START = datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC)  # a Sunday


@pytest.mark.parametrize(
    ("expression", "first"),
    [
        ("*/10 * * * * *", "2026-03-01T12:00:10"),
        ("0 * * * * *", "2026-03-01T12:01:00"),
        ("0 */5 * * * *", "2026-03-01T12:05:00"),
        ("30 0 3 * * *", "2026-03-02T03:00:30"),
        ("0 0 9-17 * * 1-5", "2026-03-02T09:00:00"),
        ("0 0 0 1 * *", "2026-04-01T00:00:00"),
        ("0 0 0 1 JAN *", "2027-01-01T00:00:00"),
        ("0 0 0 * * MON", "2026-03-02T00:00:00"),
        ("*/5 * * * *", "2026-03-01T12:05:00"),
        ("00:05:00", "2026-03-01T12:05:00.500000"),
    ],
)
def test_the_next_time_of_a_schedule(expression: str, first: str) -> None:
    assert Schedule(expression).after(START) == datetime.fromisoformat(first).replace(tzinfo=UTC)


def test_day_of_month_and_day_of_week_must_both_match() -> None:
    """Unlike cron, where either is enough."""
    assert Schedule("0 0 0 13 * FRI").after(START) == datetime(2026, 3, 13, tzinfo=UTC)
    assert Schedule("0 0 0 13 * FRI").after(datetime(2026, 3, 14, tzinfo=UTC)) == datetime(
        2026, 11, 13, tzinfo=UTC
    )


def test_a_schedule_may_stand_in_a_setting() -> None:
    assert Schedule("%EVERY%", {"EVERY": "0 0 * * * *"}).text == "0 0 * * * *"
    with pytest.raises(InvalidSettings, match="set EVERY"):
        Schedule("%EVERY%", {})


@pytest.mark.parametrize("expression", ["often", "* * *", "99 * * * * *", "0:5"])
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    with pytest.raises(InvalidSettings):
        Schedule(expression)


def test_it_is_known_which_schedules_are_closer_than_a_minute() -> None:
    assert Schedule("*/10 * * * * *").shorter_than(60, START)
    assert not Schedule("0 * * * * *").shorter_than(60, START)
    assert Schedule("00:00:30").after(START) - START == timedelta(seconds=30)
