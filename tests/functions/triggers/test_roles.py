"""Every operation against every role: the table of `domain/access.py`, as clients meet it."""

from dataclasses import replace

import azure.functions as func
import pytest

from functions.triggers import (
    audit,
    authentication,
    blueprints,
    bulk,
    callback_consent,
    callback_sign_in,
    changes,
    commits,
    copies,
    decisions,
    downloads,
    git,
    items,
    keys,
    me,
    operations,
    permissions,
    schedules,
    service,
    syncs,
    tenants,
    types,
)
from functions.triggers.endpoint import Endpoint
from functions.triggers.who import key_hash
from shared.domain.access import OPERATIONS, KeyRecord, Role
from shared.domain.sync import Outcome, Stage

MODULES = (
    audit,
    authentication,
    bulk,
    callback_consent,
    callback_sign_in,
    changes,
    commits,
    copies,
    decisions,
    downloads,
    items,
    keys,
    me,
    operations,
    permissions,
    schedules,
    service,
    syncs,
    tenants,
    types,
)
ENDPOINTS = {
    one.operation.id: one for module in MODULES for one in vars(module).values() if isinstance(one, Endpoint)
}
READERS = (
    "listTenants getTenant listSyncs getSync listChanges getChange getReport getLogs getArtifacts".split()
)
READERS += ["getOperation", "listTenantAudit", "listAudit", "listTypes", "getAuthentication"]
READERS += ["listPermissions", "getMe"]
READERS += ["listItems", "getItem", "checkItem", "listCommits", "listDifferences", "nextTimes"]
OPERATORS = ["startSync", "cancelSync", "checkAuthentication", "startAuthentication", "signOut"]
OPERATORS += ["checkTenantPermissions", "putItem", "deleteItem", "copyItems", "startSyncs"]
APPROVERS = ["decide", "decideSyncs"]
ADMINISTRATORS = "putTenant patchTenant deleteTenant listKeys createKey deleteKey".split()
ADMINISTRATORS += ["ignorePermission", "restorePermission"]
OPEN = ["listErrors", "getHealth", "signInCallback", "consentCallback"]
ALLOWED = {
    Role.READER: READERS,
    Role.OPERATOR: READERS + OPERATORS,
    Role.APPROVER: READERS + APPROVERS,
    Role.ADMINISTRATOR: READERS + OPERATORS + APPROVERS + ADMINISTRATORS,
}


@pytest.fixture
def reached(api):
    """Calls one operation with a key; whether it got past the guard."""

    def call(operation: str, key: str | None) -> int:
        parts = {}
        for name in ("tenant", "sync", "change", "permission", "key", "path"):
            if f"{{{name}}}" in ENDPOINTS[operation].operation.path:
                parts[name] = {
                    "tenant": "contoso",
                    "change": "c0",
                    "permission": "application-R",
                    "key": "k",
                    "path": "entra/groups/All staff.json",
                }.get(name, "")
        if "sync" in parts:
            parts["sync"] = next(iter(api.services.status.sync_rows))
        part = parts.pop("key", None)
        request = api.request(
            ENDPOINTS[operation].operation.method,
            ENDPOINTS[operation].operation.path.format(key=part, **parts),
            None,
            None,
            key,
            **({"key_": part} if part else {}),
            **parts,
        )
        import asyncio

        return asyncio.run(ENDPOINTS[operation](request, api.client, api.services)).status_code

    api.tenant()
    api.sync(stage=Stage.ENDED, outcome=Outcome.SUCCEEDED)
    return call


def test_every_operation_has_a_handler_and_a_place_in_this_table() -> None:
    by_git = {"readRepository", "writeRepository"}
    assert set(ENDPOINTS) | by_git == set(OPERATIONS)
    assert {*READERS, *OPERATORS, *APPROVERS, *ADMINISTRATORS, *OPEN} | by_git == set(OPERATIONS)


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one in ENDPOINTS])
def test_a_role_reaches_its_operations_and_no_other(reached, keys, operation, role) -> None:
    status = reached(operation, keys[role])
    assert (status != 403) == (operation in [*ALLOWED[role], *OPEN])
    assert status not in (401, 500)


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one in ENDPOINTS])
@pytest.mark.parametrize("key", [None, "a-key-nobody-made"], ids=["none", "unknown"])
def test_without_a_good_key_only_what_is_open_is_served(reached, operation, key) -> None:
    assert (reached(operation, key) != 401) == (operation in OPEN)


def guid_key(api, role: Role, **more) -> str:
    key = f"narrow-{role.value}"
    digest = key_hash(key)
    record = KeyRecord(digest[:16], "narrow", role, digest, api.services.clock.now(), "test", **more)
    api.services.keys.rows[record.id] = record
    return key


def test_a_key_of_some_tenants_sees_no_other(api, body) -> None:
    api.tenant("contoso")
    api.tenant("fabrikam")
    key = guid_key(api, Role.ADMINISTRATOR, tenants=("contoso",))
    assert [one["id"] for one in body(api.call(tenants.list_tenants, key=key))["value"]] == ["contoso"]
    assert api.call(tenants.get_tenant, key=key, tenant="contoso").status_code == 200
    assert api.call(tenants.get_tenant, key=key, tenant="fabrikam").status_code == 403
    assert api.call(tenants.get_tenant, key=key, tenant="nowhere").status_code == 403
    assert api.call(audit.list_audit, key=key).status_code == 403
    assert api.call(audit.list_audit, query="tenant=contoso", key=key).status_code == 200
    assert api.call(audit.list_audit, query="tenant=fabrikam", key=key).status_code == 403


