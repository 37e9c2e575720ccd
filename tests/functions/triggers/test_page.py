"""The page's files: served to everybody, and holding nothing that a strict policy forbids."""

import asyncio
import re
from pathlib import Path

import pytest

from functions.triggers.page import FILES, serve_file, serve_page
from shared.texts import Language, catalogue

PAGE = Path(__file__).resolve().parents[3] / "functions" / "page"


def get(api, path: str, language: str = "en", **parts: str):
    headers = {"Accept-Language": language}
    serve = serve_file if parts else serve_page
    return asyncio.run(serve(api.request("GET", path, None, headers, None, **parts), api.services))


def test_the_page_is_served_with_a_strict_policy(api) -> None:
    response = get(api, "/")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(("name", "media_type"), FILES.items())
def test_its_files_are_served_and_come_again_as_304(api, name, media_type) -> None:
    response = get(api, f"/page/{name}", file=name)
    assert (response.status_code, response.headers["Content-Type"]) == (200, f"{media_type}; charset=utf-8")
    again = api.request(
        "GET", f"/page/{name}", None, {"If-None-Match": response.headers["ETag"]}, None, file=name
    )
    assert asyncio.run(serve_file(again, api.services)).status_code == 304


@pytest.mark.parametrize("name", ["../triggers/page.py", "..%2f", "secrets.txt", "", "index.htm"])
def test_nothing_else_is_served(api, name) -> None:
    assert get(api, "/page/x", file=name).status_code == 404


@pytest.mark.parametrize("language", list(Language))
def test_every_text_that_the_page_asks_for_is_there(api, body, language) -> None:
    texts = body(get(api, "/page/texts.json", language.value, file="texts.json"))
    html, script = (PAGE / "index.html").read_text(), (PAGE / "page.js").read_text()
    asked = {*re.findall(r'data-text="(\w+)"', html), *re.findall(r'(?:say|offer)\("(\w+)"', script)}
    assert asked
    assert asked <= set(texts)
    assert texts["start"] == catalogue(language)["page.start"]


def test_the_page_holds_no_inline_script_style_or_handler() -> None:
    html = (PAGE / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", html) == []
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|eval\(", (PAGE / "page.js").read_text()) == []
