"""The web page: its files, and its texts in the reader's language."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

import azure.durable_functions as df
import azure.functions as func

from functions.triggers import answers
from functions.triggers.answers import Answer, answer
from functions.triggers.call import origin
from functions.triggers.endpoint import answered, mount
from functions.triggers.needs import ApiSettings, Services, current
from functions.triggers.page_files import File, Folder, packed
from functions.triggers.page_session import session
from shared.errors import Problem
from shared.texts import catalogue, negotiate

page = df.Blueprint()

FILES: Final = Folder()
SHOWN: Final = (
    *("status.", "outcome.", "incomplete.", "incompleteAdvice.", "cause.", "decision."),
    *("blocked.", "blockedTitle.", "notRead.", "fate."),
)
"""Families of texts that the page shows by the API's own keys, beside what it says by itself."""
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src {connect}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types lit-html"
)
FOREVER: Final = "public, max-age=31536000, immutable"


async def serve_page(request: func.HttpRequest, services: Services | None = None) -> func.HttpResponse:
    """The page itself, which holds nothing of any tenant: its script asks the API, with the reader's key."""

    async def told() -> Answer:
        site = await asyncio.to_thread(FILES.site)
        policy = POLICY.format(connect=_connect((services or current()).settings))
        return _sent(site.index, request, {"Content-Security-Policy": policy, "Vary": "Accept-Encoding"})

    return await _answered(request, services, told)


async def serve_asset(request: func.HttpRequest, services: Services | None = None) -> func.HttpResponse:
    """A file of the page. Under the present version's address it never changes; a page that was loaded before
    an update gets the file as it is now, kept by nobody.
    """

    async def told() -> Answer:
        site = await asyncio.to_thread(FILES.site)
        file = site.files.get(str(request.route_params.get("path", "")))
        if file is None:
            raise Problem("notFound", 404)
        headers = {"Vary": "Accept-Encoding", "Cross-Origin-Resource-Policy": "same-origin"}
        if request.route_params.get("version") == site.version:
            headers["Cache-Control"] = FOREVER
        return _sent(file, request, headers)

    return await _answered(request, services, told)


async def serve_texts(request: func.HttpRequest, services: Services | None = None) -> func.HttpResponse:
    """The page's own texts by their names, and the families it shows by their keys."""

    async def told() -> Answer:
        texts = catalogue(negotiate(request.headers.get("Accept-Language")))
        own = {key.removeprefix("page."): text for key, text in texts.items() if key.startswith("page.")}
        body = answers.dumps(own | {key: text for key, text in texts.items() if key.startswith(SHOWN)})
        vary = "Accept-Language, Accept-Encoding"
        return _sent(packed(body, answers.JSON), request, {"Vary": vary, "Cache-Control": "no-cache"})

    return await _answered(request, services, told)


async def serve_session(request: func.HttpRequest, services: Services | None = None) -> func.HttpResponse:
    """How the page's reader proves who they are; see `page_session`."""

    async def told() -> Answer:
        return answer(session(request, (services or current()).settings), Cache_Control="no-store")

    return await _answered(request, services, told)


def _connect(settings: ApiSettings) -> str:
    """Whom the page's scripts may ask: us, and the directory where people sign in to one."""
    if settings.sign_in is None:
        return "'self'"
    place = urlsplit(settings.sign_in.authority)
    return f"'self' {place.scheme}://{place.netloc}"


def _sent(file: File, request: func.HttpRequest, headers: Mapping[str, str]) -> Answer:
    """The file, compressed where the browser takes that; its tag says which of the two it is."""
    if not answers.takes_gzip(request):
        return Answer(200, file.body, file.media_type, {**headers, "ETag": file.tag})
    tagged = {**headers, "ETag": f'{file.tag[:-1]}-gzip"', "Content-Encoding": "gzip"}
    return Answer(200, file.packed, file.media_type, tagged)


async def _answered(
    request: func.HttpRequest, services: Services | None, told: Callable[[], Awaitable[Answer]]
) -> func.HttpResponse:
    language = negotiate(request.headers.get("Accept-Language"))
    base = origin(request, (services or current()).settings.public_url)
    given = await answered(told, language, base)
    return answers.http(answers.conditional(given, request), request)


mount(page, serve_page, "page", "{ignored:maxlength(0)?}", ["GET", "HEAD"])
mount(page, serve_texts, "page_texts", "page/texts.json", ["GET", "HEAD"])
mount(page, serve_session, "page_session", "page/session.json", ["POST"])
mount(page, serve_asset, "page_asset", "page/{version}/{*path}", ["GET", "HEAD"])
