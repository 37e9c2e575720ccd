"""What every call goes through: bodies, languages, conditional requests, once, problem documents."""

import json
import logging

import pytest

from functions.triggers.keys import create_key, delete_key, list_keys
from functions.triggers.service import get_health, list_errors
from functions.triggers.syncs import get_sync, start_sync
from functions.triggers.tenants import get_tenant, list_tenants, put_tenant
from functions.triggers.types import list_types
from functions.triggers.unknown import serve_unknown
from shared.domain.access import Role
from shared.wire.codes import PROBLEMS
from shared.wire.schema.service import (
    ErrorList,
    HealthAnswer,
    KeyList,
    NewKeyAnswer,
    ProblemAnswer,
    TypeList,
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


# --- keys ---


def test_a_new_key_opens_what_its_role_does_and_is_shown_once(api, body, keys) -> None:
    response = api.call(create_key, {"name": "flow", "role": "Operator", "tenants": ["contoso"]})
    made = body(response)
    NewKeyAnswer.model_validate(made)
    assert (response.status_code, made["createdBy"]) == (201, "Administrator")
    listed = body(api.call(list_keys))
    KeyList.model_validate(listed)
    assert made["key"] not in json.dumps(listed)
    api.tenant()
    assert api.call(start_sync, key=made["key"], tenant="contoso").status_code == 202
    assert all(made["key"] not in str(one) for one in (api.services.audit.rows, api.services.keys.rows))


def test_a_new_key_asked_for_twice_is_one_key_and_is_stored_nowhere(api, body) -> None:
    once, wanted = {"Idempotency-Key": "k"}, {"name": "flow", "role": "Reader"}
    first = body(api.call(create_key, wanted, headers=once))
    again = body(api.call(create_key, wanted, headers=once))
    assert first == again
    assert first["key"] not in str(api.services.answers.rows)


def test_a_removed_key_does_not_come_back_by_asking_again(api, body) -> None:
    import asyncio

    import azure.functions as func

    once, wanted = {"Idempotency-Key": "k"}, {"name": "flow", "role": "Reader"}
    made = body(api.call(create_key, wanted, headers=once))
    url = f"{api.ORIGIN}/api/v1/keys/{made['id']}"
    headers = {"x-functions-key": api.key}
    removal = func.HttpRequest("DELETE", url, headers=headers, route_params={"key": made["id"]}, body=b"")
    assert asyncio.run(delete_key(removal, None, api.services)).status_code == 204
    assert asyncio.run(delete_key(removal, None, api.services)).status_code == 404
    assert api.call(list_tenants, key=made["key"]).status_code == 401
    assert api.call(create_key, wanted, headers=once).status_code == 404
    assert api.call(list_tenants, key=made["key"]).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "Owner"},
        {"name": ""},
        {"tenants": []},
        {"tenants": ["No Such"]},
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"expiresAt": "tomorrow"},
        {"expiresAt": "2027-01-01T00:00:00"},
    ],
)
def test_a_faulty_key_is_not_made(api, wrong) -> None:
    before = dict(api.services.keys.rows)
    assert api.call(create_key, {"name": "x", "role": "Reader", **wrong}).status_code == 422
    assert api.services.keys.rows == before


# --- service ---


@pytest.mark.parametrize("headers", [{}, FRENCH], ids=["en", "fr"])
def test_every_code_is_explained(api, body, headers) -> None:
    answer = body(api.call(list_errors, key=None, headers=headers))
    ErrorList.model_validate(answer)
    assert {one["code"] for one in answer["value"]} >= set(PROBLEMS)
    assert all(one["advice"] and one["title"] for one in answer["value"])


def test_types_have_titles_in_both_languages(api, body) -> None:
    english = body(api.call(list_types))
    TypeList.model_validate(english)
    assert [one["title"] for one in english["value"]] == ["Groups", "Named-Locations"]
    french = body(api.call(list_types, headers=FRENCH))
    assert french["value"][0]["title"] == "groups (fr)"
    assert body(api.call(list_types, query="workload=intune"))["value"] == []


@pytest.mark.parametrize(("healthy", "status"), [(True, 200), (False, 503)])
def test_health_is_told_to_everybody(api, body, healthy, status) -> None:
    api.services.healthy = healthy
    response = api.call(get_health, key=None)
    HealthAnswer.model_validate(body(response))
    assert response.status_code == status


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/api/v2/tenants", 404, None),
        ("DELETE", "/api/v1/nothing", 404, None),
        ("DELETE", "/api/v1/tenants/contoso/syncs", 405, "POST, GET, HEAD, OPTIONS"),
        ("POST", "/api/v1/tenants/contoso", 405, "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ("OPTIONS", "/api/v1/tenants", 204, "GET, HEAD, OPTIONS"),
        ("OPTIONS", "/api/v1/nothing", 404, None),
    ],
)
def test_an_unknown_address_or_method_is_a_problem_that_says_what_there_is(
    api, body, method, path, status, allow
) -> None:
    import asyncio

    response = asyncio.run(serve_unknown(api.request(method, path), api.services))
    assert (response.status_code, response.headers.get("Allow")) == (status, allow)
    if status != 204:
        ProblemAnswer.model_validate(body(response))


def test_no_answer_to_a_reader_holds_a_sign_in_code(api, body, keys) -> None:
    api.tenant()
    sync = api.sync()
    shown = body(api.call(get_sync, tenant="contoso", sync=sync.id, key=keys[Role.READER]))
    assert shown["authentication"] is None
