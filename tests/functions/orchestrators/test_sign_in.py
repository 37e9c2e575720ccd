"""The wait for a person, played as a plain generator: what ends it, and what it means for the sync."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from functions.orchestrators.sign_in import sign_in
from functions.orchestrators.sync_tenant import sync_tenant

START = dt.datetime(2026, 11, 23, 6, tzinfo=dt.UTC)
DEADLINE = START + dt.timedelta(minutes=3)
OPENED = {"deadline": DEADLINE.isoformat()}
SIGNED_IN, CANCELLED = {"state": "signedIn"}, {"end": {"kind": "cancelled"}}


class Task:
    """Something the orchestrator waits for."""

    def __init__(self, kind: str, name: str, value: Any = None) -> None:
        self.kind, self.name, self.value, self.cancelled = kind, name, value, False
        self.result: Any = None

    def cancel(self) -> None:
        self.cancelled = True


class Play:
    """A context whose polls answer (after so many seconds) from a script, beside events and timers."""

    def __init__(self, answers: dict[str, list[Any]], polls: list[tuple[float, Any]], **given: Any) -> None:
        self.current_utc_datetime = START
        self.answers, self.polls = answers, polls
        self.given = {"tenant": "contoso", "sync": "S", "number": 1, "step": 2, "limit": 60, **given}
        self.called: list[tuple[str, dict[str, Any]]] = []
        self.tasks: list[Task] = []
        self.events: list[float] = []
        """When, in seconds from the start, the sign-in's event comes."""

    def get_input(self) -> dict[str, Any]:
        return self.given

    def call_activity_with_retry(self, name: str, retry: Any, payload: dict[str, Any]) -> Task:
        return self._task("activity", name, payload)

    def call_activity(self, name: str, payload: dict[str, Any]) -> Task:
        seconds, answer = self.polls.pop(0) if self.polls else (1e9, None)
        task = self._task("poll", name, payload)
        task.value = (self.current_utc_datetime + dt.timedelta(seconds=seconds), answer)
        return task

    def call_sub_orchestrator(self, name: str, given: Any, instance: str) -> Task:
        self.called.append((name, {**given, "instance": instance}))
        return Task("activity", name)

    def _task(self, kind: str, name: str, payload: dict[str, Any]) -> Task:
        self.called.append((name, payload))
        return Task(kind, name)

    def task_any(self, tasks: list[Task]) -> Task:
        return Task("any", "", tasks)

    def task_all(self, tasks: list[Task]) -> Task:
        return Task("all", "", tasks)

    def wait_for_external_event(self, name: str) -> Task:
        return Task("event", name)

    def create_timer(self, at: dt.datetime) -> Task:
        self.tasks.append(Task("timer", "", at))
        return self.tasks[-1]

    def play(self, generator: Any) -> Any:
        task = next(generator)
        while True:
            try:
                task = generator.send(self._result(task))
            except StopIteration as end:
                return end.value

    def _result(self, task: Task) -> Any:
        if task.kind == "all":
            return [self._result(one) for one in task.value]
        if task.kind == "any":
            return self._first(task.value)
        return self.answers[task.name].pop(0) if self.answers.get(task.name) else {}

    def _first(self, tasks: list[Task]) -> Task:
        when = []
        for order, task in enumerate(tasks):
            if task.kind == "poll":
                when.append((task.value[0], order, task))
            elif task.kind == "timer":
                when.append((task.value, order, task))
            elif self.events:
                when.append((START + dt.timedelta(seconds=self.events[0]), order, task))
        at, _, first = min(when, key=lambda one: one[:2])
        self.current_utc_datetime = max(at, self.current_utc_datetime)
        if first.kind == "poll":
            first.result = first.value[1]
        if first.kind == "event":
            self.events.pop(0)
        return first

    @property
    def order(self) -> list[str]:
        return [name for name, _ in self.called]


def test_the_activity_that_hears_of_it_ends_the_wait_and_its_timer() -> None:
    play = Play({"open_sign_in": [OPENED]}, [(20, SIGNED_IN)])

    assert play.play(sign_in(play)) == SIGNED_IN

    assert play.order == ["open_sign_in", "poll_sign_in"]
    assert [timer.cancelled for timer in play.tasks] == [True]


def test_a_slice_that_ends_is_followed_by_another_with_the_same_deadline() -> None:
    play = Play({"open_sign_in": [OPENED]}, [(60, {"done": False}), (20, SIGNED_IN)])

    assert play.play(sign_in(play)) == SIGNED_IN

    polls = [payload for name, payload in play.called if name == "poll_sign_in"]
    assert [one["deadline"] for one in polls] == [DEADLINE.isoformat()] * 2


