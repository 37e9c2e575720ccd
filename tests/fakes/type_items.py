"""What can be made of every type, with references to each other, and what drifts in the seed `small`."""

from __future__ import annotations

from typing import Any

STRENGTHS = "v1.0/policies/authenticationStrengthPolicies"
AUTHORIZATION = "v1.0/policies/authorizationPolicy"
POLICIES = "v1.0/identity/conditionalAccess/policies"
LOCATIONS = "v1.0/identity/conditionalAccess/namedLocations"
GROUPS = "v1.0/groups"
FILTERS = "beta/deviceManagement/assignmentFilters"
COMPLIANCE = "beta/deviceManagement/deviceCompliancePolicies"
PROFILES = "beta/deviceManagement/deviceConfigurations"
SCRIPTS = "beta/deviceManagement/deviceManagementScripts"
TAGS = "beta/deviceManagement/roleScopeTags"
CATALOG = "beta/deviceManagement/configurationPolicies"
SHAREPOINT = "v1.0/admin/sharepoint/settings"
UNITS = "v1.0/directory/administrativeUnits"
AGREEMENTS = "v1.0/identityGovernance/termsOfUse/agreements"
METHODS = "v1.0/policies/authenticationMethodsPolicy"
SCOPES = "beta/policies/mobileDeviceManagementPolicies"
TEMPLATES = "beta/deviceManagement/notificationMessageTemplates"
SINGLE = (AUTHORIZATION, METHODS, SHAREPOINT)
"""Addresses of one object, which has no name."""


def to_group(group: str, kind: str = "groupAssignmentTarget", **more: str) -> dict[str, Any]:
    return {"target": {"@odata.type": f"#microsoft.graph.{kind}", "groupId": group, **more}}


