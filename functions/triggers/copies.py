"""Copies: items as they were at an earlier commit, or as they are in another tenant."""

from __future__ import annotations

import asyncio

import azure.durable_functions as df

from functions.triggers.answers import Answer, answer
from functions.triggers.call import Call
from functions.triggers.endpoint import Traits, endpoint, permitted
from functions.triggers.items import editor_of, noted
from shared.domain.access import Role
from shared.steps import copy_items
from shared.steps.copy_items import Copied, Source
from shared.steps.known_names import known_names
from shared.steps.read_items import point
from shared.wire.item import lack_json

copies = df.Blueprint()


@endpoint(copies, "copyItems", Traits(loads=("catalog",)))
async def copy_items_from(call: Call) -> Answer:
    """One commit on `main`; 200 without a commit where everything is so already."""
    from shared.wire.schema.item import CopyBody

    body, services, target = call.body(CopyBody), call.services, call.tenant
    source = target
    if body.from_.tenant is not None and body.from_.tenant != target.id:
        source = await permitted(services, call.caller, Role.READER, body.from_.tenant)
    editor = editor_of(call, body.comment)
    findings = services.permission_desk(target).findings

    def copied() -> Copied:
        at = point(services.repository(source.id), body.from_.ref)
        wanted = Source(at, body.from_.ref, None if source.id == target.id else source.id)
        return copy_items.copy(editor, wanted, body.paths, known_names(findings))

    done = await asyncio.to_thread(copied)
    await noted(call, done.landed)
    made = done.landed.commit if done.landed.files else None
    shown = {
        "commit": made,
        "files": len(done.landed.files),
        "unresolved": [lack_json(one) for one in done.unresolved],
    }
    return answer(shown, 201 if made else 200)
