"""Permissions over HTTP: listed, checked, ignored, and consented to by a link that is good once."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.triggers.callback_consent import consent_callback
from functions.triggers.permissions import check_permissions, ignore, list_permissions, restore
from functions.triggers.tenants import patch_tenant
from shared.domain.permissions import Grants
from shared.domain.sync import Status
from shared.errors import SignInFailed
from shared.wire.schema.permission import PermissionList

FRENCH = {"Accept-Language": "fr"}
R, W = "application-R", "application-W"


@pytest.fixture
def known(api):
    return api.tenant(resting=Status.IDLE, status=Status.IDLE)


def states(answer):
    return {one["id"]: one["state"] for one in answer["value"]}


def row(api):
    return api.services.status.rows["contoso"]


def state_in(answer):
    (state,) = parse_qs(urlsplit(answer["adminConsentUrl"]).query)["state"]
    return state


def came_back(api, answer, headers=None, **params):
    query = "&".join(f"{name}={value}" for name, value in {"state": state_in(answer), **params}.items())
    return api.call(consent_callback, query=query, key=None, headers=headers)


def test_before_anybody_looked_nothing_is_known(api, body, known) -> None:
    answer = body(api.call(list_permissions, tenant="contoso"))
    PermissionList.model_validate(answer)
    assert states(answer) == {R: "required", W: "required"}
    assert answer["value"][0]["checkedAt"] is None
    assert row(api).permissions_required == ()


def test_a_check_looks_and_the_list_tells_what_it_saw(api, body, known) -> None:
    api.services.app.grant("R")
    answer = body(api.call(check_permissions, tenant="contoso"))
    assert states(answer) == {R: "granted", W: "required"}
    again = body(api.call(list_permissions, tenant="contoso"))
    assert again == answer
    one = answer["value"][1]
    assert (one["name"], one["kind"], one["access"]) == ("W", "application", "write")
    assert (one["types"], one["updated"], one["optional"]) == (["groups", "named-locations"], False, False)
    assert (row(api).permissions_required, row(api).status) == ((W,), Status.PENDING_ADMIN_CONSENT)
    assert api.services.audit.rows[0].action == "permissions.checked"


def test_a_check_gets_tokens_anew(api, body, known) -> None:
    api.services.app.grant("R")
    api.call(check_permissions, tenant="contoso")
    api.services.app.grant("R", "W")
    assert states(body(api.call(check_permissions, tenant="contoso"))) == {R: "granted", W: "granted"}
    assert row(api).status is Status.IDLE


@pytest.mark.parametrize(
    ("headers", "title"),
    [({}, "The permissions could not be checked"), (FRENCH, "Les permissions n’ont pas pu être vérifiées")],
    ids=["en", "fr"],
)
def test_a_refused_credential_is_told_and_changes_nothing(api, body, known, headers, title) -> None:
    api.services.app.refusals.append(SignInFailed("credentialRefused", "AADSTS7000222: it has expired"))
    response = api.call(check_permissions, tenant="contoso", headers=headers)
    answer = body(response)
    assert (response.status_code, answer["code"], answer["title"]) == (502, "checkFailed", title)
    assert "AADSTS7000222" in answer["detail"]
    assert row(api).permissions_required == ()


def test_an_app_that_the_tenant_does_not_know_lacks_everything(api, body, known) -> None:
    api.services.app.refusals.append(SignInFailed("consentMissing", "AADSTS700016"))
    assert states(body(api.call(check_permissions, tenant="contoso"))) == {R: "required", W: "required"}
    assert row(api).status is Status.PENDING_ADMIN_CONSENT


def test_what_is_ignored_is_asked_for_no_more_until_that_is_taken_back(api, body, known) -> None:
    api.services.app.grant("R")
    api.call(check_permissions, tenant="contoso")
    ignored = body(api.call(ignore, tenant="contoso", permission=W))
    assert (states(ignored)[W], row(api).status) == ("ignored", Status.IDLE)
    restored = body(api.call(restore, tenant="contoso", permission=W))
    assert (states(restored)[W], row(api).status) == ("required", Status.PENDING_ADMIN_CONSENT)
    told = [(one.action, one.detail) for one in api.services.audit.rows[:2]]
    assert told == [("permission.restored", W), ("permission.ignored", W)]


@pytest.mark.parametrize("endpoint", [ignore, restore], ids=["ignore", "restore"])
def test_a_permission_that_nothing_needs_is_not_found(api, body, known, endpoint) -> None:
    response = api.call(endpoint, tenant="contoso", permission="application-Mail_Send")
    assert (response.status_code, body(response)["code"]) == (404, "permissionNotFound")


def test_settings_that_need_less_end_the_wait_for_consent(api, known) -> None:
    api.services.app.grant()
    api.call(check_permissions, tenant="contoso")
    patch = {"settings": {"types": {"include": ["*"], "exclude": ["groups", "named-locations"]}}}
    api.call(patch_tenant, patch, tenant="contoso")
    assert (row(api).permissions_required, row(api).status) == ((), Status.IDLE)


def test_the_link_asks_for_all_that_the_app_lists_and_comes_back_here(api, body, known) -> None:
    first = body(api.call(list_permissions, tenant="contoso"))
    parts = urlsplit(first["adminConsentUrl"])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert parts.netloc == "login.example"
    assert parts.path == f"/{known.entra_tenant_id}/v2.0/adminconsent"
    assert (query["client_id"], query["scope"]) == ("c-1", "https://graph.example/.default")
    assert query["redirect_uri"] == f"{api.ORIGIN}/callback/consent"
    assert body(api.call(list_permissions, tenant="contoso")) == first


def test_a_link_that_would_soon_be_over_is_replaced(api, body, known) -> None:
    first = body(api.call(list_permissions, tenant="contoso"))
    api.services.clock.at += dt.timedelta(days=6, hours=1)
    assert state_in(body(api.call(list_permissions, tenant="contoso"))) != state_in(first)


def test_without_an_app_there_is_no_link(api, body, known) -> None:
    api.services.client_id = ""
    assert body(api.call(list_permissions, tenant="contoso"))["adminConsentUrl"] is None


@pytest.mark.parametrize(
    ("headers", "title"),
    [({}, "Thank you, all is granted"), (FRENCH, "Merci, tout est accordé")],
    ids=["en", "fr"],
)
def test_coming_back_checks_and_uses_the_link_up(api, body, known, headers, title) -> None:
    api.services.app.grant("R")
    listed = body(api.call(check_permissions, tenant="contoso"))
    api.services.app.grant("R", "W")
    response = came_back(api, listed, headers, admin_consent="True", tenant=known.entra_tenant_id)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert title in response.get_body().decode()
    assert row(api).status is Status.IDLE
    again = came_back(api, listed, admin_consent="True", tenant=known.entra_tenant_id)
    assert again.status_code == 400
    assert "not waited for" in again.get_body().decode()
    assert state_in(body(api.call(list_permissions, tenant="contoso"))) != state_in(listed)


def trail(api):
    """What the audit says of consent, the oldest first."""
    rows = [one for one in reversed(api.services.audit.rows) if one.action.startswith("consent.")]
    return [(one.action, one.actor.name, one.detail) for one in rows]


@pytest.mark.parametrize("token", [{"R", "W"}, {"R"}], ids=["in the token", "on its way"])
def test_the_audit_tells_what_has_been_granted_since_from_who_says_so(api, body, known, token) -> None:
    api.services.app.grant("R")
    listed = body(api.call(check_permissions, tenant="contoso"))
    api.services.app.grant(*token)
    api.services.app.listed = Grants(frozenset({"R", "W"}))
    came_back(api, listed, admin_consent="True")
    assert trail(api) == [
        ("consent.cameBack", "somebody with the consent link", ""),
        ("consent.given", "Accord", W),
    ]


def test_whoever_says_that_they_consented_has_given_nothing_by_that(api, body, known) -> None:
    api.services.app.grant("R")
    listed = body(api.call(check_permissions, tenant="contoso"))
    came_back(api, listed, admin_consent="True")
    assert [action for action, *_ in trail(api)] == ["consent.cameBack"]


def test_what_is_still_missing_is_named(api, body, known) -> None:
    api.services.app.grant("R")
    listed = body(api.call(list_permissions, tenant="contoso"))
    page = came_back(api, listed, admin_consent="True").get_body().decode()
    assert "Some permissions are still missing" in page
    assert "<li>W</li>" in page


def test_what_is_on_its_way_is_not_missing(api, body, known) -> None:
    api.services.app.granted = frozenset({"R"})
    api.services.app.listed = Grants(frozenset({"R", "W"}))
    listed = body(api.call(list_permissions, tenant="contoso"))
    page = came_back(api, listed, admin_consent="True").get_body().decode()
    assert "takes some minutes" in page
    assert row(api).permissions_required == ()
    assert row(api).permissions_coming_until == api.services.clock.at + dt.timedelta(minutes=5)


def test_a_check_that_cannot_be_made_does_not_belittle_the_consent(api, body, known) -> None:
    listed = body(api.call(list_permissions, tenant="contoso"))
    api.services.app.refusals.append(SignInFailed("credentialRefused", "down", transient=True))
    response = came_back(api, listed, admin_consent="True")
    assert response.status_code == 200
    assert "could not check yet" in response.get_body().decode()


@pytest.mark.parametrize(
    ("params", "status", "says"),
    [
        ({"error": "access_denied", "error_description": "<b>no</b>"}, 403, "&lt;b&gt;no&lt;/b&gt;"),
        ({"error": "consent_required"}, 403, "consent_required"),
        ({"admin_consent": "True", "tenant": "another"}, 400, "Another organisation"),
        ({"admin_consent": "False"}, 400, "Nothing was granted"),
        ({}, 400, "Nothing was granted"),
    ],
    ids=["declined", "declined without words", "another directory", "not given", "nothing said"],
)
def test_coming_back_without_consent_is_told_plainly(api, body, known, params, status, says) -> None:
    listed = body(api.call(list_permissions, tenant="contoso"))
    response = came_back(api, listed, **params)
    assert response.status_code == status
    assert says in response.get_body().decode()
    assert api.services.app.token is None, "nobody looked"


@pytest.mark.parametrize(
    "state",
    ["", "x", "contoso.guessed", "nobody.guessed", ".x", "../contoso.x", "contoso." + "x" * 400],
    ids=["none", "no tenant", "guessed", "another tenant", "empty tenant", "no slug", "endless"],
)
def test_a_state_that_nobody_waits_for_changes_nothing(api, body, known, state) -> None:
    listed = body(api.call(list_permissions, tenant="contoso"))
    response = api.call(consent_callback, query=f"admin_consent=True&state={state}", key=None)
    assert response.status_code == 400
    assert "not waited for" in response.get_body().decode()
    assert came_back(api, listed, admin_consent="True").status_code == 200, "the right one still counts"
