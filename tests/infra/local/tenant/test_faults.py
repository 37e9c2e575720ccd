"""Faults on request: what they do, whom they meet, how long they last."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

GROUPS = "/v1.0/groups"
GROUP = {"displayName": "New", "mailEnabled": False, "mailNickname": "new", "securityEnabled": True}


def plant(tenant: Any, **fault: Any) -> str:
    answer = tenant.control("POST", "faults", fault)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def has_new(tenant: Any) -> bool:
    return bool(tenant.control("GET", "objects/groups?name=New").json()["value"])


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429, 500, 502, 503, 504])
def test_a_status_with_the_shape_of_an_error(tenant: Any, status: int) -> None:
    plant(tenant, path="/groups", status=status, code="made", message="Made up.")
    answer = tenant.get(GROUPS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, "made")
    assert "request-id" in answer.json()["error"]["innerError"]
    assert tenant.get(GROUPS).status_code == 200


def test_headers_and_retry_after_are_sent(tenant: Any) -> None:
    plant(tenant, path="/groups", status=429, retryAfter=7, headers={"x-why": "test"})
    answer = tenant.get(GROUPS)
    assert (answer.headers["Retry-After"], answer.headers["x-why"]) == ("7", "test")


def test_times_and_skip(tenant: Any) -> None:
    plant(tenant, path="/groups", status=503, times=2, skip=1)
    assert [tenant.get(GROUPS).status_code for _ in range(4)] == [200, 503, 503, 200]


def test_a_fault_without_end_is_removed_by_its_id(tenant: Any) -> None:
    key = plant(tenant, path="/groups", status=503, times=None)
    assert {tenant.get(GROUPS).status_code for _ in range(5)} == {503}
    assert [f["id"] for f in tenant.control("GET", "faults").json()["value"]] == [key]
    assert tenant.control("DELETE", f"faults/{key}").status_code == 204
    assert tenant.get(GROUPS).status_code == 200


def test_a_fault_meets_only_its_method_and_its_query(tenant: Any) -> None:
    plant(tenant, path=r"\$top=5", method="get", status=500)
    assert tenant.get(GROUPS).status_code == 200
    assert tenant.get(f"{GROUPS}?$top=5").status_code == 500


def test_faults_of_one_tenant_leave_others_alone(make_tenant: Any) -> None:
    one, other = make_tenant(), make_tenant()
    plant(one, path=".", status=500)
    assert other.get(GROUPS).status_code == 200
    assert one.get(GROUPS).status_code == 500


def test_a_reset_before_leaves_nothing_done(tenant: Any) -> None:
    plant(tenant, path="/groups", method="POST", reset="before")
    with pytest.raises((ConnectionResetError, httpx.HTTPError)):
        tenant.post(GROUPS, GROUP)
    assert not has_new(tenant)


def test_a_reset_after_leaves_it_done(tenant: Any) -> None:
    plant(tenant, path="/groups", method="POST", reset="after")
    with pytest.raises((ConnectionResetError, httpx.HTTPError)):
        tenant.post(GROUPS, GROUP)
    assert has_new(tenant)
    entry = tenant.control("GET", "requests").json()["value"][-1]
    assert (entry["method"], entry["status"]) == ("POST", 201)


def test_a_dropped_write_is_answered_and_not_done(tenant: Any) -> None:
    plant(tenant, path="/groups", method="POST", drop=True)
    created = tenant.post(GROUPS, GROUP)
    assert created.status_code == 201
    assert not has_new(tenant)
    key = tenant.named("groups", "All staff")["id"]
    plant(tenant, path="/groups", method="PATCH", drop=True)
    assert tenant.patch(f"{GROUPS}/{key}", {"description": "changed"}).status_code == 204
    assert tenant.get(f"{GROUPS}/{key}").json()["description"] == "Everybody"
    plant(tenant, path="/groups", method="DELETE", drop=True)
    assert tenant.delete(f"{GROUPS}/{key}").status_code == 204
    assert tenant.get(f"{GROUPS}/{key}").status_code == 200


def test_malformed_json_is_no_json(tenant: Any) -> None:
    plant(tenant, path="/groups", malformed=True)
    answer = tenant.get(GROUPS)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_an_empty_page_has_no_items_and_no_next(make_tenant: Any) -> None:
    tenant = make_tenant("adatum", pageSize=2)
    plant(tenant, path="skiptoken", emptyPage=True)
    second = tenant.get(tenant.get(GROUPS).json()["@odata.nextLink"]).json()
    assert second["value"] == []
    assert "@odata.nextLink" not in second


def test_a_sign_in_can_fail_too(tenant: Any) -> None:
    plant(tenant, path="/oauth2/v2.0/token", status=503)
    assert tenant.sign_in().status_code == 503
    assert tenant.sign_in().status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"path": "x"}, id="no effect"),
        pytest.param({"status": 500}, id="no path"),
        pytest.param({"path": "(", "status": 500}, id="a broken expression"),
        pytest.param({"path": "x", "status": 500, "drop": True}, id="two effects"),
        pytest.param({"path": "x", "reset": "sometimes"}, id="an unknown reset"),
        pytest.param({"path": "x", "explode": True}, id="an unknown effect"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(tenant: Any, fault: dict[str, Any]) -> None:
    answer = tenant.control("POST", "faults", fault)
    assert answer.status_code == 400
    assert answer.json()["error"]
