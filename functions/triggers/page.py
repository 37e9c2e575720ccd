"""The web page's files, and its texts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import azure.durable_functions as df
import azure.functions as func

from functions.triggers import answers
from functions.triggers.answers import Answer, answer
from functions.triggers.call import origin
from functions.triggers.endpoint import answered, mount
from functions.triggers.needs import Services, current
from shared.errors import Problem
from shared.texts import catalogue, negotiate

page = df.Blueprint()

FOLDER: Final = Path(__file__).parents[1] / "page"
FILES: Final = {"page.js": "text/javascript", "page.css": "text/css"}
TEXTS: Final = "texts.json"
SHOWN: Final = ("outcome.", "incomplete.")
"""Families of texts that the page shows by their keys, beside its own."""
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


async def serve_page(request: func.HttpRequest, services: Services | None = None) -> func.HttpResponse:
    """The page itself, which holds nothing of any tenant: its script asks the API, with the reader's key."""
    return await _answered(request, services, "index.html")


async def serve_file(request: func.HttpRequest, services: Services | None = None) -> func.HttpResponse:
    """A file of the page, or its texts in the reader's language."""
    return await _answered(request, services, str(request.route_params.get("file", "")))


async def _answered(request: func.HttpRequest, services: Services | None, name: str) -> func.HttpResponse:
    language = negotiate(request.headers.get("Accept-Language"))
    base = origin(request, (services or current()).settings.public_url)

    async def told() -> Answer:
        return _told(name, request)

    given = await answered(told, language, base)
    return answers.http(answers.conditional(given, request), request)


def _told(name: str, request: func.HttpRequest) -> Answer:
    if name == TEXTS:
        return answer(_texts(request))
    media_type = FILES.get(name) or ("text/html" if name == "index.html" else None)
    if media_type is None:
        raise Problem("notFound", 404)
    return Answer(200, (FOLDER / name).read_bytes(), media_type, {"Content-Security-Policy": POLICY})


def _texts(request: func.HttpRequest) -> dict[str, str]:
    """The page's own texts by their names, and the families it shows by their keys."""
    texts = catalogue(negotiate(request.headers.get("Accept-Language")))
    own = {key.removeprefix("page."): text for key, text in texts.items() if key.startswith("page.")}
    return own | {key: text for key, text in texts.items() if key.startswith(SHOWN)}


mount(page, serve_page, "page", "{ignored:maxlength(0)?}", ["GET", "HEAD"])
mount(page, serve_file, "page_file", "page/{file}", ["GET", "HEAD"])
