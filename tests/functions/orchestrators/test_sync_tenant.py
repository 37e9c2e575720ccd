"""The orchestrators, played as plain generators: what follows what, and what a verdict becomes."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest

from functions.orchestrators.sync_tenant import close_sync, sync_tenant
from functions.orchestrators.waiting import SLICE

START = dt.datetime(2026, 11, 23, 6, tzinfo=dt.UTC)
DIGEST = "sha256:" + "a" * 64
DECISION = f"decision-{'a' * 32}"


class Task:
    """Something the orchestrator waits for."""

    def __init__(self, kind: str, name: str, value: Any = None) -> None:
        self.kind, self.name, self.value, self.cancelled = kind, name, value, False

    def cancel(self) -> None:
        self.cancelled = True


class Stage:
    """A context that answers activities from a script and lets time pass as they say."""

    def __init__(self, answers: dict[str, list[Any]], **given: Any) -> None:
        self.current_utc_datetime = START
        self.answers = answers
        self.given = {"tenant": "contoso", "sync": "S", "limit": 3600, **given}
        self.called: list[tuple[str, dict[str, Any]]] = []
        self.timers: list[dt.datetime] = []
        self.events: list[tuple[float, str]] = []
        """When (seconds from the start) which event comes."""

    def get_input(self) -> dict[str, Any]:
        return self.given

    def call_activity_with_retry(self, name: str, retry: Any, payload: dict[str, Any]) -> Task:
        self.called.append((name, payload))
        return Task("activity", name)

    def task_all(self, tasks: list[Task]) -> Task:
        return Task("all", "", tasks)

    def task_any(self, tasks: list[Task]) -> Task:
        return Task("any", "", tasks)

    def wait_for_external_event(self, name: str) -> Task:
        return Task("event", name)

    def create_timer(self, at: dt.datetime) -> Task:
        self.timers.append(at)
        return Task("timer", "", at)

    def play(self, generator: Any) -> Any:
        """Runs the orchestrator to its end."""
        task = next(generator)
        while True:
            try:
                result = self._result(task)
                task = generator.throw(result) if isinstance(result, Exception) else generator.send(result)
            except StopIteration as end:
                return end.value

    def _result(self, task: Task) -> Any:
        if task.kind == "all":
            return [self._result(one) for one in task.value]
        if task.kind == "any":
            return self._first(task.value)
        self.current_utc_datetime += dt.timedelta(seconds=1)
        return self.answers[task.name].pop(0) if self.answers.get(task.name) else {}

    def _first(self, tasks: list[Task]) -> Task:
        timer = next(task for task in tasks if task.kind == "timer")
        waiting = {task.name: task for task in tasks if task.kind == "event"}
        for index, (seconds, name) in enumerate(self.events):
            at = START + dt.timedelta(seconds=seconds)
            if name in waiting and at < timer.value:
                del self.events[index]
                self.current_utc_datetime = max(at, self.current_utc_datetime)
                return waiting[name]
        self.current_utc_datetime = timer.value
        return timer

    @property
    def order(self) -> list[str]:
        return [name for name, _ in self.called]


SCOPE = {"buckets": ["intune", "directory"], "types": 12}
OPENED = {"deadline": (START + dt.timedelta(days=30)).isoformat()}
BEFORE = ["authenticate", "check_permissions", "back_up", "back_up", "compare"]
END = ["settle", "report", "finish"]


def waiting(kind: str, **more: list[Any]) -> Stage:
    """A sync that asks, and is then decided on."""
    stage = Stage(
        {
            "check_permissions": [SCOPE, SCOPE],
            "compare": [{"asks": True, "digest": DIGEST}],
            "open_approval": [OPENED],
            "read_decision": [{"kind": kind}],
            **more,
        }
    )
    stage.events.append((60, DECISION))
    return stage


def test_a_plan_with_nothing_to_decide_asks_nobody() -> None:
    stage = Stage({"check_permissions": [SCOPE], "compare": [{"asks": False, "digest": None}]})

    stage.play(sync_tenant(stage))

    assert stage.order == [*BEFORE, *END]
    assert stage.called[-1][1]["verdict"] == {"kind": "done"}


def test_an_approval_signs_in_again_before_it_deploys() -> None:
    stage = waiting("approve")

    stage.play(sync_tenant(stage))

    again = ["authenticate", "check_permissions", "deploy"]
    assert stage.order == [*BEFORE, "open_approval", "read_decision", *again, *END]
    assert stage.called[-1][1]["verdict"] == {"kind": "deployed"}
    assert [payload["deploying"] for name, payload in stage.called if name == "authenticate"] == [False, True]


@pytest.mark.parametrize("kind", ["reject", "expired", "cancelled", "superseded"])
def test_any_other_answer_ends_without_a_write(kind: str) -> None:
    stage = waiting(kind)

    stage.play(sync_tenant(stage))

    assert stage.order == [*BEFORE, "open_approval", "read_decision", *END]
    assert stage.called[-1][1]["verdict"] == {"kind": kind}


def test_reject_and_revert_reverts_and_never_deploys() -> None:
    stage = waiting("rejectAndRevert")

    stage.play(sync_tenant(stage))

    assert stage.order == [*BEFORE, "open_approval", "read_decision", "revert", *END]


@pytest.mark.parametrize("stopped", ["cancelled", "timeLimit"])
def test_a_deploy_that_was_stopped_says_so(stopped: str) -> None:
    stage = waiting("approve", deploy=[{"done": False}, {"end": {"kind": stopped}}])

    stage.play(sync_tenant(stage))

    assert stage.order.count("deploy") == 2
    assert stage.called[-1][1]["verdict"] == {"kind": stopped}


def test_an_ending_stage_goes_straight_to_the_report() -> None:
    verdict = {"kind": "failed", "error": {"code": "credentialRefused"}}
    stage = Stage({"authenticate": [{"end": verdict}]})

    stage.play(sync_tenant(stage))

    assert stage.order == ["authenticate", *END]
    assert {payload["verdict"]["kind"] for name, payload in stage.called if name in END} == {"failed"}


@pytest.mark.parametrize("stopped", ["cancelled", "timeLimit"])
@pytest.mark.parametrize("name", sorted(set(BEFORE)))
def test_a_stop_in_any_stage_is_settled_and_reported(name: str, stopped: str) -> None:
    answers: dict[str, Any] = {"check_permissions": [{**SCOPE, "buckets": SCOPE["buckets"][:1]}]}
    stage = Stage({**answers, name: [{"end": {"kind": stopped}}]})

    stage.play(sync_tenant(stage))

    reached = list(dict.fromkeys(BEFORE))
    assert stage.order == [*reached[: reached.index(name) + 1], *END]
    assert stage.called[-1][1]["verdict"] == {"kind": stopped}


def test_a_bucket_that_ends_the_sync_waits_for_the_others() -> None:
    stage = Stage({"check_permissions": [SCOPE], "back_up": [{"end": {"kind": "cancelled"}}, {"done": True}]})

    stage.play(sync_tenant(stage))

    assert stage.order == [*BEFORE[:-1], *END]


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        ("Result: Failure Exception: ValueError: no", "internal"),
        ("Exception: StorageUnavailable: writing plan.json: 503 ServerBusy", "storageUnavailable"),
        ("Exception: StorageConflict: others changed it", "storageUnavailable"),
    ],
)
def test_an_activity_that_fails_on_every_attempt_is_settled_and_reported(raised: str, code: str) -> None:
    stage = Stage({"check_permissions": [SCOPE], "compare": [RuntimeError(raised)]})

    stage.play(sync_tenant(stage))

    assert stage.order == [*BEFORE, *END]
    verdict = stage.called[-1][1]["verdict"]
    assert (verdict["kind"], verdict["error"]["code"]) == ("failed", code)
    assert raised in verdict["error"]["detail"]


def test_slices_are_called_again_under_the_same_step() -> None:
    stage = Stage(
        {
            "check_permissions": [SCOPE],
            "back_up": [{"done": False}, {"done": True}, {"done": False}, {"done": True}],
            "compare": [{"asks": False, "digest": None}],
        }
    )

    stage.play(sync_tenant(stage))

    slices = [payload for name, payload in stage.called if name == "back_up"]
    assert [one["bucket"] for one in slices] == ["intune", "directory", "intune", "intune"]
    assert len({one["step"] for one in slices}) == 1


def test_steps_only_grow() -> None:
    stage = waiting("approve")

    stage.play(sync_tenant(stage))

    steps = [payload["step"] for _, payload in stage.called]
    assert steps == sorted(steps)


def test_waiting_does_not_use_up_the_time_for_work() -> None:
    stage = waiting("approve")
    stage.events[:] = [(20 * 86_400, DECISION)]

    stage.play(sync_tenant(stage))

    deploy = next(payload for name, payload in stage.called if name == "deploy")
    left = dt.datetime.fromisoformat(deploy["stopAt"]) - (START + dt.timedelta(days=20))
    assert dt.timedelta(minutes=59) < left < dt.timedelta(minutes=60)


@pytest.mark.parametrize("day", [1, 4, 7, 29])
def test_a_long_wait_is_cut_into_timers_of_five_days_at_most(day: int) -> None:
    stage = waiting("reject")
    stage.events[:] = [(day * 86_400, DECISION)]

    stage.play(sync_tenant(stage))

    ends = [START, *stage.timers]
    assert all(later - earlier <= SLICE + dt.timedelta(minutes=1) for earlier, later in pairwise(ends))
    assert len(stage.timers) == day // 5 + 1


def test_the_deadline_asks_for_the_row_that_closes_the_question() -> None:
    stage = waiting("expired")
    stage.events.clear()

    stage.play(sync_tenant(stage))

    read = next(payload for name, payload in stage.called if name == "read_decision")
    assert read["expire"] is True


def test_a_wake_without_a_row_goes_on_waiting() -> None:
    stage = waiting("reject", read_decision=[{"kind": None}, {"kind": None}, {"kind": "reject"}])
    stage.events[:] = [(60, DECISION), (70, "cancel"), (80, DECISION)]

    stage.play(sync_tenant(stage))

    assert stage.order.count("read_decision") == 3
    assert stage.called[-1][1]["verdict"] == {"kind": "reject"}


HELD = {"held": ["c1", "c2"]}
UNTIL = {"until": (START + dt.timedelta(hours=72)).isoformat()}
GO_ON = {"until": None}


def test_what_the_tenant_holds_back_is_deployed_again_once_it_has_answered() -> None:
    stage = waiting("approve", deploy=[HELD, {"done": True}], await_tenant=[UNTIL, UNTIL, GO_ON])
    stage.events += [(3_600, "tenantApproval-c2"), (7_200, "tenantApproval-c1")]

    stage.play(sync_tenant(stage))

    wait = ["await_tenant", "await_tenant", "await_tenant"]
    assert stage.order[-len(END) - 5 : -len(END)] == ["deploy", *wait, "deploy"]
    assert stage.called[-1][1]["verdict"] == {"kind": "deployed"}


def test_an_answer_that_came_before_the_wait_is_not_waited_for() -> None:
    stage = waiting("approve", deploy=[HELD, {}], await_tenant=[GO_ON])
    before = len(stage.timers)

    stage.play(sync_tenant(stage))

    assert stage.order.count("deploy") == 2
    assert len(stage.timers) == before + 1  # the one of the decision


def test_the_wait_for_the_tenant_ends_at_its_deadline_and_costs_no_time_for_work() -> None:
    stage = waiting("approve", deploy=[HELD, {}], await_tenant=[UNTIL, GO_ON])

    stage.play(sync_tenant(stage))

    again = [payload for name, payload in stage.called if name == "deploy"][1]
    left = dt.datetime.fromisoformat(again["stopAt"]) - (START + dt.timedelta(hours=72))
    assert dt.timedelta(minutes=59) < left < dt.timedelta(minutes=60)


def test_a_cancel_while_the_tenant_is_waited_for_lets_the_deploy_end_it() -> None:
    ended = {"end": {"kind": "cancelled"}}
    stage = waiting("approve", deploy=[HELD, ended], await_tenant=[UNTIL, GO_ON])
    stage.events.append((3_600, "cancel"))

    stage.play(sync_tenant(stage))

    assert stage.called[-1][1]["verdict"] == {"kind": "cancelled"}


def test_one_change_may_be_held_back_more_than_once() -> None:
    stage = waiting("approve", deploy=[HELD, {"held": ["c1"]}, {}], await_tenant=[UNTIL, GO_ON, UNTIL, GO_ON])
    stage.events += [(3_600, "tenantApproval-c1"), (7_200, "tenantApproval-c1")]

    stage.play(sync_tenant(stage))

    assert stage.order.count("deploy") == 3
    assert stage.called[-1][1]["verdict"] == {"kind": "deployed"}


def test_closing_a_lost_sync_counts_on_and_never_stops_for_time() -> None:
    verdict = {"kind": "failed", "error": {"code": "orchestrationLost"}}
    stage = Stage({"settle": [{"done": False}, {}]}, step=7, verdict=verdict)

    stage.play(close_sync(stage))

    assert stage.order == ["settle", *END]
    assert [payload["step"] for _, payload in stage.called] == [8, 8, 9, 10]
    assert all("stopAt" not in payload for _, payload in stage.called)
