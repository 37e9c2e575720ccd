"""Groups, the grants of service principals, licences, the authorization policy; SharePoint settings.

learn.microsoft.com/graph/api/group-post-groups, group-update and resources/approleassignment.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from infra.local.tenant.access import held_permissions
from infra.local.tenant.app_roles import APP_ID, GRAPH_APP_ID, app_roles, delegated_permissions, role_id
from infra.local.tenant.consents import PATH
from infra.local.tenant.lookup import exists

from . import Body, Hook, Show, Write

_DELEGATED_ONLY = (
    "allowExternalSenders",
    "autoSubscribeNewMembers",
    "hideFromAddressLists",
    "hideFromOutlookClients",
)
_PRINCIPALS = ("users", "groups", "servicePrincipals")
_NOT_IN_NICKNAMES = set('@()\\[]";:<>, ')
_GUEST_ROLES = (
    "a0b1b346-4d3e-4e8b-98f8-753987be4970",
    "10dae51f-b6af-4016-8d66-8c2a99b929b3",
    "2af84b1e-32c8-42b7-82bc-daa82404023b",
)


def _group_write(write: Write) -> None:
    types = write.body.get("groupTypes") or []
    _kind_of_group(write, types)
    _nickname(write, types)
    check_membership_rule(write, dynamic="DynamicMembership" in types)
    _privileges(write, types)
    for name in ("members", "owners"):
        _bind(write, name, types)
    if write.creating:
        _complete(write, types)


def _kind_of_group(write: Write, types: list[str]) -> None:
    body = write.body
    if any(t not in ("Unified", "DynamicMembership") for t in types) or len(set(types)) != len(types):
        raise write.refuse("Invalid value specified for property 'groupTypes' of resource 'Group'.")
    if write.old is not None and ("Unified" in types) != (
        "Unified" in (write.old.body.get("groupTypes") or [])
    ):
        raise write.refuse("The group type 'Unified' cannot be added or removed.")
    if "Unified" in types and not body.get("mailEnabled"):
        raise write.refuse("A Microsoft 365 group must be mail-enabled.")
    if "Unified" not in types and (body.get("mailEnabled") or not body.get("securityEnabled")):
        raise write.refuse(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the "
            "mail-enablement property is unset and the security-enablement property is set."
        )


def _privileges(write: Write, types: list[str]) -> None:
    """What an app may not do at all, or not without a further permission."""
    delegated = [name for name in _DELEGATED_ONLY if name in write.sent]
    if delegated and not write.request.caller.portal and write.request.caller.scopes is None:
        raise write.dialect.denied(["delegated permissions"])
    if write.sent.get("isAssignableToRole"):
        if not write.request.caller.portal and "RoleManagement.ReadWrite.Directory" not in held_permissions(
            write.request
        ):
            raise write.dialect.denied(["RoleManagement.ReadWrite.Directory"])
        if "DynamicMembership" in types:
            raise write.refuse("A group that can be assigned to a role cannot have dynamic membership.")


def _nickname(write: Write, types: list[str]) -> None:
    nickname = str(write.body.get("mailNickname"))
    if any(ord(c) > 127 or c in _NOT_IN_NICKNAMES for c in nickname):
        raise write.refuse("Invalid value specified for property 'mailNickname' of resource 'Group'.")
    if "Unified" not in types or "mailNickname" not in write.sent:
        return
    for other in write.tenant.all("groups"):
        same = str(other.body.get("mailNickname")).lower() == nickname.lower()
        if same and other.id != write.record.id and "Unified" in (other.body.get("groupTypes") or []):
            message = "Another object with the same value for property mailNickname already exists."
            raise write.refuse(message, code="Request_BadRequest")


def check_membership_rule(write: Write, *, dynamic: bool) -> None:
    """A rule and its state belong to dynamic membership, which needs both, and Microsoft Entra ID P1."""
    rule, state = write.body.get("membershipRule"), write.body.get("membershipRuleProcessingState")
    if not dynamic:
        if rule or state:
            raise write.refuse("A membershipRule needs dynamic membership ('DynamicMembership', 'Dynamic').")
        return
    if not write.tenant.licences.entraP1 and not write.request.caller.portal:
        raise write.refuse(
            "Tenant does not have the Microsoft Entra ID P1 license that dynamic membership needs.", 403
        )
    if not rule or state not in ("On", "Paused"):
        raise write.refuse(
            "Dynamic membership needs a membershipRule, and a membershipRuleProcessingState 'On' or 'Paused'."
        )
    if rule.count("(") != rule.count(")") or rule.count('"') % 2 or " -" not in rule:
        raise write.refuse("The dynamic membership rule is invalid.", code="Request_BadRequest")
    if "user." in rule and "device." in rule:
        raise write.refuse("A membership rule cannot use both user and device attributes.")


def _bind(write: Write, name: str, types: list[str]) -> None:
    """`members@odata.bind`: up to 20 addresses of directory objects, never for dynamic groups."""
    links = write.sent.get(f"{name}@odata.bind")
    if links is None:
        return
    if not isinstance(links, list) or len(links) > 20:
        raise write.refuse(f"'{name}@odata.bind' can hold up to 20 references.")
    if name == "members" and "DynamicMembership" in types:
        raise write.refuse("Members of a group with dynamic membership cannot be set.")
    kept = write.record.nav.setdefault(name, [])
    for link in links:
        kept.append(referenced(write, str(link), kept))


def referenced(write: Write, link: str, held: list[Any], targets: tuple[str, ...] = _PRINCIPALS) -> str:
    """The object id that an `@odata.id` address names; refused unless it exists and is new."""
    object_id = link.rstrip("/").rsplit("/", 1)[-1].split("('")[-1].removesuffix("')")
    if not link.startswith(("http://", "https://")) or not any(
        exists(write.request, path, "id", object_id) for path in targets
    ):
        raise write.dialect.missing(object_id)
    if object_id in held:
        raise write.refuse(
            "One or more added object references already exist for the following modified properties: "
            "'members'."
        )
    return object_id


def _link_of_group(write: Write, name: str) -> None:
    if name == "members" and "DynamicMembership" in (write.body.get("groupTypes") or []):
        raise write.refuse(
            "Insufficient privileges: members of a group with dynamic membership cannot be changed."
        )


def _complete(write: Write, types: list[str]) -> None:
    body = write.body
    domain = str(write.tenant.display_name).split()[0].lower()
    body["renewedDateTime"] = body.get("createdDateTime")
    parts = [uuid.UUID(write.record.id).int >> s & 0xFFFFFFFF for s in (96, 64, 32, 0)]
    body["securityIdentifier"] = "S-1-12-1-" + "-".join(map(str, parts))
    if "Unified" in types:
        body["mail"] = f"{body['mailNickname']}@{domain}.onmicrosoft.com"
        body["proxyAddresses"] = [f"SMTP:{body['mail']}"]
        body.setdefault("visibility", "Public")


def _authorization_write(write: Write) -> None:
    if write.body.get("guestUserRoleId") not in _GUEST_ROLES:
        raise write.refuse(
            "Invalid value specified for property 'guestUserRoleId' of resource 'AuthorizationPolicy'."
        )


def _principal_show(show: Show) -> None:
    if show.record.body.get("appId") == GRAPH_APP_ID:
        show.body["appRoles"] = [
            {
                "allowedMemberTypes": ["Application"],
                "description": f"Allows the app to use {name} without a signed-in user.",
                "displayName": name,
                "id": role,
                "isEnabled": True,
                "origin": "Application",
                "value": name,
            }
            for name, role in app_roles().items()
        ]
        show.body["oauth2PermissionScopes"] = [
            {
                "adminConsentDescription": f"Allows the app to use {name} on behalf of the signed-in user.",
                "adminConsentDisplayName": name,
                "id": scope.id,
                "isEnabled": True,
                "type": "Admin" if scope.needs_admin else "User",
                "userConsentDescription": None,
                "userConsentDisplayName": None,
                "value": name,
            }
            for name, scope in delegated_permissions().items()
        ]


def _principal_sub(show: Show, name: str) -> list[Body] | None:
    """Grants as the directory keeps them: assignments of Graph's app roles to the service's principal."""
    tenant = show.request.tenant
    if name == "oauth2PermissionGrants":
        granted = [r for r in tenant.all(PATH) if r.body["clientId"] == show.record.id]
        return [{**r.body, "id": r.id} for r in granted]
    graph = next((r for r in tenant.all("servicePrincipals") if r.body.get("appId") == GRAPH_APP_ID), None)
    app = next((r for r in tenant.all("servicePrincipals") if r.body.get("appId") == APP_ID), None)
    if graph is None or app is None:
        return []
    asked = app if name == "appRoleAssignments" else graph
    if show.record.id != asked.id:
        return []
    return [
        _assignment(app.id, app.body, graph.id, permission, at)
        for permission, at in sorted(tenant.grants.items())
    ]


def _assignment(app_id: str, app: Body, graph_id: str, permission: str, granted_at: float) -> Body:
    role = role_id(permission)
    return {
        "id": str(uuid.uuid5(uuid.UUID(app_id), permission)),
        "appRoleId": role,
        "createdDateTime": datetime.fromtimestamp(granted_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "principalDisplayName": app.get("displayName"),
        "principalId": app_id,
        "principalType": "ServicePrincipal",
        "resourceDisplayName": "Microsoft Graph",
        "resourceId": graph_id,
    }


def _sku_show(show: Show) -> None:
    """A withdrawn licence shows as a suspended subscription without its service plans."""
    plans = {
        "INTUNE_A": "intune",
        "AAD_PREMIUM": "entraP1",
        "AAD_PREMIUM_P2": "entraP2",
        "SHAREPOINTENTERPRISE": "sharepoint",
    }
    licences = show.request.tenant.licences
    show.body["servicePlans"] = [
        plan
        for plan in show.body.get("servicePlans") or []
        if getattr(licences, plans.get(plan.get("servicePlanName"), ""), True)
    ]


def _sharepoint_write(write: Write) -> None:
    """learn.microsoft.com/graph/api/resources/sharepointsettings: lists belong to their restriction mode."""
    body = write.body
    mode = body.get("sharingDomainRestrictionMode")
    if mode == "allowList" and not body.get("sharingAllowedDomainList"):
        raise write.refuse(
            "sharingAllowedDomainList must not be empty when sharingDomainRestrictionMode is allowList."
        )
    if mode == "blockList" and not body.get("sharingBlockedDomainList"):
        raise write.refuse(
            "sharingBlockedDomainList must not be empty when sharingDomainRestrictionMode is blockList."
        )
    idle = body.get("idleSessionSignOut") or {}
    if idle.get("isEnabled") and not 0 < (idle.get("warnAfterInSeconds") or 0) < (
        idle.get("signOutAfterInSeconds") or 0
    ):
        raise write.refuse("idleSessionSignOut must warn before it signs out.")
    days = body.get("deletedUserPersonalSiteRetentionPeriodInDays") or 0
    if not 30 <= days <= 3650:
        raise write.refuse("deletedUserPersonalSiteRetentionPeriodInDays must be between 30 and 3650.")


HOOKS = {
    "group": Hook(before_write=_group_write, before_link=_link_of_group),
    "authorization_policy": Hook(before_write=_authorization_write),
    "service_principal": Hook(show=_principal_show, sub=_principal_sub),
    "subscribed_sku": Hook(show=_sku_show),
    "sharepoint": Hook(before_write=_sharepoint_write),
}
