"""Tenants over HTTP: what an administrator registers and edits, what everybody lists."""

import datetime as dt
from dataclasses import replace

import pytest

from functions.triggers.tenants import delete_tenant, get_tenant, list_tenants, patch_tenant, put_tenant
from shared.domain.sync import LastSync, Outcome, Stage, Status, SyncError
from shared.wire.schema.tenant import TenantAnswer, TenantList

GUID = "0c0ffee0-5d47-4b7a-9f10-6c2f4d1e8a90"
NEW = {"displayName": "Contoso", "entraTenantId": GUID}


def test_a_new_tenant_has_every_default(api, body) -> None:
    response = api.call(put_tenant, NEW, tenant="contoso")
    assert response.status_code == 201
    assert response.headers["Location"] == f"{api.ORIGIN}/api/v1/tenants/contoso"
    answer = body(response)
    TenantAnswer.model_validate(answer)
    assert (answer["status"], answer["statusLabel"]) == ("notRun", "Not run")
    settings = answer["settings"]
    assert (settings["signInTimeout"], settings["approvalTimeout"]) == ("PT3M", "P30D")
    assert (settings["syncTimeout"], settings["tenantApprovalTimeout"]) == ("PT60M", "PT72H")
    assert settings["types"] == {"include": ["*"], "exclude": []}
    assert settings["access"] == {}
    assert [one.action for one in api.services.audit.rows] == ["tenant.added"]


def test_put_again_replaces_and_answers_200(api, body) -> None:
    api.call(put_tenant, {**NEW, "settings": {"drift": "revert"}}, tenant="contoso")
    response = api.call(put_tenant, NEW, tenant="contoso")
    assert (response.status_code, body(response)["settings"]["drift"]) == (200, "adopt")


def test_an_equal_put_changes_nothing(api) -> None:
    api.call(put_tenant, NEW, tenant="contoso")
    before = api.services.status.rows["contoso"]
    api.call(put_tenant, NEW, tenant="contoso")
    assert api.services.status.rows["contoso"] == before
    assert len(api.services.audit.rows) == 1


def test_settings_come_back_as_they_were_given(api, body) -> None:
    settings = {
        "authentication": "servicePrincipalAndUser",
        "onSignInTimeout": "continue",
        "signInTimeout": "PT5M",
        "approvalTimeout": "PT12H",
        "syncTimeout": "PT90M",
        "tenantApprovalTimeout": "PT24H",
        "schedule": {"enabled": True, "cron": "0 6 * * 1-5", "timeZone": "Europe/Paris"},
        "types": {"include": ["named-*", "groups"], "exclude": ["named-locations"]},
        "drift": {"*": "revert", "groups": "adopt"},
        "protected": ["entra/groups/Break glass*"],
        "requireSecondPerson": True,
        "access": {"approver": [GUID]},
        "cloud": "usGov",
        "application": {"clientId": GUID, "credential": {"kind": "secret", "keyVaultName": "contoso"}},
    }
    answer = body(api.call(put_tenant, {**NEW, "settings": settings}, tenant="contoso"))
    assert answer["settings"] == settings
    assert answer["nextSyncAt"] is not None
    again = body(api.call(put_tenant, {**NEW, "settings": answer["settings"]}, tenant="contoso"))
    assert again["settings"] == settings


