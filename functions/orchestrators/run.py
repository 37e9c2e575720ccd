"""One run of a sync as its orchestrator sees it: calls activities in order, counts transitions, keeps the
time.

Activities answer one JSON object. `{"done": false}` means "call me again" (a slice of work ended,
mechanics.md 2); `{"end": {…}}` means that the sync ends here, with that verdict.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Sequence
from typing import Any, TypeAlias

from azure.durable_functions import DurableOrchestrationContext, RetryOptions

Steps: TypeAlias = Generator[Any, Any, dict[str, Any]]

CRASHES = (5_000, 3)
"""Milliseconds between attempts, and attempts: covers a host that dies. Transient faults are retried inside.
"""
CLOSING = (30_000, 10)
"""The end of a sync is tried harder: the tenant stays locked until it is done."""


class Ended(Exception):
    """The sync ends here. `verdict` is JSON: `{"kind", "error"?}`."""

    def __init__(self, verdict: dict[str, Any]) -> None:
        super().__init__(verdict["kind"])
        self.verdict = verdict


class Run:
    """Calls activities for one sync.

    `step` counts transitions, never the stage's rank, so that a late writer of an earlier step is ignored
    (docs/architecture.md); one that closes a lost sync counts on from where that was. `limit` bounds the time
    spent in activities; waits do not count.
    """

    def __init__(self, context: DurableOrchestrationContext) -> None:
        self.context = context
        self.input: dict[str, Any] = dict(context.get_input() or {})
        self._left = dt.timedelta(seconds=self.input["limit"])
        self._step: int = self.input.get("step", 0)

    def call(self, name: str, **extra: Any) -> Steps:
        """Calls one activity until it is done; its answer, or Ended."""
        payload = self._payload(extra)
        while True:
            began = self.context.current_utc_datetime
            answer = yield self._activity(name, payload, began, CRASHES)
            self._left -= self.context.current_utc_datetime - began
            if "end" in answer:
                raise Ended(answer["end"])
            if answer.get("done", True):
                return dict(answer)

    def task(self, name: str, **extra: Any) -> Any:
        """One activity's task, to be waited for beside something else. It is not repeated, and its time does
        not count.
        """
        return self.context.call_activity(name, self._payload(extra))

    def child(self, name: str, instance: str, **extra: Any) -> Steps:
        """A sub-orchestration that waits: its time does not count. Its answer, or Ended."""
        given = {**self._payload(extra), "limit": self._left.total_seconds()}
        self._step += 1  # the child counts on from the step it was given
        answer = yield self.context.call_sub_orchestrator(name, given, instance)
        if "end" in answer:
            raise Ended(answer["end"])
        return dict(answer)

    def all(self, name: str, extras: Sequence[dict[str, Any]]) -> Generator[Any, Any, list[dict[str, Any]]]:
        """Calls one activity side by side for each of `extras` until each is done; the answers in order."""
        answers: list[dict[str, Any]] = [{"done": False} for _ in extras]
        payloads = [self._payload(extra, counts=index == 0) for index, extra in enumerate(extras)]
        while open_ := [index for index, answer in enumerate(answers) if not answer.get("done", True)]:
            began = self.context.current_utc_datetime
            tasks = [self._activity(name, payloads[index], began, CRASHES) for index in open_]
            for index, answer in zip(open_, (yield self.context.task_all(tasks)), strict=True):
                answers[index] = dict(answer)
            self._left -= self.context.current_utc_datetime - began
        for answer in answers:
            if "end" in answer:
                raise Ended(answer["end"])
        return answers

    def close(self, name: str, **extra: Any) -> Steps:
        """Calls an activity of the sync's end, which no cancel and no time limit stops."""
        payload = self._payload(extra)
        while True:
            answer = yield self._activity(name, payload, None, CLOSING)
            if answer.get("done", True):
                return dict(answer)

    def _payload(self, extra: dict[str, Any], *, counts: bool = True) -> dict[str, Any]:
        self._step += counts
        return {"tenant": self.input["tenant"], "sync": self.input["sync"], "step": self._step, **extra}

    def _activity(
        self, name: str, payload: dict[str, Any], began: dt.datetime | None, retry: tuple[int, int]
    ) -> Any:
        stop = {} if began is None else {"stopAt": (began + self._left).isoformat()}
        return self.context.call_activity_with_retry(name, RetryOptions(*retry), {**payload, **stop})
