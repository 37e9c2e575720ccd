"""The local key goes to this machine's own page, and to nobody else."""

import asyncio
import json

import azure.functions as func
import pytest

from functions.triggers.page import serve_session

KEY = "k-of-this-machine"
OWN = {"Host": "127.0.0.1:7071", "Origin": "http://127.0.0.1:7071", "Sec-Fetch-Site": "same-origin"}


def asked(api, headers, url: str = "http://127.0.0.1:7071/page/session.json", key: str | None = KEY):
    api.services.settings.local_key = key
    request = func.HttpRequest("POST", url, headers=headers, params={}, route_params={}, body=b"")
    return asyncio.run(serve_session(request, api.services))


@pytest.mark.parametrize(
    ("host", "headers"),
    [
        ("127.0.0.1:7071", OWN),
        ("localhost:80", {"Host": "localhost:80", "Origin": "http://localhost:80"}),
        ("[::1]:7071", {"Host": "[::1]:7071", "Origin": "http://[::1]:7071"}),
    ],
)
def test_the_page_on_this_machine_gets_the_key_which_nobody_keeps(api, host, headers) -> None:
    response = asked(api, headers, f"http://{host}/page/session.json")
    assert json.loads(response.get_body()) == {"kind": "key", "key": KEY}
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        pytest.param("http://127.0.0.1:7071", {"Host": "127.0.0.1:7071"}, id="no origin"),
        pytest.param("http://127.0.0.1:7071", {**OWN, "Origin": "null"}, id="an opaque origin"),
        pytest.param(
            "http://127.0.0.1:7071", {**OWN, "Origin": "https://evil.example"}, id="another website"
        ),
        pytest.param("http://127.0.0.1:7071", {**OWN, "Origin": "http://127.0.0.1:9"}, id="another port"),
        pytest.param("http://127.0.0.1:7071", {**OWN, "Sec-Fetch-Site": "cross-site"}, id="cross-site"),
        pytest.param(
            "http://127.0.0.1:7071", {**OWN, "Sec-Fetch-Site": "same-site"}, id="another port's page"
        ),
        pytest.param("http://127.0.0.1:7071", {**OWN, "X-Forwarded-For": "1.2.3.4"}, id="through a proxy"),
        pytest.param(
            "http://127.0.0.1:7071",
            {**OWN, "Origin": "http://accord.example"},
            id="a proxy that hides the name",
        ),
        pytest.param(
            "http://evil.example:7071",
            {"Host": "evil.example:7071", "Origin": "http://evil.example:7071"},
            id="a name that was pointed at this machine",
        ),
        pytest.param(
            "http://127.0.0.1.evil.example",
            {"Host": "127.0.0.1.evil.example", "Origin": "http://127.0.0.1.evil.example"},
            id="a name that looks like this machine",
        ),
    ],
)
def test_nobody_else_gets_it(api, url, headers) -> None:
    assert json.loads(asked(api, headers, f"{url}/page/session.json").get_body()) == {"kind": "askKey"}


def test_an_app_without_a_local_key_asks_for_one(api) -> None:
    assert json.loads(asked(api, OWN, key=None).get_body()) == {"kind": "askKey"}
