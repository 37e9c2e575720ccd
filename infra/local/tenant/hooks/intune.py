"""Intune: compliance schedules, settings catalog, secrets, filters, scope tags, scripts."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from infra.local.tenant.lookup import exists
from infra.local.tenant.moments import stamp
from infra.local.tenant.shaping import shape
from infra.local.tenant.validation import Judge

from . import Body, Call, Child, Hook, Show, Write

NO_TEMPLATE = "00000000-0000-0000-0000-000000000000"
_MASK = "****"
_SECRET_OMA = ("omaSettingString", "omaSettingStringXml", "omaSettingBase64")
_SECRET_VALUE = "#microsoft.graph.deviceManagementConfigurationSecretSettingValue"


def _rules(where: Write | Call, rules: Any) -> list[Body]:
    """A compliance policy's schedule: one rule, whose actions hold exactly one block. Ids sent mean nothing.

    learn.microsoft.com/graph/api/resources/intune-deviceconfig-devicecompliancescheduledactionforrule
    """
    if not isinstance(rules, list) or len(rules) != 1:
        raise where.refuse("scheduledActionsForRule must hold exactly one rule.")
    rule, judge, record_id = rules[0], Judge(where.schema, where.entry.dialect), where.record.id
    judge.complex({k: v for k, v in rule.items() if k != "scheduledActionConfigurations"}, _RULE, _RULE)
    actions = rule.get("scheduledActionConfigurations")
    if not isinstance(actions, list) or not actions:
        raise where.refuse("A rule needs scheduledActionConfigurations.")
    kept: list[Body] = []
    for index, action in enumerate(actions):
        judge.complex(action, "deviceComplianceActionItem", "scheduledActionConfigurations")
        _check_notification(where, action)
        kept.append(
            {
                "id": str(uuid.uuid5(uuid.UUID(record_id), f"action/{index}")),
                "gracePeriodHours": 0,
                "notificationMessageCCList": [],
                **{k: v for k, v in action.items() if k not in ("@odata.type", "id")},
                "notificationTemplateId": action.get("notificationTemplateId") or NO_TEMPLATE,
            }
        )
    if [a.get("actionType") for a in kept].count("block") != 1:
        raise where.refuse("A compliance policy needs exactly one action of the type 'block'.")
    rule_id = str(uuid.uuid5(uuid.UUID(record_id), "rule"))
    return [{"id": rule_id, "ruleName": rule.get("ruleName"), "scheduledActionConfigurations": kept}]


def _check_notification(where: Write | Call, action: Body) -> None:
    """The message's template and the groups that get a copy must exist."""
    for group in action.get("notificationMessageCCList") or []:
        if not exists(where.request, "groups", "id", group):
            raise where.refuse(f"The group '{group}' of notificationMessageCCList does not exist.")
    template = action.get("notificationTemplateId")
    if template in (None, "", NO_TEMPLATE):
        return
    if not exists(where.request, "deviceManagement/notificationMessageTemplates", "id", str(template)):
        raise where.refuse(f"The notification message template '{template}' does not exist.")


_RULE = "deviceComplianceScheduledActionForRule"


def _compliance_write(write: Write) -> None:
    if write.creating:
        rules = write.sent.get("scheduledActionsForRule")
        write.record.nav["scheduledActionsForRule"] = _rules(write, rules)


def schedule_actions(call: Call) -> Body | None:
    """`POST {item}/scheduleActionsForRules` replaces the whole schedule."""
    parameter = "deviceComplianceScheduledActionForRules"
    if set(call.sent) != {parameter}:
        raise call.refuse(f"The parameter '{parameter}' is required, and no other is known.")
    call.record.nav["scheduledActionsForRule"] = _rules(call, call.sent[parameter])
    call.tenant.put(call.entry.path, call.record)
    return None


def _oma_write(write: Write) -> None:
    """Strings of custom settings are kept encrypted: reads show a mask and a reference to the secret.

    The mask is a value like any other: whoever writes it back has lost the secret.
    """
    if "omaSettings" not in write.sent:
        return
    uris = set()
    for index, setting in enumerate(write.body.get("omaSettings") or []):
        if not str(setting.get("omaUri") or "").startswith("./"):
            raise write.refuse("The property 'omaUri' must be an OMA-URI, as in './Device/Vendor/MSFT/…'.")
        if setting["omaUri"] in uris:
            raise write.refuse(f"The OMA-URI '{setting['omaUri']}' is used more than once.")
        uris.add(setting["omaUri"])
        if setting.get("value") is None or not setting.get("displayName"):
            raise write.refuse("An OMA setting needs a displayName and a value.")
        kind = write.schema.spelling(setting["@odata.type"])
        if kind in _SECRET_OMA:
            reference = f"{write.record.id}_{index}_{uuid.uuid4()}"
            write.record.secrets[reference] = str(setting["value"])
            setting |= {"value": _MASK, "isEncrypted": True, "secretReferenceValueId": reference}
        else:
            setting |= {"isEncrypted": False, "secretReferenceValueId": None}
    held = {s.get("secretReferenceValueId") for s in write.body["omaSettings"] or []}
    write.record.secrets = {k: v for k, v in write.record.secrets.items() if k in held}


def oma_plain_text(call: Call) -> Body | None:
    """`getOmaSettingPlainTextValue(secretReferenceValueId='…')`: the one way to a custom setting's string."""
    secret = call.record.secrets.get(call.arguments.get("secretReferenceValueId", ""))
    if secret is None:
        raise call.entry.dialect.missing(call.arguments.get("secretReferenceValueId", ""))
    return {
        "@odata.context": f"{call.request.origin}/{call.request.version}/$metadata#Edm.String",
        "value": secret,
    }


