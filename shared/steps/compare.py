"""Commits the backup, settles B, and makes the plan (product.md 3.5, 3.6, 3.8 i).

`main`, `tenant` and B move together by one compare-and-set. When a push moves `main` in between, the
comparison is done again with what was pushed; the snapshot stays. Repeatable: a second run commits nothing
new, and what drifted is written down before it is committed. It may come to another plan all the same (a push
came in between, or the first run has moved B under a renamed file): the plan of the run that stored its own
first counts, since a person may have been shown it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from shared.domain.commit_message import backup_message
from shared.domain.compare import Comparison, compare
from shared.domain.lifecycle import Compared, compared
from shared.domain.plan import Action, BlockedCode, Difference, Plan
from shared.domain.plan_json import dump_plan
from shared.domain.planning import PlanInputs, make_plan, wanted_names
from shared.domain.reference import index_of, wanted_lookups
from shared.domain.report import Unresolved
from shared.domain.scope import Scope
from shared.domain.settings import DriftPolicy
from shared.domain.snapshot import NotRead, NotReadReason, TypeRead
from shared.domain.survey import Inputs, survey
from shared.domain.sync import DriftCount, Incomplete, Mode, PlanSummary, SyncError
from shared.domain.tenant_state import TenantState, kept_identities, kept_needs, tenant_state
from shared.domain.tenant_state import dump as dump_state
from shared.errors import HeadMoved, ReadFailed
from shared.names import BASE, MAIN, TENANT, CommitId, Digest, ObjectId, SyncId, TypeKey
from shared.ports import BranchCommit
from shared.steps import blobs
from shared.steps.artifacts import COMMITS
from shared.steps.findings import Findings, read_adopted, write_adopted, write_findings
from shared.steps.first_run import first_run
from shared.steps.known_names import keep_names, known_names
from shared.steps.log import Event
from shared.steps.readers import keep_readers
from shared.steps.refs import ACCORD, load_agreement
from shared.steps.work import Stop, Work

COMPARED: Final = "compared.json"
"""`{"asks", "digest"}`: what the run found whose plan counts."""
ATTEMPTS = 5
_UNREADABLE = frozenset({NotReadReason.READ_FAILED, NotReadReason.NOT_AVAILABLE})
EARLIER = 50
"""How many earlier syncs are looked through for one with the same plan."""


@dataclass(frozen=True, slots=True)
class Found:
    """Whether a person has to be asked, and about which plan."""

    asks: bool
    digest: Digest | None


@dataclass(frozen=True, slots=True)
class _Side:
    """The tenant's side of the comparison, which a moved head does not change."""

    read: Mapping[TypeKey, TypeRead]
    not_read: tuple[NotRead, ...]
    lookups: Mapping[TypeKey, Mapping[ObjectId, str]]


@dataclass(frozen=True, slots=True)
class _Compared:
    """One comparison, committed. Its drift is all that this sync has adopted, earlier runs of it included."""

    state: TenantState
    result: Comparison
    commits: Mapping[str, CommitId]


async def compare_and_plan(work: Work) -> Found | SyncError | Stop:
    """The whole stage; a Stop where a cancel came before the commit.

    An error where the repository moved more often than the comparison could follow, and where no type at all
    could be read.
    """
    scope = await asyncio.to_thread(blobs.load_scope, work.artifacts)
    side = await _tenant_side(work, scope)
    if stop := await work.stop():  # the lookups may have taken minutes
        return stop
    for _ in range(ATTEMPTS):
        try:
            done = await asyncio.to_thread(_commit, work, side)
            break
        except HeadMoved:
            continue
    else:
        return SyncError(
            code="repositoryUnavailable",
            message="The repository was pushed to again and again while the backup was being committed.",
            operation=f"committing the backup of {work.tenant.id}",
        )
    state = await _with_wanted(work, done)
    plan = None if work.sync.options.mode is Mode.BACKUP_ONLY else _plan(work, scope, state, done.result)
    kept = replace(done, state=state)
    found = await first_run(work, COMPARED, lambda: _keep(work, side, kept, plan))
    return _nothing_read(work, side) or Found(found["asks"], found["digest"])