def test_a_key_of_some_tenants_makes_no_keys_and_no_other_tenants(api) -> None:
    key = guid_key(api, Role.ADMINISTRATOR, tenants=("contoso",))
    wide = {"name": "x", "role": "Administrator"}
    assert api.call(keys.create_key, wide, key=key).status_code == 403
    assert api.call(keys.list_keys, key=key).status_code == 403
    new = {"displayName": "F", "entraTenantId": "3f2a8c1e-5d47-4b7a-9f10-6c2f4d1e8a90"}
    assert api.call(tenants.put_tenant, new, key=key, tenant="fabrikam").status_code == 403


def test_an_expired_key_opens_nothing(api) -> None:
    key = guid_key(api, Role.ADMINISTRATOR, expires_at=api.services.clock.now())
    assert api.call(tenants.list_tenants, key=key).status_code == 401


def test_a_tenant_narrows_a_role_to_those_it_names(api, keys) -> None:
    record = api.tenant()
    operator = key_hash(keys[Role.OPERATOR])[:16]
    for named, status in ((["somebody"], 403), ([operator], 202)):
        settings = replace(record.settings, access={"operator": tuple(named)})
        api.put(replace(record, settings=settings))
        assert api.call(syncs.start_sync, key=keys[Role.OPERATOR], tenant="contoso").status_code == status


def test_the_local_key_has_all_roles_only_where_it_is_set(api) -> None:
    assert api.call(tenants.list_tenants, key="local").status_code == 401
    api.services.settings.local_key = "local"
    assert api.call(tenants.list_tenants, key="local").status_code == 200
    assert api.call(tenants.list_tenants, query="code=local", key=None).status_code == 200


def test_a_bearer_token_is_refused_with_what_to_do(api, body) -> None:
    response = api.call(tenants.list_tenants, key=None, headers={"Authorization": "Bearer ey.ey.ey"})
    assert (response.status_code, body(response)["code"]) == (401, "tokenNotAccepted")
    assert "x-functions-key" in body(response)["detail"]
    assert "WWW-Authenticate" in response.headers


def test_platform_headers_sign_nobody_in(api) -> None:
    forged = {
        "X-MS-CLIENT-PRINCIPAL": "eyJ1c2VyUm9sZXMiOlsiQWRtaW5pc3RyYXRvciJdfQ==",
        "X-MS-CLIENT-PRINCIPAL-ID": "1",
    }
    assert api.call(tenants.list_tenants, key=None, headers=forged).status_code == 401


def git_request(service: str, authorization: str | None, method: str = "GET") -> func.HttpRequest:
    headers = {"Authorization": authorization} if authorization else {}
    rest = "info/refs" if method == "GET" else service
    query = f"?service={service}" if method == "GET" else ""
    params = {"service": service} if method == "GET" else {}
    url = f"https://accord.example/git/contoso/{rest}{query}"
    parts = {"tenant": "contoso", "rest": rest}
    return func.HttpRequest(method, url, headers=headers, params=params, route_params=parts, body=b"0000")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("service_name", "role", "status"),
    [
        ("git-upload-pack", Role.READER, 200),
        ("git-upload-pack", Role.APPROVER, 200),
        ("git-receive-pack", Role.READER, 403),
        ("git-receive-pack", Role.APPROVER, 403),
        ("git-receive-pack", Role.OPERATOR, 200),
        ("git-receive-pack", Role.ADMINISTRATOR, 200),
    ],
)
def test_git_reads_with_any_role_and_pushes_as_operator(
    api, keys, service_name, role, status, method
) -> None:
    import asyncio
    import base64

    api.tenant()
    basic = "Basic " + base64.b64encode(f"anybody:{keys[role]}".encode()).decode()
    request = git_request(service_name, basic, method)
    response = asyncio.run(git.serve_git(request, api.services))
    assert response.status_code == status
    if status == 200:
        ((tenant, seen, target, _, sent, actor, may_push),) = api.services.git_calls
        assert (tenant, seen, sent, actor.name) == ("contoso", method, b"0000", role.value)
        assert target == (f"/info/refs?service={service_name}" if method == "GET" else f"/{service_name}")
        assert may_push == (role in (Role.OPERATOR, Role.ADMINISTRATOR))


@pytest.mark.parametrize("authorization", [None, "Basic !!!", "Basic bm9ib2R5Om5vdGhpbmc=", "Basic eDo="])
def test_git_is_asked_for_credentials(api, authorization) -> None:
    import asyncio

    api.tenant()
    response = asyncio.run(git.serve_git(git_request("git-upload-pack", authorization), api.services))
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, 'Basic realm="Accord"')


def test_functions_are_named_so_that_none_hides_another() -> None:
    """The platform tries overlapping routes in the order of function names: the one that takes all comes
    last.
    """
    names = [
        (function.get_function_name(), function.get_trigger().route)
        for blueprint in blueprints()
        for function in _functions(blueprint)
    ]
    http = sorted(names)
    assert http[-1][1] == "api/{*rest}"
    assert len({name for name, _ in http}) == len(http)


def _functions(blueprint):
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
    app.register_functions(blueprint)
    return app.get_functions()
