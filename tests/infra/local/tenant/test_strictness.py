"""What the services refuse, by their documentation.

The cases are in `refusals.json`, one a line: the page a case rests on, the request (one of the accepted
bodies under `bases`, changed `with` and `without`, or a body of its own), and what the service says.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

DOCUMENT = json.loads((Path(__file__).parent / "refusals.json").read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = DOCUMENT["cases"]
BASES: dict[str, dict[str, Any]] = DOCUMENT["bases"]
GROUPS = "/v1.0/groups"
# `{location:Office}` in a path stands for the id of the location of that name.
OBJECTS = {
    "location": "identity/conditionalAccess/namedLocations",
    "strength": "policies/authenticationStrengthPolicies",
    "group": "groups",
    "compliance": "deviceManagement/deviceCompliancePolicies",
    "configuration": "deviceManagement/deviceConfigurations",
    "catalog": "deviceManagement/configurationPolicies",
    "filter": "deviceManagement/assignmentFilters",
    "script": "deviceManagement/deviceManagementScripts",
    "unit": "directory/administrativeUnits",
    "template": "deviceManagement/notificationMessageTemplates",
}


def body_of(case: dict[str, Any]) -> Any:
    if "base" not in case:
        return case.get("body")
    kept = {k: v for k, v in BASES[case["base"]]["body"].items() if k not in case.get("without", [])}
    return {**kept, **case.get("with", {})}


def resolved(tenant: Any, path: str) -> str:
    if "{" not in path:
        return path
    start, rest = path.split("{", 1)
    name, end = rest.split("}", 1)
    kind, _, title = name.partition(":")
    return resolved(tenant, f"{start}{tenant.named(OBJECTS[kind], title)['id']}{end}")


def test_every_case_cites_a_page() -> None:
    assert all(case["docs"].startswith("https://learn.microsoft.com/") for case in CASES)
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[f"{c['name']} ({c['docs']})" for c in CASES])
def test_the_service_refuses(strict: Any, case: dict[str, Any]) -> None:
    method, _, path = case["send"].partition(" ")
    answer = strict.request(method, resolved(strict, path), body_of(case))
    assert answer.status_code == case.get("status", 400), answer.text
    error = answer.json()["error"]
    assert case.get("says", "") in error["message"]
    assert case.get("code", error["code"]) == error["code"]
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}
    assert answer.headers["request-id"] == error["innerError"]["request-id"]


def test_refused_requests_change_nothing(make_tenant: Any) -> None:
    tenant = make_tenant()
    before = {path: tenant.control("GET", f"objects/{path}").json() for path in OBJECTS.values()}
    for case in CASES[::5]:
        method, _, path = case["send"].partition(" ")
        tenant.request(method, resolved(tenant, path), body_of(case))
    assert {path: tenant.control("GET", f"objects/{path}").json() for path in OBJECTS.values()} == before


@pytest.mark.parametrize("name", BASES)
def test_what_the_cases_start_from_is_accepted(tenant: Any, name: str) -> None:
    path, body = BASES[name]["path"], BASES[name]["body"]
    created = tenant.post(path, body)
    assert created.status_code == 201, created.text
    item = tenant.get(f"{path}/{created.json()['id']}").json()
    deep = ("conditions", "grantControls", "settings", "scheduledActionsForRule", "omaSettings")
    assert {k: item[k] for k in body if k not in deep} == {k: v for k, v in body.items() if k not in deep}
    assert tenant.delete(f"{path}/{item['id']}").status_code == 204
    assert tenant.get(f"{path}/{item['id']}").status_code == 404


@pytest.mark.parametrize("content", [b"{", b"[]", b"null", b'"text"'], ids=["broken", "list", "null", "text"])
def test_a_body_must_be_a_json_object(tenant: Any, content: bytes) -> None:
    headers = {"Authorization": f"Bearer {tenant.token}", "Content-Type": "application/json"}
    assert tenant.http.post(GROUPS, content=content, headers=headers).status_code == 400


def test_a_body_must_say_that_it_is_json(tenant: Any) -> None:
    headers = {"Authorization": f"Bearer {tenant.token}", "Content-Type": "text/plain"}
    assert tenant.http.post(GROUPS, content=b"{}", headers=headers).status_code == 415
