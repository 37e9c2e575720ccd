"""Health, and every code with its advice: open to everybody, since they say nothing of any tenant."""

from __future__ import annotations

import azure.durable_functions as df

from functions.triggers.answers import Answer, answer
from functions.triggers.call import Call
from functions.triggers.endpoint import endpoint
from shared.wire.service import errors_json

service = df.Blueprint()


@endpoint(service, "listErrors")
async def list_errors(call: Call) -> Answer:
    """Every stable code."""
    return answer({"value": errors_json(call.language), "nextLink": None})


@endpoint(service, "getHealth")
async def get_health(call: Call) -> Answer:
    """Whether what the service stands on answers; 503 where it does not, so that a probe needs no JSON."""
    checks = dict(await call.services.health())
    healthy = all(checks.values())
    return answer(
        {"status": "healthy" if healthy else "unhealthy", "checks": checks}, 200 if healthy else 503
    )
