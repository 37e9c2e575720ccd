"""The demo tenants, registered with the app over HTTP as a person would."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from infra.local import stack
from infra.local.processes import Child, ProgramFailed

TENANTS = ("contoso", "fabrikam", "adatum")
SETTINGS = {"contoso": {"authentication": "servicePrincipalAndUser"}}
"""By tenant, where they differ from the defaults: somebody has to sign in to contoso."""
REQUEST_SECONDS = 30.0


def wait_for_app(address: str, children: Sequence[Child], seconds: float) -> None:
    """Waits until the app answers; raises `ProgramFailed` when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    answer = "no answer"
    while time.monotonic() < deadline:
        for child in children:
            child.check()
        try:
            status, _ = _call("GET", f"{address}/api/v1/health")
        except OSError as error:
            answer = str(error)
        else:
            if status == HTTPStatus.OK:
                return
            answer = f"{status}"
        time.sleep(0.05)
    host = children[-1]
    raise ProgramFailed(
        f"the app at {address}/api/v1/health did not answer 200 within {seconds:.0f} s ({answer}). "
        f"The host's last lines ({host.log}):\n{host.last_lines()}"
    )


def register(app: str, simulated: str) -> list[str]:
    """Makes the demo tenants known to the app, where they are not yet; a person's settings stay.

    Both arguments are addresses. Returns the tenants' ids; raises `ProgramFailed` when one was refused.
    """
    status, listed = _call("GET", f"{simulated}/control/tenants")
    if status != HTTPStatus.OK:
        raise ProgramFailed(f"listing the simulated tenants: {status} {listed}")
    known = {tenant["id"]: tenant for tenant in listed["value"]}
    present = [name for name in TENANTS if name in known]
    for name in present:
        _register(app, name, known[name])
    return present


def _register(app: str, name: str, simulated: dict[str, Any]) -> None:
    status, _ = _call("GET", f"{app}/api/v1/tenants/{name}")
    if status == HTTPStatus.OK:
        return
    body = {
        "displayName": simulated["displayName"],
        "entraTenantId": simulated["entraTenantId"],
        "settings": SETTINGS.get(name, {}),
    }
    status, answer = _call("PUT", f"{app}/api/v1/tenants/{name}", body)
    if status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
        raise ProgramFailed(f"registering the demo tenant {name}: {status} {json.dumps(answer)}")


def has_page(app: str) -> bool:
    """Whether the app serves its web page."""
    try:
        with _open("GET", f"{app}/", None) as answer:
            return str(answer.headers.get_content_type()) == "text/html"
    except OSError:
        return False


def _call(method: str, url: str, body: object = None) -> tuple[int, Any]:
    """The status, and the body read as JSON; None where it is none. OSError: nobody answered."""
    try:
        with _open(method, url, body) as answer:
            return answer.status, _json(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, _json(error.read())


def _open(method: str, url: str, body: object) -> Any:
    headers = {"x-functions-key": stack.KEY}
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    # No proxy: everything is on this machine, whatever the environment says.
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=REQUEST_SECONDS)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", errors="replace") or None
