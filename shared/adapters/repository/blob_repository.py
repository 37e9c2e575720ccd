"""A tenant's repository in Blob Storage: the port `shared.ports.Repository`, and what the API needs besides.

Layout in the container: `{tenant}/manifest.json`, `{tenant}/pack/{checksum}.pack`, with an `.idx` beside a
large pack. Plain functions for the thread pool; one object may be used by several threads.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from dulwich.objects import ObjectID, hex_to_sha
from dulwich.refs import Ref, check_ref_format

from shared.adapters.repository import history, trees
from shared.adapters.repository.drafts import draft_commits
from shared.adapters.repository.history import LogEntry
from shared.adapters.repository.manifest import Manifest, ManifestBlob
from shared.adapters.repository.messages import AcceptedPush
from shared.adapters.repository.objects import NewObject, ObjectMissing, StoredObjects
from shared.adapters.repository.pack_writer import PackWriter, WrittenPack, write_pack
from shared.adapters.repository.packs import DEFAULT_CACHE_BYTES, PackBlobs, PackCache, PackMissing
from shared.errors import HeadMoved, StorageConflict
from shared.names import CommitId
from shared.ports import BranchCommit

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

_Answer = TypeVar("_Answer")
TAGS: Final = "refs/tags/"
_REBUILDS: Final = 3


class StaleBase(Exception):
    """The packs that new objects were built on are no longer listed: build them again."""


class BlobRepository:
    """One tenant's repository.

    `container` holds the repositories of all tenants; `cache_dir` is a folder of this machine for copies of
    packs, shared by all of them, at most `cache_bytes` large.
    """

    def __init__(
        self,
        container: ContainerClient,
        tenant: str,
        cache_dir: Path | str,
        *,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        self.tenant = tenant
        self._manifest = ManifestBlob(container, tenant)
        self.packs = PackBlobs(container, tenant, PackCache(Path(cache_dir), cache_bytes))
        self._seen = Manifest()
        self._seen_lock = threading.Lock()

    def refs(self) -> Mapping[str, CommitId]:
        """Every ref, `refs/heads/main` spelled out, read at one moment; empty before the first commit."""
        return dict(self.read_manifest().refs)

    def tree(self, commit: CommitId | None) -> Mapping[str, str]:
        """Path → blob id of every file in that commit; empty for None. Raises ObjectMissing."""
        if commit is None:
            return {}
        return self.reading(lambda objects: trees.flatten(objects, objects.commit(commit).tree))

    def blobs(self, ids: Iterable[str]) -> Mapping[str, bytes]:
        """Blob id → contents, for those ids. Raises ObjectMissing."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return {}
        return self.reading(lambda objects: objects.all_contents(wanted))

    def read_file(self, commit: CommitId, path: str) -> bytes | None:
        """The file at that path; None if the commit has no such file. Raises ObjectMissing."""

        def read(objects: StoredObjects) -> bytes | None:
            found = trees.find(objects, objects.commit(commit).tree, path)
            if found is None:
                return None
            type_number, contents = objects.get_raw(ObjectID(found))
            return contents if type_number == trees.BLOB_TYPE else None

        return self.reading(read)

    def between(self, old: CommitId | None, new: CommitId) -> Sequence[CommitId]:
        """The commits reachable from `new` and not from `old`, newest first, children before parents."""
        return self.reading(lambda objects: history.between(objects.commit, old, new))

    def follows(self, old: CommitId | None, new: CommitId) -> bool:
        """Whether `new` is `old` or came after it: moving a ref there would be a fast-forward."""
        return self.reading(lambda objects: history.follows(objects.commit, old, new))

    def log(self, start: str, path: str | None = None, top: int = 50, after: int = 0) -> Sequence[LogEntry]:
        """The newest commits from a ref (`refs/heads/main`) or a commit, those that changed `path` if given.

        `after` leaves out that many of the newest. Empty if the ref does not exist.
        """
        commit = self.refs().get(start) if start.startswith("refs/") else CommitId(start)
        if commit is None or top <= 0:
            return []
        return self.reading(lambda objects: history.log(objects, commit, path, top, after))

    def commit(self, commits: Sequence[BranchCommit], principal: str | None = None) -> Mapping[str, CommitId]:
        """Makes the commits and moves their refs together, or none of them: HeadMoved if any ref moved.

        `principal`: who asked for them; kept until it is noted, like a push's.

        Answers where each named ref stands now; a ref that does not exist and got no files is left out.
        Repeatable: commits that hold the same are equal, so the same arguments answer the same as long as the
        refs stand where the first time put them. Raises ValueError for paths that cannot be.
        """
        if len({commit.ref for commit in commits}) != len(commits):
            raise ValueError("committing: a ref is named twice")
        for _ in range(_REBUILDS):
            try:
                return self._commit(commits, principal)
            except StaleBase:
                self.read_manifest()
        raise StorageConflict(
            f"committing to {self.tenant}: its packs were replaced {_REBUILDS} times; try again"
        )

    def tag(self, name: str, commit: CommitId) -> None:
        """Makes `refs/tags/<name>`; an equal tag is left alone, HeadMoved if it names another commit."""
        ref = f"{TAGS}{name}"
        if not check_ref_format(Ref(ref.encode())):
            raise ValueError(f"tagging {commit}: {name!r} is not a tag's name")
        self.reading(lambda objects: objects.commit(commit))

        def decide(current: Manifest) -> Manifest:
            if current.refs.get(ref, commit) != commit:
                raise HeadMoved(f"tagging {commit} in {self.tenant}: {ref} names {current.refs[ref]}")
            return current.moved({ref: commit}, None)

        self.change(decide)

    def holds(self, commit: CommitId) -> bool:
        """Whether this is a commit of the repository."""
        try:
            self.reading(lambda objects: objects.commit(commit))
        except ObjectMissing:
            return False
        return True

    def pending_pushes(self) -> Sequence[AcceptedPush]:
        """Accepted pushes that nobody has taken note of yet, oldest first."""
        return self.read_manifest().pushes

    def settle_push(self, push: AcceptedPush) -> None:
        """Forgets a push that has been taken note of."""

        def decide(current: Manifest) -> Manifest:
            return replace(current, pushes=tuple(kept for kept in current.pushes if kept != push))

        self.change(decide)

    def read_manifest(self) -> Manifest:
        """The manifest as it is now."""
        return self._saw(self._manifest.read())

    def change(self, decide: Callable[[Manifest], Manifest]) -> Manifest:
        """Changes the manifest (see `ManifestBlob.change`)."""
        return self._saw(self._manifest.change(decide))

    @contextlib.contextmanager
    def opened(self, manifest: Manifest) -> Iterator[StoredObjects]:
        """The objects of that manifest's packs. Raises PackMissing if the manifest is too old."""
        with self.packs.opened(manifest.packs) as packs:
            yield StoredObjects(packs)

    def publish(
        self, base: Manifest, written: WrittenPack | None, decide: Callable[[Manifest], Manifest]
    ) -> Manifest:
        """Uploads a pack that was built on the objects of `base`, and changes the manifest.

        Raises StaleBase if packs of `base` are no longer listed: the new pack may lack what a repack dropped.
        """
        try:
            if written is not None:
                self.packs.upload(written)
        finally:
            if written is not None:
                written.discard()

        def checked(current: Manifest) -> Manifest:
            wanted = decide(current)
            if wanted != current and not set(base.packs) <= set(current.packs):
                raise StaleBase(f"writing to {self.tenant}: its packs were replaced meanwhile")
            return wanted

        return self.change(checked)

    def _commit(self, commits: Sequence[BranchCommit], principal: str | None) -> Mapping[str, CommitId]:
        try:
            base, (made, targets) = self._reading(lambda objects: draft_commits(objects, commits))
        except ObjectMissing as exc:
            self._expect(self.read_manifest(), commits)
            raise ObjectMissing(f"committing to {self.tenant}: {exc}") from exc
        moves = {ref: new for ref, (old, new) in targets.items() if new is not None and old != new}

        def decide(current: Manifest) -> Manifest:
            if moves and all(current.refs.get(ref) == new for ref, new in moves.items()):
                return current
            self._expect(current, commits)
            moved = current.moved(moves, written.name if written else None)
            return replace(moved, pushes=(*current.pushes, *asked))

        asked = [
            AcceptedPush(one.expected, moves[one.ref], principal, one.at)
            for one in commits
            if principal is not None and one.ref in moves
        ]
        if moves:
            written = self._write(made) if made else None
            self.publish(base, written, decide)
        else:
            self._expect(self.read_manifest(), commits)
        return {ref: new for ref, (_, new) in targets.items() if new is not None}

    def reading(self, read: Callable[[StoredObjects], _Answer]) -> _Answer:
        """What `read` makes of the objects. Raises ObjectMissing."""
        return self._reading(read)[1]

    def _reading(self, read: Callable[[StoredObjects], _Answer]) -> tuple[Manifest, _Answer]:
        """Reads with the manifest seen last, and with a fresh one if that lacks something.

        Objects never change, so an old manifest can only lack objects, not give wrong ones.
        """
        seen = self._seen
        if seen.packs:
            with contextlib.suppress(ObjectMissing, PackMissing), self.opened(seen) as objects:
                return seen, read(objects)
        fresh = self.read_manifest()
        with self.opened(fresh) as objects:
            return fresh, read(objects)

    def _write(self, made: Mapping[bytes, NewObject]) -> WrittenPack:
        def fill(writer: PackWriter) -> None:
            for new in made.values():
                writer.add(hex_to_sha(ObjectID(new.id)), new.type_number, new.contents)

        return write_pack(self.packs.cache.folder, len(made), fill)

    def _expect(self, current: Manifest, commits: Sequence[BranchCommit]) -> None:
        for commit in commits:
            stands = current.refs.get(commit.ref)
            if stands != commit.expected:
                raise HeadMoved(
                    f"committing to {commit.ref} of {self.tenant}: it stands at {stands}, "
                    f"not at {commit.expected} as when it was read"
                )

    def _saw(self, manifest: Manifest) -> Manifest:
        with self._seen_lock:
            self._seen = manifest
        return manifest
