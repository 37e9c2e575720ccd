"""How a sync ended: the outcome table, the rules of cancel, and what is incomplete."""

import itertools

import pytest

from shared.domain.outcome import Facts, Verdict, ending, in_order
from shared.domain.sync import DeployCount, Incomplete, SyncError

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


EVERY_COUNT = [None, *(DeployCount(*one) for one in itertools.product(range(2), repeat=4))]
FOUND = [one for one in Incomplete if one is not Incomplete.DEPLOY]
EVERY_FOUND = [frozenset(some) for n in range(len(FOUND) + 1) for some in itertools.combinations(FOUND, n)]
ASKED = {"reject": "rejected", "rejectAndRevert": "reverted", "expired": "expired", "superseded": "expired"}
CAUSES = {
    "expired": "approvalDeadline",
    "superseded": "superseded",
    "cancelled": "person",
    "signInDeadline": "signInDeadline",
    "timeLimit": "timeLimit",
}


def by_the_table(kind, count, incomplete):
    """The table of product.md 2 and the text below it, row by row: outcome, cause, resting status, error."""
    applied, failed, left = (
        (0, 0, 0)
        if count is None
        else (count.applied, count.failed, count.failed + count.stale + count.skipped)
    )
    idle = "partiallySucceeded" if incomplete else "idle"
    cause = CAUSES.get(kind)
    if applied and left:  # some approved changes were applied, others not, whoever stopped it
        stopped = cause if kind in ("cancelled", "timeLimit", "signInDeadline") else None
        return "partiallySucceeded", stopped, "partiallySucceeded", None
    if applied and kind == "failed":  # all is applied, and then something broke
        return "failed", None, "newError", "internal"
    if applied or kind == "done":  # all that was approved is deployed, or there was nothing to change
        return ("partiallySucceeded" if incomplete else "succeeded"), None, idle, None
    if kind in ASKED:  # these outcomes keep their names, also when incomplete
        return ASKED[kind], cause, idle, None
    if kind in ("signInDeadline", "timeLimit"):
        return "cancelled", cause, "newError", kind
    if kind == "cancelled":  # as it was before, unless a write had been tried (docs/design/deviations.md)
        return (
            ("cancelled", cause, "newError", "deployFailed") if failed else ("cancelled", cause, None, None)
        )
    if kind == "deployed":  # a deploy of which nothing was applied
        stale = count is not None and count.stale and not failed
        return "failed", None, "newError", "planStale" if stale else "deployFailed"
    return "failed", None, "newError", "internal"


@pytest.mark.parametrize("error", [None, BROKEN], ids=["no error", "an error"])
@pytest.mark.parametrize("verdict", list(Verdict), ids=lambda one: one.value)
def test_every_combination_ends_by_the_table(verdict, error):
    for count, found in itertools.product(EVERY_COUNT, EVERY_FOUND):
        left = count is not None and bool(count.failed + count.stale + count.skipped)
        incomplete = found | ({Incomplete.DEPLOY} if left else set())
        outcome, cause, resting, code = by_the_table(verdict.value, count, incomplete)
        end = ending(Facts(verdict, count, found, error))
        shown = (
            end.outcome.value,
            end.cause and end.cause.value,
            end.resting and end.resting.value,
        )
        assert shown == (outcome, cause, resting), (count, found)
        assert end.incomplete == tuple(one for one in Incomplete if one in incomplete)
        if outcome == "partiallySucceeded" and count is not None and count.applied:
            assert end.error is error
        elif code is None:
            assert end.error is None
        else:
            assert end.error is not None
            assert end.error.code == (BROKEN.code if error else code)


@pytest.mark.parametrize("verdict", [Verdict.SIGN_IN_DEADLINE, Verdict.TIME_LIMIT], ids=lambda one: one.value)
def test_a_deadline_s_error_begins_by_saying_that_the_sync_was_cancelled(verdict):
    assert ending(Facts(verdict)).error.message.startswith("Cancelled because")


def test_causes_are_listed_in_one_order():
    assert in_order(frozenset(Incomplete)) == tuple(Incomplete)
