"""What end-to-end tests are given beside the `driver`: notes of the statuses that a tenant showed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from driver import Driver, driver
from status_scenes import SCENARIOS, Seen, only

__all__ = ["driver"]


@pytest.fixture
def seen(driver: Callable[..., Driver], request: pytest.FixtureRequest) -> Iterator[Callable[..., Seen]]:
    """Notes of what a tenant showed, held against what the scenario has to reach when it is over."""
    made: list[Seen] = []

    def make(seed: str = "empty", **settings: Any) -> Seen:
        made.append(Seen(driver(seed, **{"types": only("assignment-filters"), **settings})))
        return made[-1]

    yield make
    for what, expected in SCENARIOS[request.node.originalname].items():
        shown = set().union(*(getattr(one, what) for one in made))
        assert expected <= shown, f"{what} that were to be reached: {expected - shown}"
