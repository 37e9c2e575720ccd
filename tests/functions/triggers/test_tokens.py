"""Every operation against every role of a token, and against every token that is none of ours."""

import asyncio
import base64
import datetime as dt
import inspect
import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import azure.functions as func
import entra_tokens as entra
import pytest
from entra_tokens import ADA, CLIENT, ELSEWHERE, TENANT, FakeDirectory

from functions.triggers import blueprints, git, me, syncs, tenants, who
from functions.triggers.endpoint import Endpoint
from shared.domain.access import INCLUDES, OPERATIONS, Role
from shared.domain.settings import Authentication, Settings
from shared.domain.sync import Outcome, Stage
from shared.steps.sign_in import begin

NOW = int(time.time())
GIT = {"readRepository", "writeRepository"}
PARTS = {"change": "c0", "permission": "application-R", "key": "k", "path": "entra/groups/All staff.json"}


def endpoints() -> dict[str, Endpoint]:
    """Every handler that the app registers, by its operation."""
    blueprints()
    modules = [module for name, module in sys.modules.items() if name.startswith("functions.triggers.")]
    made = [one for module in modules for one in vars(module).values() if isinstance(one, Endpoint)]
    return {one.operation.id: one for one in made}


ENDPOINTS = endpoints()
CALLS = sorted(OPERATIONS)


def bad(role: Role) -> dict[str, str | None]:
    """What does not prove that one has this role here."""
    good = entra.person(roles=[role.value])

    def changed(**claims: Any) -> str:
        return entra.signed({**good, **claims})

    return {
        "other audience": changed(aud=ELSEWHERE),
        "audience of Graph": changed(aud="00000003-0000-0000-c000-000000000000"),
        "other directory": changed(iss=entra.V2.replace(TENANT, ELSEWHERE), tid=ELSEWHERE),
        "other directory, own issuer": changed(tid=ELSEWHERE),
        "other issuer": changed(iss="https://login.evil.example/v2.0"),
        "expired": changed(exp=NOW - 3600, nbf=NOW - 7200, iat=NOW - 7200),
        "not yet valid": changed(nbf=NOW + 80_000),
        "unsigned": entra.unsigned(good),
        "HMAC with the public key": entra.by_public_key(good),
        "other signer": entra.signed(good, by="stranger", kid="own"),
        "ID token": entra.signed({k: v for k, v in good.items() if k not in ("scp", "azp")}),
        "none": None,
    }


BAD = {role: bad(role) for role in Role}


@pytest.fixture
def reached(api: Any) -> Any:
    """The status of one call with this token, of a tenant that exists."""
    api.services.bearer = FakeDirectory().tokens()
    api.tenant()
    sync = api.sync(stage=Stage.ENDED, outcome=Outcome.SUCCEEDED)

    def call(operation: str, token: str | None) -> int:
        if operation in GIT:
            return asyncio.run(git.serve_git(git_request(operation, token), api.services)).status_code
        path = OPERATIONS[operation].path
        names = {**PARTS, "tenant": "contoso", "sync": sync.id}
        parts = {name: value for name, value in names.items() if f"{{{name}" in path}
        plain = path.replace("{*", "{").format(**parts)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = func.HttpRequest(
            OPERATIONS[operation].method,
            f"{api.ORIGIN}{plain}",
            headers=headers,
            params={},
            route_params=parts,
            body=b"",
        )
        return asyncio.run(ENDPOINTS[operation](request, api.client, api.services)).status_code

    return call


def git_request(operation: str, token: str | None) -> func.HttpRequest:
    """As Git sends it: the token as the password of anybody."""
    service = "git-receive-pack" if operation == "writeRepository" else "git-upload-pack"
    basic = base64.b64encode(f"anybody:{token}".encode()).decode() if token else ""
    return func.HttpRequest(
        "POST",
        f"https://accord.example/git/contoso/{service}",
        headers={"Authorization": f"Basic {basic}"} if token else {},
        params={},
        route_params={"tenant": "contoso", "rest": service},
        body=b"0000",
    )


def test_every_operation_is_in_the_table() -> None:
    assert set(ENDPOINTS) | GIT == set(OPERATIONS)


@pytest.mark.parametrize("operation", CALLS)
def test_a_token_opens_what_its_role_does_and_nothing_else(reached: Any, operation: str) -> None:
    needed = OPERATIONS[operation].role
    for role in Role:
        for claims in (entra.person(roles=[role.value]), entra.application(roles=[role.value])):
            status = reached(operation, entra.signed(claims))
            allowed = needed is None or needed in INCLUDES[role]
            assert (status != 403) == allowed, f"{role.value}: {status}"
            assert status != 401, f"{role.value}: {status}"


