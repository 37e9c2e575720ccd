"""The commits of a tenant's repository."""

from __future__ import annotations

import asyncio

import azure.durable_functions as df

from functions.triggers.answers import Answer, answer
from functions.triggers.call import Call
from functions.triggers.endpoint import endpoint
from functions.triggers.items import paged, place
from shared.names import CommitId
from shared.ports import Revisions
from shared.steps.read_items import commit_of
from shared.wire.item import commit_json

commits = df.Blueprint()


@endpoint(commits, "listCommits")
async def list_commits(call: Call) -> Answer:
    """Newest first: all, or those that changed a file or folder; `since`: what came after that commit."""
    query, services = call.query, call.services
    top, after, path = query.top(), place(query), query.text("path", longest=1024)
    ref, since = query.text("ref"), query.text("since")

    def read() -> tuple[CommitId | None, Revisions]:
        repository = services.repository(call.tenant.id)
        start = commit_of(repository, ref)
        before = None if since is None else commit_of(repository, since)
        if start is None:
            return None, Revisions((), more=False)
        return start, repository.revisions(start, (path or "").strip("/") or None, before, top, after)

    start, found = await asyncio.to_thread(read)
    pushers = await services.status.pushers(call.tenant.id, [one.id for one in found.value])
    value = [commit_json(one, pushers) for one in found.value]
    page = paged(call, value, after + top, {"ref": start} if found.more else None)
    return answer(page | {"count": found.count})
