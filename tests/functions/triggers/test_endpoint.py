"""What every call goes through: bodies, languages, conditional requests, once, problem documents."""

import logging

import pytest

from functions.triggers.syncs import start_sync
from functions.triggers.tenants import get_tenant, list_tenants, put_tenant
from shared.domain.access import Role
from shared.wire.codes import PROBLEMS
from shared.wire.schema.service import (
    ProblemAnswer,
)

NEW = {"displayName": "Contoso", "entraTenantId": "0c0ffee0-5d47-4b7a-9f10-6c2f4d1e8a90"}
FRENCH = {"Accept-Language": "fr"}


def deep(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{", "invalidJson"),
        (b'{"displayName": "a", "displayName": "b"}', "invalidJson"),
        (b'{"a": NaN}', "invalidJson"),
        (b'{"a": "\xff"}', "invalidJson"),
        (deep(33), "invalidJson"),
        (deep(100_000), "invalidJson"),
        (b"[" * 100_000, "invalidJson"),
        (b"[1]", "invalidBody"),
        (b"null", "invalidBody"),
        (b'"\\ud800"', "invalidBody"),
        (b'{"displayName": "\\ud800"}', "invalidBody"),
        (b" " * (1024 * 1024 + 1), "bodyTooLarge"),
    ],
    ids=[
        "cut",
        "twice",
        "nan",
        "latin1",
        "33 deep",
        "very deep",
        "open",
        "list",
        "null",
        "half",
        "half in",
        "big",
    ],
)
def test_a_body_that_is_none_is_a_problem_and_changes_nothing(api, body, raw, code) -> None:
    response = api.call(put_tenant, raw, tenant="contoso")
    problem = body(response)
    ProblemAnswer.model_validate(problem)
    assert (problem["code"], problem["status"], response.status_code) == (
        code,
        PROBLEMS[code],
        PROBLEMS[code],
    )
    assert response.headers["Content-Type"] == "application/problem+json"
    assert api.services.status.rows == {}


def test_a_body_of_another_media_type_is_415(api, body) -> None:
    response = api.call(
        put_tenant, b"displayName=a", tenant="contoso", headers={"Content-Type": "text/plain"}
    )
    assert (response.status_code, body(response)["code"]) == (415, "unsupportedMediaType")


@pytest.mark.parametrize(
    ("accept", "title"),
    [
        ("fr", "Tenant inconnu"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "Tenant inconnu"),
        ("en;q=0.2, fr;q=0.1", "No such tenant"),
        ("de, *;q=0.5", "No such tenant"),
        ("fr;q=0", "No such tenant"),
        ("fr;q=x", "No such tenant"),
        (None, "No such tenant"),
        (",,;;q=,", "No such tenant"),
    ],
)
def test_a_problem_speaks_the_reader_s_language(api, body, accept, title) -> None:
    headers = {"Accept-Language": accept} if accept else {}
    problem = body(api.call(get_tenant, tenant="nowhere", headers=headers))
    assert (problem["title"], problem["type"]) == (title, f"{api.ORIGIN}/api/v1/errors#tenantNotFound")
    assert "`nowhere`" in problem["detail"]


def test_an_unexpected_fault_is_500_with_an_id_and_nothing_else(api, body, caplog) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("AccountKey=secret")

    api.services.status.tenants = broken
    with caplog.at_level(logging.ERROR, "accord.api"):
        response = api.call(list_tenants)
    problem = body(response)
    assert (response.status_code, problem["code"]) == (500, "internal")
    assert "secret" not in response.get_body().decode()
    assert problem["correlationId"] in caplog.text


def test_storage_that_does_not_answer_is_503_with_a_time_to_come_back(api, body) -> None:
    api.services.status.down = True
    response = api.call(get_tenant, tenant="contoso")
    assert (response.status_code, body(response)["code"]) == (503, "storageUnavailable")
    assert response.headers["Retry-After"] == "5"


