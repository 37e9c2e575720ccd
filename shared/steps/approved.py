"""What was approved, and what the reviewer saw of it: all that a deploy may go by."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.catalog import TypeSpec
from shared.domain.item import Content
from shared.domain.plan import Blocked, Change
from shared.domain.reference import Index
from shared.domain.sync import DecisionKind
from shared.domain.tenant_state import TenantState
from shared.domain.trees import Loaded, item_paths
from shared.names import MAIN, CommitId, Digest, ItemPath, TypeKey
from shared.ports import Repository
from shared.steps import blobs
from shared.steps.work import Work


@dataclass(frozen=True, slots=True)
class Approved:
    """The approved changes in the plan's order, and the tenant's side as it was compared.

    `restrictions`: types that cannot be written any more, and why.
    """

    digest: Digest
    changes: tuple[Change, ...]
    state: TenantState
    restrictions: Mapping[TypeKey, Blocked]

    def reviewed(self, spec: TypeSpec, change: Change) -> Content | None:
        """The item as the tenant held it when the plan was made; None for a create."""
        if change.object_id is None:
            return None
        item = self.state.item(change.type, change.object_id)
        return None if item is None else self.state.content(spec, item)


async def load_approved(work: Work) -> Approved:
    """The plan and the decision on it. Raises LookupError unless that very plan was approved."""
    decision = await work.status.decision(work.tenant.id, work.sync.id)
    plan = await asyncio.to_thread(blobs.load_plan, work.artifacts)
    if decision is None or decision.kind is not DecisionKind.APPROVE or plan is None:
        raise LookupError(f"deploying sync {work.sync.id}: no approval of its plan stands")
    if plan.digest != decision.digest:
        raise LookupError(f"deploying sync {work.sync.id}: {decision.digest} was approved, not {plan.digest}")
    chosen = None if decision.changes is None else frozenset(decision.changes)
    changes = tuple(
        one for one in plan.changes if one.blocked is None and (chosen is None or one.id in chosen)
    )
    scope = await asyncio.to_thread(blobs.load_scope, work.artifacts)
    state = await asyncio.to_thread(blobs.load_state, work.artifacts)
    return Approved(plan.digest, changes, state, scope.restrictions)


class Head:
    """The items of `main` as it is now; looked at anew when it has moved."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._commit: CommitId | None = None
        self._tree: Mapping[str, str] = {}

    def content(self, spec: TypeSpec, path: ItemPath, index: Index) -> Content | None:
        """The item that `main` holds at this path; None where there is none, or nothing that can be read."""
        commit = self._repository.refs().get(MAIN)
        if commit != self._commit:
            self._commit, self._tree = commit, self._repository.tree(commit)
        needed = [self._tree[one] for one in item_paths(spec, self._tree, path)]
        return Loaded(self._tree, self._repository.blobs(needed)).content(spec, path, index)
