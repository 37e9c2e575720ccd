"""Faults on request: lateness and double delivery, as a loaded Azure shows them, for campaigns of tests."""

import os
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Faults:
    """Off by default.

    `delay_max`: seconds by which starts, events and activities may come late, at random; short delays are
    the most frequent, as in life.
    `redeliver`: probability that an activity is delivered a second time: at once, beside the first, or late.
    """

    delay_max: float = 0.0
    redeliver: float = 0.0
    seed: int | None = None
    _random: random.Random = field(init=False, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_random", random.Random(self.seed))

    def delay(self) -> float:
        """How many seconds the next start, event or activity comes late."""
        if not self.delay_max:
            return 0.0
        with self._lock:
            return self.delay_max * self._random.random() ** 3

    def delivers_twice(self) -> bool:
        """Whether the next activity is delivered a second time."""
        if not self.redeliver:
            return False
        with self._lock:
            return self._random.random() < self.redeliver

    def echo_delay(self) -> float:
        """How many seconds after its first the second delivery comes: every other one at once."""
        with self._lock:
            at_once = self._random.random() < 0.5
        return 0.0 if at_once else self.delay()


def read_faults(environment: Mapping[str, str] = os.environ) -> Faults:
    """The faults asked for by ACCORD_HOST_DELAY_MAX, ACCORD_HOST_REDELIVER and ACCORD_HOST_SEED."""
    seed = environment.get("ACCORD_HOST_SEED")
    return Faults(
        delay_max=float(environment.get("ACCORD_HOST_DELAY_MAX") or 0),
        redeliver=float(environment.get("ACCORD_HOST_REDELIVER") or 0),
        seed=int(seed) if seed else None,
    )
