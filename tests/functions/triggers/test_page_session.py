"""The local key goes to this machine's own page, and to nobody else."""

import asyncio
import json

import azure.functions as func
import pytest

from functions.triggers.page import serve_page, serve_session
from shared.settings import PageSignIn, load

GUID, OTHER = "aaaaaaaa-0000-4000-8000-00000000000a", "cccccccc-0000-4000-8000-00000000000c"
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


def test_people_sign_in_to_the_directory_where_there_is_one_and_get_no_key(api) -> None:
    place = PageSignIn("https://login.example/t", "https://login.example/t/v2.0", "c")
    api.services.settings.sign_in = place
    given = json.loads(asked(api, OWN).get_body())
    assert given == {
        "kind": "entra",
        "authority": "https://login.example/t",
        "issuer": "https://login.example/t/v2.0",
        "clientId": "c",
        "scope": "openid profile offline_access api://c/access_as_user",
    }


@pytest.mark.parametrize(
    ("place", "allowed"),
    [
        (None, "connect-src 'self';"),
        (
            PageSignIn("https://login.example/t", "https://login.example/t/v2.0", "c"),
            "connect-src 'self' https://login.example;",
        ),
    ],
    ids=["by key", "by directory"],
)
def test_the_page_s_scripts_ask_us_and_the_directory_alone(api, place, allowed) -> None:
    api.services.settings.sign_in = place
    request = func.HttpRequest("GET", "https://accord.example/", params={}, route_params={}, body=b"")
    policy = asyncio.run(serve_page(request, api.services)).headers["Content-Security-Policy"]
    assert allowed in policy


def test_settings_say_where_people_sign_in() -> None:
    given = {"AzureWebJobsStorage": "x", "ACCORD_API_TENANT_ID": GUID.upper(), "ACCORD_API_CLIENT_ID": OTHER}
    login = "https://login.microsoftonline.com"
    assert load(given).sign_in == PageSignIn(f"{login}/{GUID}", f"{login}/{GUID}/v2.0", OTHER)
    local = load({**given, "ACCORD_LOGIN_ENDPOINT": "http://127.0.0.1:7072/"}).sign_in
    assert local == PageSignIn(f"http://127.0.0.1:7072/{GUID}", f"{login}/{GUID}/v2.0", OTHER)
    china = load({**given, "ACCORD_API_CLOUD": "china"}).sign_in
    assert china is not None
    assert china.authority == f"https://login.chinacloudapi.cn/{GUID}"
    assert load({"AzureWebJobsStorage": "x"}).sign_in is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"ACCORD_API_TENANT_ID": GUID},
        {"ACCORD_API_CLIENT_ID": OTHER},
        {"ACCORD_API_TENANT_ID": "contoso.onmicrosoft.com", "ACCORD_API_CLIENT_ID": OTHER},
        {"ACCORD_API_TENANT_ID": "common", "ACCORD_API_CLIENT_ID": OTHER},
        {"ACCORD_API_TENANT_ID": GUID, "ACCORD_API_CLIENT_ID": OTHER, "ACCORD_API_CLOUD": "moon"},
    ],
    ids=["no app", "no directory", "a domain", "any directory", "no cloud"],
)
def test_half_a_directory_stops_the_app_before_it_serves(wrong) -> None:
    with pytest.raises(ValueError, match="ACCORD_API_"):
        load({"AzureWebJobsStorage": "x", **wrong})
