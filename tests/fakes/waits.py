"""The waits of a sync, and what leads to each: every one has a recorded history (`recording.py`)."""

from __future__ import annotations

from collections.abc import Mapping

from recording import HOLD, SYNC, Answer, Wait, at, passed, sent

from shared import names

DIGEST = "sha256:" + "a" * 64
FIRST_SIGN_IN = names.sign_in_instance(names.SyncId(SYNC), 1)

USUAL: Mapping[str, list[Answer]] = {
    names.CHECK_PERMISSIONS: [{"buckets": ["directory", "intune"], "types": 12}],
    names.COMPARE: [{"asks": True, "digest": DIGEST}],
    names.OPEN_APPROVAL: [{"deadline": at(30)}],
    names.READ_DECISION: [{"kind": "approve"}],
    names.OPEN_SIGN_IN: [{"deadline": at(3 / 1440)}],
    names.POLL_SIGN_IN: [HOLD],
    names.CLOSE_SIGN_IN: [{"state": "signedIn"}],
}
DECIDED = sent(names.decision_event(DIGEST))
ASKS_A_PERSON: Mapping[str, list[Answer]] = {names.AUTHENTICATE: [{"signIn": 1}, {"signIn": 2}]}
HELD: Mapping[str, list[Answer]] = {
    names.DEPLOY: [{"held": ["c0", "c2"]}, {"held": ["c2"]}],
    names.AWAIT_TENANT: [{"until": at(1)}, {"until": None}, {"until": at(2)}],
}
AGAIN: Answer = {"done": False}

WAITS = (
    Wait("activity", {names.BACK_UP: [HOLD]}),
    Wait("activity slices", {names.BACK_UP: [AGAIN, {}, AGAIN, HOLD]}),
    Wait("retry timer", {names.COMPARE: [RuntimeError("storage is away")]}),
    Wait("retry", {names.COMPARE: [RuntimeError("storage is away"), HOLD]}, (passed(seconds=5),)),
    Wait("sign-in", ASKS_A_PERSON),
    Wait("sign-in, asking", ASKS_A_PERSON, instance=FIRST_SIGN_IN),
    Wait(
        "sign-in, asking in slices",
        {**ASKS_A_PERSON, names.POLL_SIGN_IN: [AGAIN, AGAIN, HOLD]},
        instance=FIRST_SIGN_IN,
    ),
    Wait(
        "sign-in, woken in vain",
        {**ASKS_A_PERSON, names.CLOSE_SIGN_IN: [{"settled": False}]},
        (lambda recorder: recorder.send(names.sign_in_event(1), FIRST_SIGN_IN),),
        instance=FIRST_SIGN_IN,
    ),
    Wait("approval", {}),
    Wait("approval after six days", {}, (passed(days=6),)),
    Wait("approval, woken in vain", {names.READ_DECISION: [{"kind": None}]}, (DECIDED, DECIDED)),
    Wait(
        "sign-in before the deploy",
        {names.AUTHENTICATE: [{}, {"signIn": 1}], names.OPEN_SIGN_IN: [{"deadline": at(2.1)}]},
        (passed(days=2), DECIDED),
    ),
    Wait("deploy slices", {names.DEPLOY: [AGAIN, HOLD]}, (DECIDED,)),
    Wait("tenant approval", HELD, (DECIDED,)),
    Wait(
        "tenant approval, one answered",
        HELD,
        (DECIDED, passed(hours=2), sent(names.tenant_approval_event("c0"))),
    ),
    Wait("close retry timer", {names.COMPARE: [{"asks": False}], names.REPORT: [RuntimeError("no storage")]}),
    Wait(
        "close of a lost sync",
        {names.SETTLE: [HOLD]},
        orchestrator=names.CLOSE_SYNC,
        given={"verdict": {"kind": "cancelled"}, "step": 9},
        instance=f"{SYNC}-close",
    ),
)
