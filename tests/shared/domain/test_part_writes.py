"""Parts written one by one, and properties that a PATCH does not carry like others."""

from typing import Any

from example_requests import ID, content_of, create, example, spec_of, update

from shared.domain.item import Json
from shared.domain.request import completing_requests


def combination(kind: str, combinations: list[str], **values: Json) -> dict[str, Any]:
    return {"@odata.type": f"#microsoft.graph.{kind}", "appliesToCombinations": combinations, **values}


def test_members_with_addresses_of_their_own_are_written_one_by_one() -> None:
    raw = example("authentication-strength-policies", 1)
    raw["combinationConfigurations"] = [
        combination("fido2CombinationConfiguration", ["fido2"], id="1", allowedAAGUIDs=["a"]),
        combination("x509CertificateCombinationConfiguration", ["x509CertificateMultiFactor"], id="2"),
        combination("x509CertificateCombinationConfiguration", ["x509CertificateSingleFactor"], id="3"),
    ]
    desired = content_of("authentication-strength-policies", raw)
    changed = combination("fido2CombinationConfiguration", ["fido2"], allowedAAGUIDs=["a", "b"])
    new = combination("fido2CombinationConfiguration", ["deviceBasedPush"], allowedAAGUIDs=["c"])
    kept = combination("x509CertificateCombinationConfiguration", ["x509CertificateMultiFactor"])
    desired["combinationConfigurations"] = [changed, new, kept]
    requests = update("authentication-strength-policies", raw, desired, "combinationConfigurations/x")
    sent = [(one.method, one.path.rpartition("object-1")[2], one.body, one.once) for one in requests]
    told = {name: changed[name] for name in ("@odata.type", "allowedAAGUIDs")}
    assert sent == [
        ("PATCH", "/combinationConfigurations/1", told, False),
        ("POST", "/combinationConfigurations", new, True),
        ("DELETE", "/combinationConfigurations/3", None, False),
    ]


def test_members_are_created_after_their_object() -> None:
    raw = example("authentication-strength-policies", 1)
    desired = content_of("authentication-strength-policies", raw)
    new = combination("fido2CombinationConfiguration", ["fido2"], allowedAAGUIDs=["c"])
    desired["combinationConfigurations"] = [new]
    assert "combinationConfigurations" not in create("authentication-strength-policies", desired).body
    found = completing_requests(spec_of("authentication-strength-policies"), "N", ID, desired, {})
    assert isinstance(found, tuple)
    assert [(one.method, one.body) for one in found] == [("POST", new)]


def test_members_that_an_earlier_run_made_are_not_made_again() -> None:
    spec = spec_of("authentication-strength-policies")
    new = combination("fido2CombinationConfiguration", ["fido2"], allowedAAGUIDs=["c"])
    desired = {"displayName": "N", "combinationConfigurations": [new]}
    assert (
        completing_requests(spec, "N", ID, desired, {"combinationConfigurations": [{"id": "1", **new}]}) == ()
    )


def test_a_property_that_takes_a_patch_of_its_own_gets_one() -> None:
    raw = example("mobile-device-management-policies", 1)
    desired = content_of("mobile-device-management-policies", raw) | {
        "appliesTo": "all",
        "complianceUrl": "https://c",
        "termsOfUseUrl": "https://t",
    }
    touched = ("appliesTo", "complianceUrl", "termsOfUseUrl")
    requests = update("mobile-device-management-policies", raw, desired, *touched)
    assert [one.body for one in requests] == [
        {"complianceUrl": "https://c", "termsOfUseUrl": "https://t"},
        {"appliesTo": "all"},
    ]
    assert {one.path for one in requests} == {"/policies/mobileDeviceManagementPolicies/object-1"}


