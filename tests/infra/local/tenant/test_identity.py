"""MDM scopes, terms of use, authentication methods: what only people reach, and what PATCH cannot say."""

from __future__ import annotations

from typing import Any

import pytest

MDM = "/beta/policies/mobileDeviceManagementPolicies"
INTUNE = f"{MDM}/0000000a-0000-0000-c000-000000000000"
TERMS = "/v1.0/identityGovernance/termsOfUse/agreements"
METHODS = "/v1.0/policies/authenticationMethodsPolicy"
TEMPLATES = "/beta/deviceManagement/notificationMessageTemplates"
SCOPES = ("Policy.Read.All", "Policy.ReadWrite.MobilityManagement", "Agreement.ReadWrite.All")
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def admin(tenant: Any) -> Any:
    """The tenant, seen by its administrator."""
    app = "ac000000-0000-4000-8000-000000000001"
    start = f"/{tenant.entra_id}/oauth2/v2.0"
    scope = " ".join((*SCOPES, "Agreement.Read.All"))
    code = tenant.http.post(f"{start}/devicecode", data={"client_id": app, "scope": scope}).json()
    tenant.control("POST", "sign-in", {"userCode": code["user_code"], "account": "admin"})
    asked = {"grant_type": GRANT, "client_id": app, "device_code": code["device_code"]}
    tenant.token = tenant.http.post(f"{start}/token", data=asked).json()["access_token"]
    return tenant


def group(tenant: Any, name: str) -> str:
    return str(tenant.named("groups", name)["id"])


def link(object_id: str, kind: str = "groups") -> dict[str, str]:
    return {"@odata.id": f"https://graph.microsoft.com/odata/{kind}('{object_id}')"}


def test_a_group_that_is_added_becomes_the_scope_and_all_removes_it(admin: Any) -> None:
    staff = group(admin, "All staff")
    assert admin.patch(INTUNE, {"appliesTo": "none"}).status_code == 204
    assert admin.post(f"{INTUNE}/includedGroups/$ref", link(staff)).status_code == 204
    assert admin.get(INTUNE).json()["appliesTo"] == "selected"
    groups = {one["id"] for one in admin.all(f"{INTUNE}/includedGroups")}
    assert groups == {staff, group(admin, "Windows devices")}
    assert admin.delete(f"{INTUNE}/includedGroups/{staff}/$ref").status_code == 204
    assert admin.patch(INTUNE, {"appliesTo": "all"}).status_code == 204
    assert admin.all(f"{INTUNE}/includedGroups") == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", INTUNE, {"appliesTo": "selected"}, 400),
        ("PATCH", INTUNE, {"appliesTo": "all", "complianceUrl": "https://c"}, 400),
        ("PATCH", INTUNE, {"displayName": "x"}, 400),
        ("PATCH", INTUNE, {"isValid": False}, 400),
        ("POST", MDM, {"displayName": "x"}, 405),
        ("DELETE", INTUNE, None, 405),
        ("POST", f"{INTUNE}/includedGroups/$ref", link("00000000-0000-0000-0000-00000000dead"), 404),
        ("POST", TERMS, {"displayName": "A", "isViewingBeforeAcceptanceRequired": True}, 400),
    ],
)
def test_the_pages_rules_hold_for_people_too(
    admin: Any, method: str, path: str, body: Any, status: int
) -> None:
    assert admin.request(method, path, body).status_code == status


def file(**more: Any) -> dict[str, Any]:
    return {"fileName": "T.pdf", "language": "en", "fileData": {"data": "JVBERi0="}, **more}


def agreement(*files: dict[str, Any]) -> dict[str, Any]:
    return {"displayName": "A", "isViewingBeforeAcceptanceRequired": True, "files": list(files)}


