"""Conditional Access: what makes a policy, a named location and an authentication strength valid.

Numbers in messages are the service's own where they are known from public reports.
learn.microsoft.com/graph/api/resources/conditionalaccessconditionset and its neighbours.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from infra.local.tenant.lookup import values_at
from infra.local.tenant.shaping import shape
from infra.local.tenant.validation import Judge

from . import Body, Call, Child, Hook, Show, Write

_SEE = "For examples, please see API documentation at https://docs.microsoft.com/en-us/graph/api/conditionalaccessroot-post-policies."
_POLICIES = "identity/conditionalAccess/policies"
_STRENGTHS = "policies/authenticationStrengthPolicies"
_GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


def _policy_write(write: Write) -> None:
    conditions = write.body.get("conditions") or {}
    _applications(write, conditions.get("applications") or {})
    _users(write, conditions)
    if "clientAppTypes" in conditions and not conditions["clientAppTypes"]:
        raise write.refuse(
            "1064: 'clientAppTypes' condition does not support []. If you want to target all "
            "client apps, use "
            f"['all']. {_SEE}"
        )
    conditions.setdefault("clientAppTypes", ["all"])
    risks = [*(conditions.get("userRiskLevels") or []), *(conditions.get("signInRiskLevels") or [])]
    if risks and not write.request.caller.portal and not write.tenant.licences.entraP2:
        raise write.refuse("Your tenant is not licensed for this feature.", 403)
    _controls(write)


def _applications(write: Write, applications: Body) -> None:
    included = applications.get("includeApplications") or []
    actions = applications.get("includeUserActions") or []
    contexts = applications.get("includeAuthenticationContextClassReferences") or []
    clients = (write.body.get("conditions") or {}).get("clientApplications") or {}
    if clients.get("includeServicePrincipals"):
        return
    if not (included or actions or contexts):
        raise write.refuse(
            "1011: 'applications' condition must specify the applications to include. Try "
            "'includeApplications' = "
            f"['none'] to start with. {_SEE}"
        )
    if included and (actions or contexts):
        raise write.refuse(
            "1012: 'applications' condition cannot include both 'includeApplications' and "
            "'includeUserActions'/"
            "'includeProtectionLevels'. Please remove one of the conditions."
        )
    for special in ("All", "None"):
        if special in included and len(included) > 1:
            raise write.refuse(
                f"1013: 'includeApplications' cannot hold '{special}' beside other applications. {_SEE}"
            )


def _users(write: Write, conditions: Body) -> None:
    users = conditions.get("users") or {}
    included = [name for name in ("includeUsers", "includeGroups", "includeRoles") if users.get(name)]
    clients = (conditions.get("clientApplications") or {}).get("includeServicePrincipals")
    if not included and not users.get("includeGuestsOrExternalUsers") and not clients:
        raise write.refuse(
            "1007: 'users' condition must specify the users to include. Try 'includeUsers' = "
            f"['none'] to start with. {_SEE}"
        )
    for role in values_at(users, "includeRoles[]"):
        if not _GUID.match(str(role)):
            raise write.refuse(f"1024: Role '{role}' is not the template id of a directory role.")
    for special in ("All", "None"):
        if special in (users.get("includeUsers") or []) and len(users["includeUsers"]) > 1:
            raise write.refuse(f"1015: 'includeUsers' cannot hold '{special}' beside other users. {_SEE}")


def _controls(write: Write) -> None:
    grant, session = write.body.get("grantControls"), write.body.get("sessionControls")
    if not grant and not session:
        raise write.refuse(f"1032: A policy must have grant controls or session controls. {_SEE}")
    if not grant:
        return
    sent = (write.sent.get("grantControls") or {}).get("authenticationStrength")
    if isinstance(sent, dict) and set(sent) - {"id", "@odata.type"}:
        raise write.refuse(
            "The navigation property 'authenticationStrength' can only name an existing policy by its id."
        )
    built_in = grant.get("builtInControls") or []
    strength = grant.get("authenticationStrength")
    others = [*built_in, *(grant.get("termsOfUse") or []), *(grant.get("customAuthenticationFactors") or [])]
    if not others and not strength:
        raise write.refuse(f"1033: 'grantControls' must specify at least one control. {_SEE}")
    if grant.get("operator") not in ("AND", "OR"):
        raise write.refuse(f"1034: 'grantControls' needs the operator 'AND' or 'OR'. {_SEE}")
    if "block" in built_in and (len(others) > 1 or strength or session):
        raise write.refuse(f"1035: 'block' cannot be combined with other controls. {_SEE}")
    if strength and "mfa" in built_in:
        raise write.refuse(
            "1136: 'authenticationStrength' cannot be combined with the built-in control 'mfa'."
        )


def _policy_show(show: Show) -> None:
    """The authentication strength comes expanded, as the service does."""
    grant = show.body.get("grantControls")
    kept = (show.record.body.get("grantControls") or {}).get("authenticationStrength")
    if not isinstance(grant, dict):
        return
    grant["authenticationStrength"] = None
    if (
        not isinstance(kept, dict)
        or (strength := show.request.tenant.get(_STRENGTHS, str(kept.get("id")))) is None
    ):
        return
    address = f"{show.request.origin}/{show.request.version}/$metadata#{_POLICIES}('{show.record.id}')"
    grant["authenticationStrength@odata.context"] = f"{address}/grantControls/authenticationStrength/$entity"
    expanded = shape({**strength.body, "id": strength.id}, "authenticationStrengthPolicy", show.schema)
    combinations = strength.nav.get("combinationConfigurations", [])
    expanded["combinationConfigurations@odata.context"] = (
        f"{address}/grantControls/authenticationStrength/combinationConfigurations"
    )
    expanded["combinationConfigurations"] = [
        shape(c, "authenticationCombinationConfiguration", show.schema) for c in combinations
    ]
    grant["authenticationStrength"] = expanded


def _location_write(write: Write) -> None:
    model = write.schema.spelling(write.body.get("@odata.type", ""))
    if model == "ipNamedLocation":
        _ip_ranges(write)
    elif model == "countryNamedLocation":
        countries = write.body.get("countriesAndRegions") or []
        if not countries or any(not re.fullmatch(r"[A-Z]{2}", str(c)) for c in countries):
            raise write.refuse(
                "1046: 'countriesAndRegions' must hold two-letter country codes of ISO 3166-1."
            )
        write.body.setdefault("includeUnknownCountriesAndRegions", False)
        write.body.setdefault("countryLookupMethod", "clientIpAddress")
    elif write.creating and not write.request.caller.portal:
        raise write.refuse("Only IP and country named locations can be created.")


def _ip_ranges(write: Write) -> None:
    """Up to 2,000 ranges, no private addresses.

    learn.microsoft.com/entra/identity/conditional-access/concept-assignment-network
    """
    write.body.setdefault("isTrusted", False)
    ranges = write.body.get("ipRanges") or []
    if not 1 <= len(ranges) <= 2000:
        raise write.refuse("1041: An IP named location needs 1 to 2000 IP ranges.")
    for entry in ranges:
        address = str(entry.get("cidrAddress", ""))
        try:
            network = ipaddress.ip_network(address, strict=False)
        except ValueError as exc:
            raise write.refuse(f"1042: The IP range '{address}' is not in CIDR format.") from exc
        wanted = "iPv4CidrRange" if network.version == 4 else "iPv6CidrRange"
        if "/" not in address or not str(entry.get("@odata.type", "")).endswith(wanted):
            raise write.refuse(f"1043: The IP range '{address}' is not an {wanted}.")
        if network.prefixlen < 8 or _is_private(network):
            raise write.refuse(f"1044: The IP range '{address}' is private or too large.")


def _is_private(network: Any) -> bool:
    local = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16")
    return network.version == 4 and any(network.subnet_of(ipaddress.ip_network(n)) for n in local)


def _location_delete(write: Write) -> None:
    if write.body.get("isTrusted"):
        raise write.refuse("1050: A trusted named location cannot be deleted. Mark it as not trusted first.")


def _strength_write(write: Write) -> None:
    if write.creating and len(list(write.tenant.all(_STRENGTHS))) >= 18 and not write.request.caller.portal:
        raise write.refuse("A tenant can have at most 15 custom authentication strengths.")
    _combinations(write, write.body.get("allowedCombinations") or [])


def _combinations(where: Write | Call, combinations: list[str]) -> None:
    if not combinations or len(set(combinations)) != len(combinations):
        raise where.refuse(
            "The property 'allowedCombinations' must hold at least one combination, each once."
        )


def update_allowed_combinations(call: Call) -> Body | None:
    """learn.microsoft.com/graph/api/authenticationstrengthpolicy-updateallowedcombinations"""
    if set(call.sent) != {"allowedCombinations"}:
        raise call.refuse("The parameter 'allowedCombinations' is required, and no other is known.")
    kind = call.schema.properties("authenticationStrengthPolicy")["allowedCombinations"]
    Judge(call.schema, call.entry.dialect).value(
        call.sent["allowedCombinations"], kind, "allowedCombinations"
    )
    _combinations(call, call.sent["allowedCombinations"])
    previous = call.record.body.get("allowedCombinations")
    call.record.body["allowedCombinations"] = call.sent["allowedCombinations"]
    call.tenant.put(call.entry.path, call.record)
    base = f"{call.request.origin}/{call.request.version}/$metadata"
    return {
        "@odata.context": f"{base}#microsoft.graph.updateAllowedCombinationsResult",
        "currentCombinations": call.sent["allowedCombinations"],
        "previousCombinations": previous,
        "additionalInformation": None,
        "conditionalAccessReferences": [p.id for p in _using(call)],
    }


def _using(call: Call) -> list[Any]:
    return [
        policy
        for policy in call.tenant.all(_POLICIES)
        if call.record.id in values_at(policy.body, "grantControls.authenticationStrength.id")
    ]


def strength_usage(call: Call) -> Body | None:
    """`GET {item}/usage()`: the policies that require this strength."""
    found = [shape({**p.body, "id": p.id}, "conditionalAccessPolicy", call.schema) for p in _using(call)]
    return {"mfa": found, "none": []}


def _configuration_write(one: Child) -> None:
    """A combination's configuration must be about combinations that the policy allows."""
    allowed = set(one.write.body.get("allowedCombinations") or [])
    applies = one.child.get("appliesToCombinations") or []
    if not applies or not set(applies) <= allowed:
        raise one.write.refuse(
            "'appliesToCombinations' must hold combinations of the policy's allowedCombinations."
        )


HOOKS = {
    "conditional_access": Hook(before_write=_policy_write, show=_policy_show),
    "named_location": Hook(before_write=_location_write, before_delete=_location_delete),
    "authentication_strength": Hook(before_write=_strength_write, before_child=_configuration_write),
}
