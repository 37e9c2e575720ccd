"""Whether the service lets the service principal read a type at all: documentation and practice disagree for
some (product.md 3.2).
"""

from __future__ import annotations

from typing import Final

from shared.adapters.graph import addresses
from shared.adapters.graph.replies import Reply, read_failure
from shared.adapters.graph.transport import Call, NoAnswer, Transport, reason
from shared.domain.catalog import TypeSpec
from shared.errors import NotAvailable, ReadFailed, SignInFailed

_REFUSED: Final = frozenset({401, 403})
_UNSUPPORTED: Final = frozenset({400, 405, 501})
_FOR_BEING_AN_APP: Final = (
    "app-only",
    "app only",
    "application permission",
    "application token",
    "application context",
    "delegated",
    "user context",
    "on behalf of a user",
)
"""Words by which services say, with one of the statuses above, that only a user may call them."""


async def app_may_read(transport: Transport, spec: TypeSpec) -> bool:
    """Reads the type's first page, or the singleton, with the service principal. Raises ReadFailed.

    A tenant that lacks the type refused the type, not the app: the read itself will say so.
    """
    doing = f"trying {spec.key} with the service principal"
    call = Call("GET", f"/{spec.version}{addresses.list_path(spec)}", spec.bucket)
    try:
        reply = await transport.ask(call)
    except (NoAnswer, SignInFailed) as lost:
        raise ReadFailed(doing, message=reason(lost)) from lost
    if reply.ok:
        return True
    failure = read_failure(doing, reply, spec)
    if isinstance(failure, NotAvailable):
        return True
    if _refuses_the_app(reply):
        return False
    raise failure


def _refuses_the_app(reply: Reply) -> bool:
    if reply.status in _REFUSED:
        return True
    said = " ".join(reply.error).lower()
    return reply.status in _UNSUPPORTED and any(words in said for words in _FOR_BEING_AN_APP)