ASSIGNED = "{{groups:New}}"
CREATED: dict[str, tuple[str, dict[str, Any]]] = {
    "entra/administrative-units": (
        UNITS,
        {"displayName": "New", "description": "New", "visibility": "HiddenMembership"},
    ),
    "entra/terms-of-use-agreements": (
        AGREEMENTS,
        {
            "displayName": "New",
            "isViewingBeforeAcceptanceRequired": True,
            "files": [
                {
                    "fileName": "New.pdf",
                    "displayName": "New",
                    "language": "en",
                    "isDefault": True,
                    "isMajorVersion": False,
                    "fileData": {"data": "JVBERi0xLjQK"},
                }
            ],
        },
    ),
    "intune/notification-message-templates": (
        TEMPLATES,
        {
            "displayName": "New",
            "brandingOptions": "none",
            "roleScopeTagIds": ["{{role-scope-tags:New}}"],
            "localizedNotificationMessages": [
                {"locale": "de-de", "subject": "S", "messageTemplate": "T", "isDefault": False},
                {"locale": "en-us", "subject": "S", "messageTemplate": "T", "isDefault": True},
            ],
        },
    ),
    "entra/authentication-strength-policies": (
        STRENGTHS,
        {
            "displayName": "New",
            "description": "New",
            "allowedCombinations": ["fido2"],
            "combinationConfigurations": [
                {
                    "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
                    "appliesToCombinations": ["fido2"],
                    "allowedAAGUIDs": ["2fc0579f-8113-47ea-b116-bb5a8db9202a"],
                }
            ],
        },
    ),
    "entra/conditional-access-policies": (
        POLICIES,
        {
            "displayName": "New",
            "state": "disabled",
            "conditions": {
                "clientAppTypes": ["all"],
                "applications": {"includeApplications": ["All"]},
                "users": {
                    "includeUsers": ["All"],
                    "excludeUsers": ["{{users:@upn@}}"],
                    "excludeGroups": [ASSIGNED],
                },
                "locations": {"includeLocations": ["All"], "excludeLocations": ["{{named-locations:New}}"]},
            },
            "grantControls": {
                "operator": "OR",
                "authenticationStrength": {"id": "{{authentication-strength-policies:New}}"},
                "termsOfUse": ["{{terms-of-use-agreements:New}}"],
            },
        },
    ),
    "entra/groups": (
        GROUPS,
        {
            "displayName": "New",
            "mailEnabled": False,
            "mailNickname": "new",
            "securityEnabled": True,
            "groupTypes": [],
        },
    ),
    "entra/named-locations": (
        LOCATIONS,
        {
            "@odata.type": "#microsoft.graph.ipNamedLocation",
            "displayName": "New",
            "isTrusted": True,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}],
        },
    ),
    "intune/assignment-filters": (
        FILTERS,
        {
            "displayName": "New",
            "platform": "windows10AndLater",
            "rule": '(device.model -eq "A")',
            "roleScopeTags": ["{{role-scope-tags:New}}"],
        },
    ),
    "intune/device-compliance-policies": (
        COMPLIANCE,
        {
            "@odata.type": "#microsoft.graph.windows10CompliancePolicy",
            "displayName": "New",
            "passwordRequired": True,
            "roleScopeTagIds": ["{{role-scope-tags:New}}"],
            "assignments": [
                to_group(
                    ASSIGNED,
                    deviceAndAppManagementAssignmentFilterId="{{assignment-filters:New}}",
                    deviceAndAppManagementAssignmentFilterType="include",
                )
            ],
            "scheduledActionsForRule": [
                {
                    "scheduledActionConfigurations": [
                        {"actionType": "block", "gracePeriodHours": 12},
                        {
                            "actionType": "notification",
                            "gracePeriodHours": 1,
                            "notificationTemplateId": "{{notification-message-templates:New}}",
                        },
                    ]
                }
            ],
        },
    ),
    "intune/device-configurations": (
        PROFILES,
        {
            "@odata.type": "#microsoft.graph.windows10CustomConfiguration",
            "displayName": "New",
            "omaSettings": [
                {
                    "@odata.type": "#microsoft.graph.omaSettingInteger",
                    "displayName": "x",
                    "omaUri": "./x",
                    "value": 3,
                }
            ],
            "assignments": [{"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}],
        },
    ),
    "intune/device-management-scripts": (
        SCRIPTS,
        {
            "displayName": "New",
            "fileName": "new.ps1",
            "runAsAccount": "system",
            "scriptContent": "{{file:New.scriptContent.ps1}}",
            "assignments": [to_group(ASSIGNED)],
        },
    ),
    "intune/role-scope-tags": (
        TAGS,
        {"displayName": "New", "description": "New", "assignments": [to_group(ASSIGNED)]},
    ),
    "intune/settings-catalog-policies": (
        CATALOG,
        {
            "name": "New",
            "platforms": "windows10",
            "technologies": "mdm",
            "assignments": [to_group(ASSIGNED)],
            "settings": [
                {
                    "settingInstance": {
                        "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
                        "settingDefinitionId": "a_b",
                        "simpleSettingValue": {
                            "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue",
                            "value": "1",
                        },
                    }
                }
            ],
        },
    ),
}

DRIFTS: dict[str, tuple[str, dict[str, Any]]] = {
    "entra/administrative-units/Paris.json": (UNITS, {"description": "Drifted"}),
    "entra/authentication-methods-policy/authentication-methods-policy.json": (
        METHODS,
        {"policyMigrationState": "migrationInProgress"},
    ),
    "entra/mobile-device-management-policies/Microsoft Intune.json": (SCOPES, {"complianceUrl": "https://d"}),
    "entra/terms-of-use-agreements/Guests.json": (AGREEMENTS, {"isViewingBeforeAcceptanceRequired": False}),
    "intune/notification-message-templates/Last warning.json": (
        TEMPLATES,
        {"brandingOptions": "includeCompanyLogo"},
    ),
    "entra/authentication-strength-policies/Staff.json": (STRENGTHS, {"description": "Drifted"}),
    "entra/authorization-policy/authorization-policy.json": (AUTHORIZATION, {"allowInvitesFrom": "none"}),
    "entra/conditional-access-policies/MFA for all users.json": (POLICIES, {"state": "disabled"}),
    "entra/groups/All staff.json": (GROUPS, {"description": "Drifted"}),
    "entra/named-locations/Allowed countries.json": (
        LOCATIONS,
        {"@odata.type": "#microsoft.graph.countryNamedLocation", "includeUnknownCountriesAndRegions": True},
    ),
    "intune/assignment-filters/iPads.json": (FILTERS, {"rule": '(device.model -startsWith "X")'}),
    "intune/device-compliance-policies/iOS.json": (
        COMPLIANCE,
        {"@odata.type": "#microsoft.graph.iosCompliancePolicy", "passcodeRequired": False},
    ),
    "intune/device-configurations/iPhone restrictions.json": (
        PROFILES,
        {"@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration", "cameraBlocked": True},
    ),
    "intune/device-management-scripts/File extensions.json": (SCRIPTS, {"runAs32Bit": True}),
    "intune/role-scope-tags/Tag A.json": (TAGS, {"description": "Drifted"}),
    "intune/settings-catalog-policies/Passwords.json": (CATALOG, {"description": "Drifted"}),
    "sharepoint/sharepoint-tenant-settings/sharepoint-tenant-settings.json": (
        SHAREPOINT,
        {"isCommentingOnSitePagesEnabled": False},
    ),
}
