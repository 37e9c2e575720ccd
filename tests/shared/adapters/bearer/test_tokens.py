"""Which tokens count, whom they name, and that no other does."""

import asyncio
import time
from typing import Any

import entra_tokens as entra
import pytest
from entra_tokens import ADA, CLIENT, ELSEWHERE, FLOW, ROBOT, TENANT, FakeDirectory

from shared.domain.access import Caller, Role
from shared.domain.sync import ActorKind
from shared.errors import Problem

NOW = int(time.time())
V2, V1 = entra.V2, entra.V1


def caller(token: str, directory: FakeDirectory | None = None) -> Caller:
    return asyncio.run((directory or FakeDirectory()).tokens().caller(token))


def refusal(token: str, directory: FakeDirectory | None = None) -> tuple[int, str]:
    with pytest.raises(Problem) as told:
        caller(token, directory)
    return told.value.status, told.value.code


def test_a_person_is_named_by_their_id_in_the_directory() -> None:
    found = caller(entra.signed(entra.person(groups=["g1", "g2"])))
    assert (found.actor.kind, found.actor.name, found.actor.id) == (ActorKind.PERSON, "Ada Lovelace", ADA)
    assert found.roles == {Role.OPERATOR}
    assert found.ids == {ADA, "g1", "g2"}
    assert found.ids_whole
    assert found.tenants is None


def test_an_application_is_named_by_its_service_principal() -> None:
    found = caller(entra.signed(entra.application(app_displayname="Nightly flow", roles=["Reader"])))
    assert (found.actor.kind, found.actor.name, found.actor.id) == (ActorKind.APP, "Nightly flow", ROBOT)
    assert (found.actor.via, found.ids, found.roles) == (FLOW, {ROBOT, FLOW}, {Role.READER})


@pytest.mark.parametrize(
    "claims",
    [
        entra.person(),
        entra.person(aud=f"api://{CLIENT}"),
        entra.person(idtyp="user"),
        entra.person(scp="openid access_as_user"),
        entra.first_version(),
        entra.first_version(aud=CLIENT),
        entra.application(),
    ],
    ids="v2 api-uri idtyp-user more-scopes v1 v1-id application".split(),
)
def test_a_good_token_counts(claims: dict[str, Any]) -> None:
    assert caller(entra.signed(claims)).roles == {Role.OPERATOR}


@pytest.mark.parametrize(
    ("off", "counts"),
    [
        ({"nbf": 30, "iat": 30}, True),
        ({"nbf": 90}, False),
        ({"iat": 90}, False),
        ({"exp": -30}, True),
        ({"exp": -90}, False),
    ],
    ids=["behind", "not yet", "issued later", "ahead", "over"],
)
def test_clocks_may_differ_by_a_minute(off: dict[str, int], counts: bool) -> None:
    now = int(time.time())
    token = entra.signed(entra.person(**{name: now + seconds for name, seconds in off.items()}))
    if counts:
        assert caller(token).roles == {Role.OPERATOR}
    else:
        assert refusal(token)[0] == 401


@pytest.mark.parametrize(
    ("client", "via"), [(CLIENT, "page"), (FLOW, FLOW)], ids=["the page", "another client"]
)
def test_the_client_is_named(client: str, via: str) -> None:
    assert caller(entra.signed(entra.person(azp=client))).actor.via == via


@pytest.mark.parametrize(
    ("roles", "held"),
    [
        (["Reader", "Approver"], {Role.READER, Role.APPROVER}),
        (["Administrator"], {Role.ADMINISTRATOR}),
        (["reader", "Owner", 7], set()),
        ("Administrator", set()),
        (None, set()),
    ],
    ids=["two", "one", "unknown", "no-list", "none"],
)
def test_roles_are_those_the_app_registration_has(roles: Any, held: set[Role]) -> None:
    assert caller(entra.signed(entra.person(roles=roles))).roles == held


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "other audience": entra.person(aud=ELSEWHERE),
    "Graph's": entra.person(aud="https://graph.microsoft.com"),
    "several audiences": entra.person(aud=[CLIENT, ELSEWHERE]),
    "other directory's issuer": entra.person(iss=V2.replace(TENANT, ELSEWHERE)),
    "issuer of the other version": entra.person(iss=V1),
    "version of the other issuer": entra.first_version(ver="2.0"),
    "issuer and more": entra.person(iss=f"{V2}/"),
    "other tid": entra.person(tid=ELSEWHERE),
    "not yet": entra.person(nbf=NOW + 80_000),
    "issued later": entra.person(iat=NOW + 80_000),
    "an ID token": entra.person(scp=None, azp=None, nonce="n"),
    "neither person nor application": entra.person(scp=None),
    "another scope": entra.person(scp="User.Read"),
    "an application with a scope": entra.application(scp="access_as_user"),
    "a device": entra.application(idtyp="device"),
    "no client": entra.person(azp=None),
    "nobody": entra.person(oid=""),
    **{f"without {name}": entra.person(**{name: None}) for name in "iss aud exp nbf iat tid oid ver".split()},
}


