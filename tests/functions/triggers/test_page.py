"""The page: served to everybody, kept by browsers, and holding nothing that a strict policy forbids."""

import asyncio
import gzip
import re

import pytest

from functions.triggers.page import FILES, serve_asset, serve_page, serve_texts
from functions.triggers.page_files import FOLDER, MEDIA_TYPES, Folder
from shared.texts import Language, catalogue

SITE = FILES.site()


def get(api, serve, url: str, headers=None, **parts: str):
    return asyncio.run(serve(api.request("GET", url, None, headers or {}, None, **parts), api.services))


def asset(api, path: str, version: str = SITE.version, **headers: str):
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    return get(api, serve_asset, f"/page/{version}/x", given, version=version, path=path)


def test_the_page_is_served_with_a_strict_policy_and_asked_for_again(api) -> None:
    response = get(api, serve_page, "/")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "no-cache" in response.headers["Cache-Control"]
    again = get(api, serve_page, "/", {"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.get_body()) == (304, b"")


def test_the_page_names_every_style_sheet_and_module_under_its_version(api) -> None:
    html = get(api, serve_page, "/").get_body().decode()
    named = set(re.findall(rf'"/page/{SITE.version}/([^"]+)"', html))
    assert {name for name in SITE.files if name.endswith(".css")} <= named
    assert {"app.js", "core/view.js", "vendor/lit-html/lit-html.js"} <= named
    assert named <= set(SITE.files)
    assert "{" not in html


@pytest.mark.parametrize("name", sorted(SITE.files))
def test_a_file_is_kept_for_ever_under_the_present_version(api, name) -> None:
    response = asset(api, name)
    suffix = "." + name.rpartition(".")[2]
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(MEDIA_TYPES[suffix])
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.get_body() == (FOLDER / name).read_bytes()


def test_a_file_of_another_version_is_the_present_one_and_kept_by_nobody(api) -> None:
    response = asset(api, "app.js", "0123456789abcdef")
    assert response.status_code == 200
    assert "no-cache" in response.headers["Cache-Control"]


def test_files_are_compressed_for_whoever_takes_that(api) -> None:
    plain, packed = asset(api, "app.js"), asset(api, "app.js", Accept_Encoding="br, gzip;q=0.8")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.get_body()) == plain.get_body()
    assert packed.headers["ETag"] != plain.headers["ETag"]
    again = asset(api, "app.js", Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"])
    assert (again.status_code, again.headers["Cache-Control"]) == (304, plain.headers["Cache-Control"])


@pytest.mark.parametrize(
    "path",
    [
        *("", "../triggers/page.py", "core/../app.js", "./app.js", "/app.js", "//app.js", "app.js/"),
        *("..%2fpage.py", "core\\api.js", "APP.JS", "app.js\0", "index.html", "core", "api.d.ts"),
        *("vendor/lit-html/LICENSE", "vendor/lit-html/lit-html.d.ts"),
    ],
)
def test_nothing_else_is_served(api, path) -> None:
    response = asset(api, path)
    assert (response.status_code, response.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_new_file_is_served_without_a_restart_and_changes_the_version(tmp_path) -> None:
    (tmp_path / "index.html").write_text("{styles}{modules}{version}")
    (tmp_path / "app.js").write_text('import { a } from "./core/a.js";\n')
    folder = Folder(tmp_path)
    before = folder.site()
    assert folder.site() is before
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "a.js").write_text("export const a = 1;\n")
    after = folder.site()
    assert after.version != before.version
    assert set(after.files) == {"app.js", "core/a.js"}
    assert f"/page/{after.version}/core/a.js" in after.index.body.decode()


@pytest.mark.parametrize("language", list(Language), ids=lambda one: one.value)
def test_texts_are_the_reader_s_with_the_families_that_the_page_shows(api, body, language) -> None:
    response = get(api, serve_texts, "/page/texts.json", {"Accept-Language": language.value})
    assert "Accept-Language" in response.headers["Vary"]
    texts, all_texts = body(response), catalogue(language)
    assert texts["core.language"] == all_texts["page.core.language"]
    assert texts["outcome.succeeded"] == all_texts["outcome.succeeded"]
    assert not [key for key in texts if key.startswith("problem.")]


def test_no_text_of_the_page_hides_one_of_a_family() -> None:
    texts = catalogue(Language.ENGLISH)
    assert [key for key in texts if key.startswith("page.") and key.removeprefix("page.") in texts] == []


def test_the_page_holds_no_inline_script_style_or_handler_and_no_markup_from_text() -> None:
    html = (FOLDER / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html) == []
    own = [path for path in FOLDER.rglob("*.js") if "vendor" not in path.parts]
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|unsafe-html|unsafeHTML|style-map|<[^>]*\sstyle="
    forbidden = re.compile(markup + r"|\beval\(|new Function")
    found = {path.name: forbidden.findall(path.read_text("utf-8")) for path in own}
    assert {name: places for name, places in found.items() if places} == {}