@pytest.mark.parametrize("operation", CALLS)
def test_a_token_without_a_role_opens_nothing(reached: Any, operation: str) -> None:
    status = reached(operation, entra.signed(entra.person(roles=None)))
    assert (status == 403) == (OPERATIONS[operation].role is not None)


@pytest.mark.parametrize("kind", BAD[Role.READER])
@pytest.mark.parametrize("operation", CALLS)
def test_whatever_role_a_bad_token_claims_it_opens_nothing(reached: Any, operation: str, kind: str) -> None:
    for role in Role:
        status = reached(operation, BAD[role][kind])
        assert (status == 401) == (OPERATIONS[operation].role is not None), f"{role.value}: {status}"


def test_a_directory_that_is_down_lets_nobody_in(api: Any, body: Any) -> None:
    api.services.bearer = FakeDirectory(fails=None).tokens()
    response = called(api, tenants.list_tenants, entra.person())
    assert (response.status_code, body(response)["code"]) == (503, "identityUnavailable")
    assert response.headers["Retry-After"] == "5"
    answer = asyncio.run(
        git.serve_git(git_request("readRepository", entra.signed(entra.person())), api.services)
    )
    assert answer.status_code == 503


def called(api: Any, endpoint: Endpoint, claims: dict[str, Any], body: Any = None, **parts: str) -> Any:
    headers = {"Authorization": f"Bearer {entra.signed(claims)}"}
    return api.call(endpoint, body, key=None, headers=headers, **parts)


@pytest.fixture
def people(api: Any) -> Any:
    """The API with a directory."""
    api.services.bearer = FakeDirectory().tokens()
    return api


def narrowed(api: Any, **access: tuple[str, ...]) -> None:
    record = api.tenant()
    api.put(replace(record, settings=replace(record.settings, access=access)))


GROUP = "99999999-0000-4000-8000-000000000009"


@pytest.mark.parametrize(
    ("access", "claims", "status"),
    [
        ({"operator": (ADA,)}, {}, 202),
        ({"operator": (ADA.upper(),)}, {}, 202),
        ({"operator": (GROUP,)}, {"groups": [GROUP]}, 202),
        ({"operator": (GROUP,)}, {}, 403),
        ({"operator": (ELSEWHERE,)}, {"groups": [GROUP]}, 403),
        ({"operator": (ELSEWHERE,)}, {"roles": ["Administrator"]}, 202),
        ({"operator": (ADA,)}, {"roles": ["Reader"]}, 403),
    ],
    ids=["user", "in capitals", "group", "no group", "another", "administrator", "no role"],
)
def test_a_tenant_narrows_a_role_to_users_and_groups(
    people: Any, access: dict[str, tuple[str, ...]], claims: dict[str, Any], status: int
) -> None:
    narrowed(people, **access)
    person = entra.person(**claims)
    assert called(people, syncs.start_sync, person, tenant="contoso").status_code == status


def test_who_is_in_too_many_groups_is_told_so_where_it_matters(people: Any, body: Any) -> None:
    narrowed(people, operator=(GROUP,))
    person = entra.person(_claim_names={"groups": "src1"})
    refused = called(people, syncs.start_sync, person, tenant="contoso")
    assert (refused.status_code, body(refused)["code"]) == (403, "groupsUnknown")
    reader = entra.person(_claim_names={"groups": "src1"}, roles=["Reader"])
    refused = called(people, syncs.start_sync, reader, tenant="contoso")
    assert body(refused)["code"] == "forbidden"
    narrowed(people, operator=(GROUP, ADA))
    assert called(people, syncs.start_sync, person, tenant="contoso").status_code == 202


def test_the_sync_and_the_audit_name_who_started_it(people: Any, body: Any) -> None:
    people.tenant()
    started = body(called(people, syncs.start_sync, entra.person(), tenant="contoso"))
    assert started["startedBy"] == {"kind": "person", "name": "Ada Lovelace"}
    (entry,) = people.services.audit.rows
    assert (entry.actor.id, entry.actor.via) == (ADA, "page")


@pytest.mark.parametrize(
    ("claims", "kind", "roles"),
    [
        (entra.person(), "person", ["Reader", "Operator"]),
        (
            entra.person(roles=["Administrator"]),
            "person",
            ["Reader", "Operator", "Approver", "Administrator"],
        ),
        (entra.application(roles=["Reader"]), "app", ["Reader"]),
    ],
    ids=["person", "administrator", "application"],
)
def test_me_tells_who_calls_and_what_they_may(
    people: Any, body: Any, claims: dict[str, Any], kind: str, roles: list[str]
) -> None:
    found = body(called(people, me.get_me, claims))
    assert (found["kind"], found["roles"], found["tenants"], found["narrowed"]) == (kind, roles, None, {})


