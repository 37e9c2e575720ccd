"""The functions of an app, as values: what each is called and what starts it.

The bindings come from the public programming model (`FunctionRegister.get_functions()`), in the form of a
`function.json`. What this host does not do is refused here, at load, with its reason.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class UnsupportedFunction(Exception):
    """The app has a function, binding or setting that this host does not run."""


@dataclass(frozen=True, slots=True)
class HttpTrigger:
    """An HTTP address. `methods` is upper case; empty means any method."""

    parameter: str
    route: str
    methods: frozenset[str]


@dataclass(frozen=True, slots=True)
class TimerTrigger:
    """A schedule: an NCRONTAB expression, a time span, or `%SETTING%`."""

    parameter: str
    schedule: str
    run_on_startup: bool
    use_monitor: bool


@dataclass(frozen=True, slots=True)
class OrchestrationTrigger:
    """A durable orchestrator. `called` is the name it is started by, if that is not the function's own."""

    parameter: str
    called: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityTrigger:
    """A durable activity. `called` is the name orchestrators use, if that is not the function's own."""

    parameter: str
    called: str | None = None


Trigger = HttpTrigger | TimerTrigger | OrchestrationTrigger | ActivityTrigger


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its name, its trigger and the parameters that get a durable client."""

    name: str
    trigger: Trigger
    clients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Functions:
    """All functions of an app. Names are compared without regard to case, as the real host does."""

    all: tuple[Function, ...]
    _by_name: Mapping[str, Function] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_name = {function.name.lower(): function for function in self.all}
        if len(by_name) != len(self.all):
            names = [function.name for function in self.all]
            twice = sorted({name for name in names if [n.lower() for n in names].count(name.lower()) > 1})
            raise UnsupportedFunction(
                f"Function names must be unique; these occur twice: {', '.join(twice)}."
            )
        object.__setattr__(self, "_by_name", by_name)

    def get(self, name: str) -> Function | None:
        return self._by_name.get(name.lower())

    def http(self) -> dict[str, HttpTrigger]:
        return {f.name: f.trigger for f in self.all if isinstance(f.trigger, HttpTrigger)}

    def timers(self) -> dict[str, TimerTrigger]:
        return {f.name: f.trigger for f in self.all if isinstance(f.trigger, TimerTrigger)}

    def orchestrator(self, name: str) -> Function:
        """The orchestrator of that name; raises LookupError with the real host's text."""
        return self._durable(name, OrchestrationTrigger, "orchestrator")

    def activity(self, name: str) -> Function:
        """The activity of that name; raises LookupError with the real host's text."""
        return self._durable(name, ActivityTrigger, "activity")

    def _durable(self, name: str, kind: type[Trigger], word: str) -> Function:
        known = {_durable_name(f): f for f in self.all if isinstance(f.trigger, kind)}
        for called, function in known.items():
            if called.lower() == name.lower():
                return function
        article = "an" if word[0] in "aeiou" else "a"
        names = "', '".join(known)
        hint = (
            f"The following are the known {word} functions: '{names}'."
            if known
            else f"No {word} functions are currently registered!"
        )
        raise LookupError(
            f"The function '{name}' doesn't exist, is disabled, or is not {article} {word} function. "
            f"Additional info: {hint}"
        )


def read_function(name: str, bindings: Iterable[Mapping[str, Any]]) -> Function:
    """The function that these bindings (as in `function.json`) describe; refuses what is not run here."""
    trigger: Trigger | None = None
    clients: list[str] = []
    for binding in bindings:
        kind = str(binding["type"])
        if kind == "durableClient":
            clients.append(str(binding["name"]))
        elif kind in _TRIGGERS:
            trigger = _TRIGGERS[kind](name, binding)
        elif kind != "http":
            raise UnsupportedFunction(
                f"Function '{name}' has the binding '{kind}', which this local host does not run (501). "
                f"It runs {', '.join(sorted(_TRIGGERS))} and durableClient."
            )
    if trigger is None:
        raise UnsupportedFunction(f"Function '{name}' has no trigger; give it one.")
    return Function(name, trigger, tuple(clients))


def _http_trigger(name: str, binding: Mapping[str, Any]) -> HttpTrigger:
    level = str(binding.get("authLevel") or "FUNCTION").lower()
    if level != "anonymous":
        raise UnsupportedFunction(
            f"Function '{name}' asks for the authorization level '{level}'. This local host has no platform "
            "keys: declare the function ANONYMOUS and authorise in the app, or it would be open here and "
            "closed in Azure."
        )
    methods = frozenset(str(method).upper() for method in binding.get("methods") or ())
    return HttpTrigger(str(binding["name"]), str(binding.get("route") or name), methods)


def _timer_trigger(_name: str, binding: Mapping[str, Any]) -> TimerTrigger:
    return TimerTrigger(
        str(binding["name"]),
        str(binding["schedule"]),
        run_on_startup=bool(binding.get("runOnStartup")),
        use_monitor=binding.get("useMonitor") is not False,
    )


def _orchestration_trigger(_name: str, binding: Mapping[str, Any]) -> OrchestrationTrigger:
    return OrchestrationTrigger(str(binding["name"]), binding.get("orchestration"))


def _activity_trigger(_name: str, binding: Mapping[str, Any]) -> ActivityTrigger:
    return ActivityTrigger(str(binding["name"]), binding.get("activity"))


def _durable_name(function: Function) -> str:
    called = getattr(function.trigger, "called", None)
    return called or function.name


_TRIGGERS: dict[str, Callable[[str, Mapping[str, Any]], Trigger]] = {
    "httpTrigger": _http_trigger,
    "timerTrigger": _timer_trigger,
    "orchestrationTrigger": _orchestration_trigger,
    "activityTrigger": _activity_trigger,
}
