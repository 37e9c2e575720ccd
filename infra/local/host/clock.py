"""Time as the host sees it: one injectable clock, and instants as text.

An instant is kept and compared as fixed-width ISO 8601 text in UTC, with microseconds
(`2026-11-23T16:33:19.123456Z`). That is the form of the Durable protocol's timestamps, it sorts as time does,
and it can be read in the database as it stands.
"""

from datetime import UTC, datetime, timedelta
from typing import NewType, Protocol

Instant = NewType("Instant", str)
"""A moment: ISO 8601 in UTC, always 27 characters, so that text order is time order."""

EVER = Instant("0001-01-01T00:00:00.000000Z")
NEVER = Instant("9999-12-31T23:59:59.999999Z")


class Clock(Protocol):
    """Tells the time; the conformance suite replaces it to make days pass at once."""

    def now(self) -> datetime:
        """The present moment, aware and in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def instant(moment: datetime) -> Instant:
    """The text of a moment; one without a zone is taken as UTC, as the SDK sends them."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Instant(aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


def moment(text: str) -> datetime:
    """The moment that an ISO 8601 text names, in UTC; raises ValueError for any other text."""
    parsed = datetime.fromisoformat(text)
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def later(start: Instant, seconds: float) -> Instant:
    """The instant so many seconds after another."""
    return instant(moment(start) + timedelta(seconds=seconds))


def seconds_between(start: Instant, end: Instant) -> float:
    """How long it is from one instant to another; negative if `end` comes first."""
    return (moment(end) - moment(start)).total_seconds()
