"""Lets pushes into a repository: inflate aside, review, store and move `main` in one step, take note."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from dulwich.objects import ObjectID, hex_to_sha

from shared.adapters.repository.blob_repository import BlobRepository, StaleBase
from shared.adapters.repository.manifest import Manifest
from shared.adapters.repository.messages import (
    AcceptedPush,
    GitLimits,
    OnPushed,
    PushCheck,
    PushRefused,
)
from shared.adapters.repository.pack_writer import PackWriter, WrittenPack, write_pack
from shared.adapters.repository.push_review import review
from shared.adapters.repository.quarantine import Quarantine
from shared.errors import HeadMoved
from shared.names import MAIN, CommitId

_log = logging.getLogger(__name__)
_ATTEMPTS: Final = 3
MOVED: Final = "main moved meanwhile: fetch, then push again"


class PushGate:
    """Accepts or refuses pushes to `main` of one repository."""

    def __init__(
        self,
        repository: BlobRepository,
        check: PushCheck,
        on_pushed: OnPushed,
        limits: GitLimits,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._repository, self._check, self._on_pushed = repository, check, on_pushed
        self.limits, self._now = limits, now

    def accept(self, old: CommitId | None, new: CommitId, pack: bytes, principal: str) -> None:
        """Moves `main` from `old` to `new`. Raises PushRefused; HeadMoved if another writer was faster."""
        for _ in range(_ATTEMPTS):
            try:
                self._accept(AcceptedPush(old, new, principal, self._now()), pack)
            except StaleBase:
                continue
            return
        raise PushRefused("the repository is being tidied up: push again in a minute")

    def take_note(self) -> bool:
        """Hands accepted pushes to `on_pushed`, oldest first. False if it raised: they stay for later.

        A push is in the manifest from the moment `main` moves, so who pushed is never lost.
        """
        for push in self._repository.pending_pushes():
            try:
                self._on_pushed(push, self._repository.between(push.old, push.new))
                self._repository.settle_push(push)
            except Exception:  # noqa: BLE001  whatever went wrong, the push stands and is noted later
                _log.exception("taking note of push %s to %s", push.new, self._repository.tenant)
                return False
        return True

    def _accept(self, push: AcceptedPush, pack: bytes) -> None:
        repository = self._repository
        base = repository.read_manifest()
        if base.refs.get(MAIN) != push.old:
            raise HeadMoved(f"pushing to {repository.tenant}: main stands at {base.refs.get(MAIN)}")
        folder = repository.packs.cache.folder
        with repository.opened(base) as objects, Quarantine(objects, folder, self.limits) as quarantine:
            quarantine.inflate(pack)
            wanted = review(quarantine, push.old, push.new, self._check, self.limits)
            written = _write(quarantine, wanted, repository) if wanted else None

        def decide(current: Manifest) -> Manifest:
            stands = current.refs.get(MAIN)
            if stands == push.new:
                return current
            if stands != push.old:
                raise HeadMoved(f"pushing to {repository.tenant}: main stands at {stands}")
            moved = current.moved({MAIN: push.new}, written.name if written else None)
            return replace(moved, pushes=(*current.pushes, push))

        repository.publish(base, written, decide)


def _write(quarantine: Quarantine, wanted: list[bytes], repository: BlobRepository) -> WrittenPack:
    def fill(writer: PackWriter) -> None:
        for name in wanted:
            writer.add(hex_to_sha(ObjectID(name)), *quarantine.get_raw(ObjectID(name)))

    return write_pack(repository.packs.cache.folder, len(wanted), fill)
