"""Why a sync ends, as the durable history carries it."""

from __future__ import annotations

from shared.domain.sync import SyncError
from shared.steps.verdict import DETAIL, dump_error, load_error

ERROR = SyncError("code", "message", "operation", "detail", "r-1")


def test_an_error_comes_back_as_it_was():
    assert load_error({"kind": "failed", "error": dump_error(ERROR)}) == ERROR


def test_a_long_detail_is_cut():
    long = SyncError("code", "message", "operation", "x" * 9_000)

    assert len(dump_error(long)["detail"]) == DETAIL


def test_a_verdict_without_an_error_has_none():
    assert load_error({"kind": "done"}) is None


def test_an_activity_that_failed_every_time_is_a_fault_of_our_own():
    error = load_error({"kind": "failed", "error": {"code": "internal"}})

    assert (error.code, error.operation, error.detail, error.request_id) == (
        "internal",
        "running the sync",
        "",
        "",
    )
    assert error.message == "The sync stopped at a fault in Accord itself."
