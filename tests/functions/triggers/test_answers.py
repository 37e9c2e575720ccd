"""Long answers are packed for clients that take it, under a tag that stays good for conditions."""

import gzip

import pytest

from functions.triggers.answers import LONG, Answer, answer, conditional, download, http, names, takes_gzip

LIST = answer(["a tenant"] * LONG)
SHORT = answer({"short": True})
ARCHIVE = download(b"PK" + b"0" * LONG, "application/zip", "a.zip")


def sent(api, given: Answer, encoding: str | None, **headers: str):
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    request = api.request("GET", "/x", None, named | ({"Accept-Encoding": encoding} if encoding else {}))
    return http(conditional(given, request), request)


def test_a_long_answer_is_packed_for_whoever_takes_that(api) -> None:
    plain, packed = sent(api, LIST, None), sent(api, LIST, "gzip, deflate, br")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.get_body()) == plain.get_body() == LIST.body
    assert packed.headers["Vary"] == plain.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert "Content-Encoding" not in plain.headers


def test_the_tag_of_a_packed_answer_is_weak_and_means_the_same(api) -> None:
    plain, packed = sent(api, LIST, None), sent(api, LIST, "gzip")
    assert packed.headers["ETag"] == f"W/{plain.headers['ETag']}"
    assert names(packed.headers["ETag"]) == names(plain.headers["ETag"])
    assert sent(api, LIST, "gzip", If_None_Match=packed.headers["ETag"]).status_code == 304


@pytest.mark.parametrize("given", [SHORT, ARCHIVE], ids=["short", "packed already"])
def test_what_gains_nothing_is_sent_as_it_is(api, given) -> None:
    response = sent(api, given, "gzip")
    assert response.get_body() == given.body
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        *(("gzip", True), ("br, GZIP;q=0.5", True), ("deflate,gzip", True)),
        *(("gzip;q=0", False), ("gzip; q=0.0", False), ("br", False), ("", False)),
    ],
)
def test_who_takes_gzip(api, header, takes) -> None:
    assert takes_gzip(api.request("GET", "/x", None, {"Accept-Encoding": header})) is takes
