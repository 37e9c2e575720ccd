"""HTTP functions: what they get, what callers get."""

import hashlib
import json
import socket
import urllib.request
from typing import Any

import httpx
import pytest


def test_a_function_sees_the_request_as_it_was_sent(world: Any) -> None:
    response = world.http.post(
        "/api/things?a=1&b=x%20y&a=2&empty=",
        content=b"\x00\xff body",
        headers=[("X-Many", "1"), ("X-Many", "2"), ("Host", "accord.example"), ("X-Empty", "")],
    )
    seen = response.json()
    assert seen["method"] == "POST"
    assert seen["url"] == "http://accord.example/api/things?a=1&b=x%20y&a=2&empty="
    assert seen["params"] == {"a": "1,2", "b": "x y"}
    assert seen["headers"]["x-many"] == "1,2"
    assert seen["length"] == 7
    assert seen["route"] == {}


@pytest.mark.parametrize(
    ("method", "path", "function", "route"),
    [
        ("GET", "/api/things", "things", {}),
        ("GET", "/API/Things/", "things", {}),
        ("GET", "/api/things/12", "thing_by_number", {"id": "12"}),
        ("GET", "/api/things/twelve", "thing_by_name", {"name": "twelve"}),
        ("DELETE", "/api/things/12", "thing_by_name", {"name": "12"}),
        ("GET", "/api/things/special", "special_thing", {}),
        ("OPTIONS", "/api/things/special", "special_thing", {}),
        ("DELETE", "/api/things/special", "thing_by_name", {"name": "special"}),
        ("GET", "/api/things/a%20b%2Fc", "thing_by_name", {"name": "a b%2Fc"}),
        ("GET", "/api/optional/a", "optional", {"first": "a"}),
        ("PATCH", "/api/optional/a/b", "optional", {"first": "a", "second": "b"}),
        ("GET", "/api/files", "files", {}),
        ("GET", "/api/files/a/b%20c/d.txt", "files", {"path": "a/b c/d.txt"}),
    ],
)
def test_a_request_reaches_its_function(
    world: Any, method: str, path: str, function: str, route: dict[str, str]
) -> None:
    seen = world.http.request(method, path).json()
    assert (seen["function"], seen["route"]) == (function, route)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/things"),
        ("HEAD", "/api/things/12"),
        ("OPTIONS", "/api/things"),
        ("GET", "/api/optional"),
        ("GET", "/api/things/12/13"),
        ("GET", "/things"),
        ("GET", "/api/greet"),
    ],
)
def test_what_fits_no_route_and_method_is_not_found(world: Any, method: str, path: str) -> None:
    """404 and not 405, also for a known route, as the real host does (azure-functions-host issue 10098)."""
    response = world.http.request(method, path)
    assert (response.status_code, response.content) == (404, b"")


def test_head_is_answered_without_a_body_where_the_function_lists_it(world: Any) -> None:
    response = world.http.head("/api/things")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "application/json"


def test_bytes_go_both_ways(world: Any) -> None:
    body = bytes(range(256)) * 10
    response = world.http.post("/api/bytes", content=body)
    assert response.content == body
    assert response.headers["content-type"] == "application/octet-stream"


def test_a_chunked_body_arrives_whole(world: Any) -> None:
    def chunks() -> Any:
        for number in range(50):
            yield bytes([number]) * 1000

    seen = world.http.post("/api/things", content=chunks()).json()
    assert seen["length"] == 50_000


def test_a_body_of_a_hundred_megabytes_arrives_and_a_larger_one_is_refused(world: Any) -> None:
    body = b"x" * 104_857_600
    with urllib.request.urlopen(f"{world.host.origin}/api/things", data=body) as response:
        seen = json.load(response)
    assert (seen["length"], seen["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    with socket.create_connection(("127.0.0.1", httpx.URL(world.host.origin).port)) as client:
        client.sendall(b"POST /api/things HTTP/1.1\r\nHost: x\r\nContent-Length: 104857601\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


def test_cookies_may_be_several(world: Any) -> None:
    response = world.http.get("/api/cookies")
    assert response.status_code == 204
    assert response.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2; Secure"]
    assert response.headers["x-one"] == "1"


def test_a_function_may_return_text(world: Any) -> None:
    text = world.http.get("/api/plain")
    assert (text.text, text.headers["content-type"]) == ("plain text", "text/plain; charset=utf-8")


def test_a_function_that_returns_nothing_has_failed(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert world.http.get("/api/silent").status_code == 500
    assert 'unsupported type "http" for Python type "NoneType"' in caplog.text


@pytest.mark.parametrize("path", ["/api/fails", "/api/fails-async"])
def test_a_failing_function_answers_500_and_tells_only_the_log(
    world: Any, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    response = world.http.get(path)
    assert (response.status_code, response.content) == (500, b"")
    assert "RuntimeError: secret detail" in caplog.text


def test_a_slow_function_holds_nobody_up(world: Any) -> None:
    with socket.create_connection(("127.0.0.1", httpx.URL(world.host.origin).port)) as slow:
        slow.sendall(b"GET /api/held/http HTTP/1.1\r\nHost: x\r\n\r\n")
        gate = world.held("http")
        assert world.http.get("/api/plain").status_code == 200
        gate.set()
        assert slow.recv(100).startswith(b"HTTP/1.1 200 ")


def test_a_function_that_runs_too_long_answers_500(make_world: Any, make_app: Any) -> None:
    world = make_world(make_app(host={"functionTimeout": "00:00:00.2"}))
    assert world.http.get("/api/slow/1").status_code == 500


def test_the_homepage_is_there_unless_switched_off(make_world: Any) -> None:
    shown = make_world().http.get("/")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    hidden = make_world(homepage=False).http.get("/")
    assert (hidden.status_code, hidden.content) == (204, b"")


def test_without_a_prefix_a_page_can_stand_at_the_root(make_world: Any, make_app: Any) -> None:
    app = make_app()
    settings = json.loads((app / "host.json").read_text())
    settings["extensions"]["http"] = {"routePrefix": ""}
    (app / "host.json").write_text(json.dumps(settings))
    world = make_world(app, homepage=False)
    assert world.http.get("/").text == "<p>page</p>"
    assert world.http.get("/things").json()["function"] == "things"
    assert world.http.get("/api/things").status_code == 404
    assert world.http.get("/other").status_code == 404


def test_a_host_without_the_role_http_serves_only_its_own_apis(make_world: Any) -> None:
    from infra.local.host import Role

    world = make_world(roles=frozenset({Role.DURABLE}))
    assert world.http.get("/api/things").status_code == 404
    assert world.http.get("/admin/host/status").json()["roles"] == ["durable"]
    assert world.run("echo", 1)["runtimeStatus"] == "Completed"
