"""One sync of one tenant: the order of things, and nothing else (product.md 3).

    authenticate (→ sign in) → check permissions → back up → compare
        → nothing to decide, or only a backup or a preview wanted ─────────────────────────────┐
        → approval: wait for the decision on this very plan                                    │
              approve           → authenticate (→ sign in) → check permissions → deploy ───────┤
                                     ↑ the tenant's own approval, where it holds writes back ↓ │
              rejectAndRevert   → revert ──────────────────────────────────────────────────────┤
              reject, deadline, cancel, superseded ────────────────────────────────────────────┤
                                                                settle → report → finish ◄─────┘

Nothing before `deploy` writes to a tenant, and `deploy` is reached only by the approval of the plan's digest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator
from typing import Any

from azure.durable_functions import DurableOrchestrationContext

from functions.orchestrators.run import Ended, Run, Steps
from functions.orchestrators.waiting import Waiter
from shared.names import (
    AUTHENTICATE,
    AWAIT_TENANT,
    BACK_UP,
    CANCEL_EVENT,
    CHECK_PERMISSIONS,
    COMPARE,
    DEPLOY,
    FINISH,
    OPEN_APPROVAL,
    READ_DECISION,
    REPORT,
    REVERT,
    SETTLE,
    SIGN_IN,
    decision_event,
    sign_in_instance,
    tenant_approval_event,
)


def sync_tenant(context: DurableOrchestrationContext) -> Steps:
    """Runs one sync from its start to its end; answers `{"outcome": …}`.

    Input: `{"tenant", "sync", "limit": seconds of work allowed}`.
    """
    run = Run(context)
    try:
        verdict = yield from _work(run)
    except Ended as end:
        verdict = end.verdict
    except Exception as error:  # noqa: BLE001 - whatever failed: settle, report, release the tenant
        verdict = {"kind": "failed", "error": _fault(str(error))}
    return (yield from _close(run, verdict))


def _fault(text: str) -> dict[str, str]:
    """The error of an activity that failed every time, by the name of what it raised: whether storage stayed
    away, which its keeper can mend, or something else.
    """
    storage = "StorageUnavailable" in text or "StorageConflict" in text
    return {"code": "storageUnavailable" if storage else "internal", "detail": text[:2_000]}


def close_sync(context: DurableOrchestrationContext) -> Steps:
    """Ends a sync whose orchestration was lost: what was deployed is settled, the report written, the lock
    released.

    Input as `sync_tenant`'s, and `verdict`, and `step`: how far the lost one had counted.
    """
    run = Run(context)
    return (yield from _close(run, run.input["verdict"]))


def _work(run: Run) -> Steps:
    yield from _enter(run, deploying=False)
    scope = yield from run.call(CHECK_PERMISSIONS, deploying=False)
    yield from run.all(BACK_UP, [{"bucket": bucket, "types": scope["types"]} for bucket in scope["buckets"]])
    compared = yield from run.call(COMPARE)
    if not compared["asks"]:
        return {"kind": "done"}
    kind = yield from _decision(run, compared["digest"])
    if kind == "approve":
        yield from _enter(run, deploying=True)
        yield from run.call(CHECK_PERMISSIONS, deploying=True)
        yield from _deploy(run)
        return {"kind": "deployed"}
    if kind == "rejectAndRevert":
        yield from run.call(REVERT)
    return {"kind": kind}


def _enter(run: Run, *, deploying: bool) -> Steps:
    """Signs in: at the start, and again before a deploy, which may come weeks after the request. Where a type
    needs a person and no stored token counts, somebody is waited for.
    """
    entered = yield from run.call(AUTHENTICATE, deploying=deploying)
    if number := entered.get("signIn"):
        instance = sign_in_instance(run.input["sync"], number)
        return (yield from run.child(SIGN_IN, instance, number=number))
    return entered


def _decision(run: Run, digest: str) -> Generator[Any, Any, str]:
    """Waits until a decision stands; the row decides, the event only wakes (mechanics.md 1)."""
    opened = yield from run.call(OPEN_APPROVAL)
    deadline = dt.datetime.fromisoformat(opened["deadline"])
    waiter = Waiter(run.context, [decision_event(digest), CANCEL_EVENT])
    while True:
        event = yield from waiter.until(deadline)
        read = yield from run.call(READ_DECISION, expire=event is None)
        if read["kind"]:
            return str(read["kind"])


def _deploy(run: Run) -> Generator[Any, Any, None]:
    """Deploys, and again whenever the tenant's own approval has answered for what it holds back."""
    waiter = Waiter(run.context, [CANCEL_EVENT])
    while held := (yield from run.call(DEPLOY)).get("held"):
        waiter.also(tenant_approval_event(change) for change in held)
        while until := (yield from run.call(AWAIT_TENANT))["until"]:
            yield from waiter.until(dt.datetime.fromisoformat(until))


def _close(run: Run, verdict: dict[str, Any]) -> Steps:
    yield from run.close(SETTLE, verdict=verdict)
    yield from run.close(REPORT, verdict=verdict)
    return (yield from run.close(FINISH, verdict=verdict))
