"""Commits what a deploy applied: B, the branch `tenant`, and the service's own forms (product.md 3.8 ii).

Works from the journal alone, so it may run at the end of any sync, also of one whose orchestration was lost,
and run twice: the second time nothing differs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from shared.domain.commit_message import settle_message
from shared.domain.journal import Journal, State
from shared.domain.plan import Action, Change, Plan
from shared.domain.reference import Index
from shared.domain.settlement import Applied
from shared.domain.settlement import settle as settled
from shared.domain.tenant_state import TenantState
from shared.errors import HeadMoved, StorageConflict
from shared.names import BASE, MAIN, TENANT, CommitId
from shared.ports import BranchCommit
from shared.steps import blobs
from shared.steps.log import Event
from shared.steps.refs import ACCORD, settle_inputs
from shared.steps.work import Work

ATTEMPTS = 10


async def settle(work: Work) -> None:
    """Settles what the journal says was applied; nothing to do where no deploy applied anything."""
    plan = await asyncio.to_thread(blobs.load_plan, work.artifacts)
    journal = await asyncio.to_thread(blobs.load_journal, work.artifacts)
    if plan is not None and journal is not None and journal.count(State.APPLIED):
        await asyncio.to_thread(_settle, work, plan, journal)
        work.log.note(Event.SETTLED, applied=journal.count(State.APPLIED))
    await asyncio.to_thread(work.repository.tidy, work.clock.now())


def _settle(work: Work, plan: Plan, journal: Journal) -> None:
    state = blobs.load_state(work.artifacts)
    applied = _applied(plan, journal)
    index = grown(state.index, plan.changes, journal)
    for _ in range(ATTEMPTS):
        try:
            head = _commit(work, state, index, applied)
            break
        except HeadMoved:
            continue
    else:
        raise StorageConflict(f"settling sync {work.sync.id}: the repository moved {ATTEMPTS} times in a row")
    if head is not None:
        _tag(work, head)


def _commit(work: Work, state: TenantState, index: Index, applied: Sequence[Applied]) -> CommitId | None:
    """Commits to all three refs; answers where `main` stands. Raises HeadMoved."""
    repository = work.repository
    refs = repository.refs()
    changes = [one.change for one in applied]
    inputs = settle_inputs(repository, work.catalog, refs, state, index, changes)
    result = settled(inputs, applied)
    message, now = settle_message(sorted(result.main), work.sync), work.clock.now()
    edits = {MAIN: result.main, TENANT: result.tenant, BASE: result.base}
    commits = [BranchCommit(ref, refs.get(ref), files, message, ACCORD, now) for ref, files in edits.items()]
    return repository.commit(commits).get(MAIN)


def grown(index: Index, changes: Sequence[Change], journal: Journal) -> Index:
    """The index as compared, with what the deploy created and deleted since."""
    for change in changes:
        entry = journal.entries.get(change.id)
        if entry is None or entry.object_id is None or entry.state is not State.APPLIED:
            continue
        name = None if change.action is Action.DELETE else change.item
        index = index.with_object(change.type, entry.object_id, name)
    return index


def _applied(plan: Plan, journal: Journal) -> list[Applied]:
    return [
        Applied(change, entry.object_id, entry.read_back)
        for change in plan.changes
        if (entry := journal.entries.get(change.id)) is not None
        and entry.state is State.APPLIED
        and entry.object_id is not None
    ]


def _tag(work: Work, commit: CommitId) -> None:
    """`deploy-YYYYMMDD.n`, for people; nothing is computed from it."""
    day = f"deploy-{work.clock.now():%Y%m%d}."
    tags = {name.removeprefix("refs/tags/"): at for name, at in work.repository.refs().items()}
    today = {name: at for name, at in tags.items() if name.startswith(day)}
    if commit not in today.values():
        work.repository.tag(f"{day}{len(today) + 1}", commit)
