"""The changes of a sync's plan, with what became of each."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import azure.durable_functions as df

from functions.triggers.answers import Answer, answer
from functions.triggers.call import Call
from functions.triggers.endpoint import endpoint
from shared.domain import journal
from shared.domain.journal import Journal
from shared.domain.plan import Action, Change, Plan
from shared.domain.plan_json import load_plan
from shared.domain.sync import SyncRecord
from shared.errors import Problem
from shared.stores import Artifacts
from shared.wire.change import change_json, fate

changes = df.Blueprint()


@dataclass(frozen=True, slots=True)
class Planned:
    """A sync with its stored plan and, once a deploy has begun, its journal."""

    sync: SyncRecord
    plan: Plan
    journal: Journal | None


@endpoint(changes, "listChanges")
async def list_changes(call: Call) -> Answer:
    """The plan's changes in the order of deployment, under its digest; long values are cut."""
    planned, query = await _planned(call), call.query
    action = query.choice("action", [one.value for one in Action])
    key, conflict, blocked = query.text("type"), query.flag("conflict"), query.flag("blocked")
    found = [
        one
        for one in planned.plan.changes
        if action in (None, one.action.value)
        and key in (None, one.type)
        and conflict in (None, one.conflict)
        and blocked in (None, one.blocked is not None)
    ]
    start, top = _start(call, found), query.top()
    onward = found[start + top - 1].id if len(found) > start + top else None
    value = [
        change_json(one, fate(one, planned.sync.decision, planned.journal), call.language, whole=False)
        for one in found[start : start + top]
    ]
    return answer({"digest": planned.plan.digest, **call.page(value, onward)})


def _start(call: Call, found: list[Change]) -> int:
    """Where the page begins: behind the change that `after` names."""
    after = call.query.after()
    if after is None:
        return 0
    for index, one in enumerate(found):
        if one.id == after:
            return index + 1
    raise call.query.refused("after", "nextPage")


@endpoint(changes, "getChange")
async def get_change(call: Call) -> Answer:
    """One change with its values whole."""
    planned, name = await _planned(call), call.part("change")
    for one in planned.plan.changes:
        if one.id == name:
            became = fate(one, planned.sync.decision, planned.journal)
            shown = change_json(one, became, call.language, whole=True)
            return answer({"digest": planned.plan.digest, **shown})
    raise Problem("changeNotFound", 404, values={"change": name[:40]})


async def _planned(call: Call) -> Planned:
    sync = await call.sync()
    if sync.plan is None:
        raise Problem("noPlan", 404)
    artifacts = call.services.artifacts(sync.tenant, sync.id)
    return await asyncio.to_thread(_loaded, artifacts, sync)


def _loaded(artifacts: Artifacts, sync: SyncRecord) -> Planned:
    data = artifacts.get("plan.json")
    if data is None:
        raise Problem("noPlan", 404)
    begun = artifacts.get("journal.json")
    # The lease on the journal makes it empty before anything is written to it.
    return Planned(sync, load_plan(data), journal.load(begun) if begun else None)
