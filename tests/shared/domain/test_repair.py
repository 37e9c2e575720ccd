"""What `reconcile` finds to mend about one sync, and whose turn it is."""

import datetime as dt
from dataclasses import replace

import pytest

from shared.domain.move import Cancel
from shared.domain.repair import (
    ROUND,
    Ask,
    Close,
    Forget,
    Instance,
    OpenSync,
    Project,
    Start,
    Wake,
    in_turn,
    repairs,
    waits_ahead,
)
from shared.domain.settings import Settings
from shared.domain.sign_in import SignInResult, SignInState
from shared.domain.start import new_sync_id
from shared.domain.sync import (
    Actor,
    ActorKind,
    Decision,
    DecisionKind,
    Stage,
    SyncOptions,
    SyncRecord,
    TenantRecord,
)
from shared.names import Digest, TenantId, decision_event, sign_in_event, sign_in_instance

THEN = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
NOW = THEN + dt.timedelta(minutes=10)
ADA = Actor(ActorKind.PERSON, "Ada", "ada-id", "page")
ID = new_sync_id(THEN, b"0123456789")
DIGEST = Digest("sha256:" + "a" * 64)
TENANT = TenantRecord(TenantId("contoso"), "Contoso", "entra", Settings(), THEN, active_sync=ID, version=7)
APPROVED = Decision(DecisionKind.APPROVE, DIGEST, ADA, THEN)
SUPERSEDED = replace(APPROVED, kind=DecisionKind.SUPERSEDED)
CANCEL = Cancel(ADA, THEN)


def found(stage: Stage = Stage.BACKING_UP, **more) -> OpenSync:
    sync = SyncRecord(ID, TENANT.id, SyncOptions(), ADA, THEN, stage)
    whole = OpenSync(TENANT.id, ID, THEN, TENANT, sync, None, None, 7)
    return replace(whole, **more)


WAKE = Wake(ID, decision_event(DIGEST))
SIGNED_IN = SignInResult(SignInState.SIGNED_IN, THEN, "ada@contoso.example")
SIGN_IN = Wake(sign_in_instance(ID, 1), sign_in_event(1))
JUST = NOW - dt.timedelta(seconds=5)
HELD = found(Stage.TENANT_APPROVAL)
CASES = {
    "waits for the tenant": (HELD, Instance.LIVE, [Ask(TENANT, HELD.sync)]),
    "runs": (found(), Instance.LIVE, []),
    "listing behind": (found(projected=6), Instance.LIVE, [Project(TENANT.id)]),
    "not listed": (found(projected=None), Instance.LIVE, [Project(TENANT.id)]),
    "never began": (found(sync=None), Instance.ABSENT, [Forget(ID)]),
    "about to begin": (found(sync=None, since=JUST), Instance.ABSENT, []),
    "its tenant is gone": (found(tenant=None), Instance.ABSENT, [Forget(ID)]),
    "ended, still noted": (found(Stage.ENDED), Instance.ENDED, [Forget(ID)]),
    "ended, listing behind": (
        found(Stage.ENDED, projected=6), Instance.ENDED, [Project(TENANT.id), Forget(ID)]),
    "no instance yet": (found(Stage.STARTING, since=JUST), Instance.ABSENT, []),
    "no instance": (found(Stage.STARTING), Instance.ABSENT, [Start]),
    "instance lost in mid-work": (found(Stage.DEPLOYING), Instance.ABSENT, [Close]),
    "instance ended, lock held": (found(Stage.REPORTING), Instance.ENDED, [Close]),
    "instance ended at once": (found(Stage.STARTING), Instance.ENDED, [Close]),
    "instance ended, young": (found(Stage.APPROVAL, since=JUST), Instance.ENDED, [Close]),
    "approval unseen": (found(Stage.APPROVAL, decision=APPROVED), Instance.LIVE, [WAKE]),
    "approval just made": (found(Stage.APPROVAL, decision=replace(APPROVED, at=JUST)), Instance.LIVE, []),
    "approval seen": (found(Stage.DEPLOYING, decision=APPROVED), Instance.LIVE, []),
    "superseded unseen": (found(Stage.SETTLING, decision=SUPERSEDED), Instance.LIVE, [WAKE]),
    "cancel unseen": (found(Stage.APPROVAL, cancel=CANCEL), Instance.LIVE, [Wake(ID, "cancel")]),
    "cancel just made": (found(Stage.APPROVAL, cancel=Cancel(ADA, JUST)), Instance.LIVE, []),
    "cancel of a sign-in unseen": (found(Stage.SIGN_IN, cancel=CANCEL), Instance.LIVE, [SIGN_IN]),
    "sign-in unseen": (found(Stage.SIGN_IN, sign_in=SIGNED_IN), Instance.LIVE, [SIGN_IN]),
    "sign-in just settled": (
        found(Stage.SIGN_IN, sign_in=replace(SIGNED_IN, at=JUST)),
        Instance.LIVE,
        [],
    ),
    "sign-in long seen": (found(sign_in=SIGNED_IN), Instance.LIVE, []),
    "cancel of work, which reads the row": (found(Stage.BACKING_UP, cancel=CANCEL), Instance.LIVE, []),
}  # fmt: skip


@pytest.mark.parametrize(("one", "instance", "expected"), CASES.values(), ids=CASES.keys())
def test_what_a_crash_left_is_mended(one, instance, expected):
    done = repairs(one, instance, NOW)
    whole = [kind(one.tenant, one.sync) if isinstance(kind, type) else kind for kind in expected]
    assert list(done) == whole


def test_every_tenant_has_its_turn_once_a_round():
    names = [TenantId(f"t{n}") for n in range(200)]
    turns = dict.fromkeys(names, 0)
    for minute in range(ROUND):
        for name in names:
            turns[name] += in_turn(name, NOW + dt.timedelta(minutes=minute))
    assert set(turns.values()) == {1}


@pytest.mark.parametrize(
    ("minutes", "waited_for"),
    [(0, True), (62, True), (63, False)],
    ids=["now", "an hour after its deadline", "longer"],
)
def test_a_sign_in_ahead_is_looked_after_until_well_after_its_deadline(minutes, waited_for):
    attempt = new_sync_id(NOW, bytes(10))
    tenant = TenantRecord("contoso", "Contoso", "e", Settings(), NOW, sign_in_attempt=attempt)
    expected = attempt if waited_for else None
    assert waits_ahead(tenant, NOW + dt.timedelta(minutes=minutes)) == expected


def test_a_tenant_that_nobody_signs_in_to_has_none_to_look_after():
    assert waits_ahead(TenantRecord("contoso", "Contoso", "e", Settings(), NOW), NOW) is None