@pytest.mark.parametrize("claims", BAD_CLAIMS.values(), ids=BAD_CLAIMS.keys())
def test_a_token_for_somebody_or_something_else_is_refused(claims: dict[str, Any]) -> None:
    assert refusal(entra.signed(claims)) == (401, "tokenInvalid")


def test_an_expired_token_is_refused_as_such() -> None:
    assert refusal(entra.signed(entra.person(exp=NOW - 90))) == (401, "tokenExpired")


def test_a_token_that_has_expired_for_another_app_is_not_told_about() -> None:
    both = entra.person(exp=NOW - 90)
    assert refusal(entra.signed(both, by="stranger", kid="own")) == (401, "tokenInvalid")


GOOD = entra.person(roles=["Administrator"])
FORGED = {
    "alg none": lambda: entra.unsigned(GOOD),
    "alg NONE": lambda: entra.unsigned(GOOD, "NONE"),
    "unsigned as RS256": lambda: entra.unsigned(GOOD, "RS256"),
    "HMAC with the public key": lambda: entra.by_public_key(GOOD),
    "another's signature": lambda: entra.signed(GOOD, by="stranger", kid="own"),
    "another's key": lambda: entra.signed(GOOD, by="stranger"),
    "another algorithm": lambda: entra.jwt.encode(GOOD, entra.signer("own"), "PS256", {"kid": "own"}),
    "no key named": lambda: entra.jwt.encode(GOOD, entra.signer("own"), "RS256"),
    "changed": lambda: _changed(entra.signed(entra.person(roles=["Reader"]))),
    "cut": lambda: entra.signed(GOOD)[:-8],
    "nothing": lambda: "",
    "no token": lambda: "ey.ey.ey",
    "no base64": lambda: "ey!.ey!.ey!",
    "not ASCII": lambda: "eyé.é.é",
    "a list": lambda: f"{entra.unsigned(GOOD).split('.')[0]}.{entra._part(b'[1]')}.x",
    "deep": lambda: f"{entra.unsigned(GOOD, 'RS256').split('.')[0]}.{entra._part(b'[' * 9000)}.x",
    "deep in its head": lambda: f"{entra._part(b'[' * 9000)}.{entra._part(b'{}')}.x",
    "long": lambda: entra.signed(entra.person(groups=["g" * 36] * 500)),
}


def _changed(token: str) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{entra.signed(GOOD).split('.')[1]}.{signature}"


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_refused(forge: Any) -> None:
    assert refusal(forge()) == (401, "tokenInvalid")


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_key_too_short_to_trust_is_refused() -> None:
    assert refusal(entra.signed(GOOD, by="short"), FakeDirectory(keys=["short"])) == (401, "tokenInvalid")


@pytest.mark.parametrize(
    "claims",
    [{"_claim_names": {"groups": "src1"}}, {"hasgroups": True}, {"hasgroups": True, "groups": ["g1"]}],
    ids=["left out", "told only that there are", "both"],
)
def test_of_a_person_in_too_many_groups_none_is_known(claims: dict[str, Any]) -> None:
    found = caller(entra.signed(entra.person(**claims)))
    assert (found.ids, found.ids_whole) == ({ADA}, False)


def test_the_keys_are_asked_for_once() -> None:
    directory = FakeDirectory()
    tokens = directory.tokens()

    async def twice() -> None:
        await asyncio.gather(*(tokens.caller(entra.signed(entra.person())) for _ in range(5)))

    asyncio.run(twice())
    assert directory.asked == [
        f"{V2}/.well-known/openid-configuration",
        f"{entra.LOGIN}/{TENANT}/discovery/v2.0/keys",
    ]


