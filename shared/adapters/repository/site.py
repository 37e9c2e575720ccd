"""A tenant's repository as the product uses it: the port, its upkeep, Git over HTTP in the API's terms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from shared.adapters.repository.blob_repository import BlobRepository
from shared.adapters.repository.messages import GitIdentity, GitRequest, GitResponse, OnPushed, PushCheck
from shared.domain.sync import Actor
from shared.names import CommitId
from shared.ports import BranchCommit, Revisions


class TenantRepository(BlobRepository):
    """Fills `shared.ports.EditedRepository`."""

    def touching(self, commit: CommitId, path: str, top: int) -> Sequence[CommitId]:
        """The commits that changed this file, newest first."""
        return [entry.commit for entry in self.log(commit, path, top)]

    def revisions(
        self, commit: CommitId, path: str | None, since: CommitId | None, top: int, after: int
    ) -> Revisions:
        """The history from that commit on, newest first (see `shared.ports.EditedRepository`)."""
        from shared.adapters.repository.history import revisions

        return self.reading(lambda objects: revisions(objects, commit, path, since, top, after))

    def commit_for(self, commit: BranchCommit, principal: str) -> CommitId | None:
        """One commit in somebody's name, kept with it until it is noted."""
        return self.commit([commit], principal).get(commit.ref)

    def tidy(self, now: dt.datetime) -> None:
        """Repacks where there are many packs, and deletes those that have not been listed for a day."""
        from shared.adapters.repository.upkeep import delete_unlisted, repack

        repack(self, now)
        delete_unlisted(self, now)


class GitSite:
    """Git over HTTP: `serve` takes what the trigger has and names who asks."""

    def __init__(
        self,
        repository: BlobRepository,
        check: PushCheck,
        on_pushed: OnPushed,
        principal: Callable[[Actor], str],
    ) -> None:
        self._repository, self._check, self._on_pushed = repository, check, on_pushed
        self._principal = principal

    def take_note(self) -> None:
        """Has accepted pushes noted that nobody could note when they came."""
        from shared.adapters.repository.smart_http import GitHttp

        GitHttp(self._repository, self._check, self._on_pushed).take_note()

    def serve(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        actor: Actor,
        *,
        may_push: bool,
    ) -> GitResponse:
        """Answers one request; `target` is the path below the repository, with its query."""
        from shared.adapters.repository.smart_http import GitHttp

        path, _, query = target.partition("?")
        request = GitRequest(method, path, query, headers, body)
        git = GitHttp(self._repository, self._check, self._on_pushed)
        return git.serve(request, GitIdentity(self._principal(actor), may_push))
