"""One edit for every type of the seed `small`, and for what is special about some."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from type_items import (
    AGREEMENTS,
    AUTHORIZATION,
    CATALOG,
    COMPLIANCE,
    FILTERS,
    GROUPS,
    LOCATIONS,
    METHODS,
    POLICIES,
    PROFILES,
    SCOPES,
    SCRIPTS,
    SHAREPOINT,
    STRENGTHS,
    TAGS,
    TEMPLATES,
    UNITS,
    to_group,
)

WINDOWS = "{{groups:Windows devices}}"
STAFF = "{{groups:All staff}}"
EMERGENCY = "{{groups:SEC-Break-Glass}}"
SERVER = "device_vendor_msft_policy_config_agent~policy~agent_server"


def member(kind: str, group: str) -> str:
    return f"/assignments/#microsoft.graph.{kind}|{group}|"


def targets(shown: dict[str, Any]) -> list[str]:
    return sorted(one["target"]["@odata.type"].rpartition(".")[2] for one in shown["assignments"])


def server(shown: dict[str, Any]) -> str:
    (found,) = (
        one["settingInstance"]["simpleSettingValue"]["value"]
        for one in shown["settings"]
        if one["settingInstance"]["settingDefinitionId"] == SERVER
    )
    return str(found)


@dataclass(frozen=True)
class Edit:
    """One file of `small` and what a person changes in it; the property that the plan must show, alone; and
    what the tenant must show afterwards. `change` None: nothing but the text file beside it.
    """

    path: str
    changes: str
    change: Callable[[Any], Any] | None
    address: str
    shown: Callable[[dict[str, Any]], Any]
    after: Any

    @property
    def type(self) -> str:
        return self.path.split("/")[1]

    @property
    def item(self) -> str:
        return self.path.split("/")[2].removesuffix(".json")


def method(file: dict[str, Any], kind: str) -> dict[str, Any]:
    """One authentication method's configuration."""
    kind = f"#microsoft.graph.{kind}AuthenticationMethodConfiguration"
    found: dict[str, Any] = next(
        one for one in file["authenticationMethodConfigurations"] if one["@odata.type"] == kind
    )
    return found


def text_of(file: dict[str, Any], locale: str) -> dict[str, Any]:
    """One locale's message of a notification template."""
    found: dict[str, Any] = next(
        one for one in file["localizedNotificationMessages"] if one["locale"] == locale
    )
    return found


