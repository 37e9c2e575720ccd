"""The receiving side of Git's protocol: what a push asks for, and what its client is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from dulwich.objects import ZERO_SHA, ObjectID
from dulwich.protocol import (
    CAPABILITY_ATOMIC,
    CAPABILITY_SIDE_BAND_64K,
    COMMAND_SHALLOW,
    SIDE_BAND_CHANNEL_PROGRESS,
    ReceivableProtocol,
)
from dulwich.refs import Ref
from dulwich.server import Backend, ReceivePackHandler

from shared.adapters.repository.messages import GitIdentity, PushRefused
from shared.adapters.repository.push_gate import MOVED, PushGate
from shared.errors import HeadMoved, StorageConflict
from shared.names import MAIN, TENANT, CommitId

if TYPE_CHECKING:
    _Command = tuple[ObjectID, ObjectID, Ref]

_PIECE: Final = 64 * 1024
_MOST_LINES: Final = 50


class ReceivePack(ReceivePackHandler):
    """Takes a push through the gate instead of straight into the object store."""

    def __init__(
        self,
        gate: PushGate,
        identity: GitIdentity,
        backend: Backend,
        args: Sequence[str],
        proto: ReceivableProtocol,
        stateless_rpc: bool = False,
        advertise_refs: bool = False,
    ) -> None:
        super().__init__(backend, args, proto, stateless_rpc, advertise_refs)
        self._gate, self._identity, self._input = gate, identity, proto

    def handle(self) -> None:
        """Announces the refs, or takes the push.

        A shallow clone names its oldest commits first; whether the push is whole shows later. A lone flush is
        Git trying its credentials before a long push.
        """
        if not self.advertise_refs:
            line = self._input.read_pkt_line()
            while line is not None and line.startswith(COMMAND_SHALLOW + b" "):
                line = self._input.read_pkt_line()
            if line is None:
                return
            self._input.unread_pkt_line(line)
        super().handle()

    def _apply_pack(self, refs: list[_Command]) -> Iterator[tuple[bytes, bytes]]:
        """Answers the result of unpacking, then one for each command: `ok` or one line of why not."""
        pack = self._rest()
        refusals = {ref: fault for command in refs if (fault := _refusal(command)) for ref in [command[2]]}
        twice = len({ref for _, _, ref in refs}) != len(refs)
        yield b"unpack", b"ok"
        for old, new, ref in refs:
            if fault := refusals.get(ref):
                self._tell(fault)
                yield ref, fault.partition(":")[0].encode()
            elif twice or (refusals and self.has_capability(CAPABILITY_ATOMIC)):
                yield ref, b"atomic push failed"
            else:
                yield ref, self._move(old, new, pack).encode()

    def _move(self, old: ObjectID, new: ObjectID, pack: bytes) -> str:
        before = None if old == ZERO_SHA else CommitId(old.decode())
        try:
            self._gate.accept(before, CommitId(new.decode()), pack, self._identity.principal)
        except PushRefused as refused:
            self._tell(*refused.lines)
            return refused.summary
        except (HeadMoved, StorageConflict):
            return MOVED
        if not self._gate.take_note():
            self._tell("The push is accepted. Taking note of who pushed it is still to be done.")
        return "ok"

    def _rest(self) -> bytes:
        """What follows the commands: the pack."""
        return b"".join(iter(lambda: self._input.recv(_PIECE), b""))

    def _tell(self, *lines: str) -> None:
        """Lines for the client's terminal, where each begins with `remote:`."""
        shown = list(lines[:_MOST_LINES])
        if len(lines) > _MOST_LINES:
            shown.append(f"and {len(lines) - _MOST_LINES} more")
        if shown and self.has_capability(CAPABILITY_SIDE_BAND_64K):
            text = "".join(f"{line}\n" for line in shown)
            self.proto.write_sideband(SIDE_BAND_CHANNEL_PROGRESS, text.encode(errors="replace"))


def _refusal(command: _Command) -> str | None:
    """Why that ref may not be moved so by anybody; what stands before the colon is the short form."""
    _, new, ref = command
    name = ref.decode(errors="replace")
    if name == TENANT:
        return "only syncs write the branch tenant: it shows what the tenant held; push to main instead"
    if name.startswith("refs/tags/"):
        return "tags are not kept: name a commit in a text of your own"
    if name != MAIN:
        return "only the branch main can be pushed: run git push origin HEAD:main"
    if new == ZERO_SHA:
        return "main cannot be deleted: remove files by a commit instead"
    return None
