"""Versions of orchestrations: which instances this host may play (host.json, `extensions.durableTask`).

Source: "Orchestration versioning" in the Durable Functions documentation, and DurableTask.Core's
VersioningSettings.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class MatchStrategy(StrEnum):
    """Which versions a host plays, beside its own."""

    NONE = "none"
    STRICT = "strict"
    CURRENT_OR_OLDER = "currentorolder"


class FailureStrategy(StrEnum):
    """What becomes of an instance that the host may not play: left waiting, or failed."""

    REJECT = "reject"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Versioning:
    """The three settings. `default` is the version of new instances and of this host; empty: unversioned."""

    default: str = ""
    match: MatchStrategy = MatchStrategy.CURRENT_OR_OLDER
    failure: FailureStrategy = FailureStrategy.REJECT

    def matches(self, version: str) -> bool:
        """Whether this host plays an instance of that version."""
        match self.match:
            case MatchStrategy.NONE:
                return True
            case MatchStrategy.STRICT:
                return version == self.default
            case MatchStrategy.CURRENT_OR_OLDER:
                return not self.default or compare(version, self.default) <= 0

    def takes(self, version: str) -> bool:
        """Whether this host takes the instance's work, be it only to fail it."""
        return self.failure is FailureStrategy.FAIL or self.matches(version)


def compare(left: str, right: str) -> int:
    """-1, 0 or 1. An empty version is older than any; dotted numbers compare as such, all else as text."""
    if not left.strip() or not right.strip():
        return bool(left.strip()) - bool(right.strip())
    numbers = _numbers(left), _numbers(right)
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    return (left.lower() > right.lower()) - (left.lower() < right.lower())


def _numbers(version: str) -> tuple[int, ...] | None:
    """The parts of a .NET version: two to four numbers; absent ones count as less than 0."""
    if not re.fullmatch(r"\d+(\.\d+){1,3}", version.strip()):
        return None
    parts = [int(part) for part in version.strip().split(".")]
    return (*parts, *([-1] * (4 - len(parts))))
