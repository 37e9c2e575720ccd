"""A sign-in ahead of any sync whose host died before anybody waited for it is waited for."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest
from stores import MemoryAnswers, MemoryAudit, MemoryStatus

from shared.domain.repair import Instance
from shared.domain.settings import Settings
from shared.domain.sign_in import SignInResult, SignInState
from shared.domain.start import new_sync_id
from shared.domain.sync import TenantRecord
from shared.names import SyncId, TenantId
from shared.steps.reconcile import Reconciler

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
DEADLINE = NOW + dt.timedelta(minutes=3)
ATTEMPT = new_sync_id(NOW, bytes(10))
LONG_AGO = new_sync_id(NOW - dt.timedelta(minutes=90), bytes(10))
WAIT = SyncId(f"{ATTEMPT}-signin-1")
TENANT = TenantRecord(TenantId("contoso"), "Contoso", "e-1", Settings(), NOW)
SIGNING_IN = replace(TENANT, sign_in_attempt=ATTEMPT)


class Status(MemoryStatus):
    """Rows of which nothing is left to mend."""

    async def open_syncs(self):
        return []

    async def known(self):
        return []


class Instances:
    """A Durable runtime; `awaited` is what it was asked to wait for."""

    def __init__(self, states):
        self.states, self.awaited = states, []

    async def state(self, instance):
        return self.states.get(instance, Instance.ABSENT)

    async def await_sign_in(self, tenant, attempt, deadline):
        self.awaited.append((tenant.id, attempt, deadline))


def waited_for(tenant=SIGNING_IN, instances=None, row=None, ends=DEADLINE):
    """What reconciling has waited for, ten minutes after it was asked for."""
    status, runtime = Status({tenant.id: tenant}), Instances(instances or {})
    if row is not None:
        status.sign_ins[ATTEMPT, 1] = row

    async def sign_in_ends(tenant, attempt):
        return ends

    reconciler = Reconciler(
        status,
        MemoryAnswers(),
        MemoryAudit(),
        runtime,
        lambda: new_sync_id(NOW, bytes(10)),
        sign_in_ends=sign_in_ends,
    )
    asyncio.run(reconciler.run(NOW + dt.timedelta(minutes=10)))
    return runtime.awaited


@pytest.mark.parametrize("left", [Instance.ABSENT, Instance.ENDED], ids=["never begun", "ended"])
def test_what_nobody_waits_for_is_waited_for(left):
    assert waited_for(instances={WAIT: left}) == [("contoso", ATTEMPT, DEADLINE)]


@pytest.mark.parametrize(
    "given",
    [
        {"instances": {WAIT: Instance.LIVE}},
        {"row": SignInResult(SignInState.SIGNED_IN, NOW)},
        {"ends": None},
        {"tenant": replace(TENANT, sign_in_attempt=LONG_AGO)},
        {"tenant": TENANT},
    ],
    ids=["somebody waits", "settled", "nothing under way", "long over", "never asked for"],
)
def test_any_other_is_left_alone(given):
    assert waited_for(**given) == []
