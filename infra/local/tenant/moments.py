"""Moments as the services write them."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(now: float) -> str:
    """Seconds since 1970 as `2026-01-31T10:00:00.1234560Z`."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
