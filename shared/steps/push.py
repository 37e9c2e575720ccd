"""What a push must hold to be accepted, and who is noted for it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from shared.domain.catalog import Catalog
from shared.domain.push import Push as PushContent
from shared.domain.push import check_push as faults_of
from shared.domain.push import push_needs
from shared.domain.push_paths import PushFault
from shared.domain.sync import Actor, ActorKind
from shared.names import BASE, CommitId, TenantId
from shared.ports import AuditEntry, AuditLog, Repository, StatusStore
from shared.steps.refs import load_agreement

RunNow = Callable[[Coroutine[Any, Any, None]], None]
"""Runs a coroutine from a thread that has no event loop."""


class Push(Protocol):
    """An accepted push. `principal`: `dump_actor` of who made it."""

    @property
    def old(self) -> CommitId | None: ...
    @property
    def new(self) -> CommitId: ...
    @property
    def principal(self) -> str: ...
    @property
    def at(self) -> dt.datetime: ...


PUSH: Final = "repository.push"
"""The audit's word for a push with Git."""


def dump_actor(actor: Actor, deed: str = PUSH, what: str = "") -> str:
    """Who pushed, as text that the repository keeps until it has been noted. `deed`, `what`: the audit's
    words for an edit that was made without Git.
    """
    said = [actor.kind.value, actor.name, actor.id, actor.via]
    return json.dumps(said if deed == PUSH else [*said, deed, what[:500]], ensure_ascii=False)


def load_actor(text: str) -> Actor:
    """The other way round."""
    kind, name, identity, via, *_ = json.loads(text)
    return Actor(ActorKind(kind), name, identity, via)


def _deed(text: str) -> tuple[str, str]:
    _, _, _, _, *deed = json.loads(text)
    return (deed[0], f"{deed[1]}, ") if deed else (PUSH, "")


@dataclass(frozen=True, slots=True)
class Notary:
    """Notes who pushed which commits, and audits the push. Repeatable: the first note of a commit stays,
    and the audit's entry has the new head in its id.
    """

    status: StatusStore
    audit: AuditLog
    tenant: TenantId
    run: RunNow

    def __call__(self, push: Push, commits: Sequence[CommitId]) -> None:
        """Called by Git over HTTP, in the thread pool, after `main` has moved."""
        self.run(self._note(push, commits))

    async def _note(self, push: Push, commits: Sequence[CommitId]) -> None:
        by = load_actor(push.principal)
        await self.status.pushed(self.tenant, commits, by)
        deed, what = _deed(push.principal)
        count = f"{len(commits)} commits, " if deed == PUSH else what
        detail = f"{count}{(push.old or '')[:10]}..{push.new[:10]}"
        await self.audit.add(AuditEntry(push.at, by, deed, self.tenant, detail=detail, id=f"push-{push.new}"))


class View(Protocol):
    """A push whose form is right: where `main` stood, and what changed since; None: removed."""

    @property
    def old(self) -> CommitId | None: ...
    @property
    def changed(self) -> Mapping[str, bytes | None]: ...


def check_push(catalog: Catalog, repository: Repository, view: View) -> Sequence[str]:
    """What is wrong with the push, a line for each fault: `<path>:<line>: <reason>`; empty: it may come
    in.
    """
    return [str(one) for one in push_faults(catalog, repository, view)]


def push_faults(catalog: Catalog, repository: Repository, view: View) -> Sequence[PushFault]:
    """The same as values."""
    tree = repository.tree(view.old)
    base = load_agreement(repository, repository.refs().get(BASE))
    needed = push_needs(catalog, tree.keys(), view.changed)
    blobs = repository.blobs(tree[path] for path in needed)
    contents = {path: blobs[tree[path]] for path in needed}
    return faults_of(PushContent(catalog, tree.keys(), view.changed, contents, base))
