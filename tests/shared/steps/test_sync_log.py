"""The log of one activity: gathered, appended, and never the reason for a failure."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
from sync_ports import Blobs, Clock

from shared.errors import StorageUnavailable
from shared.steps.log import Event, line, once, readable
from shared.steps.sync_log import SyncLog
from shared.texts import Language


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


# --- an activity that runs twice ----------------------------------------------------------------------------


def told(*runs):
    """What readers get of these runs, each with what it notes."""
    blobs = Blobs()

    async def run(name, *notes):
        clock = Clock()
        clock.pass_(len(blobs.get("log.jsonl") or b""))
        async with SyncLog(blobs, clock, name) as log:
            for event, facts in notes:
                log.note(event, **facts)

    for one in runs:
        asyncio.run(run(*one))
    return [json.loads(line)["event"] for line in once(blobs.get("log.jsonl")).splitlines()]


GROUPS, POLICIES = ((Event.TYPE_READ, {"type": key, "items": 3}) for key in ("groups", "policies"))
COMING = (Event.PERMISSIONS_COMING, {"missing": "Read"})
LOST = (Event.FAULT, {"status": 503, "detail": "GET /groups"})


@pytest.mark.parametrize(
    ("runs", "events"),
    [
        ([("3 access", GROUPS, POLICIES)] * 2, ["typeRead", "typeRead"]),
        ([("3 access", GROUPS, POLICIES), ("3 access", POLICIES)], ["typeRead", "typeRead"]),
        ([("3 access", GROUPS), ("3 intune", GROUPS)], ["typeRead", "typeRead"]),
        ([("3 access", GROUPS), ("9 access", GROUPS)], ["typeRead", "typeRead"]),
        ([("2 ", COMING, COMING)] * 2, ["permissionsComing", "permissionsComing"]),
        ([("3 access", LOST, GROUPS)] * 2, ["fault", "typeRead", "fault"]),
        ([("", GROUPS)] * 2, ["typeRead", "typeRead"]),
    ],
    ids=[
        "delivered twice",
        "the second finds half of it done",
        "another bucket",
        "another step",
        "said twice by each",
        "what went wrong did so each time",
        "nobody knows of what",
    ],
)
def test_what_two_runs_of_one_activity_tell_is_read_once(runs, events):
    assert told(*runs) == events


def test_a_line_that_was_cut_off_is_read_as_it_is():
    blobs = Blobs()
    blobs.append("log.jsonl", b'{"at":"2026-')
    assert once(blobs.get("log.jsonl")) == b'{"at":"2026-'
    assert once(b"") == b""
    assert once(b"[1]\n") == b"[1]\n"


def test_the_readable_log_shows_no_ids():
    lines = line(Clock().now(), Event.SETTLED, told="abc") * 2
    assert readable(lines, Language.ENGLISH).decode().count("\n") == 1
    assert b"abc" not in readable(lines, Language.ENGLISH)
