"""Codes, types, health, and addresses that are none."""

import asyncio

import pytest

from functions.triggers.service import get_health, list_errors
from functions.triggers.syncs import get_sync
from functions.triggers.types import list_types
from functions.triggers.unknown import serve_unknown
from shared.domain.access import Role
from shared.wire.codes import PROBLEMS
from shared.wire.schema.service import ErrorList, HealthAnswer, ProblemAnswer, TypeList

FRENCH = {"Accept-Language": "fr"}


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
    response = asyncio.run(serve_unknown(api.request(method, path), api.services))
    assert (response.status_code, response.headers.get("Allow")) == (status, allow)
    if status != 204:
        ProblemAnswer.model_validate(body(response))


def test_no_answer_to_a_reader_holds_a_sign_in_code(api, body, keys) -> None:
    api.tenant()
    sync = api.sync()
    shown = body(api.call(get_sync, tenant="contoso", sync=sync.id, key=keys[Role.READER]))
    assert shown["authentication"] is None
