"""What a deploy works at: the approved plan, the journal under its lease, the head, and the index as it
grows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from shared.domain import journal as journals
from shared.domain.canonical import canonical
from shared.domain.catalog import TypeSpec
from shared.domain.item import Content
from shared.domain.journal import Entry, Fault, Journal, State, Write, body_hash
from shared.domain.plan import Change
from shared.domain.reference import Index
from shared.domain.request import Request
from shared.domain.snapshot import RawItem
from shared.domain.tenant_approval import ApprovalAnswer
from shared.ports import Answer, Held, Lease
from shared.steps.approved import Approved, Head
from shared.steps.work import Work


class Final(Exception):
    """A change has come to its end, in this state, for this reason."""

    def __init__(self, state: State, code: str, message: str, request_id: str = "") -> None:
        super().__init__(message)
        self.state, self.fault = state, Fault(code, message, request_id)


class Paused(Exception):
    """The slice is over while a change is under way: the journal says where to go on."""


@dataclass(slots=True)
class Ledger:
    """The journal under its lease: every change of state is written before the next request goes out."""

    lease: Lease
    journal: Journal
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def write(self, entry: Entry) -> None:
        """Puts the entry in place and writes the journal. Raises LeaseLost when somebody else took over."""
        async with self.lock:
            self.journal = self.journal.with_entry(entry)
            await asyncio.to_thread(self.lease.put, journals.dump(self.journal))

    async def stop(self, kind: str) -> None:
        """Records that the deploy was ended early."""
        async with self.lock:
            self.journal = replace(self.journal, stopped=kind)
            await asyncio.to_thread(self.lease.put, journals.dump(self.journal))

    async def hold(self) -> None:
        """Before each request: is the lease still ours? Raises LeaseLost."""
        async with self.lock:
            await asyncio.to_thread(self.lease.hold)


@dataclass(slots=True)
class Desk:
    """One run of a deploy."""

    work: Work
    ledger: Ledger
    approved: Approved
    head: Head
    index: Index
    answers: Mapping[str, ApprovalAnswer] = field(default_factory=dict)
    """What the tenant's own approvers have said, by approval request."""

    def spec(self, change: Change) -> TypeSpec:
        """The catalog's entry of the change's type."""
        return self.work.catalog.types[change.type]

    def content(self, change: Change, item: RawItem | None) -> Content | None:
        """The item in canonical form, as the tenant holds it."""
        return None if item is None else canonical(self.spec(change), item.raw, self.index).content

    def entry(self, change: Change) -> Entry | None:
        """The change's entry; None before it was begun."""
        return self.ledger.journal.entries.get(change.id)

    def begun(self, change: Change) -> Entry:
        """The entry of a change that is under way."""
        return self.ledger.journal.entries[change.id]

    def held(self, change: Change) -> Entry | None:
        """The entry of a change that the tenant's own approval holds back; None for any other."""
        entry = self.entry(change)
        return entry if entry is not None and entry.state is State.HELD else None

    async def end(self, change: Change, state: State, fault: Fault | None = None) -> None:
        """Writes the final state."""
        now = self.work.clock.now()
        entry = self.entry(change) or Entry(change.id, state, now, now, change.object_id)
        await self.ledger.write(entry.moved(state, now, fault))

    async def intend(self, change: Change, requests: Iterable[Request]) -> None:
        """Writes down what is about to be sent, before it is."""
        now = self.work.clock.now()
        entry = self.entry(change) or Entry(change.id, State.INTENT, now, now, change.object_id)
        writes = tuple(Write(one.method, one.path, body_hash(one.body)) for one in requests)
        await self.ledger.write(replace(entry, since=now, writes=(*entry.writes, *writes)))

    async def send(self, request: Request, why: str = "", approval: str = "") -> Answer | Held:
        """Sends one request under the lease. Raises WriteRefused, WriteUnknown, LeaseLost."""
        await self.ledger.hold()
        return await self.work.api.send(request, why=why, approval=approval)
