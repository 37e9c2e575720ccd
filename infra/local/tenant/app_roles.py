"""The service's app in the simulated tenants, and the permissions of Microsoft Graph.

Ids of app roles and of delegated permissions are the same in every tenant, as is whether an administrator
must consent: learn.microsoft.com/graph/permissions-reference
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

APP_ID = "ac000000-0000-4000-8000-000000000001"
APP_SECRET = "accord-local-secret"
APP_NAME = "Accord"
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"

# What the types of the table need, as an administrator would consent to it.
DEMO_GRANTS = (
    "AdministrativeUnit.Read.All",
    "AdministrativeUnit.ReadWrite.All",
    "Agreement.Read.All",
    "Agreement.ReadWrite.All",
    "Application.Read.All",
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementConfiguration.ReadWrite.All",
    "DeviceManagementRBAC.Read.All",
    "DeviceManagementRBAC.ReadWrite.All",
    "DeviceManagementScripts.Read.All",
    "DeviceManagementScripts.ReadWrite.All",
    "DeviceManagementServiceConfig.Read.All",
    "DeviceManagementServiceConfig.ReadWrite.All",
    "Directory.Read.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
    "Organization.Read.All",
    "Policy.Read.All",
    "Policy.Read.AuthenticationMethod",
    "Policy.ReadWrite.AuthenticationMethod",
    "Policy.ReadWrite.Authorization",
    "Policy.ReadWrite.ConditionalAccess",
    "SharePointTenantSettings.Read.All",
    "SharePointTenantSettings.ReadWrite.All",
    "User.Read.All",
)


# What the app asks for on behalf of a signed-in administrator.
DEMO_SCOPES = (
    "Agreement.Read.All",
    "Agreement.ReadWrite.All",
    "Group.Read.All",
    "Policy.Read.All",
    "Policy.ReadWrite.MobilityManagement",
    "User.Read",
)


@dataclass(frozen=True, slots=True)
class Scope:
    """A delegated permission: its id, and whether only an administrator may consent to it."""

    id: str
    needs_admin: bool


@cache
def delegated_permissions() -> dict[str, Scope]:
    """The delegated permissions of Microsoft Graph by name, with the four of OpenID Connect."""
    text = (Path(__file__).parent / "data" / "scopes.json").read_text(encoding="utf-8")
    return {name: Scope(*entry) for name, entry in json.loads(text).items()}


@cache
def app_roles() -> dict[str, str]:
    """App role id by permission."""
    text = (Path(__file__).parent / "data" / "app_roles.json").read_text(encoding="utf-8")
    roles: dict[str, str] = json.loads(text)
    return roles


def role_id(permission: str) -> str:
    """The app role id of a permission; KeyError for a name Graph does not have."""
    return app_roles()[permission]
