"""A host for Azure Functions and Durable Functions (Python, model v2, SDK 1.x) on one machine.

Read it in this order:

- `host` puts the parts together; `__main__` is the command line, `settings` reads host.json, `server` serves.
- `functions` are an app's functions as values. `worker` is the seam behind which they run: `direct_worker`
  runs them here, `microsoft_worker` in Microsoft's package by its `rpc_messages`; `function_loop` is the
  event loop of both. `invoker` calls them with what they are bound to; `client_binding` is the durable
  client's.
- `front` answers HTTP: `routes` finds the function, `management` is the Durable API (`query_string`,
  `status_view`).
- `engine` runs orchestrations, `activity_runner` activities. `work` takes work and `outcome` stores what came
  of it; `episode` plays one episode, in which `replay` finds out which of the orchestrator's `actions` are
  new; `history` builds the events; `instances` is what clients can do.
- `timers` runs timer functions by their `schedule`.
- `database` is the state, `clock` the time, `faults` lateness and double delivery on request, `versions`
  which instances a host may play.

What it copies from the real host and what it refuses is told in `docs/local-host.md`.
"""

from infra.local.host.clock import Clock, SystemClock
from infra.local.host.faults import Faults
from infra.local.host.functions import UnsupportedFunction
from infra.local.host.host import Host
from infra.local.host.server import PortInUse
from infra.local.host.settings import HostSettings, InvalidSettings, Role, WorkerKind

__all__ = [
    "Clock",
    "Faults",
    "Host",
    "HostSettings",
    "InvalidSettings",
    "PortInUse",
    "Role",
    "SystemClock",
    "UnsupportedFunction",
    "WorkerKind",
]
