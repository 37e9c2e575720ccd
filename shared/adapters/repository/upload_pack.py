"""The sending side of Git's protocol: what a clone or fetch gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from dulwich.objects import ObjectID, hex_to_sha
from dulwich.protocol import CAPABILITY_FILTER, CAPABILITY_NO_DONE, ReceivableProtocol
from dulwich.refs import Ref
from dulwich.server import Backend, UploadPackHandler, _ProtocolGraphWalker

from shared.adapters.repository.objects import StoredObjects
from shared.adapters.repository.pack_writer import PackWriter, copy_objects

_BUFFER: Final = 64 * 1024
_NOT_OFFERED: Final = frozenset({CAPABILITY_FILTER, CAPABILITY_NO_DONE})


class CloneTooLarge(Exception):
    """What the client lacks is larger than one answer may be."""


class UploadPack(UploadPackHandler):
    """As dulwich's, but objects go out compressed as they are stored, and never more than `limit` bytes."""

    def __init__(
        self,
        objects: StoredObjects,
        limit: int,
        backend: Backend,
        args: Sequence[str],
        proto: ReceivableProtocol,
        stateless_rpc: bool = False,
        advertise_refs: bool = False,
    ) -> None:
        super().__init__(backend, args, proto, stateless_rpc, advertise_refs)
        self._objects, self._limit = objects, limit

    def capabilities(self) -> list[bytes]:
        """As dulwich's, without two.

        Partial clones: their later requests ask for objects that no ref names. `no-done`: dulwich sends the
        pack as soon as it knows any commit of the client's, while the client still asks, and Git then ends
        without a word (a fetch of 20 commits whose clocks run backwards shows it).
        """
        return [name for name in super().capabilities() if name not in _NOT_OFFERED]

    def handle(self) -> None:
        """Agrees with the client on what it lacks, and sends that."""
        walker = _ProtocolGraphWalker(
            self, self.repo.object_store, self.repo.get_peeled, self.repo.refs.get_symrefs
        )
        wants: list[ObjectID] = []

        def determine_wants(refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]:
            wants.extend(walker.determine_wants(refs, depth))
            return wants

        missing = self.repo.find_missing_objects(
            determine_wants, walker, self.progress, get_tagged=self.get_tagged
        )
        if not wants or missing is None:
            return
        lacking = [hex_to_sha(name) for name, _ in missing]
        if not walker.handle_done(done_required=True, done_received=self._done_received):
            return
        self._start_pack_send_phase()
        self.progress(f"sending {len(lacking)} objects\n".encode())
        sender = _Sender(self.write_pack_data, self._limit)
        writer = PackWriter(sender.write, len(lacking))
        copy_objects(self._objects.packs, lacking, writer)
        writer.finish()
        sender.flush()
        self.proto.write_pkt_line(None)


class _Sender:
    """Gathers small pieces, and counts them."""

    def __init__(self, send: Callable[[bytes], None], limit: int) -> None:
        self._send, self._left, self._gathered = send, limit, bytearray()

    def write(self, piece: bytes) -> None:
        self._left -= len(piece)
        if self._left < 0:
            raise CloneTooLarge
        self._gathered += piece
        if len(self._gathered) >= _BUFFER:
            self.flush()

    def flush(self) -> None:
        self._send(bytes(self._gathered))
        self._gathered.clear()
