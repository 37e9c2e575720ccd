"""Reject and revert: the repository takes what the tenant holds now (product.md 3.6).

The plan's items, or the named ones, are read again; where that fails, what the comparison saw counts, and the
report says so. Repeatable: set back a second time, nothing differs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from shared.domain.canonical import canonical
from shared.domain.commit_message import revert_message
from shared.domain.item import Content
from shared.domain.plan import Action, Change
from shared.domain.reversion import Reverted
from shared.domain.reversion import revert as reverted
from shared.domain.tenant_state import TenantState
from shared.errors import HeadMoved, NotAvailable, ReadFailed, StorageConflict
from shared.names import BASE, MAIN, TENANT, ChangeId, CommitId
from shared.ports import BranchCommit
from shared.steps import blobs
from shared.steps.log import Event
from shared.steps.refs import ACCORD, settle_inputs
from shared.steps.work import Work

ATTEMPTS = 10


async def revert(work: Work) -> None:
    """Sets back the plan's changes, or those that the decision names."""
    plan = await asyncio.to_thread(blobs.load_plan, work.artifacts)
    decision = await work.status.decision(work.tenant.id, work.sync.id)
    if plan is None or decision is None:
        raise LookupError(f"reverting sync {work.sync.id}: it has no plan, or no decision stands")
    state = await asyncio.to_thread(blobs.load_state, work.artifacts)
    named = None if decision.changes is None else frozenset(decision.changes)
    changes = [one for one in plan.changes if named is None or one.id in named]
    now = await _read_again(work, state, changes)
    await asyncio.to_thread(_revert, work, state, changes, now, decision.by.name)
    work.log.note(Event.REVERTED, count=len(changes))


async def _read_again(
    work: Work, state: TenantState, changes: Sequence[Change]
) -> dict[ChangeId, Content | None]:
    """What the tenant holds of every change but the creates."""
    found: dict[ChangeId, Content | None] = {}
    for change in changes:
        if change.action is Action.CREATE or change.object_id is None:
            continue
        spec = work.catalog.types[change.type]
        try:
            item = await work.api.read_item(spec, change.object_id)
            found[change.id] = None if item is None else canonical(spec, item.raw, state.index).content
        except (ReadFailed, NotAvailable) as error:
            work.log.note(Event.FAULT, type=change.type, detail=str(error), request=error.request_id)
            seen = state.item(change.type, change.object_id)
            found[change.id] = None if seen is None else state.content(spec, seen)
    return found


def _revert(
    work: Work,
    state: TenantState,
    changes: Sequence[Change],
    now: Mapping[ChangeId, Content | None],
    by: str,
) -> None:
    for _ in range(ATTEMPTS):
        refs = work.repository.refs()
        try:
            result = _commit(work, state, changes, now, by, refs)
        except HeadMoved:
            continue
        head = refs.get(MAIN)
        left = dict.fromkeys((one.path, head) for one in result.left if head is not None)
        work.artifacts.put(blobs.LEFT, blobs.dump_left(left))
        return
    raise StorageConflict(f"reverting sync {work.sync.id}: the repository moved {ATTEMPTS} times in a row")


def _commit(
    work: Work,
    state: TenantState,
    changes: Sequence[Change],
    now: Mapping[ChangeId, Content | None],
    by: str,
    refs: Mapping[str, CommitId],
) -> Reverted:
    inputs = settle_inputs(work.repository, work.catalog, refs, state, state.index, changes)
    result = reverted(inputs, changes, now)
    message, at = revert_message(sorted(result.main), work.sync, by), work.clock.now()
    edits = {MAIN: result.main, TENANT: result.tenant, BASE: result.base}
    work.repository.commit(
        [BranchCommit(ref, refs.get(ref), files, message, ACCORD, at) for ref, files in edits.items()]
    )
    return result