def test_what_follows_from_other_writes_is_not_sent_and_links_are_added_before_others_go() -> None:
    raw = example("mobile-device-management-policies")
    desired = content_of("mobile-device-management-policies", raw) | {
        "appliesTo": "selected",
        "includedGroups": [{"id": "g2"}],
    }
    requests = update("mobile-device-management-policies", raw, desired, "appliesTo", "includedGroups/g2")
    sent = [(one.method, one.path.rpartition("object-1")[2], one.body, one.once) for one in requests]
    assert sent == [
        (
            "POST",
            "/includedGroups/$ref",
            {"@odata.id": "https://graph.microsoft.com/odata/groups('g2')"},
            True,
        ),
        ("DELETE", "/includedGroups/dc3d2ce5-7c5e-4dca-a0ef-2145bf6e53ef/$ref", None, False),
    ]


def message(locale: str, text: str = "T", *, default: bool = False) -> dict[str, Any]:
    return {"locale": locale, "subject": "S", "messageTemplate": text, "isDefault": default}


def test_a_flag_that_can_only_be_set_moves_by_being_set_on_another_member() -> None:
    raw = example("notification-message-templates")
    raw["localizedNotificationMessages"] = [
        {"id": "t_de", **message("de", default=True)},
        {"id": "t_en", **message("en")},
        {"id": "t_fr", **message("fr")},
    ]
    desired = content_of("notification-message-templates", raw)
    desired["localizedNotificationMessages"] = [
        message("en", "New"),
        message("fr", default=True),
        message("it"),
    ]
    requests = update("notification-message-templates", raw, desired, "localizedNotificationMessages/fr")
    sent = [(one.method, one.path.rpartition("object-1")[2], one.body) for one in requests]
    new = {"locale": "it", "subject": "S", "messageTemplate": "T"}
    assert sent == [
        ("PATCH", "/localizedNotificationMessages/t_fr", {"isDefault": True}),
        ("PATCH", "/localizedNotificationMessages/t_en", {"messageTemplate": "New"}),
        ("POST", "/localizedNotificationMessages", new),
        ("DELETE", "/localizedNotificationMessages/t_de", None),
    ]


def test_a_member_that_only_loses_such_a_flag_needs_no_request() -> None:
    raw = example("notification-message-templates")
    raw["localizedNotificationMessages"] = [
        {"id": "t_de", **message("de", default=True)},
        {"id": "t_en", **message("en")},
    ]
    desired = content_of("notification-message-templates", raw)
    desired["localizedNotificationMessages"] = [message("de"), message("en", default=True)]
    requests = update("notification-message-templates", raw, desired, "localizedNotificationMessages/en")
    assert [one.path.rpartition("/")[2] for one in requests] == ["t_en"]


def test_a_member_says_its_kind_with_every_change_and_null_for_what_goes() -> None:
    raw = example("authentication-methods-policy")
    desired = content_of("authentication-methods-policy", raw)
    sms = next(one for one in desired["authenticationMethodConfigurations"] if "sms" in one["@odata.type"])
    del sms["excludeTargets"]
    sms["state"] = "enabled"
    (request,) = update("authentication-methods-policy", raw, desired, "authenticationMethodConfigurations/x")
    assert request.path == "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Sms"
    assert request.body == {"@odata.type": sms["@odata.type"], "state": "enabled", "excludeTargets": None}


def test_of_linked_objects_the_id_alone_is_kept() -> None:
    raw = example("mobile-device-management-policies")
    content = content_of("mobile-device-management-policies", raw)
    assert content["includedGroups"] == [{"id": "dc3d2ce5-7c5e-4dca-a0ef-2145bf6e53ef"}]


def test_a_document_given_once_is_sent_with_the_create() -> None:
    desired = content_of("terms-of-use-agreements", example("terms-of-use-agreements"))
    assert {one["fileData"] for one in desired["files"]} == {"{{secret}}"}
    desired["files"] = [desired["files"][0] | {"fileData": {"data": "JVBERi0="}}]
    request = create("terms-of-use-agreements", desired)
    assert request.body["files"][0]["fileData"] == {"data": "JVBERi0="}
    assert completing_requests(spec_of("terms-of-use-agreements"), "N", ID, desired, {}) == ()
