"""The host's half of a replay: which work is new, and is the orchestrator done?

The SDK runs the generator over the history and answers with every action since the start. The host then
awaits that list *in order* over the same history, giving each call the next number; the SDK gives the same
numbers on its side. What has a number but no event in the history is new work. This is what
`OutOfProcOrchestrationShim` of the Durable extension does on top of DurableTask.Core
(`TaskOrchestrationContext`, `RetryInterceptor`), and its surprises are kept:

- the next action is looked at only when the one before is over, whatever the orchestrator already knows;
- a failed `task_all` is over only when all its parts are;
- after the last attempt of a retry comes one more timer, which rings at once;
- an orchestrator that has returned is not complete while an activity, child or timer is still open;
- of several waits for one event name, the last one is served first; names are compared without regard to
  case.
"""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from infra.local.host.actions import (
    Action,
    All,
    AnyOf,
    CallActivity,
    CallChild,
    ContinueAsNew,
    Retry,
    SetTimer,
    WaitForEvent,
)
from infra.local.host.clock import Instant, later
from infra.local.host.functions import Functions
from infra.local.host.history import COMPLETIONS, FAILURES, Event, EventType, kind_of


class NonDeterministicOrchestration(Exception):
    """The history holds something that the orchestrator's code no longer asks for."""


class Awaited:
    """Something the orchestrator waits for: open, then over, well or not. Its value does not matter here."""

    def __init__(self) -> None:
        self.over = False
        self.well = False
        self._then: list[Callable[[], None]] = []

    def end(self, well: bool) -> None:
        """Ends it, once, and goes on with whoever waits for it."""
        if self.over:
            return
        self.over, self.well = True, well
        for go_on in self._then:
            go_on()

    def then(self, go_on: Callable[[], None]) -> None:
        if self.over:
            go_on()
        else:
            self._then.append(go_on)


Steps = Generator[Awaited, bool, bool]
"""Awaits what it yields; is sent whether that ended well; returns whether it ended well itself."""

Work = CallActivity | CallChild | SetTimer


@dataclass(slots=True)
class Outcome:
    """What a replay found out.

    `new_work` maps numbers to calls that are not in the history yet; `finished` says that every action is
    over and nothing is open, `error` why it ended badly; `carried_over` are events for the execution after a
    continue-as-new.
    """

    new_work: dict[int, Work] = field(default_factory=dict)
    finished: bool = False
    suspended: bool = False
    error: str | None = None
    continue_as_new: ContinueAsNew | None = None
    carried_over: list[Event] = field(default_factory=list)


def replay(actions: Sequence[Action], history: Sequence[Event], functions: Functions) -> Outcome:
    """Awaits the actions over the history; raises NonDeterministicOrchestration where the two disagree."""
    run = _Replay(actions, functions)
    for event in history:
        run.take(event)
    run.outcome.finished = run.through and not run.open
    return run.outcome


