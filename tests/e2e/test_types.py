"""All seventeen types on the running stack: edited, drifted, created and deleted, one row a type.

Each test takes every row through one tenant at once, so that the whole table costs a handful of syncs; what
each change holds is still asserted for each item alone.
"""

from __future__ import annotations

from typing import Any

import pytest
from type_edits import EDITS
from type_items import CREATED, DRIFTS, SINGLE

pytestmark = pytest.mark.e2e


def shown(tenant, address: str, name: str) -> dict[str, Any]:
    """An object as the tenant's portal shows it; a singleton has no name."""
    if address in SINGLE:
        return tenant._json(tenant.control.get(f"/objects/{address}"))
    return tenant.portal(address, name)


def attended(driver):
    """A tenant whose administrator has signed in for the types that need a person; its first sync is over."""
    tenant = driver("small", authentication="servicePrincipalAndUser")
    tenant.control.patch("/behaviour", json={"deviceCodeInterval": 1}).raise_for_status()
    asked = tenant.sync()
    code = asked["authentication"]["userCode"]
    tenant.control.post("/sign-in", json={"userCode": code, "account": "admin"}).raise_for_status()
    first = tenant.wait(asked["id"], "end")
    assert (first["outcome"], first["incomplete"]) == ("succeeded", []), first
    return tenant


def settled(tenant) -> None:
    """The next sync finds nothing to do and nothing to commit."""
    before = tenant.clone()
    again = tenant.sync()
    assert (again["outcome"], again["incomplete"]) == ("succeeded", []), again
    assert again["plan"] is None, tenant.changes(again["id"])["value"]
    assert tenant.clone().git("log", "--patch", f"{before.head()}..").stdout == ""


def test_the_tables_cover_every_type(driver):
    answer = driver().api.get("/types").json()["value"]
    types = {one["id"] if "id" in one else one["key"] for one in answer}
    made_by_the_service = {
        "authentication-methods-policy",
        "authorization-policy",
        "mobile-device-management-policies",
        "sharepoint-tenant-settings",
    }

    assert types == {one.type for one in EDITS}
    assert types == {path.split("/")[1] for path in DRIFTS}
    assert types - made_by_the_service == {path.split("/")[1] for path in CREATED}


def test_an_edit_of_any_type_is_proposed_alone_deployed_and_settles(driver):
    tenant = attended(driver)
    clone = tenant.clone()
    for edit in EDITS:
        if edit.change is None:
            clone.write(edit.path.replace(".json", ".scriptContent.ps1"), edit.after)
            continue
        file = clone.read(edit.path)
        edit.change(file)
        clone.write(edit.path, file)
    clone.push("One edit each")

    asked = tenant.sync()
    proposed = {
        (one["type"], one["item"]): (one["action"], [p["path"] for p in one["properties"]])
        for one in tenant.changes(asked["id"])["value"]
    }
    assert proposed == {(edit.type, edit.item): ("update", [edit.changes]) for edit in EDITS}
    assert tenant.writes() == []

    done = tenant.decided(asked["id"], "approve")
    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", len(EDITS)), tenant.report(
        asked["id"]
    )
    assert {(edit.type, edit.item): edit.shown(shown(tenant, edit.address, edit.item)) for edit in EDITS} == {
        (edit.type, edit.item): edit.after for edit in EDITS
    }
    settled(tenant)


def test_an_item_of_any_type_is_created_once_with_its_references_and_deleted_again(driver):
    tenant = attended(driver)
    clone = tenant.clone()
    upn = f"breakglass1@{tenant.id}.onmicrosoft.com"
    for folder, (_, file) in CREATED.items():
        clone.write(f"{folder}/New.json", file)
    policy = "entra/conditional-access-policies/New.json"
    clone.write(policy, (clone.folder / policy).read_text().replace("@upn@", upn))
    clone.write("intune/device-management-scripts/New.scriptContent.ps1", "Write-Host 'new'\n")
    clone.push("One of each")

    asked = tenant.sync()
    assert {one["type"]: (one["action"], one["blocked"]) for one in tenant.changes(asked["id"])["value"]} == {
        folder.split("/")[1]: ("create", None) for folder in CREATED
    }
    for address, _ in CREATED.values():  # the service creates each, and its answer never arrives
        tenant.fault(method="POST", path=f"{address.split('/', 1)[1]}$", times=1, reset="after")
    done = tenant.decided(asked["id"], "approve")
    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", len(CREATED)), tenant.report(
        asked["id"]
    )
    made = {folder: tenant.portal(address, "New") for folder, (address, _) in CREATED.items()}
    users = made["entra/conditional-access-policies"]["conditions"]["users"]
    assert users["excludeGroups"] == [made["entra/groups"]["id"]]
    assert users["excludeUsers"] == [
        one["id"] for one in tenant.objects("v1.0/users") if one["userPrincipalName"] == upn
    ]
    agreement, template = made["entra/terms-of-use-agreements"], made["intune/notification-message-templates"]
    assert made["entra/conditional-access-policies"]["grantControls"]["termsOfUse"] == [agreement["id"]]
    assert template["id"] in str(made["intune/device-compliance-policies"])
    assert template["defaultLocale"] == "en-us"
    assert made["intune/assignment-filters"]["roleScopeTags"] == [made["intune/role-scope-tags"]["id"]]
    settled(tenant)

    clone.pull()
    assert "{{users:" in (clone.folder / policy).read_text()
    clone.git("rm", "--quiet", *(name for name in clone.files() if "/New." in name))
    clone.push("None of each")
    asked = tenant.sync()
    assert {one["action"] for one in tenant.changes(asked["id"])["value"]} == {"delete"}
    refused = tenant.decide(asked["id"], "approve")
    assert (refused.status_code, refused.json()["code"]) == (422, "confirmDeletions")
    done = tenant.decided(asked["id"], "approve", confirmDeletions=True)
    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", len(CREATED)), tenant.report(
        asked["id"]
    )
    for address, _ in CREATED.values():
        assert "New" not in [one.get("displayName", one.get("name")) for one in tenant.objects(address)]
    settled(tenant)


def test_drift_of_any_type_is_adopted_and_nothing_is_written(driver):
    tenant = attended(driver)
    for path, (address, properties) in DRIFTS.items():
        name = path.split("/")[2].removesuffix(".json")
        if address not in SINGLE:
            tenant.change(address, name, **properties)
            continue
        tenant._json(tenant.control.patch(f"/objects/{address}", json=properties))

    sync = tenant.sync()

    assert (sync["outcome"], sync["plan"], sync["drift"]["changed"]) == ("succeeded", None, len(DRIFTS))
    clone = tenant.clone()
    assert sorted(clone.git("diff", "--name-only", "-z", "HEAD~1").stdout.rstrip("\0").split("\0")) == sorted(
        DRIFTS
    )
    for path, (_, properties) in DRIFTS.items():
        assert {name: clone.read(path)[name] for name in properties} == properties
    assert tenant.writes() == []
    settled(tenant)