def _settings_write(write: Write) -> None:
    """Settings come with the policy (POST, PUT). Secrets become tokens good for this policy only."""
    write.record.nav.setdefault("settings", [])
    if write.record.body.get("templateReference") is None:
        write.record.body["templateReference"] = {"templateId": "", "templateFamily": "none"}
    if "settings" not in write.sent:
        return
    settings = write.sent["settings"]
    names = []
    kept_secrets: dict[str, str] = {}
    for setting in settings:
        if "id" in setting:
            raise write.dialect.not_writable("id")
        instance = setting.get("settingInstance")
        if not isinstance(instance, dict) or not instance.get("settingDefinitionId"):
            raise write.refuse("A setting needs a settingInstance with a settingDefinitionId.")
        names.append(instance["settingDefinitionId"])
        _secrets(write, instance, kept_secrets)
    if len(set(names)) != len(names):
        raise write.refuse("A setting definition is used more than once.")
    write.record.secrets = kept_secrets
    write.record.nav["settings"] = [{"id": str(i), **s} for i, s in enumerate(settings)]


def _secrets(write: Write, value: Any, kept: dict[str, str]) -> None:
    """learn.microsoft.com/graph/api/resources/intune-deviceconfigv2-devicemanagementconfigurationsecretsettingvalue"""
    if isinstance(value, list):
        for member in value:
            _secrets(write, member, kept)
    elif isinstance(value, dict):
        if value.get("@odata.type") == _SECRET_VALUE:
            _secret(write, value, kept)
        for member in value.values():
            _secrets(write, member, kept)


def _secret(write: Write, value: Body, kept: dict[str, str]) -> None:
    known = write.old.secrets if write.old else {}
    if value.get("valueState") == "encryptedValueToken":
        if value.get("value") not in known:
            raise write.refuse("The encrypted value token is not one of this policy.")
        kept[value["value"]] = known[value["value"]]
        return
    if value.get("valueState") != "notEncrypted":
        raise write.refuse("A secret's valueState must be 'notEncrypted' or 'encryptedValueToken'.")
    token = str(uuid.uuid4())
    kept[token] = str(value.get("value"))
    value |= {"value": token, "valueState": "encryptedValueToken"}


def _settings_show(show: Show) -> None:
    show.body["settingCount"] = len(show.record.nav.get("settings", []))
    show.body["isAssigned"] = bool(show.record.nav.get("assignments"))


def _filter_write(write: Write) -> None:
    rule = str(write.body.get("rule") or "")
    if rule.count("(") != rule.count(")") or not ("device." in rule or "app." in rule) or " -" not in rule:
        raise write.refuse("The rule of the assignment filter is not valid.")
    managed = write.body.get("assignmentFilterManagementType")
    if managed not in ("devices", "apps"):
        raise write.refuse("assignmentFilterManagementType must be 'devices' or 'apps'.")
    if ("app." in rule) != (managed == "apps"):
        raise write.refuse("The rule uses properties of another management type.")


def _tag_write(write: Write) -> None:
    name = str(write.body.get("displayName")).lower()
    for other in write.tenant.all(write.entry.path):
        if other.id != write.record.id and str(other.body.get("displayName")).lower() == name:
            raise write.refuse(f"A scope tag named '{write.body.get('displayName')}' already exists.", 409)


def _script_write(write: Write) -> None:
    """learn.microsoft.com/intune/intune-service/apps/intune-management-extension: scripts up to 200 KB."""
    if "scriptContent" in write.sent and len(base64.b64decode(write.body["scriptContent"])) > 200_000:
        raise write.refuse("The script is larger than 200 KB.")
    if not str(write.body.get("fileName")).lower().endswith(".ps1"):
        raise write.refuse("The fileName of a PowerShell script must end with .ps1.")


def _message_write(one: Child) -> None:
    """One message a locale; one of them is the default, which can be set and not unset.

    learn.microsoft.com/graph/api/resources/intune-notification-localizednotificationmessage
    """
    locale = str(one.child.get("locale"))
    others = [other for other in one.held if other is not one.old]
    if any(str(other.get("locale")).lower() == locale.lower() for other in others):
        raise one.write.refuse(f"The template has a message for the locale '{locale}' already.", 409)
    if one.old is not None and one.old.get("locale") != locale:
        raise one.write.refuse("The locale of a message cannot be changed.")
    if one.old is not None and one.old.get("isDefault") and not one.child.get("isDefault"):
        raise one.write.refuse("'isDefault' can only be set. To unset it, set it on another message.")
    one.child["isDefault"] = bool(one.child.get("isDefault"))
    one.child["lastModifiedDateTime"] = stamp(one.write.request.now)
    if one.child["isDefault"]:
        one.write.body["defaultLocale"] = locale
        for other in others:
            other["isDefault"] = False


def show_rule(rule: Body, show: Show) -> Body:
    """A schedule's rule as the service shows it."""
    return shape(rule, _RULE, show.schema)


HOOKS = {
    "compliance": Hook(before_write=_compliance_write),
    "oma_secrets": Hook(before_write=_oma_write),
    "settings_catalog": Hook(before_write=_settings_write, show=_settings_show),
    "assignment_filter": Hook(before_write=_filter_write),
    "scope_tag": Hook(before_write=_tag_write),
    "script": Hook(before_write=_script_write),
    "notification_template": Hook(before_child=_message_write),
}
