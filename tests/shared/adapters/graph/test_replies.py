"""Answers taken apart: errors in every shape the services give them, waits, and what is no answer at all."""

import json

import pytest

from shared.adapters.graph.replies import Reply, parse, parse_part

INTUNE = {
    "_version": 3,
    "Message": "The name is taken. - Operation ID (for customer support): 0 - Activity ID: 1",
    "CustomApiErrorPhrase": "",
}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"error": {"code": "BadRequest", "message": "No."}}, ("BadRequest", "No.")),
        (
            {"error": {"code": "BadRequest", "message": json.dumps(INTUNE)}},
            ("BadRequest", "The name is taken."),
        ),
        ({"error": {"code": "x", "message": "{not JSON"}}, ("x", "{not JSON")),
        ({"error": {"code": "x", "message": "{}"}}, ("x", "{}")),
        ({"error": {"message": None}}, ("", "")),
        ({"error": "invalid_grant"}, ("", "")),
        ([], ("", "")),
    ],
    ids=["plain", "Intune's", "braces", "empty braces", "nulls", "a text", "a list"],
)
def test_an_error_is_the_services_own_sentence(body: object, error: tuple[str, str]) -> None:
    assert Reply(400, body).error == error


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("", None),
        ("soon", None),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 20.0),
    ],
)
def test_a_wait_is_in_seconds_or_until_a_date(header: str, seconds: float | None) -> None:
    assert parse(429, {"retry-after": header}, b"", 40.0).retry_after == seconds


def test_what_is_no_json_is_malformed_and_nothing_is_not() -> None:
    assert parse(200, {}, b"<html>", 0).malformed
    assert parse(200, {}, b"<html>", 0).error == ("", "the answer is not JSON")
    assert not parse(204, {}, b" ", 0).malformed


def test_a_404_counts_as_not_found_only_where_the_service_says_so() -> None:
    assert Reply(404, {"error": {"code": "Request_ResourceNotFound"}}).says_not_found
    assert not Reply(404, None, malformed=True).says_not_found
    assert not Reply(400, {"error": {"code": "ResourceNotFound"}}).says_not_found


def test_a_part_of_a_batch_has_headers_of_its_own() -> None:
    part = {"id": "1", "status": 429, "headers": {"Retry-After": "3", "request-id": "r"}, "body": {}}
    reply = parse_part(part, 0)
    assert (reply.status, reply.retry_after, reply.request_id) == (429, 3.0, "r")
