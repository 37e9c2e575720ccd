"""`POST /$batch`: up to 20 requests in one, each metered and judged for itself.

learn.microsoft.com/graph/json-batching
"""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

from .errors import GraphError
from .exchange import Answer, Request
from .graph import ConnectionLost, Graph

MOST = 20


async def answer_batch(graph: Graph, request: Request) -> Answer:
    """Answers all items; the order of the answers is not that of the requests."""
    items = _items(request)
    outcomes: dict[str, dict[str, Any]] = {}
    for item in _in_order(items):
        failed = [d for d in item.get("dependsOn") or [] if outcomes[d]["status"] >= 400]
        outcomes[item["id"]] = _failed_dependency() if failed else await _one(graph, request, item)
    responses = [{"id": key, **outcome} for key, outcome in reversed(outcomes.items())]
    return Answer(200, {"responses": responses})


def _items(request: Request) -> list[dict[str, Any]]:
    items = request.json().get("requests")
    if not isinstance(items, list) or not items:
        raise _malformed("The batch request must have the property 'requests' with at least one request.")
    if len(items) > MOST:
        raise _malformed(f"Number of batch request steps exceeds the maximum value of {MOST}.")
    known: set[str] = set()
    for item in items:
        _check(item, known)
        known.add(item["id"].lower())
    return items


def _check(item: Any, known: set[str]) -> None:
    if not isinstance(item, dict) or not isinstance(item.get("id"), str) or not item["id"]:
        raise _malformed("Each request of a batch needs an id.")
    if item["id"].lower() in known:
        raise _malformed(f"The id '{item['id']}' is not unique in the batch.")
    if not isinstance(item.get("method"), str) or not isinstance(item.get("url"), str):
        raise _malformed(f"The request '{item['id']}' of the batch needs a method and a url.")
    if item["url"].startswith(("http://", "https://")) or "$batch" in item["url"]:
        raise _malformed(f"The url of the request '{item['id']}' must be relative, and no batch.")
    headers = {str(k).lower() for k in item.get("headers") or {}}
    if "body" in item and "content-type" not in headers:
        raise _malformed(f"The request '{item['id']}' has a body but no Content-Type header.")


def _in_order(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items so that each comes after what it depends on."""
    waiting, done, ordered = list(items), set[str](), list[dict[str, Any]]()
    while waiting:
        ready = [i for i in waiting if set(i.get("dependsOn") or []) <= done]
        if not ready:
            raise _malformed("A request of the batch depends on a request that is not in it, or on itself.")
        ordered += ready
        done |= {i["id"] for i in ready}
        waiting = [i for i in waiting if i["id"] not in done]
    return ordered


async def _one(graph: Graph, outer: Request, item: dict[str, Any]) -> dict[str, Any]:
    path, _, query = ("/" + item["url"].lstrip("/")).partition("?")
    headers = {str(k).lower(): str(v) for k, v in (item.get("headers") or {}).items()}
    body = item.get("body")
    request = replace(
        outer,
        method=item["method"].upper(),
        path=path,
        query=query,
        headers=headers,
        content=json.dumps(body).encode() if body is not None else b"",
        request_id=str(uuid.uuid4()),
        batch=outer.request_id,
    )
    try:
        answer, effect = await graph.answer(request)
    except ConnectionLost:
        return {
            "status": 504,
            "headers": {},
            "body": _error("GatewayTimeout", "The upstream connection was lost."),
        }
    shown: Any = answer.body
    if effect.truncate is not None or effect.malformed:
        shown = json.dumps(answer.body)[: effect.truncate or 20]
    outcome: dict[str, Any] = {
        "status": answer.status,
        "headers": {"Cache-Control": "no-cache", "OData-Version": "4.0", **answer.headers},
    }
    if shown is not None:
        outcome["headers"]["Content-Type"] = "application/json"
        outcome["body"] = shown
    return outcome


def _failed_dependency() -> dict[str, Any]:
    body = _error("FailedDependency", "A request that this one depends on failed.")
    return {"status": 424, "headers": {"Content-Type": "application/json"}, "body": body}


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _malformed(message: str) -> GraphError:
    return GraphError(400, "BadRequest", f"Invalid batch payload format. {message}")
