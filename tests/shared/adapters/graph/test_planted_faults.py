"""The simulated tenant knows nothing of the catalog: whatever is wrong in an entry turns it red.

Each row plants one fault into one entry. The type is then put through its paces (read, every property
written to itself, one edit, a copy created and deleted), which the true entry passes without a fault.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest
from simulated import SPECS, Simulated, content_of, made

from shared.adapters.graph.tenant import GraphTenant
from shared.domain.catalog import Identity, Kind, TypeSpec, UpdateMethod, WrittenBy
from shared.domain.request import (
    Request,
    Unwritable,
    completing_requests,
    create_request,
    delete_requests,
    update_requests,
)
from shared.domain.snapshot import RawItem
from shared.errors import NotAvailable, ReadFailed, WriteRefused
from shared.names import ObjectId

TRUE = {str(spec.key): spec for spec in SPECS}
PDF = {"data": "JVBERi0="}


class Red(Exception):
    """The service answered in a way that shows the fault."""


def part(spec: TypeSpec, name: str, **changed: Any) -> dict[str, Any]:
    """The entry's sub-resources, one of them changed."""
    parts = tuple(replace(one, **changed) if one.property == name else one for one in spec.sub_resources)
    assert parts != spec.sub_resources
    return {"sub_resources": parts}


def stripped_less(spec: TypeSpec, *names: str) -> dict[str, Any]:
    assert set(names) <= set(spec.strip)
    return {"strip": tuple(one for one in spec.strip if one not in names)}


Plant = Callable[[TypeSpec], Mapping[str, Any]]
FAULTS: dict[str, tuple[str, Plant]] = {
    "an address that is none": ("groups", lambda _: {"path": "/group"}),
    "a version that lacks it": ("role-scope-tags", lambda _: {"version": "v1.0"}),
    "PUT where only PATCH is taken": ("groups", lambda _: {"update": UpdateMethod.PUT}),
    "PATCH where only PUT is taken": ("settings-catalog-policies", lambda _: {"update": UpdateMethod.PATCH}),
    "an update without its kind": ("named-locations", lambda _: {"required_on_update": ()}),
    "a policy's update without its kind": (
        "device-compliance-policies",
        lambda _: {"required_on_update": ()},
    ),
    "a strength sent whole": (
        "conditional-access-policies",
        lambda spec: stripped_less(spec, "grantControls.authenticationStrength.displayName"),
    ),
    "a list taken for the whole": ("device-management-scripts", lambda _: {"each": False}),
    "an expansion that is none": (
        "device-compliance-policies",
        lambda _: {"query": {"$expand": "assignment"}},
    ),
    "another payload": (
        "device-management-scripts",
        lambda spec: part(spec, "assignments", payload="assignments"),
    ),
    "another action": (
        "device-configurations",
        lambda spec: part(spec, "assignments", write_path="assignments"),
    ),
    "a create without its schedule": (
        "device-compliance-policies",
        lambda spec: part(spec, "scheduledActionsForRule", on_create=False),
    ),
    "an update of what is fixed": ("assignment-filters", lambda _: {"immutable": ()}),
    "an action taken for a property": (
        "authentication-strength-policies",
        lambda spec: part(spec, "allowedCombinations", written_by=WrittenBy.BODY),
    ),
    "a trusted location deleted as it is": ("named-locations", lambda _: {"delete_first": {}}),
    "a member's id sent along": (
        "authentication-strength-policies",
        lambda spec: stripped_less(spec, "combinationConfigurations[].id"),
    ),
    "a unit's fixed property updated": ("administrative-units", lambda _: {"immutable": ()}),
    "documents looked for in the list": ("terms-of-use-agreements", lambda _: {"each": False}),
    "documents left out of the create": (
        "terms-of-use-agreements",
        lambda spec: part(spec, "files", on_create=False),
    ),
    "an agreement updated whole": ("terms-of-use-agreements", lambda _: {"immutable": ()}),
    "another name for the documents": (
        "terms-of-use-agreements",
        lambda _: {"each_query": {"$expand": "file"}},
    ),
    "terms of use read by an app": ("terms-of-use-agreements", lambda _: {"identity": Identity.APP}),
    "MDM scopes read by an app": (
        "mobile-device-management-policies",
        lambda _: {"identity": Identity.APP},
    ),
    "MDM scopes in v1.0": ("mobile-device-management-policies", lambda _: {"version": "v1.0"}),
    "scope and addresses in one PATCH": ("mobile-device-management-policies", lambda _: {"alone": ()}),
    "a scope that is sent": ("mobile-device-management-policies", lambda _: {"implied": {}}),
    "links to no groups": (
        "mobile-device-management-policies",
        lambda spec: part(spec, "includedGroups", link="https://graph.microsoft.com/odata/devices('x{}')"),
    ),
    "links taken for members": (
        "mobile-device-management-policies",
        lambda spec: part(spec, "includedGroups", written_by=WrittenBy.MEMBERS),
    ),
    "methods written with their policy": (
        "authentication-methods-policy",
        lambda spec: part(spec, "authenticationMethodConfigurations", written_by=WrittenBy.BODY),
    ),
    "methods at another address": (
        "authentication-methods-policy",
        lambda spec: part(spec, "authenticationMethodConfigurations", write_path="configurations"),
    ),
    "a version that nobody sets": (
        "authentication-methods-policy",
        lambda spec: stripped_less(spec, "policyVersion"),
    ),
    "messages written with their template": (
        "notification-message-templates",
        lambda spec: part(spec, "localizedNotificationMessages", written_by=WrittenBy.BODY),
    ),
    "a flag that is unset": (
        "notification-message-templates",
        lambda spec: part(spec, "localizedNotificationMessages", set_only=()),
    ),
    "messages at another address": (
        "notification-message-templates",
        lambda spec: part(spec, "localizedNotificationMessages", read_path="messages"),
    ),
    "a message's time sent along": (
        "notification-message-templates",
        lambda spec: stripped_less(spec, "localizedNotificationMessages[].lastModifiedDateTime"),
    ),
}


