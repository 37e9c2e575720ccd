"""What host.json says, as far as this host listens to it, and what the command line adds.

Source of the names and defaults: the host.json reference of Azure Functions v4 and of Durable Functions.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from infra.local.host.faults import Faults
from infra.local.host.versions import FailureStrategy, MatchStrategy, Versioning

_SPAN = re.compile(r"(?:(?P<days>\d+)\.)?(?P<hours>\d+):(?P<minutes>\d{2}):(?P<seconds>\d{2}(?:\.\d+)?)")


BODY_LIMIT = 104_857_600
"""Bytes of a request, as the real host limits them by default (FUNCTIONS_REQUEST_BODY_SIZE_LIMIT)."""


class InvalidSettings(Exception):
    """host.json or an argument says something that cannot be."""


class Role(StrEnum):
    """What a host does of all there is to do; in Azure's Flex Consumption each has instances of its own."""

    HTTP = "http"
    DURABLE = "durable"
    TIMER = "timer"


ALL_ROLES = frozenset(Role)


class WorkerKind(StrEnum):
    """What runs the functions: this host itself, or Microsoft's worker package (Python 3.13 and later)."""

    DIRECT = "direct"
    MICROSOFT = "microsoft"


@dataclass(frozen=True, slots=True)
class HostJson:
    """The settings of host.json that count here. `function_timeout` is in seconds, None for no limit."""

    route_prefix: str = "api"
    hub_name: str = "TestHubName"
    function_timeout: float | None = 1800.0
    max_activities: int = 10 * (os.cpu_count() or 1)
    max_orchestrators: int = 10 * (os.cpu_count() or 1)
    versioning: Versioning = field(default_factory=Versioning)


@dataclass(frozen=True, slots=True)
class HostSettings:
    """One host process. `name` identifies it across restarts: what it had taken, it takes up again at once.

    `lease_seconds` is how long another host waits before it takes work up that this one has not renewed,
    `poll_seconds` how often it looks for what others have written, `stop_seconds` how long a stop waits for
    functions.
    """

    app: Path
    data: Path
    port: int = 0
    roles: frozenset[Role] = ALL_ROLES
    worker: WorkerKind = WorkerKind.DIRECT
    name: str | None = None
    public_url: str | None = None
    lease_seconds: float = 30.0
    poll_seconds: float = 0.1
    stop_seconds: float = 0.5
    homepage: bool = True
    body_limit: int = BODY_LIMIT
    faults: Faults = field(default_factory=Faults)


def read_host_json(app: Path) -> HostJson:
    """The app's host.json; raises InvalidSettings if there is none or it cannot be understood."""
    path = app / "host.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise InvalidSettings(
            f"There is no host.json in {app}; give --app the folder that holds it."
        ) from missing
    except ValueError as invalid:
        raise InvalidSettings(f"{path} is not valid JSON: {invalid}.") from invalid
    extensions = data.get("extensions", {})
    durable = extensions.get("durableTask", {})
    default = HostJson()
    return HostJson(
        route_prefix=str(extensions.get("http", {}).get("routePrefix", default.route_prefix)).strip("/"),
        hub_name=str(durable.get("hubName", default.hub_name)),
        function_timeout=_timeout(data.get("functionTimeout"), default.function_timeout),
        max_activities=int(durable.get("maxConcurrentActivityFunctions", default.max_activities)),
        max_orchestrators=int(durable.get("maxConcurrentOrchestratorFunctions", default.max_orchestrators)),
        versioning=_versioning(durable),
    )


def _timeout(value: Any, default: float | None) -> float | None:
    if value is None:
        return default
    return None if str(value) == "-1" else time_span(str(value))


def time_span(text: str) -> float:
    """The seconds of a .NET time span such as `00:05:00` or `1.12:00:00`."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise InvalidSettings(f"'{text}' is not a time span; write it as hh:mm:ss.")
    days, hours, minutes, seconds = match.group("days", "hours", "minutes", "seconds")
    return int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _versioning(durable: Mapping[str, Any]) -> Versioning:
    default = Versioning()
    try:
        return Versioning(
            default=str(durable.get("defaultVersion", default.default)),
            match=MatchStrategy(str(durable.get("versionMatchStrategy", default.match)).lower()),
            failure=FailureStrategy(str(durable.get("versionFailureStrategy", default.failure)).lower()),
        )
    except ValueError as unknown:
        raise InvalidSettings(
            f"host.json, extensions.durableTask: {unknown}. versionMatchStrategy is None, Strict or "
            "CurrentOrOlder, versionFailureStrategy is Reject or Fail."
        ) from unknown
