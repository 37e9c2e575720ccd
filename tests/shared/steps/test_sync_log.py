"""The log of one activity: gathered, appended, and never the reason for a failure."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
from sync_ports import Blobs, Clock

from shared.errors import StorageUnavailable
from shared.steps.log import Event
from shared.steps.sync_log import SyncLog


def lines(blobs):
    return [json.loads(line) for line in (blobs.get("log.jsonl") or b"").splitlines()]


def test_lines_are_written_at_the_end_at_the_latest():
    blobs = Blobs()

    async def run():
        async with SyncLog(blobs, Clock()) as log:
            log.note(Event.SIGNED_IN)
            assert lines(blobs) == []
            await log.flush()
            log.note(Event.COMPARED, added=1)
            await log.flush()
            await log.flush()
            log.note(Event.SETTLED)

    asyncio.run(run())

    assert [one["event"] for one in lines(blobs)] == ["signedIn", "compared", "settled"]


def test_the_fault_that_ends_an_activity_is_its_last_line():
    blobs = Blobs()

    async def run():
        async with SyncLog(blobs, Clock()):
            raise ValueError("what went wrong")

    with pytest.raises(ValueError, match="what went wrong"):
        asyncio.run(run())

    assert [(one["code"], one["detail"]) for one in lines(blobs)] == [("ValueError", "what went wrong")]


def test_a_line_that_cannot_be_written_stops_nothing_and_comes_with_the_next():
    blobs = Blobs(append_fault=StorageUnavailable("appending: 503"))

    async def run():
        async with SyncLog(blobs, Clock()) as log:
            log.note(Event.SIGNED_IN)
            await log.flush()
            blobs.append_fault = None
            log.note(Event.COMPARED)

    asyncio.run(run())

    assert [one["event"] for one in lines(blobs)] == ["signedIn", "compared"]


@pytest.mark.parametrize(
    ("status", "told"), [(0, True), (200, False), (399, False), (404, True), (503, True)]
)
def test_only_requests_that_did_not_go_well_are_told_of(status, told):
    blobs = Blobs()

    async def run():
        async with SyncLog(blobs, Clock()) as log:
            log.exchange(SimpleNamespace(method="GET", path="/v1.0/groups", status=status, request_id="r-1"))

    asyncio.run(run())

    found = [(one["status"], one["detail"], one["request"]) for one in lines(blobs)]
    assert found == ([(status, "GET /v1.0/groups", "r-1")] if told else [])