def edited(content: dict[str, Any]) -> dict[str, Any]:
    """The edits that show what writing to itself does not."""
    for setting in content.get("authenticationMethodConfigurations", [])[:1]:
        setting["state"] = "disabled" if setting["state"] == "enabled" else "enabled"
    if messages := content.get("localizedNotificationMessages"):
        new = {"locale": "it-it", "subject": "S", "messageTemplate": "T", "isDefault": True}
        content["localizedNotificationMessages"] = [*(one | {"isDefault": False} for one in messages), new]
    for name in ("complianceUrl", "discoveryUrl"):
        if name in content:
            content[name] = "https://example.com/x"
    if "appliesTo" in content:
        content |= {"appliesTo": "all", "includedGroups": []}
    return content


def ready(steps: Any) -> tuple[Request, ...]:
    if isinstance(steps, Unwritable):
        raise Red(steps.detail)
    return steps if isinstance(steps, tuple) else (steps,)


async def paces(api: GraphTenant, spec: TypeSpec, listed: RawItem) -> None:
    """One item through everything. Raises what the service answers."""
    object_id = listed.object_id
    item = await api.read_item(spec, object_id)
    assert item is not None
    before = content_of(spec, item.raw)
    if content_of(spec, listed.raw) != before:
        raise Red("the list shows the item otherwise than its own address does")
    await written(api, spec, object_id, before, before)
    await written(api, spec, object_id, before, edited(content_of(spec, item.raw)))
    if "includedGroups" in before:
        without = content_of(spec, item.raw) | {"includedGroups": []}
        await written(api, spec, object_id, before, without)
        await written(api, spec, object_id, without, content_of(spec, item.raw))
    if spec.kind is Kind.COLLECTION and spec.creatable:
        await copied(api, spec, content_of(spec, item.raw))


async def written(
    api: GraphTenant, spec: TypeSpec, object_id: ObjectId, before: dict[str, Any], wanted: dict[str, Any]
) -> None:
    item = await api.read_item(spec, object_id)
    assert item is not None
    touched = [(name,) for name in before if name not in spec.immutable and name != "@odata.type"]
    for request in ready(update_requests(spec, "N", object_id, item.raw, wanted, touched)):
        await api.send(request)
    after = await api.read_item(spec, object_id)
    if after is None or not lasting(content_of(spec, after.raw), wanted):
        raise Red("the item reads otherwise than it was written")


