"""How a sync ended: the outcome table, the rules of cancel, and what is incomplete."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.outcome import Facts, Verdict, ending, in_order
from shared.domain.status import RESTING
from shared.domain.sync import Cause, DeployCount, Incomplete, Outcome, Status, SyncError

BROKEN = SyncError("repositoryUnavailable", "The repository did not answer.", "committing the backup")
NOT_READ = frozenset({Incomplete.NOT_READ})
ALL = DeployCount(applied=3)
SOME = DeployCount(applied=2, failed=1)
NONE = DeployCount(failed=1, skipped=2)

TABLE = {
    "nothing to change": (Facts(Verdict.DONE), "succeeded", None, "idle", None),
    "nothing to change, a type not read": (
        Facts(Verdict.DONE, found=NOT_READ), "partiallySucceeded", None, "partiallySucceeded", None),
    "all deployed": (Facts(Verdict.DEPLOYED, ALL), "succeeded", None, "idle", None),
    "all deployed without a user": (
        Facts(Verdict.DEPLOYED, ALL, frozenset({Incomplete.USER_AUTHENTICATION})),
        "partiallySucceeded", None, "partiallySucceeded", None),
    "some deployed": (
        Facts(Verdict.DEPLOYED, SOME), "partiallySucceeded", None, "partiallySucceeded", None),
    "some deployed, some stale": (
        Facts(Verdict.DEPLOYED, DeployCount(applied=1, stale=1)),
        "partiallySucceeded", None, "partiallySucceeded", None),
    "nothing deployed": (Facts(Verdict.DEPLOYED, NONE), "failed", None, "newError", "deployFailed"),
    "nothing deployed, all stale": (
        Facts(Verdict.DEPLOYED, DeployCount(stale=2)), "failed", None, "newError", "planStale"),
    "nothing deployed, stale and what depends on it": (
        Facts(Verdict.DEPLOYED, DeployCount(stale=1, skipped=1)), "failed", None, "newError", "planStale"),
    "nothing deployed, all skipped": (
        Facts(Verdict.DEPLOYED, DeployCount(skipped=2)), "failed", None, "newError", "deployFailed"),
    "approved, and no deploy begun": (Facts(Verdict.DEPLOYED), "failed", None, "newError", "deployFailed"),
    "rejected": (Facts(Verdict.REJECT), "rejected", None, "idle", None),
    "rejected, a type not read": (
        Facts(Verdict.REJECT, found=NOT_READ), "rejected", None, "partiallySucceeded", None),
    "rejected and reverted": (Facts(Verdict.REJECT_AND_REVERT), "reverted", None, "idle", None),
    "expired": (Facts(Verdict.EXPIRED), "expired", "approvalDeadline", "idle", None),
    "superseded": (Facts(Verdict.SUPERSEDED), "expired", "superseded", "idle", None),
    "superseded, mass removal": (
        Facts(Verdict.SUPERSEDED, found=frozenset({Incomplete.MASS_REMOVAL})),
        "expired", "superseded", "partiallySucceeded", None),
    "cancelled before any write": (Facts(Verdict.CANCELLED), "cancelled", "person", None, None),
    "cancelled, the deploy had not written": (
        Facts(Verdict.CANCELLED, DeployCount(skipped=3)), "cancelled", "person", None, None),
    "cancelled after a failed write": (
        Facts(Verdict.CANCELLED, DeployCount(failed=1, skipped=2)),
        "cancelled", "person", "newError", "deployFailed"),
    "cancelled in mid-deploy": (
        Facts(Verdict.CANCELLED, DeployCount(applied=1, skipped=1)),
        "partiallySucceeded", "person", "partiallySucceeded", None),
    "cancelled when all was applied": (Facts(Verdict.CANCELLED, ALL), "succeeded", None, "idle", None),
    "nobody signed in": (
        Facts(Verdict.SIGN_IN_DEADLINE), "cancelled", "signInDeadline", "newError", "signInDeadline"),
    "time limit before the deploy": (
        Facts(Verdict.TIME_LIMIT), "cancelled", "timeLimit", "newError", "timeLimit"),
    "time limit in mid-deploy": (
        Facts(Verdict.TIME_LIMIT, DeployCount(applied=1, skipped=1)),
        "partiallySucceeded", "timeLimit", "partiallySucceeded", None),
    "time limit, nothing applied": (
        Facts(Verdict.TIME_LIMIT, NONE), "cancelled", "timeLimit", "newError", "timeLimit"),
    "failed": (Facts(Verdict.FAILED, error=BROKEN), "failed", None, "newError", "repositoryUnavailable"),
    "failed without a reason": (Facts(Verdict.FAILED), "failed", None, "newError", "internal"),
    "failed in mid-deploy": (
        Facts(Verdict.FAILED, SOME, error=BROKEN),
        "partiallySucceeded", None, "partiallySucceeded", "repositoryUnavailable"),
    "failed when all was applied": (
        Facts(Verdict.FAILED, ALL, error=BROKEN), "failed", None, "newError", "repositoryUnavailable"),
    "failed without a reason when all was applied": (
        Facts(Verdict.FAILED, ALL), "failed", None, "newError", "internal"),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "outcome", "cause", "resting", "error"), TABLE.values(), ids=TABLE.keys())
def test_a_sync_ends_as(facts, outcome, cause, resting, error):
    end = ending(facts)
    assert end.outcome.value == outcome
    assert (end.cause.value if end.cause else None) == cause
    assert (end.resting.value if end.resting else None) == resting
    assert (end.error.code if end.error else None) == error


counts = st.builds(DeployCount, *[st.integers(0, 3)] * 4)
facts_of_all_kinds = st.builds(
    Facts,
    st.sampled_from(Verdict),
    st.none() | counts,
    st.frozensets(st.sampled_from([one for one in Incomplete if one is not Incomplete.DEPLOY])),
    st.none() | st.just(BROKEN),
)


@given(facts_of_all_kinds)
def test_whatever_happened(facts):
    end = ending(facts)
    applied = facts.deploy is not None and facts.deploy.applied > 0
    left = facts.deploy is not None and facts.deploy.failed + facts.deploy.stale + facts.deploy.skipped > 0
    assert end.resting is None or end.resting in RESTING
    assert set(facts.found) <= set(end.incomplete)
    assert (Incomplete.DEPLOY in end.incomplete) == left
    assert not (end.incomplete and end.resting is Status.IDLE), "incomplete never rests idle"
    assert not (end.incomplete and end.outcome is Outcome.SUCCEEDED)
    assert not (end.resting is Status.NEW_ERROR and end.error is None), "an error is never without its text"
    if end.resting is None:
        assert end.cause is Cause.PERSON
        assert not applied, "what was written never goes unseen"
    if end.outcome is Outcome.CANCELLED and end.cause is not Cause.PERSON and facts.error is None:
        assert end.error.message.startswith("Cancelled")


def test_causes_are_listed_in_one_order():
    assert in_order(frozenset(Incomplete)) == tuple(Incomplete)