def test_another_tenant_with_the_same_directory_is_refused(api, body) -> None:
    api.call(put_tenant, NEW, tenant="contoso")
    response = api.call(put_tenant, NEW, tenant="fabrikam")
    assert (response.status_code, body(response)["code"]) == (409, "entraTenantInUse")
    assert "`contoso`" in body(response)["detail"]


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"displayName": ""}, "/displayName", "1 characters at least"),
        ({"entraTenantId": "contoso.onmicrosoft.com"}, "/entraTenantId", "pattern"),
        ({"colour": "blue"}, "/colour", "not known"),
        ({"settings": {"signInTimeout": 180}}, "/settings/signInTimeout", "ISO 8601"),
        ({"settings": {"signInTimeout": "PT2H"}}, "/settings/signInTimeout", "PT60M"),
        ({"settings": {"signInTimeout": "P1Y"}}, "/settings/signInTimeout", "ISO 8601"),
        ({"settings": {"schedule": {"cron": "99 * * * *"}}}, "/settings/schedule/cron", "five cron"),
        ({"settings": {"schedule": {"cron": "0 0 0 * * *"}}}, "/settings/schedule/cron", "five cron"),
        ({"settings": {"schedule": {"timeZone": "Paris"}}}, "/settings/schedule/timeZone", "IANA"),
        ({"settings": {"schedule": {"timeZone": "../etc/passwd"}}}, "/settings/schedule/timeZone", "IANA"),
        ({"settings": {"requireSecondPerson": "yes"}}, "/settings/requireSecondPerson", "true or false"),
        ({"settings": {"drift": "keep"}}, "/settings/drift", "one of"),
        ({"settings": {"types": {"include": ["nothing"]}}}, "/settings/types/include", "no type nothing"),
        ({"settings": {"drift": {"nothing": "revert"}}}, "/settings/drift", "no type nothing"),
        ({"settings": None}, "/settings", "object"),
    ],
)
def test_a_fault_names_its_field_and_says_what_to_write(api, body, wrong, field, says) -> None:
    response = api.call(put_tenant, {**NEW, **wrong}, tenant="contoso")
    assert (response.status_code, body(response)["code"]) == (422, "invalidBody")
    faults = body(response)["errors"]
    assert any(one["field"] == field and says in one["detail"] for one in faults), faults
    assert api.services.status.rows == {}


def test_faults_are_told_in_french(api, body) -> None:
    response = api.call(put_tenant, {}, tenant="contoso", headers={"Accept-Language": "fr"})
    assert {"field": "/displayName", "detail": "Ce champ est obligatoire."} in body(response)["errors"]


def test_a_merge_patch_changes_what_it_names_and_null_brings_the_default_back(api, body) -> None:
    settings = {"protected": ["a*"], "schedule": {"enabled": True, "cron": "0 5 * * *"}}
    api.call(put_tenant, {**NEW, "settings": settings}, tenant="contoso")
    patch = {
        "displayName": "Contoso SA",
        "settings": {"protected": None, "schedule": {"timeZone": "Europe/Paris"}},
    }
    answer = body(api.call(patch_tenant, patch, tenant="contoso"))
    assert answer["displayName"] == "Contoso SA"
    assert answer["settings"]["protected"] == []
    assert answer["settings"]["schedule"] == {
        "enabled": True,
        "cron": "0 5 * * *",
        "timeZone": "Europe/Paris",
    }


def test_a_patch_cannot_remove_what_is_required(api, body) -> None:
    api.call(put_tenant, NEW, tenant="contoso")
    response = api.call(patch_tenant, {"displayName": None}, tenant="contoso")
    assert (response.status_code, body(response)["errors"][0]["field"]) == (422, "/displayName")


def test_if_match_lets_through_what_was_read_and_refuses_what_has_changed(api, body) -> None:
    api.call(put_tenant, NEW, tenant="contoso")
    read = api.call(get_tenant, tenant="contoso", headers={"Accept-Language": "fr"}).headers["ETag"]
    one = api.call(patch_tenant, {"displayName": "One"}, tenant="contoso", headers={"If-Match": read})
    two = api.call(patch_tenant, {"displayName": "Two"}, tenant="contoso", headers={"If-Match": read})
    assert (one.status_code, two.status_code, body(two)["code"]) == (200, 412, "preconditionFailed")
    three = api.call(
        patch_tenant, {"displayName": "Three"}, tenant="contoso", headers={"If-Match": one.headers["ETag"]}
    )
    assert three.status_code == 200


def test_if_none_match_star_makes_only_new_tenants(api) -> None:
    only_new = {"If-None-Match": "*"}
    assert api.call(put_tenant, NEW, tenant="contoso", headers=only_new).status_code == 201
    assert api.call(put_tenant, NEW, tenant="contoso", headers=only_new).status_code == 412