def test_a_get_carries_a_tag_and_answers_304_to_it(api) -> None:
    api.tenant()
    first = api.call(get_tenant, tenant="contoso")
    tag = first.headers["ETag"]
    for sent in (tag, f'W/{tag}, "x"', "*"):
        again = api.call(get_tenant, tenant="contoso", headers={"If-None-Match": sent})
        assert (again.status_code, again.get_body(), again.headers["ETag"]) == (304, b"", tag)
    french = api.call(get_tenant, tenant="contoso", headers={"If-None-Match": tag, **FRENCH})
    assert french.status_code == 200


def test_head_is_get_without_its_body(api) -> None:
    api.tenant()
    get, head = api.call(get_tenant, tenant="contoso"), api.call(get_tenant, method="HEAD", tenant="contoso")
    assert (head.status_code, head.get_body(), head.headers["ETag"]) == (200, b"", get.headers["ETag"])


def test_answers_are_kept_by_no_shared_cache(api) -> None:
    response = api.call(list_tenants)
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


# --- once ---


def test_the_same_request_under_one_key_is_done_once(api) -> None:
    api.tenant()
    once = {"Idempotency-Key": "night-1"}
    first = api.call(start_sync, {"comment": "a"}, tenant="contoso", headers=once)
    again = api.call(start_sync, {"comment": "a"}, tenant="contoso", headers=once)
    assert (again.status_code, again.get_body()) == (202, first.get_body())
    assert again.headers["Location"] == first.headers["Location"]
    assert len(api.client.started) == 1


def test_another_body_under_the_same_key_is_refused(api, body) -> None:
    api.tenant()
    once = {"Idempotency-Key": "night-1"}
    api.call(start_sync, {"comment": "a"}, tenant="contoso", headers=once)
    response = api.call(start_sync, {"comment": "b"}, tenant="contoso", headers=once)
    assert (response.status_code, body(response)["code"]) == (422, "idempotencyKeyReused")


def test_a_key_is_one_caller_s_and_one_path_s(api, keys) -> None:
    api.tenant("contoso")
    api.tenant("fabrikam")
    once = {"Idempotency-Key": "k"}
    assert api.call(start_sync, tenant="contoso", headers=once).status_code == 202
    assert api.call(start_sync, tenant="fabrikam", headers=once).status_code == 202
    other = api.call(start_sync, tenant="contoso", headers=once, key=keys[Role.OPERATOR])
    assert other.status_code == 409


def test_a_refusal_is_remembered_too(api) -> None:
    api.tenant()
    once = {"Idempotency-Key": "k"}
    sync = api.sync()
    assert api.call(start_sync, tenant="contoso", headers=once).status_code == 409
    del api.services.status.sync_rows[sync.id]
    again = api.call(start_sync, tenant="contoso", headers=once)
    assert (again.status_code, again.headers["Content-Type"]) == (409, "application/problem+json")


def test_a_fault_of_ours_is_not_remembered(api) -> None:
    api.tenant()
    once, contest = {"Idempotency-Key": "k"}, api.services.status.contest

    async def broken(*_: object) -> None:
        raise RuntimeError("down")

    api.services.status.contest = broken
    assert api.call(start_sync, tenant="contoso", headers=once).status_code == 500
    api.services.status.contest = contest
    assert api.call(start_sync, tenant="contoso", headers=once).status_code == 202


def test_a_first_request_under_way_asks_to_come_back(api, body) -> None:
    api.tenant()
    once = {"Idempotency-Key": "k"}
    api.call(start_sync, tenant="contoso", headers=once)
    rows = api.services.answers.rows
    rows.update({name: (*row[:3], None) for name, row in rows.items()})
    response = api.call(start_sync, tenant="contoso", headers=once)
    assert (response.status_code, body(response)["code"]) == (409, "idempotencyKeyInUse")
    assert response.headers["Retry-After"] == "5"


@pytest.mark.parametrize("key", ["", "x" * 129, "é", "a\tb"])
def test_a_key_that_is_none_is_refused(api, key) -> None:
    api.tenant()
    assert api.call(start_sync, tenant="contoso", headers={"Idempotency-Key": key}).status_code == 400
    assert api.client.started == []
