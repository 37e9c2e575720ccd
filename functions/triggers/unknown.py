"""Whatever no other function answers below `/api`: 404, 405 with what is allowed, or what OPTIONS asks.

The platform tries functions whose routes overlap in the order of their names, and goes on where the method
differs [azure-functions-host#9876]: this one's name is the last.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import azure.durable_functions as df
import azure.functions as func

from functions.triggers import answers
from functions.triggers.answers import Answer
from functions.triggers.call import origin
from functions.triggers.endpoint import answered, mount
from functions.triggers.needs import Services, current
from shared.domain.access import allowed_methods
from shared.errors import Problem
from shared.texts import negotiate

unknown = df.Blueprint()


async def serve_unknown(request: func.HttpRequest, services: Services | None = None) -> func.HttpResponse:
    """A problem document that says what to do; whoever asks, for it tells nothing of any tenant."""
    language = negotiate(request.headers.get("Accept-Language"))
    base = origin(request, (services or current()).settings.public_url)

    async def told() -> Answer:
        return _told(request)

    return answers.http(await answered(told, language, base), request)


def _told(request: func.HttpRequest) -> Answer:
    methods = allowed_methods(urlsplit(request.url).path)
    if not methods:
        raise Problem("notFound", 404)
    allow = ", ".join([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])
    if request.method == "OPTIONS":
        return Answer(204, headers={"Allow": allow})
    raise Problem("methodNotAllowed", 405, values={"allow": allow}, headers={"Allow": allow})


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
mount(unknown, serve_unknown, "zz_unknown_address", "api/{*rest}", METHODS)
