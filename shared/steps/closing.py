"""The end of a sync: how it ended, its report, and its release (product.md 2, 3.9)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.journal import Journal, State
from shared.domain.lifecycle import ended_sync
from shared.domain.outcome import Ending, Facts, Verdict, ending
from shared.domain.plan import BlockedCode, Change, Plan
from shared.domain.report import Facts as ReportFacts
from shared.domain.sync import DeployCount, Incomplete, Outcome
from shared.errors import LeaseLost
from shared.steps import blobs
from shared.steps.findings import read_findings
from shared.steps.finish import finish as release
from shared.steps.log import Event
from shared.steps.report import write_report
from shared.steps.sending import HELD
from shared.steps.sign_in_flow import FOLDER as SIGN_INS
from shared.steps.verdict import load_error
from shared.steps.work import Work


async def report(work: Work, verdict: Mapping[str, Any]) -> None:
    """Writes the report of a sync that ends with this verdict. Repeatable: the same facts make the same
    report.

    A sync that was superseded has ended on its row already; its report says so.
    """
    await asyncio.to_thread(_report, work, await _ending(work, verdict))


def _report(work: Work, how: Ending) -> None:
    sync = work.sync
    if sync.outcome is None:
        sync = ended_sync(sync, how, work.clock.now())
    found = read_findings(work.artifacts)
    facts = ReportFacts(
        sync=sync,
        display_name=work.tenant.display_name,
        drift=found.drift,
        plan=blobs.load_plan(work.artifacts),
        journal=blobs.load_journal(work.artifacts),
        unchanged=found.unchanged,
        not_read=found.not_read,
        unresolved=found.unresolved,
        faults=found.faults,
        left=blobs.load_left(work.artifacts),
    )
    write_report(work.artifacts, facts)


async def finish(work: Work, verdict: Mapping[str, Any]) -> Outcome:
    """Ends the sync and releases the tenant, now that the report stands; answers the outcome.

    Repeatable: a second run finds the sync ended. What only the running sync needed is removed.
    """
    how = await _ending(work, verdict)
    sync = await release(work.status, work.tenant.id, work.sync.id, how, work.clock.now())
    outcome = sync.outcome or how.outcome
    work.log.note(Event.ENDED, outcome=outcome.value, code=sync.error.code if sync.error else "")
    await asyncio.to_thread(_tidy, work)
    return outcome


def _tidy(work: Work) -> None:
    """Snapshots are not stored twice: the branch `tenant` holds what was read. What the tenant held back is
    over.
    """
    for prefix in (blobs.SNAPSHOT, "cursor/", blobs.STATE, HELD, SIGN_INS):
        for name in work.artifacts.names(prefix):
            with contextlib.suppress(LeaseLost):  # whoever asks about a sign-in hears of its end
                work.artifacts.delete(name)


async def _ending(work: Work, verdict: Mapping[str, Any]) -> Ending:
    plan = await asyncio.to_thread(blobs.load_plan, work.artifacts)
    journal = await asyncio.to_thread(blobs.load_journal, work.artifacts)
    kind = Verdict(verdict["kind"])
    found = set(work.sync.incomplete) - {Incomplete.BLOCKED}
    if work.sync.without_user:
        found.add(Incomplete.USER_AUTHENTICATION)
    if plan is not None and any(_pending(one) for one in _left(work, plan, kind)):
        found.add(Incomplete.BLOCKED)
    count = None if journal is None else _count(journal)
    return ending(Facts(kind, count, frozenset(found), load_error(verdict)))


def _left(work: Work, plan: Plan, kind: Verdict) -> Sequence[Change]:
    """The changes that a revert has not set back: all, where nothing was reverted."""
    if kind is not Verdict.REJECT_AND_REVERT:
        return plan.changes
    named = work.sync.decision.changes if work.sync.decision else None
    return [one for one in plan.changes if named is not None and one.id not in named]


def _pending(change: Change) -> bool:
    """Whether the change is blocked, and not because the user protects it."""
    return change.blocked is not None and change.blocked.code is not BlockedCode.PROTECTED


def _count(journal: Journal) -> DeployCount:
    return DeployCount(
        applied=journal.count(State.APPLIED),
        failed=journal.count(State.FAILED),
        stale=journal.count(State.STALE),
        skipped=journal.count(State.SKIPPED),
    )
