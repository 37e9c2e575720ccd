"""Refusals in the shape of the real services.

Graph's error body is the same everywhere (learn.microsoft.com/graph/errors); the codes and messages inside
differ by the service that answers: each `Dialect` below is one service's way of saying the same thing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime


class GraphError(Exception):
    """A request that is answered with an error. `status` is the HTTP status, `code` the error's code."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Dialect:
    """The codes and sentences of one service. Sources: the services' documented examples."""

    bad_request: str
    not_found: str
    not_found_message: str
    forbidden: str
    forbidden_message: str
    throttled: str
    unknown_property: str
    read_only: str
    wrapped: bool = False
    codes: dict[int, str] = field(default_factory=dict)

    def refuse(self, message: str, status: int = 400, code: str | None = None) -> GraphError:
        """400 (or another status) with this service's code for it."""
        default = self.codes.get(status, self.bad_request)
        return GraphError(status, code or default, self._text(message))

    def missing(self, object_id: str) -> GraphError:
        return GraphError(404, self.not_found, self._text(self.not_found_message.format(id=object_id)))

    def denied(self, accepted: list[str]) -> GraphError:
        """403: none of the accepted permissions is in the token."""
        return GraphError(
            403, self.forbidden, self._text(self.forbidden_message.format(scopes=", ".join(accepted)))
        )

    def unknown(self, name: str, model: str) -> GraphError:
        return self.refuse(self.unknown_property.format(name=name, model=f"microsoft.graph.{model}"))

    def not_writable(self, name: str) -> GraphError:
        return self.refuse(self.read_only.format(name=name))

    def _text(self, message: str) -> str:
        """Intune puts a JSON document into the message; other services a sentence."""
        if not self.wrapped:
            return message
        operation = "00000000-0000-0000-0000-000000000000"
        return json.dumps(
            {
                "_version": 3,
                "Message": f"{message} - Operation ID (for customer support): {operation} - Activity ID: "
                f"{operation} - Url: https://fef.msub06.manage.microsoft.com/",
                "CustomApiErrorPhrase": "",
                "RetryAfter": None,
                "ErrorSourceService": "",
                "HttpHeaders": "{}",
            },
            indent=2,
        )


_UNKNOWN = (
    "The property '{name}' does not exist on type '{model}'. Make sure to only use property names that are "
    "defined by the type."
)

DIALECTS = {
    "directory": Dialect(
        bad_request="Request_BadRequest",
        not_found="Request_ResourceNotFound",
        not_found_message="Resource '{id}' does not exist or one of its queried reference-property objects "
        "are not present.",
        forbidden="Authorization_RequestDenied",
        forbidden_message="Insufficient privileges to complete the operation.",
        throttled="TooManyRequests",
        unknown_property="Invalid property '{name}'.",
        read_only="Property '{name}' is read-only and cannot be set.",
        codes={409: "Request_MultipleObjectsWithSameKeyValue", 403: "Authorization_RequestDenied"},
    ),
    "conditionalAccess": Dialect(
        bad_request="BadRequest",
        not_found="NotFound",
        not_found_message="{id} was not found in the directory.",
        forbidden="AccessDenied",
        forbidden_message="You cannot perform the requested operation, required scopes are missing in the "
        "token.",
        throttled="TooManyRequests",
        unknown_property=_UNKNOWN,
        read_only="The property '{name}' is read-only and cannot be specified.",
        codes={403: "AccessDenied"},
    ),
    "intune": Dialect(
        bad_request="BadRequest",
        not_found="ResourceNotFound",
        not_found_message="The resource '{id}' was not found.",
        forbidden="Forbidden",
        forbidden_message="Application is not authorized to perform this operation. Application must have "
        "one of the following scopes: {scopes}",
        throttled="TooManyRequests",
        unknown_property=_UNKNOWN,
        read_only="The property '{name}' is read-only and cannot be set.",
        wrapped=True,
        codes={403: "Forbidden", 409: "Conflict"},
    ),
    "sharepoint": Dialect(
        bad_request="invalidRequest",
        not_found="itemNotFound",
        not_found_message="The resource could not be found.",
        forbidden="accessDenied",
        forbidden_message="The caller does not have permission to perform the action.",
        throttled="activityLimitReached",
        unknown_property=_UNKNOWN,
        read_only="The property '{name}' is read-only.",
        codes={403: "accessDenied"},
    ),
}


def segment_error(segment: str) -> GraphError:
    """What Graph's gateway says of an address it does not know."""
    return GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def method_error() -> GraphError:
    """405, as in the example of learn.microsoft.com/graph/json-batching."""
    message = "Specified HTTP method is not allowed for the request target."
    return GraphError(405, "Request_BadRequest", message)


def unauthenticated(message: str) -> GraphError:
    """401 for a token that is missing, foreign or expired."""
    return GraphError(401, "InvalidAuthenticationToken", message)


def error_body(error: GraphError, request_id: str, client_request_id: str, now: float) -> dict[str, object]:
    """The body of an error answer, with the ids that support asks for."""
    inner = {
        "date": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": client_request_id,
    }
    return {"error": {"code": error.code, "message": error.message, "innerError": inner}}
