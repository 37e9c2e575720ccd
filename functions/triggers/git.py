"""Git's smart HTTP at `/git/{tenant}`, with any Git client."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urlencode, urlsplit

import azure.durable_functions as df
import azure.functions as func

from functions.triggers import who
from functions.triggers.endpoint import mount, permitted
from functions.triggers.needs import Services, current
from shared.domain.access import Role, holds, may
from shared.errors import Problem, StorageConflict, StorageUnavailable
from shared.texts import negotiate, say

git = df.Blueprint()

PUSH: Final = "git-receive-pack"


async def serve_git(request: func.HttpRequest, services: Services | None = None) -> func.HttpResponse:
    """A clone, a fetch or a push. Refusals are text, which Git shows on the client's terminal."""
    try:
        return await _served(request, services or current())
    except Problem as problem:
        language = negotiate(request.headers.get("Accept-Language"))
        # Git shows the text beside a refusal, and asks for credentials only when challenged.
        headers = {"WWW-Authenticate": who.GIT_CHALLENGE} if problem.status == 401 else {}
        text = say(f"problem.{problem.code}.detail", language, **problem.values)
        return _text(problem.status, text, headers)
    except (StorageConflict, StorageUnavailable) as exc:
        return _text(503, str(exc), {"Retry-After": "5"})


async def _served(request: func.HttpRequest, services: Services) -> func.HttpResponse:
    caller = await who.authenticate(request, services, who.GIT_WAYS)
    rest, query = str(request.route_params.get("rest") or ""), _query(request)
    pushes = rest == PUSH or request.params.get("service") == PUSH
    role = Role.OPERATOR if pushes else Role.READER
    if not holds(caller, role):
        raise Problem("forbidden", 403, values={"role": role.value})
    tenant = await permitted(services, caller, role, str(request.route_params.get("tenant", "")))
    may_push = may(caller, Role.OPERATOR, tenant.id, tenant.settings.access)
    given = await asyncio.to_thread(
        services.git(tenant.id).serve,
        request.method,
        f"/{rest}?{query}" if query else f"/{rest}",
        dict(request.headers),
        request.get_body(),
        caller.actor,
        may_push=may_push,
    )
    headers = {**given.headers, "Cache-Control": "no-cache, max-age=0, must-revalidate"}
    return func.HttpResponse(given.body, status_code=given.status, headers=headers)


def _query(request: func.HttpRequest) -> str:
    return urlsplit(request.url).query or urlencode(dict(request.params))


def _text(status: int, text: str, headers: dict[str, str]) -> func.HttpResponse:
    return func.HttpResponse(
        f"{text}\n", status_code=status, headers=headers, mimetype="text/plain", charset="utf-8"
    )


mount(git, serve_git, "git_repository", "git/{tenant}/{*rest}", ["GET", "POST"])