def _nothing_read(work: Work, side: _Side) -> SyncError | None:
    """The error of a sync to which the service gave no type at all; a held type was readable."""
    failed = [one for one in side.not_read if one.counted and one.reason in _UNREADABLE]
    if side.read or not failed or any(one.reason is NotReadReason.HELD for one in side.not_read):
        return None
    return SyncError(
        code="nothingReadable",
        message=f"Nothing of {work.tenant.display_name} could be read.",
        operation=f"backing up {work.tenant.id}",
        detail="; ".join(one.detail for one in failed)[:8_000],
        request_id=next((one.request_id for one in failed if one.request_id), ""),
    )


async def _tenant_side(work: Work, scope: Scope) -> _Side:
    """The snapshot, with the objects of unmanaged types looked up; what needs one that cannot be is not
    read.
    """
    results = await asyncio.to_thread(blobs.load_snapshot, work.artifacts, scope.types)
    read = {one.type: one for one in results if isinstance(one, TypeRead)}
    not_read = [*scope.not_read, *(one for one in results if isinstance(one, NotRead))]
    wanted = wanted_lookups(work.catalog, read)
    found: dict[TypeKey, Mapping[ObjectId, str]] = {}
    for key in sorted(wanted.keys() - scope.lookups_missing):
        try:
            found[key] = await work.api.look_up(work.catalog.lookups[key], sorted(wanted[key]))
        except ReadFailed as error:
            for user in [one for one in read if _refers(work, one, key)]:
                del read[user]
                not_read.append(NotRead(user, NotReadReason.READ_FAILED, True, str(error), error.request_id))
    known = await asyncio.to_thread(known_names, work.findings)
    await asyncio.to_thread(keep_names, work.findings, wanted, found)
    # What nobody may look up any more keeps the name that it had.
    lookups = {key: known[key] for key in scope.lookups_missing & known.keys()} | found
    return _Side(read, tuple(not_read), lookups)


def _refers(work: Work, key: TypeKey, to: TypeKey) -> bool:
    return any(reference.to == to for reference in work.catalog.types[key].references)


def _commit(work: Work, side: _Side) -> _Compared:
    """Compares with the head as it is, and commits. Raises HeadMoved."""
    repository, catalog = work.repository, work.catalog
    refs = repository.refs()
    base = load_agreement(repository, refs.get(BASE))
    needed = kept_needs(catalog, side.read, base)
    kept = kept_identities(catalog, side.read, base, repository.blobs(needed))
    index = index_of(catalog, side.read, side.lookups, kept, base.ids)
    state = tenant_state(catalog, side.read, index, base)
    head, branch = repository.tree(refs.get(MAIN)), repository.tree(refs.get(TENANT))
    inputs = Inputs(catalog, base, head, branch, state, lambda key: _drift(work, key))
    seen = survey(inputs)
    result = compare(inputs, seen, repository.blobs(seen.needed))
    message, now = backup_message(result, work.sync), work.clock.now()
    edits = {MAIN: result.main, TENANT: result.tenant, BASE: result.base}
    commits = [BranchCommit(ref, refs.get(ref), files, message, ACCORD, now) for ref, files in edits.items()]
    drift = (*read_adopted(work.artifacts, refs.get(BASE)), *result.drift)
    if result.drift:
        write_adopted(work.artifacts, refs.get(BASE), drift)
    return _Compared(state, replace(result, drift=drift), repository.commit(commits))


def _drift(work: Work, key: TypeKey) -> DriftPolicy:
    return work.tenant.settings.drift_of.get(key, work.tenant.settings.drift)


async def _with_wanted(work: Work, done: _Compared) -> TenantState:
    """The state with the unmanaged objects that the repository newly names, where the tenant has them."""
    index = done.state.index
    for wanted in sorted(wanted_names(work.catalog, done.result.planned, done.state), key=str):
        try:
            found = await work.api.find(work.catalog.lookups[wanted.type], wanted.identity)
        except ReadFailed as error:  # then the change is blocked: its reference is not resolved
            work.log.note(Event.FAULT, detail=str(error), request=error.request_id)
            continue
        if found is not None:
            index = index.with_object(wanted.type, found, wanted.identity)
    return replace(done.state, index=index)


def _plan(work: Work, scope: Scope, state: TenantState, result: Comparison) -> Plan:
    inputs = PlanInputs(
        catalog=work.catalog,
        tenant=work.tenant.id,
        state=state,
        restrictions=scope.restrictions,
        protected=work.tenant.settings.protected,
    )
    return make_plan(inputs, result.planned)


