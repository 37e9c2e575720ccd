"""The host's disk is full for a while: whoever asks is told, and what was under way goes on afterwards.

A limit on the size of files stands for the disk: every write past it fails, to the database, its log, and the
host's own output, and the limit can be lifted again without special rights.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of other processes need Linux"),
]

FULL = 4096
"""Bytes of a file at which the disk is full: less than the host's database holds."""


@contextmanager
def full_disk(stack: Any) -> Iterator[None]:
    """No file of the host's processes may grow."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in stack.pids}
    for pid, (_, most) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (FULL, most))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


def test_a_sync_goes_on_when_the_disk_has_room_again(driver, stack):
    tenant = driver("empty", types={"include": ["assignment-filters"], "exclude": []})
    tenant.filter("Kiosks")
    tenant.fault(method="GET", path="deviceManagement/assignmentFilters", delay=1.5, times=1)
    begun = tenant.start()
    until(lambda: not tenant.control.get("/faults").json()["value"])

    with full_disk(stack):
        time.sleep(2.5)
        assert tenant.get(begun["id"])["endedAt"] is None, "what the activity found could not be kept"
        refused = tenant.api.post(f"/tenants/{tenant.id}/syncs", json={})
        assert (refused.status_code, refused.json()["code"]) == (409, "syncActive")
        told = httpx.post(f"{stack.api}/runtime/webhooks/durabletask/orchestrators/sync_tenant", json={})
        assert told.status_code == 500
        assert "make room on it, and what was accepted goes on by itself" in told.json()["ExceptionMessage"]

    done = tenant.wait(begun["id"], "end")
    assert (done["outcome"], done["drift"]["added"]) == ("succeeded", 1)