EDITS = [
    Edit(
        "entra/administrative-units/Germany.json",
        "/membershipRule",
        lambda file: file.update(membershipRule='(user.country -eq "Austria")'),
        UNITS,
        lambda shown: shown["membershipRule"],
        '(user.country -eq "Austria")',
    ),
    Edit(
        "entra/authentication-methods-policy/authentication-methods-policy.json",
        "/authenticationMethodConfigurations/#microsoft.graph.smsAuthenticationMethodConfiguration|",
        lambda file: method(file, "sms").update(
            state="enabled", excludeTargets=[{"id": EMERGENCY, "targetType": "group"}]
        ),
        METHODS,
        lambda shown: (method(shown, "sms")["state"], len(method(shown, "sms")["excludeTargets"])),
        ("enabled", 1),
    ),
    Edit(
        "entra/mobile-device-management-policies/Microsoft Intune.json",
        f"/includedGroups/{STAFF}",
        lambda file: file["includedGroups"].append({"id": STAFF}),
        SCOPES,
        lambda shown: (shown["appliesTo"], len(shown["includedGroups"])),
        ("selected", 2),
    ),
    Edit(
        "entra/terms-of-use-agreements/Acceptable use.json",
        "/isViewingBeforeAcceptanceRequired",
        lambda file: file.update(isViewingBeforeAcceptanceRequired=False),
        AGREEMENTS,
        lambda shown: shown["isViewingBeforeAcceptanceRequired"],
        False,
    ),
    Edit(
        "intune/notification-message-templates/Not compliant.json",
        "/localizedNotificationMessages/fr-fr",
        lambda file: text_of(file, "fr-fr").update(subject="Appareil non conforme"),
        TEMPLATES,
        lambda shown: text_of(shown, "fr-fr")["subject"],
        "Appareil non conforme",
    ),
    Edit(
        "entra/authentication-strength-policies/Staff.json",
        "/allowedCombinations/deviceBasedPush",
        lambda file: file["allowedCombinations"].remove("deviceBasedPush"),
        STRENGTHS,
        lambda shown: sorted(shown["allowedCombinations"]),
        ["fido2", "windowsHelloForBusiness"],
    ),
    Edit(
        "entra/authorization-policy/authorization-policy.json",
        "/defaultUserRolePermissions/allowedToCreateApps",
        lambda file: file["defaultUserRolePermissions"].update(allowedToCreateApps=True),
        AUTHORIZATION,
        lambda shown: shown["defaultUserRolePermissions"]["allowedToCreateApps"],
        True,
    ),
    Edit(
        "entra/conditional-access-policies/MFA for all users.json",
        "/state",
        lambda file: file.update(state="enabledForReportingButNotEnforced"),
        POLICIES,
        lambda shown: shown["state"],
        "enabledForReportingButNotEnforced",
    ),
    Edit(
        "entra/conditional-access-policies/Admins with keys.json",
        "/grantControls",
        lambda file: file["grantControls"]["authenticationStrength"].update(
            id="{{authentication-strength-policies:Guests}}"
        ),
        POLICIES,
        lambda shown: shown["grantControls"]["authenticationStrength"]["displayName"],
        "Guests",
    ),
    Edit(
        "entra/conditional-access-policies/Block other countries.json",
        "/conditions/locations/excludeLocations/{{named-locations:Office}}",
        lambda file: file["conditions"]["locations"]["excludeLocations"].append("{{named-locations:Office}}"),
        POLICIES,
        lambda shown: len(shown["conditions"]["locations"]["excludeLocations"]),
        2,
    ),
    Edit(
        "entra/groups/All staff.json",
        "/membershipRule",
        lambda file: file.update(membershipRule='(user.userType -eq "Guest")'),
        GROUPS,
        lambda shown: shown["membershipRule"],
        '(user.userType -eq "Guest")',
    ),
    Edit(
        "entra/named-locations/Office.json",
        "/ipRanges/2001:db8::~148",
        lambda file: file["ipRanges"].append(
            {"@odata.type": "#microsoft.graph.iPv6CidrRange", "cidrAddress": "2001:db8::/48"}
        ),
        LOCATIONS,
        lambda shown: sorted(one["cidrAddress"] for one in shown["ipRanges"]),
        ["2001:db8::/48", "203.0.113.0/24"],
    ),
    Edit(
        "intune/assignment-filters/Corporate.json",
        "/roleScopeTags/{{role-scope-tags:Tag B}}",
        lambda file: file["roleScopeTags"].append("{{role-scope-tags:Tag B}}"),
        FILTERS,
        lambda shown: sorted(shown["roleScopeTags"]),
        ["0", "2"],
    ),
    Edit(
        "intune/device-compliance-policies/macOS.json",
        "/storageRequireEncryption",
        lambda file: file.update(storageRequireEncryption=False),
        COMPLIANCE,
        lambda shown: shown["storageRequireEncryption"],
        False,
    ),
    Edit(
        "intune/device-compliance-policies/Windows.json",
        "/scheduledActionsForRule",
        lambda file: file["scheduledActionsForRule"][0]["scheduledActionConfigurations"].append(
            {"actionType": "retire", "gracePeriodHours": 96}
        ),
        COMPLIANCE,
        lambda shown: sorted(
            (one["actionType"], one["gracePeriodHours"])
            for one in shown["scheduledActionsForRule"][0]["scheduledActionConfigurations"]
        ),
        [("block", 24), ("retire", 96)],
    ),
    Edit(
        "intune/device-compliance-policies/iOS.json",
        member("exclusionGroupAssignmentTarget", EMERGENCY),
        lambda file: file["assignments"].append(to_group(EMERGENCY, "exclusionGroupAssignmentTarget")),
        COMPLIANCE,
        targets,
        ["allLicensedUsersAssignmentTarget", "exclusionGroupAssignmentTarget"],
    ),
    Edit(
        "intune/device-configurations/Windows restrictions.json",
        "/passwordMinimumLength",
        lambda file: file.update(passwordMinimumLength=10),
        PROFILES,
        lambda shown: shown["passwordMinimumLength"],
        10,
    ),
    Edit(
        "intune/device-configurations/Custom settings.json",
        "/assignments/#microsoft.graph.allDevicesAssignmentTarget||",
        lambda file: file["assignments"].append(
            {"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}
        ),
        PROFILES,
        targets,
        ["allDevicesAssignmentTarget", "groupAssignmentTarget"],
    ),
    Edit(
        "intune/device-management-scripts/Time zone.json",
        "/scriptContent",
        None,
        SCRIPTS,
        lambda shown: base64.b64decode(shown["scriptContent"]).decode(),
        "Write-Host 'é'\r\n",
    ),
    Edit(
        "intune/device-management-scripts/File extensions.json",
        member("groupAssignmentTarget", STAFF),
        lambda file: file["assignments"].clear(),
        SCRIPTS,
        targets,
        [],
    ),
    Edit(
        "intune/role-scope-tags/Tag B.json",
        member("groupAssignmentTarget", STAFF),
        lambda file: file["assignments"].append(to_group(STAFF)),
        TAGS,
        lambda shown: len(shown["assignments"]) if "assignments" in shown else 1,
        1,
    ),
    Edit(
        "intune/settings-catalog-policies/Agent.json",
        f"/settings/{SERVER.replace('~', '~0')}",
        lambda file: file["settings"][1]["settingInstance"]["simpleSettingValue"].update(value="https://b"),
        CATALOG,
        server,
        "https://b",
    ),
    Edit(
        "intune/settings-catalog-policies/BitLocker.json",
        member("exclusionGroupAssignmentTarget", EMERGENCY),
        lambda file: file["assignments"].remove(to_group(EMERGENCY, "exclusionGroupAssignmentTarget")),
        CATALOG,
        targets,
        ["groupAssignmentTarget"],
    ),
    Edit(
        "sharepoint/sharepoint-tenant-settings/sharepoint-tenant-settings.json",
        "/idleSessionSignOut",
        lambda file: file["idleSessionSignOut"].update(
            isEnabled=True, warnAfterInSeconds=60, signOutAfterInSeconds=120
        ),
        SHAREPOINT,
        lambda shown: shown["idleSessionSignOut"]["isEnabled"],
        True,
    ),
]