async def _keep(work: Work, side: _Side, done: _Compared, plan: Plan | None) -> Mapping[str, Any]:
    """Stores what later stages need, then shows it on the rows; answers what `Found` holds."""
    result, made = done.result, plan is not None and bool(plan.changes)
    counts = result.counts
    commit = done.commits.get(MAIN) if result.drift else None
    drift = DriftCount(
        counts[Difference.ADDED], counts[Difference.CHANGED], counts[Difference.REMOVED], commit
    )
    await asyncio.to_thread(_store, work, side, done, plan if made else None)
    await asyncio.to_thread(keep_readers, work.findings, work.catalog, side.read.values())
    summary = await _summary(work, plan, done.commits.get(MAIN)) if plan is not None and made else None
    incomplete = _incomplete(side.not_read, plan)
    await work.status.change(
        work.tenant.id,
        work.sync.id,
        compared(
            work.step,
            Compared(drift, _shown(side.not_read), summary, len(result.planned), tuple(incomplete)),
        ),
    )
    if commit is not None:
        work.log.note(Event.BACKED_UP, commit=commit)
    work.log.note(
        Event.COMPARED,
        added=drift.added,
        changed=drift.changed,
        removed=drift.removed,
        unchanged=result.unchanged,
    )
    asks = (
        work.sync.options.mode is Mode.FULL
        and plan is not None
        and any(not one.blocked for one in plan.changes)
    )
    return {"asks": asks, "digest": plan.digest if plan is not None and made else None}


def _store(work: Work, side: _Side, done: _Compared, plan: Plan | None) -> None:
    unresolved = tuple(
        Unresolved(item.path, one.to, one.object_id, one.why.value)
        for items in done.state.items.values()
        for item in items
        for one in item.unresolved
    )
    result = done.result
    found = Findings(result.drift, unresolved, result.faults, side.not_read, result.unchanged)
    write_findings(work.artifacts, found)
    work.artifacts.put(blobs.STATE, dump_state(done.state))
    work.artifacts.put(
        COMMITS, blobs.dumps({"main": done.commits.get(MAIN), "tenant": done.commits.get(TENANT)})
    )
    if plan is not None:
        work.artifacts.put(blobs.PLAN, dump_plan(plan))
    elif work.artifacts.get(blobs.PLAN) is not None:  # of a run that died, before a push left nothing to plan
        work.artifacts.delete(blobs.PLAN)


async def _summary(work: Work, plan: Plan, head: CommitId | None) -> PlanSummary:
    return PlanSummary(
        digest=plan.digest,
        changes=len(plan.changes),
        deletions=sum(one.action is Action.DELETE for one in plan.changes),
        conflicts=sum(one.conflict for one in plan.changes),
        blocked=sum(one.blocked is not None for one in plan.changes),
        same_as=await _same_as(work, plan.digest),
        commit=head,
    )


async def _same_as(work: Work, digest: Digest) -> SyncId | None:
    """The newest earlier sync whose plan had this digest."""
    earlier, _ = await work.status.syncs(work.tenant.id, EARLIER)
    return next(
        (one.id for one in earlier if one.id != work.sync.id and one.plan and one.plan.digest == digest), None
    )


def _shown(not_read: Sequence[NotRead]) -> tuple[NotRead, ...]:
    """What counts first: the row keeps the first twenty."""
    return tuple(sorted(not_read, key=lambda one: not one.counted))


def _incomplete(not_read: Sequence[NotRead], plan: Plan | None) -> list[Incomplete]:
    found = []
    counted = {one.reason for one in not_read if one.counted}
    if counted - {NotReadReason.HELD, NotReadReason.USER_NOT_SIGNED_IN}:
        found.append(Incomplete.NOT_READ)
    if NotReadReason.USER_NOT_SIGNED_IN in counted:
        found.append(Incomplete.USER_AUTHENTICATION)
    if any(one.reason is NotReadReason.HELD for one in not_read):
        found.append(Incomplete.MASS_REMOVAL)
    if plan is not None and any(
        one.blocked and one.blocked.code is not BlockedCode.PROTECTED for one in plan.changes
    ):
        found.append(Incomplete.BLOCKED)
    return found
