"""Times and durations, as people write them and as they come back."""

import datetime as dt

import pytest

from shared.wire.times import duration_text, parse_duration, parse_time, time_text


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("PT3M", "M"),
        ("PT60M", "M"),
        ("PT90M", "M"),
        ("P30D", "D"),
        ("PT72H", "H"),
        ("PT5S", "M"),
        ("PT36H", "D"),
    ],
)
def test_a_duration_comes_back_as_it_was_written(text, unit) -> None:
    assert duration_text(parse_duration(text), unit) == text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("P1W", 604800), ("P1DT2H3M4S", 93784), ("PT0S", 0), ("P0D", 0), ("PT1H30M", 5400)],
)
def test_durations_are_read(text, seconds) -> None:
    assert parse_duration(text).total_seconds() == seconds
    assert parse_duration(duration_text(parse_duration(text), "M")).total_seconds() == seconds


@pytest.mark.parametrize(
    "text", ["P", "PT", "P1Y", "P1M", "-PT3M", "PT3.5M", "3M", "", "P1DT", "PT3m", "P1W2D", "PT99999999999S"]
)
def test_what_has_no_length_is_no_duration(text) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-31T06:00:00Z", "2026-01-31T06:00:00.000Z"),
        ("2026-01-31t06:00:00.1234567z", "2026-01-31T06:00:00.123Z"),
        ("2026-01-31T06:00:00+02:00", "2026-01-31T04:00:00.000Z"),
    ],
)
def test_times_are_read_with_their_offset(text, utc) -> None:
    assert time_text(parse_time(text)) == utc


@pytest.mark.parametrize(
    "text", ["2026-01-31", "2026-01-31T06:00:00", "2026-02-30T06:00:00Z", "now", "0001-01-01T00:00:00+23:59"]
)
def test_what_says_no_moment_is_no_time(text) -> None:
    assert parse_time(text) is None


def test_a_time_is_told_in_utc() -> None:
    paris = dt.timezone(dt.timedelta(hours=1))
    assert time_text(dt.datetime(2026, 1, 1, 1, tzinfo=paris)) == "2026-01-01T00:00:00.000Z"
