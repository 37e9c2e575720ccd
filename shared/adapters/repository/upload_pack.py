"""The sending side of Git's protocol: what a clone or fetch gets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from dulwich.object_store import MissingObjectFinder, find_shallow
from dulwich.objects import ObjectID, hex_to_sha
from dulwich.protocol import (
    CAPABILITY_FILTER,
    CAPABILITY_NO_DONE,
    COMMAND_DEEPEN,
    COMMAND_SHALLOW,
    ReceivableProtocol,
)
from dulwich.server import Backend, UploadPackHandler, _ProtocolGraphWalker

from shared.adapters.repository.objects import StoredObjects
from shared.adapters.repository.pack_table import PackTable
from shared.adapters.repository.pack_writer import PackWriter, copy_objects
from shared.adapters.repository.reach import reachable
from shared.names import CommitId

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
        walker = _Negotiation(self, self.repo.object_store, self.repo.get_peeled, self.repo.refs.get_symrefs)
        wants = walker.determine_wants(self.repo.get_refs())
        if not wants:
            return
        haves = self._objects.find_common_revisions(walker)
        if not walker.handle_done(done_required=True, done_received=self._done_received):
            return
        with PackTable(self._objects.packs) as table:
            self._send(table, self._lacking(table, walker, wants, haves))

    def _send(self, table: PackTable, lacking: Collection[bytes]) -> None:
        self._start_pack_send_phase()
        self.progress(f"sending {len(lacking)} objects\n".encode())
        sender = _Sender(self.write_pack_data, self._limit)
        writer = PackWriter(sender.write, len(lacking))
        copy_objects(table, lacking, writer)
        writer.finish()
        sender.flush()
        self.proto.write_pkt_line(None)

    def _lacking(
        self, table: PackTable, walker: _Negotiation, wants: list[ObjectID], haves: list[ObjectID]
    ) -> Collection[bytes]:
        """The ids (binary) of what the client has not: for a whole clone, all that its wants need."""
        if not haves and not walker.shallow and not walker.unshallow:
            return reachable(table, [CommitId(want.decode()) for want in wants])
        missing = MissingObjectFinder(
            self._objects,
            # To a client that asks for another depth, what it has says nothing of what lies behind.
            haves=[] if walker.deepens else haves,
            wants=wants,
            shallow=walker.shallow,
            get_parents=lambda commit: [] if commit.id in walker.shallow else commit.parents,
        )
        return [hex_to_sha(name) for name, _ in missing]


class _Negotiation(_ProtocolGraphWalker):
    """What client and server tell each other of their commits."""

    deepens = False
    """Whether the client asks for a depth."""

    def _handle_shallow_request(self, wants: Sequence[ObjectID]) -> None:
        """Reads where the client's history ends, and the depth it asks for, if it asks for one.

        dulwich takes it for an error that a shallow clone fetches without a depth, as `git pull` in it does.
        """
        depth = 0
        while (line := self.read_proto_line((COMMAND_DEEPEN, COMMAND_SHALLOW, None)))[0] is not None:
            if line[0] == COMMAND_SHALLOW and isinstance(line[1], bytes):
                self.client_shallow.add(ObjectID(line[1]))
            elif isinstance(line[1], int):
                depth, self.deepens = line[1], True
        if not self.deepens:
            self.shallow.update(self.client_shallow)
            return
        ends, inside = find_shallow(self.store, wants, depth)
        self.shallow.update(ends - inside)
        self.unshallow = inside & self.client_shallow
        self.update_shallow(self.shallow - self.client_shallow, self.unshallow)


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
