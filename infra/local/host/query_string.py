"""What a caller of the management API asks for in the query string and headers.

A value that cannot be read counts as absent, as in the real host; but a continuation token must be ours.
"""

import base64
import json

from starlette.requests import Request

from infra.local.host.clock import Instant, instant, moment
from infra.local.host.instances import Instance, Query

CONTINUATION = "x-ms-continuation-token"
PAGE = 100


class UnknownToken(ValueError):
    """The continuation token is not one that this host gave."""


def page_size(request: Request) -> int:
    """How many instances a page holds."""
    return int(number(request, "top") or PAGE)


def read_query(request: Request, limit: int) -> Query:
    """Which instances are asked for; `limit` -1 for all of them."""
    parameters = request.query_params
    statuses = [s for value in parameters.getlist("runtimeStatus") for s in value.split(",") if s]
    return Query(
        created_from=_instant(parameters.get("createdTimeFrom")),
        created_to=_instant(parameters.get("createdTimeTo")),
        statuses=statuses,
        prefix=parameters.get("instanceIdPrefix", ""),
        after=_read_token(request.headers.get(CONTINUATION, "")),
        limit=limit,
    )


def token_after(instance: Instance) -> str:
    """The token of the page that follows this instance."""
    return base64.urlsafe_b64encode(json.dumps([instance.created, instance.id]).encode()).decode()


def _read_token(token: str) -> tuple[str, str]:
    try:
        created, instance = json.loads(base64.urlsafe_b64decode(token)) if token else ("", "")
    except (TypeError, ValueError) as unknown:
        raise UnknownToken(
            "The continuation token is not one that this host gave; leave it out to start again."
        ) from unknown
    return str(created), str(instance)


def _instant(text: str | None) -> Instant | None:
    try:
        return instant(moment(text)) if text else None
    except ValueError:
        return None


def number(request: Request, name: str) -> float | None:
    """A number in the query string."""
    try:
        return float(request.query_params[name])
    except (KeyError, ValueError):
        return None


def flag(request: Request, name: str, *, default: bool = False) -> bool:
    """`true` or `false` in the query string."""
    text = request.query_params.get(name, "").lower()
    return text == "true" if text in {"true", "false"} else default