def lasting(now: dict[str, Any], wanted: dict[str, Any]) -> bool:
    moved = "appliesTo"  # follows from the groups
    return {**now, moved: 0} == {**wanted, moved: 0}


async def copied(api: GraphTenant, spec: TypeSpec, wanted: dict[str, Any]) -> None:
    wanted[spec.named_by] = f"Copy {uuid.uuid4().hex[:8]}"
    if "mailNickname" in wanted:
        wanted["mailNickname"] = f"copy{uuid.uuid4().hex[:8]}"
    given = wanted | (
        {"files": [one | {"fileData": PDF} for one in wanted["files"]]} if "files" in wanted else {}
    )
    (request,) = ready(create_request(spec, "Copy", given))
    object_id = ObjectId((await api.send(request)).body["id"])
    fresh = await api.read_item(spec, object_id)
    assert fresh is not None
    for one in ready(completing_requests(spec, "Copy", object_id, given, fresh.raw)):
        await api.send(one)
    made_of_it = await api.read_item(spec, object_id)
    assert made_of_it is not None
    if content_of(spec, made_of_it.raw) != wanted:
        raise Red("the copy reads otherwise than it was made")
    for one in delete_requests(spec, "Copy", object_id, made_of_it.raw):
        await api.send(one)


@pytest.fixture
def tenant(tenant_server: str) -> Iterator[Simulated]:
    simulated = made(tenant_server, visibilityDelay=0, quotas="off")
    yield simulated
    httpx.delete(f"{tenant_server}/control/tenants/{simulated.key}")


def holds_a_secret(item: RawItem) -> bool:
    """Secrets are not read, so that a copy cannot be made of what is."""
    return any(mark in str(item.raw) for mark in ("'isEncrypted': True", "'encryptedValueToken'"))


def through_its_paces(tenant: Simulated, spec: TypeSpec) -> None:
    """Every kind of item that the tenant has. Raises at the first fault that shows."""
    people = frozenset({spec.key} if spec.identity is not Identity.APP else set())
    tenant = replace(tenant, people=people)
    kinds = {}
    for item in tenant.read(spec):
        if not spec.is_unchangeable(item.raw) and not holds_a_secret(item):
            strength = (item.raw.get("grantControls") or {}).get("authenticationStrength")
            trusted = item.raw.get("isTrusted"), bool(strength)
            members = bool(item.raw.get("combinationConfigurations"))
            kinds.setdefault((item.raw.get("@odata.type"), trusted, members), item)
    for item in kinds.values():
        tenant.use(lambda api, item=item: paces(api, spec, item))


def with_a_combination(tenant: Simulated) -> None:
    """The seed's strengths have no configurations of their combinations: one gets one."""
    strengths = "v1.0/policies/authenticationStrengthPolicies"
    staff = next(
        one for one in tenant.control("GET", f"objects/{strengths}")["value"] if one["displayName"] == "Staff"
    )
    tenant.control(
        "POST",
        f"objects/{strengths}/{staff['id']}/combinationConfigurations",
        {
            "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
            "appliesToCombinations": ["fido2"],
            "allowedAAGUIDs": ["2fc0579f-8113-47ea-b116-bb5a8db9202a"],
        },
    )


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_planted_in_the_catalog_turns_the_simulated_tenant_red(tenant: Simulated, name: str) -> None:
    key, plant = FAULTS[name]
    if key == "authentication-strength-policies":
        with_a_combination(tenant)
    faulty = replace(TRUE[key], **plant(TRUE[key]))
    with pytest.raises((Red, ReadFailed, WriteRefused, NotAvailable, KeyError)):
        through_its_paces(tenant, faulty)


@pytest.mark.parametrize("key", sorted({key for key, _ in FAULTS.values()}))
def test_the_true_entry_passes_the_same_paces(tenant: Simulated, key: str) -> None:
    if key == "authentication-strength-policies":
        with_a_combination(tenant)
    through_its_paces(tenant, TRUE[key])


def test_there_are_more_than_twenty_of_them_and_each_new_type_has_some() -> None:
    assert len(FAULTS) > 20
    assert {key for key, _ in FAULTS.values()} >= {
        "administrative-units",
        "authentication-methods-policy",
        "mobile-device-management-policies",
        "notification-message-templates",
        "terms-of-use-agreements",
    }
