"""What deciding on a plan needs to know of it; fills `Plans` of `decide.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from shared.domain.catalog import Catalog
from shared.domain.choice import choose
from shared.domain.decision import Choice, Request
from shared.domain.files import Tree
from shared.domain.plan import Change
from shared.domain.sync import Actor, SyncRecord
from shared.domain.trees import item_paths
from shared.names import BASE, MAIN, CommitId, SyncId, TenantId
from shared.ports import Artifacts, Repository
from shared.steps import blobs
from shared.steps.push import Push, load_actor

MOST = 50
"""Commits of one file that are looked at."""


class PushedTo(Repository, Protocol):
    """A repository, and the pushes that it keeps until somebody has taken note of them."""

    def pending_pushes(self) -> Sequence[Push]: ...


class StoredPlans:
    """The plans as syncs stored them."""

    def __init__(
        self,
        artifacts: Callable[[TenantId, SyncId], Artifacts],
        repository: Callable[[TenantId], PushedTo],
        catalog: Callable[[], Catalog],
    ) -> None:
        self._artifacts, self._repository, self._catalog = artifacts, repository, catalog

    async def choice(self, sync: SyncRecord, request: Request) -> Choice:
        """What the request's changes amount to in this sync's plan; nothing of it where there is no plan."""
        artifacts = self._artifacts(sync.tenant, sync.id)
        plan = await asyncio.to_thread(blobs.load_plan, artifacts)
        if plan is None:
            return Choice(deployable=0, deletions=0, unknown=request.changes or ())
        return choose(plan, request.changes)

    async def commits(self, sync: SyncRecord) -> Sequence[CommitId]:
        """The commits that made the plan's files differ from what was agreed: of each file, the long texts
        beside an item's JSON included, those back to where it was as B has it, fifty at most.
        """
        return await asyncio.to_thread(self._commits, sync)

    async def unnoted(self, tenant: TenantId) -> Sequence[Actor]:
        """Who made the pushes that `main` holds and nobody has taken note of."""
        pushes = await asyncio.to_thread(lambda: self._repository(tenant).pending_pushes())
        return [load_actor(one.principal) for one in pushes]

    def _commits(self, sync: SyncRecord) -> Sequence[CommitId]:
        plan = blobs.load_plan(self._artifacts(sync.tenant, sync.id))
        repository = self._repository(sync.tenant)
        refs = repository.refs()
        head, base = refs.get(MAIN), refs.get(BASE)
        if plan is None or head is None:
            return ()
        trees = [repository.tree(commit) for commit in (head, base) if commit is not None]
        found: dict[CommitId, None] = {}
        for path in dict.fromkeys(path for change in plan.changes for path in self._files(change, trees)):
            agreed = repository.read_file(base, path) if base else None
            for commit in repository.touching(head, path, MOST):
                if repository.read_file(commit, path) == agreed:
                    break
                found[commit] = None
        return tuple(found)

    def _files(self, change: Change, trees: Sequence[Tree]) -> Iterator[str]:
        """The item's JSON, and what lies beside it on either side: a script alone may be what was edited."""
        yield change.path
        spec = self._catalog().types.get(change.type)
        if spec is not None:
            yield from (path for tree in trees for path in item_paths(spec, tree, change.path))
