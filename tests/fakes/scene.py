"""One tenant under management on ports in memory, and its syncs stage by stage, without an orchestrator."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from fake_tenant import FakeTenant
from small_catalog import CATALOG
from stores import MemoryArtifacts
from sync_ports import Blobs, Clock, Effects, Envelope, GitInMemory, Rows, Tokens, counted

from shared.domain.catalog import Catalog
from shared.domain.journal import Fault, Journal
from shared.domain.lifecycle import enter
from shared.domain.plan import Change, Plan
from shared.domain.settings import Settings
from shared.domain.sync import (
    Actor,
    ActorKind,
    Decision,
    DecisionKind,
    Stage,
    Status,
    SyncOptions,
    SyncRecord,
    TenantRecord,
)
from shared.names import BASE, MAIN, TENANT, SyncId, TenantId
from shared.steps import blobs
from shared.steps.approval import open_approval
from shared.steps.backup import back_up
from shared.steps.check_permissions import check_permissions
from shared.steps.compare import compare_and_plan
from shared.steps.deploy import deploy
from shared.steps.settle import settle
from shared.steps.sync_log import SyncLog
from shared.steps.work import Work

CONTOSO = TenantId("contoso")
NO_SYNC = SyncId("")
ADA = Actor(ActorKind.PERSON, "Ada", "u-1", "page")


class AtOnce(ThreadPoolExecutor):
    """Runs what is given to the thread pool there and then: tests of an order need no threads."""

    def submit(self, fn, /, *given, **named):
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*given, **named))
        except BaseException as error:  # noqa: BLE001 - a process that dies is one too
            future.set_exception(error)
        return future


@dataclass
class Scene:
    """One tenant, its repository, and the sync that runs now."""

    catalog: Catalog = CATALOG
    clock: Clock = field(default_factory=Clock)
    effects: Effects = field(default_factory=Effects)
    slice_seconds: float = 10_000
    settings: Settings = field(default_factory=Settings)
    changes: dict[str, Any] = field(default_factory=dict)
    """Fields of `Work` that differ."""
    sync_id: SyncId = NO_SYNC
    step: int = 0

    def __post_init__(self) -> None:
        self.tenant = FakeTenant(self.catalog, self.clock, self.effects)
        self.git = GitInMemory(self.effects)
        self.status = Rows(effects=self.effects)
        self.tokens = Tokens()
        self.findings = MemoryArtifacts()
        self.blobs = Blobs()
        self.status.rows[CONTOSO] = TenantRecord(
            CONTOSO, "Contoso", "e-1", self.settings, self.clock.at, status=Status.IDLE, resting=Status.IDLE
        )

    def copy(self) -> Scene:
        """Another one that stands where this one stands."""
        return copy.deepcopy(self, {id(self.catalog): self.catalog})

    # --- the repository, as a person edits it ---

    def path(self, key: str, name: str) -> str:
        return f"entra/{key}/{name}.json"

    def file(self, key: str, name: str, ref: str = MAIN) -> Any:
        data = self.git.files(self.git.heads[ref]).get(self.path(key, name))
        return None if data is None else json.loads(data)

    def push(self, key: str, name: str, content: Mapping[str, Any] | None) -> str:
        data = None if content is None else (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()
        return self.git.pushed({self.path(key, name): data})

    def edit(self, key: str, name: str, **values: Any) -> str:
        return self.push(key, name, {**self.file(key, name), **values})

    # --- a sync ---

    @property
    def sync(self) -> SyncRecord:
        return self.status.sync_rows[self.sync_id]

    @property
    def record(self) -> TenantRecord:
        return self.status.rows[CONTOSO]

    def record_settings(self, settings: Settings) -> None:
        """The tenant's settings from now on."""
        self.settings = settings
        self.status.rows[CONTOSO] = replace(self.record, settings=settings)

    def begin(self, **options: Any) -> None:
        """A new sync, which holds the tenant."""
        self.sync_id, self.step = SyncId(f"{len(self.status.sync_rows) + 1:026d}"), 0
        self.blobs = Blobs(effects=self.effects, clock=self.clock, held_until=self.clock.at)
        record = SyncRecord(self.sync_id, CONTOSO, SyncOptions(**options), ADA, self.clock.at)
        self.status.sync_rows[self.sync_id] = record
        self.status.rows[CONTOSO] = replace(self.record, active_sync=self.sync_id)

    def work(self, **changes: Any) -> Work:
        now = self.clock.at
        given: dict[str, Any] = {
            "tenant": self.record,
            "sync": self.sync,
            "step": self.step,
            "slice_ends": now + dt.timedelta(seconds=self.slice_seconds),
            "stop_at": None,
            "clock": self.clock,
            "catalog": self.catalog,
            "status": self.status,
            "artifacts": self.blobs,
            "repository": self.git,
            "tokens": self.tokens,
            "api": self.tenant,
            "log": SyncLog(self.blobs, self.clock),
            "findings": self.findings,
            "sealed": Envelope(),
            "sleep": self.clock.sleep,
        }
        return Work(**(given | self.changes | changes))

    def play(self, step: Callable[..., Any], *given: Any, **changes: Any) -> Any:
        """One run of a step, as one activity makes it."""

        async def run() -> Any:
            asyncio.get_running_loop().set_default_executor(AtOnce())
            work = self.work(**changes)
            async with work.log:
                return await step(work, *given)

        return asyncio.run(run())

    def enter(self, stage: Stage) -> None:
        self.step += 1
        asyncio.run(self.status.change(CONTOSO, self.sync_id, enter(stage, self.step, self.clock.at)))

    def read(self) -> None:
        """Everything up to the snapshot."""
        self.enter(Stage.AUTHENTICATING)
        self.enter(Stage.CHECKING_PERMISSIONS)
        scope = self.play(check_permissions)
        self.enter(Stage.BACKING_UP)
        for bucket in scope.buckets:
            for _ in counted(50):
                if self.play(back_up, bucket) is True:
                    break

    def compare(self) -> Any:
        self.read()
        self.enter(Stage.COMPARING)
        return self.play(compare_and_plan)

    def plan(self, **options: Any) -> Plan:
        """A sync up to its question."""
        self.begin(**options)
        found = self.compare()
        assert found.asks, "nothing to ask about"
        self.step += 1
        self.play(open_approval)
        plan = blobs.load_plan(self.blobs)
        assert plan is not None
        return plan

    def ran(self, **options: Any) -> Any:
        """A sync that asks nobody, to its end."""
        self.begin(**options)
        found = self.compare()
        self.end()
        return found

    def end(self) -> None:
        """As far as these tests care: the tenant is free again."""
        self.status.rows[CONTOSO] = replace(self.record, active_sync=None)

    def decide(self, kind: DecisionKind = DecisionKind.APPROVE, changes: Any = None) -> Decision:
        assert self.sync.plan is not None
        decision = Decision(kind, self.sync.plan.digest, ADA, self.clock.at, changes=changes)
        self.status.decisions[self.sync_id] = decision
        self.status.sync_rows[self.sync_id] = replace(self.sync, decision=decision)
        return decision

    def approve(self, *items: str) -> Plan:
        """Approves the waiting plan, or its changes of these items, up to the deploy itself."""
        plan = blobs.load_plan(self.blobs)
        assert plan is not None
        chosen = tuple(one.id for one in plan.changes if one.item in items) if items else None
        self.decide(changes=chosen)
        self.enter(Stage.AUTHENTICATING)
        self.enter(Stage.CHECKING_PERMISSIONS)
        self.play(check_permissions)
        self.step += 1
        return plan

    def approve_again(self) -> None:
        """The permission check before the deploy, once more."""
        self.play(check_permissions)
        self.step += 1

    def plan_changes(self) -> tuple[Change, ...]:
        plan = blobs.load_plan(self.blobs)
        assert plan is not None
        return plan.changes

    def deploy(self, **changes: Any) -> Any:
        """Calls the deploy until it is done, as the orchestrator does."""
        for _ in counted(200):
            result = self.play(deploy, **changes)
            if result is not False:
                return result
        return None

    def settle(self) -> None:
        self.enter(Stage.SETTLING)
        self.play(settle)

    def deployed(self, *items: str) -> dict[str, str]:
        """Plan, approval, deploy and settlement; answers item → what became of it."""
        self.plan()
        self.approve(*items)
        self.deploy()
        results = self.results()
        self.settle()
        self.end()
        return results

    @property
    def journal(self) -> Journal:
        found = blobs.load_journal(self.blobs)
        assert found is not None
        return found

    def results(self) -> dict[str, str]:
        plan = blobs.load_plan(self.blobs)
        assert plan is not None
        return {
            one.item: self.journal.entries[one.id].state.value
            for one in plan.changes
            if one.id in self.journal.entries
        }

    def faults(self) -> dict[str, str]:
        plan = blobs.load_plan(self.blobs)
        assert plan is not None
        found = ((one.item, self.journal.entries.get(one.id)) for one in plan.changes)
        return {item: entry.fault.code for item, entry in found if entry is not None and entry.fault}

    def ready(self) -> Scene:
        """The edits that were pushed are planned and approved."""
        self.plan()
        self.approve()
        self.tenant.asked.clear()
        return self

    def fault(self, item: str) -> Fault:
        """Why the change of this item ended as it did."""
        (found,) = [self.journal.entries[one.id].fault for one in self.plan_changes() if one.item == item]
        assert found is not None
        return found

    def writes(self) -> list[tuple[str, str]]:
        return [(one.method, one.path) for one in self.tenant.sent]

    def agreed(self, key: str, name: str) -> Any:
        return self.file(key, name, BASE)

    def branch(self, key: str, name: str) -> Any:
        return self.file(key, name, TENANT)

    def log_events(self) -> list[str]:
        return [json.loads(line)["event"] for line in self.blobs.get("log.jsonl").splitlines()]
