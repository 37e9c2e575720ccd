"""Reads a whole type: every page of its list, then what each item keeps behind addresses of its own.

Complete or an error. A page that does not arrive, is no list, repeats an object or leads in a circle, an item
whose own answer or sub-resource does not arrive: the type is not read. What was read when the time ran out is
kept in a state that a later call goes on from.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from shared.adapters.graph import addresses
from shared.adapters.graph.batch import SIZE, Where, read_many
from shared.adapters.graph.crew import Crew
from shared.adapters.graph.replies import Page, Reply, page, plain, read_failure
from shared.adapters.graph.transport import Call, NoAnswer, OutOfTime, Transport, reason
from shared.domain.catalog import ReadBy, SubResource, TypeSpec
from shared.domain.snapshot import Raw, RawItem
from shared.errors import ReadFailed, SignInFailed
from shared.names import ObjectId

MOST_PAGES: Final = 10_000
"""Pages of one list. More is a circle that changes its address each time."""
AS_USER: Final = " as the signed-in user"
_EXPANSION: Final = re.compile(r"(?P<name>\w+)(?:\(\$expand=(?P<inner>\w+)\))?(?:,|$)")


@dataclass(slots=True)
class Progress:
    """How far a type is read. `next_page`: the address to go on from, None at the end of the list. `todo`:
    items that still lack what lies behind addresses of their own.
    """

    next_page: str | None
    items: dict[str, Raw] = field(default_factory=dict)
    todo: set[str] = field(default_factory=set)
    pages: set[str] = field(default_factory=set)

    def dump(self) -> bytes:
        """The state for a later call."""
        return json.dumps(
            {
                "next": self.next_page,
                "items": self.items,
                "todo": sorted(self.todo),
                "pages": sorted(self.pages),
            }
        ).encode()

    @classmethod
    def load(cls, state: bytes) -> Progress:
        """The progress that `dump` kept."""
        kept = json.loads(state)
        return cls(kept["next"], kept["items"], set(kept["todo"]), set(kept["pages"]))

    @property
    def complete(self) -> bool:
        """Whether nothing is left to read."""
        return self.next_page is None and not self.todo


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one type through a transport. `until`: when to hand back, in seconds of the transport's clock.
    `user`: as the signed-in user.
    """

    transport: Transport
    spec: TypeSpec
    until: float
    user: bool = False

    @property
    def doing(self) -> str:
        """What is being done, for messages."""
        return f"reading {self.spec.key}{AS_USER if self.user else ''}"

    async def read(self, progress: Progress) -> None:
        """Goes on until the type is complete or the time is over. Raises ReadFailed, NotAvailable."""
        async with Crew() as crew:
            self._complete(crew, progress, sorted(progress.todo))
            with contextlib.suppress(OutOfTime):
                while progress.next_page is not None and not self._over():
                    self._complete(crew, progress, await self._next_page(progress))
                    crew.check()
            await crew.finish()

    def _over(self) -> bool:
        return self.transport.time.clock() >= self.until

    async def _next_page(self, progress: Progress) -> list[str]:
        address = progress.next_page or ""
        found = await self._page(address, self.doing)
        fresh = self._take(progress, found)
        progress.pages.add(address)
        progress.next_page = self._checked_link(found.next_link, progress.pages)
        return fresh

    def _take(self, progress: Progress, found: Page) -> list[str]:
        """Puts a page's objects into the progress; answers those with parts of their own still to read."""
        fresh: list[str] = []
        for raw in found.objects:
            object_id = raw.get("id")
            if not isinstance(object_id, str) or not object_id:
                raise ReadFailed(self.doing, message="the list holds an object without an id")
            if object_id in progress.items or object_id in fresh:
                raise ReadFailed(self.doing, message=f"the list holds the object {object_id} twice")
            if not self.spec.is_plausible(raw):
                raise ReadFailed(self.doing, message=f"the object {object_id} has no {self.spec.named_by}")
            if not self.spec.covers(raw):
                continue
            progress.items[object_id] = raw
            if has_parts(self.spec) or self._cut_expansions(raw):
                fresh.append(object_id)
            else:
                self._check_expansions(object_id, raw)
        progress.todo.update(fresh)
        return fresh

    async def _page(self, address: str, doing: str) -> Page:
        reply = await self._ask(address, doing)
        if not reply.ok:
            raise read_failure(doing, reply, self.spec)
        return page(doing, reply)

    async def _ask(self, address: str, doing: str) -> Reply:
        try:
            call = Call("GET", address, self.spec.bucket, until=self.until, user=self.user)
            return await self.transport.ask(call)
        except (NoAnswer, SignInFailed) as lost:
            raise ReadFailed(doing, message=reason(lost)) from lost

    def _checked_link(self, link: str | None, seen: set[str]) -> str | None:
        if link is None:
            return None
        if not addresses.within(link, self.transport.base_url):
            raise ReadFailed(self.doing, message="the next page lies at another service")
        if link in seen or len(seen) >= MOST_PAGES:
            raise ReadFailed(self.doing, message="the pages lead in a circle")
        return link

    def _complete(self, crew: Crew, progress: Progress, object_ids: list[str]) -> None:
        """Has the crew read what these items keep behind addresses of their own, a batch at a time."""
        per_call = SIZE if self.transport.budget(self.spec.bucket).batches else 1
        for at in range(0, len(object_ids), per_call):
            crew.start(self._complete_some(progress, object_ids[at : at + per_call]))

    async def _complete_some(self, progress: Progress, object_ids: list[str]) -> None:
        if self._over():
            return
        try:
            for object_id, raw in (await self.complete_items(progress.items, object_ids)).items():
                progress.items[object_id] = raw
                progress.todo.discard(object_id)
        except OutOfTime:
            return

    async def complete_item(self, object_id: str, raw: Raw) -> Raw:
        """The item, read by its own address, with its sub-resources. Raises ReadFailed, NotAvailable."""
        found = await self._with_parts({object_id: raw})
        return found[object_id]

    async def complete_items(self, items: dict[str, Raw], object_ids: list[str]) -> dict[str, Raw]:
        """These items, each whole. Raises ReadFailed, NotAvailable, OutOfTime."""
        own = [ObjectId(one) for one in object_ids]
        found = {one: items[one] for one in object_ids}
        if self.spec.each:
            paths = [addresses.item_path(self.spec, one) + addresses.item_query(self.spec) for one in own]
            for object_id, reply in zip(object_ids, await self._read_many(paths), strict=True):
                found[object_id] = self.whole_item(object_id, reply)
        return await self._with_parts(found)

    async def _with_parts(self, items: dict[str, Raw]) -> dict[str, Raw]:
        found = dict(items)
        for part in requested_parts(self.spec):
            paths = [f"{addresses.item_path(self.spec, ObjectId(one))}/{part.read_path}" for one in items]
            for object_id, reply in zip(items, await self._read_many(paths), strict=True):
                members = await self._members(part, object_id, reply)
                found[object_id] = {**found[object_id], part.property: members}
        return {object_id: await self._expanded(object_id, raw) for object_id, raw in found.items()}

    async def _expanded(self, object_id: str, raw: Raw) -> Raw:
        """The item with its expansions whole: one left out would read as a list emptied, one cut short has a
        next page of its own. Raises ReadFailed.
        """
        doing = self._check_expansions(object_id, raw)
        for name in self._cut_expansions(raw):
            first = Page((), str(raw[f"{name}@odata.nextLink"]))
            raw = {**raw, name: [*raw[name], *await self._rest(first, f"{doing}, {name}")]}
        return raw

    def _check_expansions(self, object_id: str, raw: Raw) -> str:
        doing = f"{self.doing}, the object {object_id}"
        for name, inner in expansions(self.spec).items():
            members = raw.get(name)
            if not isinstance(members, list):
                raise ReadFailed(doing, message=f"{name} was asked for and is not there")
            for member in members:
                if inner and not isinstance(member.get(inner), list):
                    raise ReadFailed(doing, message=f"{inner} was asked for and is not there")
        return doing

    def _cut_expansions(self, raw: Raw) -> list[str]:
        return [name for name in expansions(self.spec) if raw.get(f"{name}@odata.nextLink")]

    async def _read_many(self, paths: list[str]) -> list[Reply]:
        try:
            where = Where(self.spec.bucket, self.spec.version, self.until, self.user)
            return await read_many(self.transport, where, paths)
        except (NoAnswer, SignInFailed) as lost:
            raise ReadFailed(self.doing, message=reason(lost)) from lost

    def whole_item(self, object_id: str, reply: Reply) -> Raw:
        """The object in this answer. Raises ReadFailed unless it is the one that was asked for."""
        doing = f"{self.doing}, the object {object_id}"
        if not reply.ok:
            raise read_failure(doing, reply, self.spec)
        body = reply.body
        if not isinstance(body, dict) or body.get("id") != object_id or not self.spec.is_plausible(body):
            raise ReadFailed(
                doing, reply.status, message="the answer is another thing", request_id=reply.request_id
            )
        return plain(reply.body)

    async def _members(self, part: SubResource, object_id: str, reply: Reply) -> list[Any]:
        """Every member of a sub-resource, over all its pages."""
        doing = f"{self.doing}, {part.property} of the object {object_id}"
        if not reply.ok:
            raise read_failure(doing, reply, self.spec)
        first = page(doing, reply)
        return [*first.objects, *await self._rest(first, doing)]

    async def _rest(self, current: Page, doing: str) -> list[Any]:
        """The objects of all pages after this one."""
        members: list[Any] = []
        seen: set[str] = set()
        while (link := self._checked_link(current.next_link, seen)) is not None:
            seen.add(link)
            current = await self._page(link, doing)
            members.extend(current.objects)
        return members


def requested_parts(spec: TypeSpec) -> list[SubResource]:
    """The sub-resources that take a request of their own for each item."""
    return [part for part in spec.sub_resources if part.read_by is ReadBy.REQUEST]


def has_parts(spec: TypeSpec) -> bool:
    """Whether the list alone does not hold the type's items whole."""
    return spec.each or bool(requested_parts(spec))


def expansions(spec: TypeSpec) -> dict[str, str]:
    """The sub-resources that the query asks for with `$expand`, each with what it asks for inside its
    members.
    """
    asked = (spec.each_query if spec.each else spec.query).get("$expand", "")
    return {found["name"]: found["inner"] or "" for found in _EXPANSION.finditer(asked)}


def as_items(items: dict[str, Raw]) -> tuple[RawItem, ...]:
    """The items by id, in the order of their ids, so that equal tenants read equal."""
    return tuple(RawItem(ObjectId(key), items[key]) for key in sorted(items))
