"""What an orchestrator asked for: the `actions` of the SDK's answer, as values.

Numbers and field names are those of azure-functions-durable 1.7 (`models/actions`), replay schema 3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.host.clock import Instant, instant, moment


class UnsupportedAction(Exception):
    """The orchestrator asked for something that this host does not do."""


@dataclass(frozen=True, slots=True)
class Retry:
    """At most so many attempts, this long apart."""

    attempts: int
    interval_ms: float


@dataclass(frozen=True, slots=True)
class CallActivity:
    """`input_text` is the JSON text of the argument."""

    name: str
    input_text: str | None
    retry: Retry | None = None


@dataclass(frozen=True, slots=True)
class CallChild:
    """A sub-orchestration; without an instance id the host gives one."""

    name: str
    input_text: str | None
    instance: str | None
    version: str | None
    retry: Retry | None = None


@dataclass(frozen=True, slots=True)
class SetTimer:
    """`cancelled` timers are set all the same, but nothing waits for them."""

    due: Instant
    cancelled: bool


@dataclass(frozen=True, slots=True)
class WaitForEvent:
    """An external event, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class ContinueAsNew:
    """Start over with this input (JSON text) and an empty history."""

    input_text: str | None


@dataclass(frozen=True, slots=True)
class All:
    """Wait for every one of these."""

    actions: "tuple[Action, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Wait for the first of these."""

    actions: "tuple[Action, ...]"


Action = CallActivity | CallChild | SetTimer | WaitForEvent | ContinueAsNew | All | AnyOf

_NOT_DONE_HERE = {7: "call_entity", 8: "call_http", 9: "signal_entity", 10: "signal_entity with a time"}


def read_action(data: Mapping[str, Any]) -> Action:
    """The action in this JSON object; raises UnsupportedAction for entities and durable HTTP."""
    match int(data["actionType"]):
        case 0 | 1:
            return CallActivity(data["functionName"], data.get("input"), _retry(data))
        case 2 | 3:
            version = data.get("version")
            return CallChild(
                data["functionName"], data.get("input"), data.get("instanceId"), version, _retry(data)
            )
        case 4:
            return ContinueAsNew(data.get("input"))
        case 5:
            return SetTimer(instant(moment(data["fireAt"])), bool(data.get("isCanceled")))
        case 6:
            return WaitForEvent(data["externalEventName"])
        case 11:
            return AnyOf(tuple(read_action(inner) for inner in data["compoundActions"]))
        case 12:
            return All(tuple(read_action(inner) for inner in data["compoundActions"]))
        case other:
            asked = _NOT_DONE_HERE.get(other, f"action {other}")
            raise UnsupportedAction(f"{asked} is not supported by the local host (501).")


def _retry(data: Mapping[str, Any]) -> Retry | None:
    options = data.get("retryOptions")
    if options is None:
        return None
    return Retry(int(options["maxNumberOfAttempts"]), float(options["firstRetryIntervalInMilliseconds"]))