def test_nothing_is_asked_for_a_token_of_another_issuer() -> None:
    directory = FakeDirectory()
    assert refusal(entra.signed(entra.person(iss="https://evil.example/v2.0")), directory)[0] == 401
    assert refusal(entra.unsigned(GOOD), directory)[0] == 401
    assert directory.asked == []


def test_a_new_key_is_found_and_unknown_ones_are_not_asked_for_all_the_time() -> None:
    directory = FakeDirectory()
    tokens = directory.tokens()
    asyncio.run(tokens.caller(entra.signed(GOOD)))
    directory.keys = ["next"]
    directory.now += 30
    with pytest.raises(Problem, match="tokenInvalid"):
        asyncio.run(tokens.caller(entra.signed(GOOD, by="next")))
    directory.now += 31
    assert asyncio.run(tokens.caller(entra.signed(GOOD, by="next"))).roles == {Role.ADMINISTRATOR}
    for number in range(20):
        with pytest.raises(Problem, match="tokenInvalid"):
            asyncio.run(tokens.caller(entra.signed(GOOD, by="stranger", kid=f"unknown-{number}")))
    assert len(directory.asked) == 4
    with pytest.raises(Problem, match="tokenInvalid"):
        asyncio.run(tokens.caller(entra.signed(GOOD)))


@pytest.mark.parametrize("fails", [None, 503, 404], ids=["no connection", "down", "gone"])
def test_no_token_counts_while_the_directory_is_down(fails: int | None) -> None:
    directory = FakeDirectory(fails=fails)
    tokens = directory.tokens()
    for _ in range(3):
        with pytest.raises(Problem) as told:
            asyncio.run(tokens.caller(entra.signed(GOOD)))
        assert (told.value.status, told.value.code) == (503, "identityUnavailable")
        assert told.value.headers["Retry-After"] == "5"
    assert len(directory.asked) == 1, "a directory that is down is not asked by each request"
    directory.fails = 200
    directory.now += 6
    assert asyncio.run(tokens.caller(entra.signed(GOOD))).roles == {Role.ADMINISTRATOR}


def test_known_keys_count_for_a_day_while_the_directory_is_down() -> None:
    directory = FakeDirectory()
    tokens = directory.tokens()
    asyncio.run(tokens.caller(entra.signed(GOOD)))
    directory.fails = None
    directory.now += 23 * 3600
    asyncio.run(tokens.caller(entra.signed(GOOD)))
    with pytest.raises(Problem, match="identityUnavailable"):
        asyncio.run(tokens.caller(entra.signed(GOOD, by="next")))
    directory.now += 2 * 3600
    with pytest.raises(Problem, match="identityUnavailable"):
        asyncio.run(tokens.caller(entra.signed(GOOD)))


@pytest.mark.parametrize(
    ("directory", "status"),
    [
        (FakeDirectory(issuer="https://login.microsoftonline.com/common/v2.0"), 503),
        (FakeDirectory(more={"issuer": f"{entra.LOGIN}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"}), 401),
        (FakeDirectory(more={"use": "enc"}), 401),
    ],
    ids=["another's description", "a key of personal accounts", "a key to encrypt with"],
)
def test_keys_that_are_not_the_directorys_own_open_nothing(directory: FakeDirectory, status: int) -> None:
    assert refusal(entra.signed(GOOD), directory)[0] == status


def test_keys_are_read_where_the_directory_really_answers() -> None:
    directory = FakeDirectory()
    tokens = directory.tokens(login_endpoint="http://127.0.0.1:7072/")
    asyncio.run(tokens.caller(entra.signed(GOOD)))
    assert {url.split("/")[2] for url in directory.asked} == {"127.0.0.1:7072"}


def test_another_cloud_has_other_issuers() -> None:
    made = entra.Directory(TENANT, CLIENT, "https://login.chinacloudapi.cn")
    assert list(made.issuers) == [
        f"https://login.chinacloudapi.cn/{TENANT}/v2.0",
        f"https://sts.chinacloudapi.cn/{TENANT}/",
    ]
