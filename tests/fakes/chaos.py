"""The end-to-end tests in chaos: which of them run, and how long they may take.

The stack is then one host for HTTP and two for the work on one data folder; starts, events and activities
come up to five seconds late, and every fourth activity is delivered twice (`infra.local.stack.Chaos`).
What the tests expect stays the same. A test that is about something else, or that measures time itself, is
marked `calm` with its reason and left out.
"""

import zlib
from typing import Any

import pytest

PATIENCE = 8.0
"""How many times longer a sync may take: each of its steps is late twice."""


def prepare(config: pytest.Config, items: list[pytest.Item], seed: int, share: int) -> None:
    """Keeps the tests that drive the worker's stack, one in `share` of them, and gives them time."""
    kept = [item for item in items if _drives_the_stack(item) and chosen(item.nodeid, seed, share)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept
    for item in items:
        calm = item.get_closest_marker("calm")
        if calm is not None:
            item.add_marker(pytest.mark.skip(reason=f"not in chaos: {calm.args[0]}"))
        item.add_marker(pytest.mark.timeout(_timeout(config, item) * PATIENCE), append=False)


def chosen(name: str, seed: int, share: int) -> bool:
    """Whether this test is of the share that the seed chooses; seeds choose different ones."""
    return zlib.crc32(f"{seed} {name}".encode()) % share == 0


def _drives_the_stack(item: pytest.Item) -> bool:
    return "worker_stack" in getattr(item, "fixturenames", ())


def _timeout(config: pytest.Config, item: pytest.Item) -> float:
    marker = item.get_closest_marker("timeout")
    value: Any = marker.args[0] if marker else config.getini("timeout")
    return float(value)
