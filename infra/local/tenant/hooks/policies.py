"""Directory policies and units: MDM scopes, terms of use, authentication methods, administrative units."""

from __future__ import annotations

import uuid
from typing import Any

from infra.local.tenant.lookup import exists
from infra.local.tenant.moments import stamp

from . import Body, Child, Hook, Write
from .directory import check_membership_rule

_SCOPE = "includedGroups"
_ALL_USERS = "all_users"


def _scope_write(write: Write) -> None:
    """learn.microsoft.com/graph/api/mobiledevicemanagementpolicies-update"""
    if write.old is not None and write.old.body.get("isValid") is False:
        raise write.refuse("The policy is not valid and cannot be updated.")
    if "appliesTo" not in write.sent:
        return
    if [name for name in write.sent if name != "appliesTo" and "@" not in name]:
        raise write.refuse(
            "Simultaneous patch requests on both the appliesTo and URL properties are currently not "
            "supported."
        )
    if write.sent["appliesTo"] not in ("none", "all"):
        raise write.refuse("'selected' cannot be used for appliesTo. Add groups to includedGroups instead.")
    if write.sent["appliesTo"] == "all":
        write.record.nav[_SCOPE] = []


def _scope_link(write: Write, name: str) -> None:
    """A group that is added becomes the scope."""
    if name == _SCOPE and write.sent:
        write.body["appliesTo"] = "selected"


def _agreement_write(write: Write) -> None:
    """Documents come with the create and are never shown again.

    learn.microsoft.com/graph/api/termsofusecontainer-post-agreements and agreement-list-files
    """
    if not write.creating:
        return
    files: list[Body] = []
    for sent in write.sent["files"]:
        for name in ("fileName", "language", "fileData"):
            if not sent.get(name):
                raise write.refuse(f"The required property '{name}' of a file is missing or empty.")
        if not (sent["fileData"] or {}).get("data"):
            raise write.refuse("The required property 'data' of a file is missing or empty.")
        for name in ("id", "createdDateTime"):
            if name in sent:
                raise write.dialect.not_writable(name)
        files.append(_file(write, sent))
    languages = [one["language"].lower() for one in files]
    if len(set(languages)) != len(languages):
        raise write.refuse("An agreement has one file for each language.")
    if not any(one["isDefault"] for one in files):
        files[0]["isDefault"] = True
    write.record.nav["files"] = files


def _file(write: Write, sent: Body) -> Body:
    return {
        "id": str(uuid.uuid5(uuid.UUID(write.record.id), str(sent["language"]))),
        "fileName": sent["fileName"],
        "displayName": sent.get("displayName") or sent["fileName"],
        "language": sent["language"],
        "isDefault": bool(sent.get("isDefault")),
        "isMajorVersion": bool(sent.get("isMajorVersion")),
        "createdDateTime": stamp(write.request.now),
        "fileData": None,
    }


def _campaign_write(write: Write) -> None:
    """learn.microsoft.com/graph/api/resources/authenticationmethodsregistrationcampaign"""
    enforcement = write.body.get("registrationEnforcement") or {}
    campaign = enforcement.get("authenticationMethodsRegistrationCampaign") or {}
    if not 0 <= (campaign.get("snoozeDurationInDays") or 0) <= 14:
        raise write.refuse("snoozeDurationInDays must be between 0 and 14.")


def _method_write(one: Child) -> None:
    """A method is for groups that exist, or for all users; a temporary pass's lifetimes are in order.

    learn.microsoft.com/graph/api/resources/authenticationmethodconfigurations-overview
    """
    if "@odata.type" not in one.write.sent:
        raise one.write.refuse("The @odata.type annotation is required in the body.")
    for name in ("includeTargets", "excludeTargets"):
        for target in one.child.get(name) or []:
            _check_target(one, target)
    shortest, longest = one.child.get("minimumLifetimeInMinutes"), one.child.get("maximumLifetimeInMinutes")
    usual = one.child.get("defaultLifetimeInMinutes")
    if shortest is not None and not 10 <= shortest <= (usual or shortest) <= (longest or shortest) <= 43200:
        raise one.write.refuse("The lifetimes of a pass must be in order, from 10 to 43200 minutes.")


def _check_target(one: Child, target: Any) -> None:
    group = str(target.get("id"))
    if target.get("targetType") != "group":
        raise one.write.refuse("The targetType of an authentication method must be 'group'.")
    if group != _ALL_USERS and not exists(one.write.request, "groups", "id", group):
        raise one.write.refuse(f"The group '{group}' does not exist.")


def _unit_write(write: Write) -> None:
    """learn.microsoft.com/graph/api/directory-post-administrativeunits"""
    body = write.body
    if body.get("visibility") not in (None, "Public", "HiddenMembership"):
        raise write.refuse(
            "Invalid value specified for property 'visibility' of resource 'AdministrativeUnit'."
        )
    kind = str(body.get("membershipType") or "assigned").lower()
    if kind not in ("assigned", "dynamic"):
        raise write.refuse(
            "Invalid value specified for property 'membershipType' of resource 'AdministrativeUnit'."
        )
    check_membership_rule(write, dynamic=kind == "dynamic")


HOOKS = {
    "mobility_policy": Hook(before_write=_scope_write, before_link=_scope_link),
    "agreement": Hook(before_write=_agreement_write),
    "authentication_methods": Hook(before_write=_campaign_write, before_child=_method_write),
    "administrative_unit": Hook(before_write=_unit_write),
}
