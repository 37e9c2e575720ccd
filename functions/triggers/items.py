"""The items of a tenant's repository: listed, read, checked, written, removed, compared."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

import azure.durable_functions as df

from functions.triggers import bodies
from functions.triggers.answers import Answer, answer, names
from functions.triggers.bodies import fault
from functions.triggers.call import Call
from functions.triggers.endpoint import Traits, endpoint, permitted
from functions.triggers.queries import Query
from shared.domain.access import Role
from shared.domain.inventory import version_of
from shared.domain.json_form import MAX_DEPTH
from shared.errors import AccordError, Problem
from shared.names import CommitId, TypeKey
from shared.steps import edit_items, read_items
from shared.steps.edit_items import Editor, Landed, Wish
from shared.steps.read_items import Point
from shared.wire.item import differing_json, item_json, shown_json
from shared.wire.refusal import in_words

LOG: Final = logging.getLogger("accord.api")
items = df.Blueprint()
CATALOG: Final = Traits(loads=("catalog",))
ROOM: Final = 64 * 1024
"""Bytes that a document around an item may take."""


@endpoint(items, "listItems", CATALOG)
async def list_items(call: Call) -> Answer:
    """The items at one commit, by path."""
    query, types = call.query, type_filter(call)
    top, after, search = query.top(), place(query), (query.text("search") or "").casefold()

    def read() -> tuple[Point, read_items.Page]:
        at = read_items.point(call.services.repository(call.tenant.id), query.text("ref"))
        return at, read_items.listed(call.services.catalog, at, types, search, top, after)

    at, page = await asyncio.to_thread(read)
    onward = {"ref": at.commit} if page.more else None
    return answer(
        paged(call, [shown_json(one) for one in page.value], after + top, onward) | {"ref": at.commit}
    )


def type_filter(call: Call) -> list[TypeKey] | None:
    """The types asked for, with commas between; None for all. Raises Problem for one that nobody knows."""
    named = call.query.text("type", longest=2000)
    if named is None:
        return None
    keys = [TypeKey(one) for one in named.split(",")]
    faults = [
        fault("type", "unknownType", call.language, value=key[:100])
        for key in keys
        if key not in call.services.catalog.types
    ]
    if faults:
        raise Problem("invalidQuery", 400, errors=faults[:20])
    return keys


def place(query: Query) -> int:
    """How many entries the pages before held."""
    after = query.after()
    if after is None:
        return 0
    if not after.isascii() or not after.isdigit() or len(after) > 7:
        raise query.refused("after", "nextPage")
    return int(after)


def paged(
    call: Call, value: list[Any], after: int, pinned: Mapping[str, CommitId | None] | None
) -> dict[str, Any]:
    """A page of a list that goes on unless `pinned` is None, at the very commits that it was begun at."""
    if pinned is None:
        return call.page(value, None)
    return call.page(value, str(after), {name: one for name, one in pinned.items() if one is not None})


@endpoint(items, "getItem", CATALOG)
async def get_item(call: Call) -> Answer:
    """One item as its files hold it."""
    ref = call.query.text("ref")

    def read() -> Answer:
        at = read_items.point(call.services.repository(call.tenant.id), ref)
        return _shown(call, at, call.part("path"))

    return await asyncio.to_thread(read)


def _shown(call: Call, at: Point, path: str, status: int = 200, **more: Any) -> Answer:
    found = read_items.whole(call.services.catalog, at, path)
    version = f'"{version_of(found.held.files)}"'
    return answer(item_json(found, at.commit) | more, status, ETag=version)


@endpoint(items, "putItem", CATALOG)
async def put_item(call: Call) -> Answer:
    """Writes an item by one commit on `main`, if what it says would be accepted from a push."""
    data = bodies.read_bytes(call.request, edit_items.LARGEST_FILE)
    editor, path = editor_of(call, call.query.text("comment", longest=1000)), call.part("path")
    stored = await asyncio.to_thread(edit_items.store, editor, path, data, wish(call))
    await noted(call, stored.landed)

    def read() -> Answer:
        at = Point(editor.repository, stored.landed.commit, editor.repository.tree(stored.landed.commit))
        return _shown(call, at, path, 201 if stored.created else 200, commit=stored.landed.commit)

    return await asyncio.to_thread(read)


@endpoint(items, "deleteItem", CATALOG)
async def delete_item(call: Call) -> Answer:
    """Removes an item by one commit on `main`. The tenant's object goes with a sync, once approved."""
    editor = editor_of(call, call.query.text("comment", longest=1000))
    landed = await asyncio.to_thread(edit_items.remove, editor, call.part("path"), wish(call))
    await noted(call, landed)
    return Answer(204)


@endpoint(items, "checkItem", CATALOG)
async def check_item(call: Call) -> Answer:
    """Says what a write of this item would be refused for."""
    from shared.wire.schema.item import CheckBody

    largest = edit_items.LARGEST_FILE + ROOM
    body = call.validated(CheckBody, bodies.read_json(call.request, largest, MAX_DEPTH + 1))
    data = edit_items.canonical_bytes(body.content)
    found = await asyncio.to_thread(edit_items.check, editor_of(call, None), body.path, data)
    return answer({"errors": [in_words(one, call.language) for one in found]})


def editor_of(call: Call, comment: str | None) -> Editor:
    """The caller, as the editor of the tenant that the path names."""
    services = call.services
    repository = services.repository(call.tenant.id)
    return Editor(repository, services.catalog, call.caller.actor, services.clock.now(), comment or "")


def wish(call: Call) -> Wish:
    """What `If-Match` and `If-None-Match` ask for."""
    headers = call.request.headers
    versions = frozenset(one.strip('"') for one in names(headers.get("If-Match")))
    return Wish(versions, "*" in names(headers.get("If-None-Match")))


async def noted(call: Call, landed: Landed) -> None:
    """Who made the commit is noted before it is answered. Where that fails, the commit stands and
    the repository keeps who made it until it is noted.
    """
    if not landed.files:
        return
    try:
        await asyncio.to_thread(call.services.note_pushes, call.tenant.id)
    except AccordError as exc:
        LOG.warning("noting who made commit %s of %s: %s", landed.commit, call.tenant.id, exc)


@endpoint(items, "listDifferences", CATALOG)
async def list_differences(call: Call) -> Answer:
    """What leads from one commit to another, or from this tenant's to another tenant's."""
    query, services, types = call.query, call.services, type_filter(call)
    top, after, path = query.top(), place(query), query.text("path", longest=1024)
    other = query.text("other")
    refs = query.text("from"), query.text("to")
    if other is None and refs[0] is None:
        raise query.refused("from", "missing")
    tenant = call.tenant
    if other is not None:
        tenant = await permitted(services, call.caller, Role.READER, other)

    def read() -> tuple[list[CommitId | None], read_items.Differences]:
        old = read_items.point(services.repository(call.tenant.id), refs[0])
        new = read_items.point(services.repository(tenant.id), refs[1])
        span = range(after, after + top)
        found = read_items.differences(services.catalog, old, new, types, path, span)
        return [old.commit, new.commit], found

    commits, found = await asyncio.to_thread(read)
    ends = dict(zip(("from", "to"), commits, strict=True))
    value = [differing_json(one, whole=path is not None) for one in found.value]
    return answer(paged(call, value, after + top, ends if found.more else None) | ends)
