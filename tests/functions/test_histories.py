"""Syncs that wait while a new release is deployed go on with its code: recorded histories, replayed.

Each recording is played episode by episode through the Durable SDK and the host's half of the protocol. What
the orchestrators ask for must be what they asked for when it was recorded, or the real host would fail the
sync with "Non-Deterministic workflow detected".
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from recording import APP, HISTORIES, RUNNING, file_of, record, release
from waits import USUAL, WAITS

from infra.local.host.direct_worker import DirectWorker
from infra.local.host.episode import Advance, advance, orchestrator_json
from infra.local.host.functions import Functions
from infra.local.host.history import Event, EventType, kind_of
from infra.local.host.instances import Instance, Parent, Status
from infra.local.host.worker import FunctionFailed, Invocation, JsonData

# The SDK's one-time advice about `expected_type` is no fault of anybody's here.
pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads:DeprecationWarning")

SCHEDULED = {EventType.TASK_SCHEDULED, EventType.TIMER_CREATED, EventType.SUB_ORCHESTRATION_CREATED}
BRACKETS = {EventType.ORCHESTRATOR_STARTED, EventType.ORCHESTRATOR_COMPLETED}
RECORDED = {f"{path.parent.name} {path.stem}": path for path in sorted(HISTORIES.glob("*/*.json"))}


class Player:
    """The present orchestrators, behind the SDK."""

    def __init__(self, app: Path) -> None:
        (app / "function_app.py").write_text(APP)
        self.worker = DirectWorker(2)
        self.functions: Functions = self.worker.load(app)

    def episode(self, sync: dict[str, Any], past: list[Event], episode: list[Event]) -> Advance:
        """Plays the episode that the recorded one was."""
        new = [event for event in episode if kind_of(event) not in SCHEDULED | BRACKETS]
        at = episode[0]["Timestamp"]
        parent = Parent(sync["parent"], "recorded", 0) if sync["parent"] else None
        name, version = sync["orchestrator"], sync["version"]
        instance = Instance(
            sync["id"], "recorded", name, version, Status.RUNNING, None, None, None, at, at, parent
        )
        return advance(instance, past, new, at, self.functions, lambda text: self._ask(sync, text))

    def _ask(self, sync: dict[str, Any], trigger: str) -> str:
        function = self.functions.orchestrator(sync["orchestrator"])
        data = {function.trigger.parameter: JsonData(trigger)}
        try:
            answer = self.worker.invoke(Invocation("replay", function.name, data)).result()
        except FunctionFailed as failed:
            return orchestrator_json(failed)
        assert isinstance(answer, JsonData)
        return answer.text


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path_factory.mktemp("syspath")))  # puts sys.path back afterwards
        made = Player(tmp_path_factory.mktemp("app"))
        yield made
        made.worker.stop()


def episodes(history: list[Event]) -> list[list[Event]]:
    starts = [n for n, event in enumerate(history) if kind_of(event) is EventType.ORCHESTRATOR_STARTED]
    return [history[start:end] for start, end in zip(starts, [*starts[1:], len(history)], strict=True)]


def asked(events: list[Event]) -> list[tuple[int, int, str | None]]:
    return [
        (event["EventType"], event["EventId"], event.get("Name"))
        for event in events
        if kind_of(event) in SCHEDULED
    ]


def replay(player: Player, sync: dict[str, Any]) -> None:
    past: list[Event] = []
    for episode in episodes(sync["history"]):
        result = player.episode(sync, past, episode)
        assert result.error is None, result.error
        assert asked(result.events) == asked(episode)
        past += episode


@pytest.mark.parametrize("name", RECORDED)
def test_a_sync_that_waits_goes_on_with_the_present_code(player: Player, name: str) -> None:
    replay(player, json.loads(RECORDED[name].read_text()))


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait.name)
def test_every_wait_is_recorded_for_the_present_release(wait: Any) -> None:
    assert file_of(wait.name, release()).is_file(), "call `python3 dev.py bench histories`"


def test_other_code_than_the_recorded_is_noticed(player: Player) -> None:
    sync = json.loads(file_of("approval", release()).read_text())
    for event in sync["history"]:
        if event.get("Name") == "compare":
            event["Name"] = "compare_otherwise"
    with pytest.raises(AssertionError, match="compare"):
        replay(player, sync)


def test_work_that_the_present_code_no_longer_asks_for_is_noticed(player: Player) -> None:
    sync = json.loads(file_of("approval", release()).read_text())
    more = copy.deepcopy(episodes(sync["history"])[-1])
    sync["history"] += more  # the wait's timer, set once more
    with pytest.raises(AssertionError):
        replay(player, sync)


def test_a_wait_can_be_recorded_anew(tmp_path: Path) -> None:
    wait = next(wait for wait in WAITS if wait.name == "retry timer")
    recorded = record(wait, USUAL, tmp_path)
    kept = json.loads(file_of(wait.name, release()).read_text())
    assert asked(recorded["history"]) == asked(kept["history"])
    assert RUNNING == []
