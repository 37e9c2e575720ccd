"""One host: an app, a data folder, and the roles it plays for them."""

from contextlib import ExitStack
from typing import Self

from infra.local.host.clock import Clock, Instant, SystemClock
from infra.local.host.database import Database
from infra.local.host.direct_worker import DirectWorker
from infra.local.host.engine import Engine
from infra.local.host.front import Front
from infra.local.host.instances import Instances
from infra.local.host.invoker import Invoker
from infra.local.host.management import Management
from infra.local.host.microsoft_worker import MicrosoftWorker
from infra.local.host.routes import build_routes
from infra.local.host.server import Server
from infra.local.host.settings import HostSettings, Role, WorkerKind, read_host_json
from infra.local.host.timers import Timers
from infra.local.host.work import WorkList
from infra.local.host.worker import Worker

DATABASE = "host.sqlite3"
HTTP_THREADS = 32


class Host:
    """Loads the app at once; serves and works between `start` and `stop`.

    `clock` tells the time to everything that is durable or scheduled. Raises UnsupportedFunction,
    InvalidSettings or PortInUse, whose texts say what to do.
    """

    def __init__(self, settings: HostSettings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        self._clock = clock or SystemClock()
        self._host_json = host_json = read_host_json(settings.app)
        with ExitStack() as undo:
            self._server = Server(settings.port)
            undo.callback(self._server.stop)
            self._worker = self._make_worker()
            undo.callback(self._worker.stop)
            self.functions = self._worker.load(settings.app)
            self._database = Database(settings.data / DATABASE)
            undo.callback(self._database.close)
            self._name = settings.name or self._server.origin.removeprefix("http://")
            self._invoker = Invoker(self._worker, self.origin, settings.public_url, host_json.hub_name)
            self._work = WorkList(
                self._database, self._clock, self._name, settings.lease_seconds, host_json.versioning.default
            )
            self._engine = self._make_engine() if Role.DURABLE in settings.roles else None
            timers = self._make_timers()
            self._timers = timers if Role.TIMER in settings.roles else None
            self._front = self._make_front(timers)
            undo.pop_all()

    def _make_worker(self) -> Worker:
        match self.settings.worker:
            case WorkerKind.DIRECT:
                limits = self._host_json.max_activities + self._host_json.max_orchestrators
                return DirectWorker(limits + HTTP_THREADS)
            case WorkerKind.MICROSOFT:
                return MicrosoftWorker()

    def _make_engine(self) -> Engine:
        return Engine(self._work, self._invoker, self.functions, self._host_json, self.settings, self._clock)

    def _make_timers(self) -> Timers:
        lease_seconds = self.settings.lease_seconds
        return Timers(self._database, self._invoker, self.functions, self._clock, self._name, lease_seconds)

    def _make_front(self, timers: Timers) -> Front:
        settings, host_json = self.settings, self._host_json
        routes = build_routes(self.functions.http(), host_json.route_prefix)
        management = Management(
            Instances(self._database, self._clock),
            self.functions,
            self._clock,
            host_json.versioning.default,
            settings.faults,
            self.wake,
        )
        served = routes if Role.HTTP in settings.roles else ()
        return Front(settings, host_json, self.functions, served, self._invoker, management, timers)

    @property
    def origin(self) -> str:
        """Where it serves: `http://127.0.0.1:PORT`."""
        return self._server.origin

    def start(self) -> None:
        """Takes up what it had taken in an earlier life, then serves and works; returns once it serves."""
        self._work.release_all()
        self._server.start(self._front)
        if self._engine is not None:
            self._engine.start()
        if self._timers is not None:
            self._timers.start()

    def stop(self) -> None:
        """Ends in order, in less than two seconds: what does not end by itself is left to the next host."""
        if self._timers is not None:
            self._timers.stop()
        self._server.stop()
        if self._engine is not None:
            self._engine.stop(self.settings.stop_seconds)
        self._worker.stop()
        self._work.release_all()
        self._database.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- for tests under a clock of their own ---------------------------------------------------------------

    def wake(self) -> None:
        """Looks at once for what is due: after a change of the clock, or of the state."""
        for part in (self._engine, self._timers):
            if part is not None:
                part.wake()

    def idle(self) -> bool:
        """Whether nothing runs and nothing is due at this moment of the clock."""
        # The timers first: their functions start orchestrations, and no orchestration runs one of them.
        return all(part.idle() for part in (self._timers, self._engine) if part is not None)

    def next_due(self) -> Instant:
        """When something comes due next."""
        return min(part.next_due() for part in (self._engine, self._timers) if part is not None)