def test_if_match_makes_no_new_tenant(api) -> None:
    assert api.call(put_tenant, NEW, tenant="contoso", headers={"If-Match": "*"}).status_code == 412


def test_a_synced_tenant_keeps_its_directory(api, body) -> None:
    api.tenant(last_sync=LastSync("s", Outcome.SUCCEEDED, (), dt.datetime.now(dt.UTC), None))
    response = api.call(patch_tenant, {"entraTenantId": GUID}, tenant="contoso")
    assert (response.status_code, body(response)["code"]) == (409, "directoryFixed")


def test_a_removed_tenant_is_gone_from_listings(api, body) -> None:
    api.call(put_tenant, NEW, tenant="contoso")
    response = api.call(delete_tenant, tenant="contoso")
    assert (response.status_code, response.get_body()) == (204, b"")
    assert api.call(get_tenant, tenant="contoso").status_code == 404
    assert body(api.call(list_tenants))["value"] == []
    assert [one.action for one in api.services.audit.rows] == ["tenant.removed", "tenant.added"]


def test_a_tenant_with_an_active_sync_stays(api, body) -> None:
    api.tenant()
    sync = api.sync()
    response = api.call(delete_tenant, tenant="contoso")
    assert (response.status_code, body(response)["code"]) == (409, "syncActive")
    assert body(response)["location"] == f"{api.ORIGIN}/api/v1/tenants/contoso/syncs/{sync.id}"


def test_the_list_is_filtered_by_status_outcome_and_text(api, body) -> None:
    ended = LastSync("s", Outcome.FAILED, (), dt.datetime.now(dt.UTC), SyncError("internal", "m", "o"))
    api.tenant("adatum", status=Status.NEW_ERROR, last_sync=ended)
    api.tenant("contoso", status=Status.IDLE)
    api.tenant("fabrikam", status=Status.NOT_RUN)

    def names(query: str) -> list[str]:
        answer = body(api.call(list_tenants, query=query))
        TenantList.model_validate(answer)
        return [one["id"] for one in answer["value"]]

    assert names("") == ["adatum", "contoso", "fabrikam"]
    assert names("status=idle,notRun") == ["contoso", "fabrikam"]
    assert names("outcome=failed") == ["adatum"]
    assert names("search=TOSO") == ["contoso"]
    assert api.call(list_tenants, query="status=asleep").status_code == 400


def test_pages_follow_one_another_and_never_repeat_the_key(api, body) -> None:
    for name in ("a", "b", "c"):
        api.tenant(name)
    first = body(api.call(list_tenants, query="top=2&code=secret&search="))
    assert [one["id"] for one in first["value"]] == ["a", "b"]
    assert first["nextLink"].startswith(f"{api.ORIGIN}/api/v1/tenants?")
    assert "secret" not in first["nextLink"]
    second = body(api.call(list_tenants, query=first["nextLink"].partition("?")[2]))
    assert ([one["id"] for one in second["value"]], second["nextLink"]) == (["c"], None)


@pytest.mark.parametrize("query", ["top=0", "top=1001", "top=ten", "top=-1", "after=%00"])
def test_a_page_out_of_bounds_is_a_fault(api, query) -> None:
    assert api.call(list_tenants, query=query).status_code == 400


def test_a_name_that_can_be_no_tenant_is_not_looked_up(api) -> None:
    api.services.status.down = True
    assert api.call(get_tenant, tenant="Not/a'tenant").status_code == 404


def test_the_label_is_in_the_reader_s_language(api, body) -> None:
    record = api.tenant()
    api.put(replace(record, status=Status.PENDING_ADMIN_CONSENT))
    answer = body(api.call(get_tenant, tenant="contoso", headers={"Accept-Language": "fr-CA, en;q=0.4"}))
    assert answer["statusLabel"] == "Consentement administrateur en attente"


def test_stages_do_not_show_in_a_tenant(api, body) -> None:
    api.tenant()
    sync = api.sync(stage=Stage.COMPARING)
    answer = body(api.call(get_tenant, tenant="contoso"))
    assert (answer["status"], answer["activeSync"]) == ("inProgress", sync.id)