class _Replay:
    def __init__(self, actions: Sequence[Action], functions: Functions) -> None:
        self.outcome = Outcome()
        self.open: dict[int, Awaited] = {}
        self.through = False
        self._actions = actions
        self._functions = functions
        self._next_number = 0
        self._now: Instant
        self._waits: dict[str, list[Awaited]] = {}
        self._early: dict[str, int] = {}
        self._held: deque[Event] = deque()
        self._held_work: dict[int, Work] = {}

    # --- events ---------------------------------------------------------------------------------------------

    def take(self, event: Event) -> None:
        kind = kind_of(event)
        if kind is EventType.ORCHESTRATOR_STARTED:
            self._now = event["Timestamp"]
        elif kind is EventType.EXECUTION_RESUMED:
            self._resume()
        elif kind is EventType.EXECUTION_SUSPENDED:
            self._suspend()
        elif self.outcome.suspended:
            self._held.append(event)
        elif kind is EventType.EXECUTION_STARTED:
            self._drive(self._all_in_order())
        elif kind is EventType.EVENT_RAISED:
            self._raise(event)
        else:
            self._take_task_event(kind, event)

    def _take_task_event(self, kind: EventType, event: Event) -> None:
        if kind in COMPLETIONS or kind in FAILURES:
            self._end(event["TaskScheduledId"], well=kind in COMPLETIONS)
        elif kind is EventType.TIMER_FIRED:
            self._end(event["TimerId"], well=True)
        elif kind is EventType.TASK_SCHEDULED:
            self._confirm(event, CallActivity, f"an activity task named '{event['Name']}'")
        elif kind is EventType.SUB_ORCHESTRATION_CREATED:
            self._confirm(event, CallChild, f"a sub-orchestration task named '{event['Name']}'")
        elif kind is EventType.TIMER_CREATED:
            self._confirm(event, SetTimer, "a timer task")

    def _end(self, number: int, *, well: bool) -> None:
        awaited = self.open.pop(number, None)
        if awaited is not None:
            awaited.end(well)

    def _suspend(self) -> None:
        """Holds back what is new, and what ends or arrives from here; a second time does nothing."""
        if not self.outcome.suspended:
            self.outcome.suspended = True
            self._held_work, self.outcome.new_work = self.outcome.new_work, {}

    def _resume(self) -> None:
        self.outcome.suspended = False
        self.outcome.new_work |= self._held_work
        held, self._held, self._held_work = self._held, deque(), {}
        for event in held:
            self.take(event)

    def _raise(self, event: Event) -> None:
        name = event["Name"].lower()
        if self.outcome.continue_as_new is not None:
            self.outcome.carried_over.append(event)
        elif self._waits.get(name):
            self._waits[name].pop().end(well=True)
        else:
            self._early[name] = self._early.get(name, 0) + 1

    def _confirm(self, event: Event, kind: type[Work], what: str) -> None:
        """Takes work off the list of what is new, because an earlier episode has scheduled it."""
        number = event["EventId"]
        now = self.outcome.new_work.pop(number, None)
        before = (
            "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled "
            f"{what} with sequence number {number}, but the current "
        )
        after = "Was a change made to the orchestrator code after this instance had already started running?"
        if now is None:
            raise NonDeterministicOrchestration(
                f"{before}replay execution hasn't (yet?) scheduled this task. {after}"
            )
        same_name = isinstance(now, SetTimer) or now.name.lower() == event["Name"].lower()
        if not isinstance(now, kind) or not same_name:
            instead = (
                type(now).__name__ if isinstance(now, SetTimer) else f"{type(now).__name__} '{now.name}'"
            )
            raise NonDeterministicOrchestration(
                f"{before}orchestration replay instead produced {instead} with this sequence number. {after}"
            )

    # --- actions --------------------------------------------------------------------------------------------

    def _all_in_order(self) -> Steps:
        for action in self._actions:
            try:
                awaited = self._begin(action)
            except LookupError as unknown:
                self.outcome.error = str(unknown.args[0])
                break
            yield awaited
        self.through = True
        return True

    def _drive(self, steps: Steps) -> Awaited:
        """Runs the steps as far as what they await is over, and on each time something ends."""
        end = Awaited()

        def go_on(awaited: Awaited | None = None) -> None:
            try:
                while awaited is None or awaited.over:
                    awaited = next(steps) if awaited is None else steps.send(awaited.well)
            except StopIteration as stop:
                end.end(bool(stop.value))
                return
            last = awaited
            last.then(lambda: go_on(last))

        go_on()
        return end

    def _begin(self, action: Action) -> Awaited:
        match action:
            case CallActivity() | CallChild():
                self._check_exists(action)
                return (
                    self._call(action)
                    if action.retry is None
                    else self._drive(self._retry(action, action.retry))
                )
            case SetTimer():
                timer = self._call(action)
                if action.cancelled:
                    self._end(self._next_number - 1, well=False)
                return timer
            case WaitForEvent():
                return self._wait(action.name.lower())
            case ContinueAsNew():
                self.outcome.continue_as_new = action
                return _over()
            case AnyOf() | All():
                return self._several(action)

    def _check_exists(self, action: CallActivity | CallChild) -> None:
        if isinstance(action, CallActivity):
            self._functions.activity(action.name)
        else:
            self._functions.orchestrator(action.name)

    def _call(self, work: Work) -> Awaited:
        number = self._next_number
        self._next_number += 1
        self.outcome.new_work[number] = work
        self.open[number] = Awaited()
        return self.open[number]

    def _retry(self, action: CallActivity | CallChild, retry: Retry) -> Steps:
        for attempt in range(1, retry.attempts + 1):
            if (yield self._call(action)):
                return True
            pause = 0 if attempt == retry.attempts else retry.interval_ms / 1000
            yield self._call(SetTimer(later(self._now, pause), cancelled=False))
        return False

    def _wait(self, name: str) -> Awaited:
        if self._early.get(name):
            self._early[name] -= 1
            return _over()
        wait = Awaited()
        self._waits.setdefault(name, []).append(wait)
        return wait

    def _several(self, action: AnyOf | All) -> Awaited:
        parts = [self._begin(part) for part in action.actions]
        together = Awaited()
        enough = any if isinstance(action, AnyOf) else all

        def look() -> None:
            if enough(part.over for part in parts):
                together.end(all(part.well for part in parts))

        for part in parts:
            part.then(look)
        if not parts:
            together.end(well=True)
        return together


def _over() -> Awaited:
    over = Awaited()
    over.end(well=True)
    return over
