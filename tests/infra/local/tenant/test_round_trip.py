"""What was read can be written back, less what the service sets itself, and nothing changes by it.

Strictness that refuses its own answers would be a fault of the simulation, not of the client.
"""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.tenant.schema import schema
from infra.local.tenant.table import Type, load_table

# No app can have Policy.ReadWrite.MobilityManagement: MDM scopes are written in test_identity.py.
SCOPES = "policies/mobileDeviceManagementPolicies"
WRITABLE = [entry for entry in load_table().types.values() if entry.update and entry.path != SCOPES]
STRIPPED = ("isEncrypted", "secretReferenceValueId", "templateDisplayName", "templateDisplayVersion")
by_path = pytest.mark.parametrize("entry", WRITABLE, ids=lambda e: e.path)


def version_of(entry: Type) -> str:
    return entry.versions[-1]


def address(entry: Type, item: dict[str, Any]) -> str:
    if entry.singleton:
        return f"/{version_of(entry)}/{entry.beta_path or entry.path}"
    return f"/{version_of(entry)}/{entry.path}/{item['id']}"


def items(tenant: Any, entry: Type) -> list[dict[str, Any]]:
    """All items, each read alone; no built-in ones. What only users reach is opened to the app."""
    if entry.delegated_only:
        tenant.control("PATCH", "behaviour", {"appOnly": {entry.path: True}})
    path = f"/{version_of(entry)}/{entry.path}"
    listed = [{"id": ""}] if entry.singleton else tenant.all(path)
    found = [tenant.get(address(entry, item)).json() for item in listed]
    return [i for i in found if not (entry.built_in and entry.built_in.items() <= i.items())]


def cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {k: cleaned(v) for k, v in value.items() if "@odata.context" not in k and k not in STRIPPED}
        if kept.get("authenticationStrength"):
            kept["authenticationStrength"] = {"id": kept["authenticationStrength"]["id"]}
        return kept
    return [cleaned(v) for v in value] if isinstance(value, list) else value


def sendable(entry: Type, item: dict[str, Any], *, update: bool) -> dict[str, Any]:
    model = schema(version_of(entry)).spelling(item.get("@odata.type", "")) or entry.model
    service_set = {"id", "createdDateTime", entry.created, entry.modified, entry.counter}
    service_set |= schema(version_of(entry)).read_only(model) | set(entry.read_only)
    service_set |= set(entry.create_only) if update else set(entry.update_only)
    return {k: v for k, v in cleaned(item).items() if k not in service_set}


def given(child: dict[str, Any]) -> dict[str, Any]:
    """A contained object as it is given with a create; a document is never shown, so another is given."""
    kept = {k: v for k, v in child.items() if k not in ("id", "createdDateTime")}
    return kept | ({"fileData": {"data": "JVBERi0="}} if "fileData" in kept else {})


def lasting(entry: Type, item: dict[str, Any]) -> dict[str, Any]:
    """What an update that changes nothing leaves alone."""
    moved = {entry.modified, entry.counter, "modifiedDateTime", "omaSettings"}
    return {k: v for k, v in item.items() if k not in moved}


@by_path
def test_an_item_patched_with_itself_stays_as_it_is(tenant: Any, entry: Type) -> None:
    found = items(tenant, entry)
    assert found
    for item in found:
        body = sendable(entry, item, update=True)
        if entry.patchable:
            body = {k: v for k, v in body.items() if k in entry.patchable}
        answer = tenant.patch(address(entry, item), body)
        assert answer.status_code == entry.update_status, answer.text
        assert lasting(entry, tenant.get(address(entry, item)).json()) == lasting(entry, item)


@pytest.mark.parametrize("entry", [e for e in WRITABLE if e.creatable], ids=lambda e: e.path)
def test_an_item_made_again_from_what_was_read_is_the_same(tenant: Any, entry: Type) -> None:
    for item in items(tenant, entry):
        body = sendable(entry, item, update=False)
        for name in entry.deep_insert:
            inner = "($expand=scheduledActionConfigurations)" if name == "scheduledActionsForRule" else ""
            body[name] = cleaned(tenant.get(f"{address(entry, item)}?$expand={name}{inner}").json()[name])
            body[name] = [given(child) for child in body[name]]
        if entry.path == "deviceManagement/roleScopeTags":
            body["displayName"] += " again"
        if "Agent" in str(body.get("name")):
            continue  # its secret is good for one policy only: test_objects.py
        created = tenant.post(f"/{version_of(entry)}/{entry.path}", body)
        assert created.status_code == 201, created.text
        again = tenant.get(address(entry, created.json())).json()
        kept = {"id", "displayName", "renewedDateTime", "securityIdentifier", "@odata.context", "isAssigned"}
        kept |= {"createdDateTime", "grantControls"}
        first, second = ({k: v for k, v in lasting(entry, i).items() if k not in kept} for i in (item, again))
        assert first == second


def test_a_settings_catalog_policy_put_back_whole_stays_as_it_is(tenant: Any) -> None:
    entry = load_table()["deviceManagement/configurationPolicies"]
    for item in items(tenant, entry):
        settings = tenant.get(f"{address(entry, item)}/settings").json()["value"]
        body = sendable(entry, item, update=False)
        body["settings"] = [{k: v for k, v in s.items() if k != "id"} for s in settings]
        answer = tenant.put(address(entry, item), body)
        assert answer.status_code == 204, answer.text
        assert lasting(entry, tenant.get(address(entry, item)).json()) == lasting(entry, item)
        assert tenant.get(f"{address(entry, item)}/settings").json()["value"] == settings
