"""Who read each type last: the service principal, or which signed-in user. One blob per tenant.

What a user sees depends on the user. Objects that are missing since another account reads the type may be
hidden from it, which is no reason to call them deleted (product.md 3.4: a failed read is never an empty
result).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Final

from shared.domain.catalog import Catalog, Identity, TypeSpec
from shared.domain.snapshot import TypeRead
from shared.names import TypeKey
from shared.ports import Artifacts
from shared.steps.blobs import dumps
from shared.steps.work import Work

READERS: Final = "readers.json"


async def reader_of(work: Work, spec: TypeSpec) -> str:
    """Who reads this type in this sync; empty for the service principal. Raises SignInFailed."""
    if work.user is None or spec.key not in work.user_types:
        return ""
    return f"user {await asyncio.to_thread(work.user.account)}"


async def another_reader(findings: Artifacts, spec: TypeSpec, read: TypeRead) -> bool:
    """Whether somebody else read the type when it was compared last; where nobody knows, it may be so."""
    if spec.identity is Identity.APP:
        return False
    return (await asyncio.to_thread(_readers, findings)).get(spec.key) != read.reader


def keep_readers(findings: Artifacts, catalog: Catalog, read: Iterable[TypeRead]) -> None:
    """Notes who read the types that have been compared, of those that a user may have to read."""
    before = _readers(findings)
    new = {one.type: one.reader for one in read if catalog.types[one.type].identity is not Identity.APP}
    if not new.items() <= before.items():
        findings.put(READERS, dumps({**before, **new}))


def _readers(findings: Artifacts) -> Mapping[TypeKey, str]:
    data = findings.get(READERS)
    return {} if data is None else json.loads(data)
