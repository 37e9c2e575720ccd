"""Times and durations as text: RFC 3339 in UTC, and ISO 8601 durations."""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import Final

_DURATION: Final = re.compile(
    r"P(?:(?P<weeks>\d{1,4})W|(?:(?P<days>\d{1,5})D)?(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?"
    r"(?:(?P<seconds>\d{1,9})S)?)?)"
)
_UNITS: Final = {"D": 86400, "H": 3600, "M": 60, "S": 1}
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


def parse_duration(text: str) -> dt.timedelta | None:
    """An ISO 8601 duration in weeks, or days to seconds; None for anything else. Years and months have no
    length.
    """
    match = _DURATION.fullmatch(text)
    if match is None or text == "P":
        return None
    return dt.timedelta(**{unit: int(count) for unit, count in match.groupdict().items() if count})


@functools.lru_cache(256)
def duration_text(value: dt.timedelta, unit: str) -> str:
    """The duration in `unit` (`D`, `H`, `M`, `S`) where it is whole, else in the largest unit that is: as
    people wrote it, `PT60M` and `P30D`.
    """
    seconds = int(value.total_seconds())
    for name in (unit, *_UNITS):
        if seconds % _UNITS[name] == 0 and seconds >= _UNITS[name]:
            return f"P{'' if name == 'D' else 'T'}{seconds // _UNITS[name]}{name}"
    return "PT0S"


def time_text(value: dt.datetime) -> str:
    """RFC 3339 in UTC, to the millisecond: `2026-01-31T06:00:00.000Z`."""
    return value.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def optional_time(value: dt.datetime | None) -> str | None:
    """The same for what may not have come yet."""
    return None if value is None else time_text(value)


def parse_time(text: str) -> dt.datetime | None:
    """An RFC 3339 time, in UTC; None for anything else. A time without an offset says nothing."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return dt.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.upper())).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