def test_documents_come_with_an_agreement_and_are_never_shown(admin: Any) -> None:
    made = admin.post(TERMS, agreement(file(), file(language="fr-FR", isDefault=True)))
    assert made.status_code == 201, made.text
    assert "files" not in made.json()
    shown = admin.get(f"{TERMS}/{made.json()['id']}?$expand=files").json()
    assert [(one["language"], one["isDefault"], one["fileData"]) for one in shown["files"]] == [
        ("en", False, None),
        ("fr-FR", True, None),
    ]
    assert admin.get(f"{TERMS}?$expand=files").status_code == 400
    change = {"displayName": "B", "isViewingBeforeAcceptanceRequired": False}
    assert admin.patch(f"{TERMS}/{made.json()['id']}", change).status_code == 204
    for fixed in ({"userReacceptRequiredFrequency": "P1D"}, {"isPerDeviceAcceptanceRequired": True}):
        assert admin.patch(f"{TERMS}/{made.json()['id']}", fixed).status_code == 400
    assert admin.delete(f"{TERMS}/{made.json()['id']}").status_code == 204


@pytest.mark.parametrize(
    "files",
    [
        [],
        [file(fileData=None)],
        [file(fileData={"data": ""})],
        [file(language="")],
        [file(), file()],
        [file(id="x")],
        [file(createdDateTime="2026-01-01T00:00:00Z")],
    ],
    ids=["none", "no document", "an empty one", "no language", "two of a language", "an id", "a time"],
)
def test_an_agreement_needs_whole_documents(admin: Any, files: list[dict[str, Any]]) -> None:
    assert admin.post(TERMS, agreement(*files)).status_code == 400


def test_an_app_reaches_agreements_where_the_tenant_is_told_to_let_it(tenant: Any) -> None:
    assert tenant.get(TERMS).status_code == 403
    tenant.control("PATCH", "behaviour", {"appOnly": {TERMS.split("/", 2)[2]: True}})
    assert len(tenant.all(TERMS)) == 2


def test_a_method_is_changed_alone_and_goes_back_to_its_default(tenant: Any) -> None:
    kind = {"@odata.type": "#microsoft.graph.voiceAuthenticationMethodConfiguration"}
    voice = f"{METHODS}/authenticationMethodConfigurations/Voice"
    assert tenant.patch(voice, {**kind, "state": "enabled"}).status_code == 204
    policy = tenant.get(METHODS).json()
    shown = next(one for one in policy["authenticationMethodConfigurations"] if one["id"] == "Voice")
    assert (shown["state"], shown["includeTargets"][0]["id"]) == ("enabled", "all_users")
    assert tenant.delete(voice).status_code == 204
    assert tenant.get(voice).json()["state"] == "disabled"
    assert tenant.post(f"{METHODS}/authenticationMethodConfigurations", kind).status_code == 405


def test_the_default_message_moves_by_setting_another(tenant: Any) -> None:
    template = tenant.named(TEMPLATES.split("/", 2)[2], "Not compliant")
    messages = f"{TEMPLATES}/{template['id']}/localizedNotificationMessages"
    assert tenant.patch(f"{messages}/{template['id']}_fr-fr", {"isDefault": True}).status_code == 200
    shown = {one["locale"]: one["isDefault"] for one in tenant.all(messages)}
    assert shown == {"en-us": False, "fr-fr": True}
    assert tenant.get(f"{TEMPLATES}/{template['id']}").json()["defaultLocale"] == "fr-fr"
    made = tenant.post(messages, {"locale": "de-de", "subject": "S", "messageTemplate": "T"})
    assert (made.status_code, made.json()["id"]) == (201, f"{template['id']}_de-de")
    assert tenant.delete(f"{messages}/{template['id']}_en-us").status_code == 204


def test_a_policy_names_terms_of_use_and_templates_that_exist(tenant: Any) -> None:
    policies = "/v1.0/identity/conditionalAccess/policies"
    policy = tenant.named(policies.split("/", 2)[2], "MFA for all users")
    grant = {"operator": "OR", "builtInControls": [], "termsOfUse": ["00000000-0000-0000-0000-00000000dead"]}
    refused = tenant.patch(f"{policies}/{policy['id']}", {"grantControls": grant})
    assert (refused.status_code, "Terms of use" in refused.text) == (400, True)