def test_whoever_settled_it_wakes_the_wait_and_the_row_is_read() -> None:
    play = Play({"open_sign_in": [OPENED], "close_sign_in": [SIGNED_IN]}, [])
    play.events = [5]

    assert play.play(sign_in(play)) == SIGNED_IN

    assert play.called[-1] == ("close_sign_in", {**play.called[-1][1], "last": False})


def test_a_wake_without_a_row_goes_on_waiting_beside_the_same_activity() -> None:
    play = Play({"open_sign_in": [OPENED], "close_sign_in": [{"settled": False}]}, [(30, SIGNED_IN)])
    play.events = [5]

    assert play.play(sign_in(play)) == SIGNED_IN

    assert play.order == ["open_sign_in", "poll_sign_in", "close_sign_in"]


def test_the_deadline_looks_a_last_time() -> None:
    end = {"end": {"kind": "signInDeadline"}}
    play = Play({"open_sign_in": [OPENED], "close_sign_in": [end]}, [])

    assert play.play(sign_in(play)) == end

    assert play.called[-1][1]["last"] is True
    assert play.current_utc_datetime == DEADLINE


def test_an_activity_that_failed_leaves_the_event_and_the_deadline() -> None:
    play = Play({"open_sign_in": [OPENED], "close_sign_in": [SIGNED_IN]}, [(3, RuntimeError("died"))])

    assert play.play(sign_in(play)) == SIGNED_IN

    assert play.order == ["open_sign_in", "poll_sign_in", "close_sign_in"]
    assert play.current_utc_datetime == DEADLINE


@pytest.mark.parametrize("opened", [{"state": "blocked"}, CANCELLED], ids=["not allowed", "cancelled"])
def test_where_nobody_can_be_asked_nobody_is_waited_for(opened: dict[str, Any]) -> None:
    play = Play({"open_sign_in": [opened]}, [])

    assert play.play(sign_in(play)) == opened
    assert play.order == ["open_sign_in"]


def test_ahead_of_any_sync_the_code_is_shown_already() -> None:
    play = Play({}, [(20, SIGNED_IN)], **OPENED)

    assert play.play(sign_in(play)) == SIGNED_IN
    assert play.order == ["poll_sign_in"]


def test_what_is_waited_with_holds_no_secret() -> None:
    play = Play({"open_sign_in": [OPENED], "close_sign_in": [SIGNED_IN]}, [(60, {"done": False})])
    play.events = [100]

    play.play(sign_in(play))

    known = {"tenant", "sync", "number", "step", "stopAt", "deadline", "last"}
    assert {name for _, payload in play.called for name in payload} <= known


# --- in a sync ----------------------------------------------------------------------------------------------

SCOPE = {"buckets": ["directory"], "types": 1}
NOTHING = {"asks": False, "digest": None}


def test_a_sync_that_needs_a_person_waits_and_goes_on() -> None:
    answers = {
        "authenticate": [{"signIn": 1}],
        "sign_in": [SIGNED_IN],
        "check_permissions": [SCOPE],
        "compare": [NOTHING],
    }
    play = Play(answers, [], limit=3600)

    play.play(sync_tenant(play))

    assert play.order[:4] == ["authenticate", "sign_in", "check_permissions", "back_up"]
    child, after = play.called[1][1], play.called[2][1]
    assert (child["instance"], child["number"]) == ("S-signin-1", 1)
    assert after["step"] > child["step"] + 1, "a late run of the child's is told from the stages after it"
    assert play.called[-1][1]["verdict"] == {"kind": "done"}


@pytest.mark.parametrize("kind", ["signInDeadline", "cancelled", "superseded"])
def test_a_sign_in_that_ends_the_sync_leads_to_its_report(kind: str) -> None:
    play = Play({"authenticate": [{"signIn": 1}], "sign_in": [{"end": {"kind": kind}}]}, [], limit=3600)

    play.play(sync_tenant(play))

    assert play.order == ["authenticate", "sign_in", "settle", "report", "finish"]
    assert play.called[-1][1]["verdict"] == {"kind": kind}


def test_the_wait_does_not_use_up_the_time_for_work() -> None:
    class Slow(Play):
        def call_sub_orchestrator(self, name: str, given: Any, instance: str) -> Task:
            self.current_utc_datetime += dt.timedelta(minutes=50)
            return super().call_sub_orchestrator(name, given, instance)

    answers = {"authenticate": [{"signIn": 1}], "sign_in": [SIGNED_IN], "check_permissions": [SCOPE]}
    play = Slow({**answers, "compare": [NOTHING]}, [], limit=3600)

    play.play(sync_tenant(play))

    after = next(payload for name, payload in play.called if name == "check_permissions")
    assert dt.datetime.fromisoformat(after["stopAt"]) == START + dt.timedelta(minutes=110)