def test_me_tells_where_a_role_is_narrowed_and_names_no_hidden_tenant(people: Any, body: Any) -> None:
    narrowed(people, operator=(ELSEWHERE,))
    hidden = people.tenant("fabrikam")
    access = {"reader": (ELSEWHERE,), "operator": (ELSEWHERE,)}
    people.put(replace(hidden, settings=replace(hidden.settings, access=access)))
    found = body(called(people, me.get_me, entra.person()))
    assert found["narrowed"] == {"contoso": ["Reader"]}


def test_me_tells_a_key_its_tenants(api: Any, body: Any, keys: Any) -> None:
    own = api.services.keys.rows
    reader = next(row for row in own.values() if row.role is Role.READER)
    own[reader.id] = replace(reader, tenants=("contoso",))
    found = body(api.call(me.get_me, key=keys[Role.READER]))
    assert (found["name"], found["kind"]) == ("Reader", "key")
    assert (found["roles"], found["tenants"]) == (["Reader"], ["contoso"])


def test_a_key_is_still_a_key_beside_a_directory(people: Any, keys: Any) -> None:
    assert people.call(tenants.list_tenants, key=keys[Role.READER]).status_code == 200
    assert people.call(tenants.list_tenants, key="ey-that-is-no-token").status_code == 401


def test_what_the_platform_says_of_a_caller_is_not_believed(people: Any) -> None:
    forged = {
        "X-MS-CLIENT-PRINCIPAL": "eyJ1c2VyUm9sZXMiOlsiQWRtaW5pc3RyYXRvciJdfQ==",
        "X-MS-CLIENT-PRINCIPAL-ID": ADA,
        "X-MS-CLIENT-PRINCIPAL-IDP": "aad",
        "X-MS-TOKEN-AAD-ACCESS-TOKEN": entra.signed(entra.person(roles=["Administrator"])),
        "X-Forwarded-User": "Ada",
    }
    assert people.call(tenants.list_tenants, key=None, headers=forged).status_code == 401
    sources = Path(inspect.getfile(who)).parents[1].rglob("*.py")
    read = [
        path.name
        for path in sources
        if re.search(r"headers\W+(get\()?.x-ms-", path.read_text(), re.IGNORECASE)
    ]
    assert read == []


def test_the_token_of_another_app_of_the_same_directory_opens_nothing(people: Any) -> None:
    assert called(people, tenants.list_tenants, entra.person(aud=f"api://{ELSEWHERE}")).status_code == 401
    assert called(people, tenants.list_tenants, entra.person(aud=f"api://{CLIENT}")).status_code == 200


def test_whoever_shows_nothing_is_told_what_would_do(people: Any, api: Any) -> None:
    told = people.call(tenants.list_tenants, key=None).headers["WWW-Authenticate"]
    assert told == 'Bearer realm="Accord", AccordKey realm="Accord"'
    refused = people.call(tenants.list_tenants, key=None, headers={"Authorization": "Bearer x"})
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="Accord", error="invalid_token"'
    api.services.bearer = None
    assert (
        people.call(tenants.list_tenants, key=None).headers["WWW-Authenticate"] == 'AccordKey realm="Accord"'
    )


@pytest.mark.parametrize(
    ("access", "shown"),
    [({}, True), ({"operator": (ADA,)}, True), ({"operator": (ELSEWHERE,)}, False)],
    ids=["everybody's", "theirs", "another's"],
)
def test_a_code_is_shown_to_those_alone_who_may_operate_that_tenant(
    people: Any, body: Any, access: dict[str, tuple[str, ...]], shown: bool
) -> None:
    wanted = Settings(authentication=Authentication.SERVICE_PRINCIPAL_AND_USER, access=access)
    tenant = people.tenant(settings=wanted)
    sync = people.sync(stage=Stage.SIGN_IN)

    async def begun() -> None:
        await begin(await people.services.attempt(tenant, sync.id, 1), dt.timedelta(minutes=3))

    asyncio.run(begun())
    answer = body(called(people, syncs.get_sync, entra.person(), tenant="contoso", sync=sync.id))
    assert (answer["authentication"] is not None) == shown
    (listed,) = body(called(people, syncs.list_syncs, entra.person(), tenant="contoso"))["value"]
    assert (listed["authentication"] is not None) == shown
