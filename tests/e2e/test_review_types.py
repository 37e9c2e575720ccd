"""What is special about single types, as a suspicious user meets it: secrets, names, references, kinds."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.e2e

GROUPS = "v1.0/groups"
LOCATIONS = "v1.0/identity/conditionalAccess/namedLocations"
POLICIES = "v1.0/identity/conditionalAccess/policies"
FILTERS = "beta/deviceManagement/assignmentFilters"
TAGS = "beta/deviceManagement/roleScopeTags"
COMPLIANCE = "beta/deviceManagement/deviceCompliancePolicies"
PROFILES = "beta/deviceManagement/deviceConfigurations"
CATALOG = "beta/deviceManagement/configurationPolicies"

OMA = "intune/device-configurations/Custom settings.json"
AGENT = "intune/settings-catalog-policies/Agent.json"
SECRET = "<key>secret</key>"


def proposed(tenant, sync):
    return {
        (one["action"], one["type"], one["item"]): [p["path"] for p in one["properties"]]
        for one in tenant.changes(sync["id"])["value"]
    }


def settles(tenant):
    """The next sync has nothing to ask and nothing to write, in the tenant or in the repository."""
    head = tenant.clone().head()
    again = tenant.sync()
    assert (again["outcome"], again["incomplete"]) == ("succeeded", [])
    assert again["plan"] is None
    assert tenant.clone().head() == head


def oma_secret(tenant):
    """The secret OMA setting in clear, as the service tells it to an app that may read it."""
    profile = tenant.portal(PROFILES, "Custom settings")
    (found,) = (one for one in profile["omaSettings"] if one["isEncrypted"])
    granted = tenant.control.post(
        f"{tenant.control_url}/{tenant.tenant()['entraTenantId']}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": "ac000000-0000-4000-8000-000000000001",
            "client_secret": "accord-local-secret",
            "scope": "https://graph.microsoft.com/.default",
        },
    )
    reference = found["secretReferenceValueId"]
    answer = tenant.control.get(
        f"{tenant.control_url}/{PROFILES}/{profile['id']}"
        f"/getOmaSettingPlainTextValue(secretReferenceValueId='{reference}')",
        headers={"authorization": f"Bearer {granted.json()['access_token']}"},
    )
    return answer.json()["value"]


def test_secrets_survive_a_change_beside_them_and_are_never_shown(driver):
    tenant = driver("small")
    tenant.sync()
    agent = tenant.portal(CATALOG, "Agent")
    clone = tenant.clone()
    clone.edit(OMA, description="Changed")
    file = clone.read(OMA)
    file["omaSettings"][0]["value"] = 1
    clone.write(OMA, file)
    clone.edit(AGENT, description="Changed")
    clone.push()

    asked = tenant.sync()
    assert len(proposed(tenant, asked)) == 2
    done = tenant.decided(asked["id"], "approve")

    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", 2), tenant.report(asked["id"])
    assert oma_secret(tenant) == SECRET
    after = tenant.portal(CATALOG, "Agent")
    assert after["description"] == "Changed"
    assert _password(after) == _password(agent)
    assert _everything(tenant, asked["id"]).find(SECRET) == -1
    settles(tenant)


def _password(policy):
    return [
        one["settingInstance"]["simpleSettingValue"]["value"]
        for one in policy["settings"]
        if one["settingInstance"]["settingDefinitionId"].endswith("password")
    ]


def _everything(tenant, sync):
    """All that Accord gives out about a sync, and all that Git holds, as one text."""
    place = f"/tenants/{tenant.id}/syncs/{sync}"
    texts = [
        tenant.api.get(place + suffix).text
        for suffix in (
            "",
            "/changes",
            "/report?format=json",
            "/report?format=csv",
            "/report?format=html",
            "/logs?format=jsonl",
            "/logs?format=text",
        )
    ]
    files = tenant.artifacts(sync)
    texts += [files.read(name).decode() for name in files.namelist()]
    texts.append(tenant.clone().git("log", "--all", "--patch").stdout)
    return "\n".join(texts)


def test_a_secret_typed_over_its_marker_is_refused_and_not_dropped_in_silence(driver):
    tenant = driver("small", types={"include": ["device-configurations"], "exclude": []})
    tenant.sync()
    clone = tenant.clone()
    file = clone.read(OMA)
    (marked,) = (one for one in file["omaSettings"] if one["value"] == "{{secret}}")
    marked["value"] = "<key>new</key>"
    clone.write(OMA, file)

    refused = clone.push(check=False)

    assert refused.returncode != 0
    assert "leave '{{secret}}' in its place, and change it in the tenant" in refused.stderr
    assert clone.git("ls-remote", "origin", "main").stdout.split()[0] == clone.head("origin/main")


def test_half_a_character_is_refused_before_a_sync_can_stumble_over_it(driver):
    tenant = driver("small", types={"include": ["assignment-filters"], "exclude": []})
    tenant.sync()
    clone = tenant.clone()
    path = "intune/assignment-filters/iPads.json"
    clone.write(path, (clone.folder / path).read_text().replace('"Tablets"', r'"\ud800"'))

    refused = clone.push(check=False)

    assert refused.returncode != 0
    assert r"half of a character: \ud800" in refused.stderr


def test_a_trusted_location_is_deleted_in_the_two_steps_the_service_asks_for(driver):
    tenant = driver("small")
    tenant.sync()
    clone = tenant.clone()
    clone.git("rm", "--quiet", "entra/named-locations/Office.json")
    clone.push()

    done = tenant.decided(tenant.sync()["id"], "approve", confirmDeletions=True)

    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", 1), tenant.report(done["id"])
    assert "Office" not in [one["displayName"] for one in tenant.objects(LOCATIONS)]
    settles(tenant)


@pytest.mark.parametrize("side", ["file", "portal"])
def test_a_renamed_tag_and_group_take_their_references_with_them(driver, side):
    tenant = driver("small")
    tenant.sync()
    ids = {"tag": tenant.portal(TAGS, "Tag A")["id"], "group": tenant.portal(GROUPS, "All staff")["id"]}
    if side == "file":
        clone = tenant.clone()
        clone.edit("intune/role-scope-tags/Tag A.json", displayName="Tag Z")
        clone.edit("entra/groups/All staff.json", displayName="Everyone")
        clone.push()
        asked = tenant.sync()
        assert proposed(tenant, asked) == {
            ("update", "role-scope-tags", "Tag Z"): ["/displayName"],
            ("update", "groups", "Everyone"): ["/displayName"],
        }
        assert tenant.decided(asked["id"], "approve")["outcome"] == "succeeded"
    else:
        tenant.change(TAGS, "Tag A", displayName="Tag Z")
        tenant.change(GROUPS, "All staff", displayName="Everyone")

    after = tenant.sync()

    assert (after["outcome"], after["plan"]) == ("succeeded", None), proposed(tenant, after)
    assert tenant.portal(TAGS, "Tag Z")["id"] == ids["tag"]
    assert tenant.portal(GROUPS, "Everyone")["id"] == ids["group"]
    clone = tenant.clone()
    files = clone.files()
    assert {"intune/role-scope-tags/Tag Z.json", "entra/groups/Everyone.json"} <= set(files)
    assert not {"intune/role-scope-tags/Tag A.json", "entra/groups/All staff.json"} & set(files)
    text = "".join((clone.folder / name).read_text() for name in files)
    assert "{{role-scope-tags:Tag A}}" not in text
    assert "{{groups:All staff}}" not in text
    assert clone.read(AGENT)["roleScopeTagIds"] == ["{{role-scope-tags:Tag Z}}"]
    settles(tenant)


def test_a_rename_with_its_references_written_anew_in_the_same_push_is_deployed_whole(driver):
    tenant = driver("small")
    tenant.sync()
    clone = tenant.clone()
    clone.git("mv", "entra/groups/All staff.json", "entra/groups/Everyone.json")
    for name in clone.files():
        text = (clone.folder / name).read_text()
        if "All staff" in text:
            clone.write(name, text.replace("All staff", "Everyone"))
    clone.push()

    asked = tenant.sync()
    assert ("update", "groups", "Everyone") in proposed(tenant, asked)
    done = tenant.decided(asked["id"], "approve")

    assert (done["outcome"], done["deploy"]["stale"]) == ("succeeded", 0), tenant.report(asked["id"])
    settles(tenant)


def test_another_kind_of_object_is_a_delete_and_a_create(driver):
    tenant = driver("small")
    tenant.sync()
    before = tenant.portal(LOCATIONS, "Partner")["id"]
    clone = tenant.clone()
    clone.write(
        "entra/named-locations/Partner.json",
        {
            "@odata.type": "#microsoft.graph.countryNamedLocation",
            "displayName": "Partner",
            "countriesAndRegions": ["CH"],
            "includeUnknownCountriesAndRegions": False,
        },
    )
    clone.push()

    asked = tenant.sync()
    assert sorted(proposed(tenant, asked)) == [
        ("create", "named-locations", "Partner"),
        ("delete", "named-locations", "Partner"),
    ]
    done = tenant.decided(asked["id"], "approve", confirmDeletions=True)

    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", 2), tenant.report(asked["id"])
    made = tenant.portal(LOCATIONS, "Partner")
    assert made["id"] != before
    assert made["@odata.type"] == "#microsoft.graph.countryNamedLocation"
    settles(tenant)


def test_two_groups_of_one_name_are_two_items_and_a_new_reference_to_the_name_is_blocked(driver):
    tenant = driver("small")
    tenant.sync()
    for number in range(2):
        tenant.make(
            GROUPS,
            displayName="Twins",
            mailEnabled=False,
            mailNickname=f"twins{number}",
            securityEnabled=True,
            groupTypes=[],
        )
    assert tenant.sync()["drift"]["added"] == 2
    clone = tenant.clone()
    twins = [name for name in clone.files("entra/groups") if "Twins" in name]
    assert len(twins) == 2
    nicknames = {name: clone.read(name)["mailNickname"] for name in twins}
    for name, nickname in nicknames.items():
        clone.edit(name, description=f"I am {nickname}")
    policy = "entra/conditional-access-policies/MFA for all users.json"
    file = clone.read(policy)
    file["conditions"]["users"]["excludeGroups"].append("{{groups:Twins}}")
    clone.write(policy, file)
    clone.push()

    asked = tenant.sync()
    changes = tenant.changes(asked["id"])["value"]
    assert {one["item"]: (one["blocked"] or {}).get("code") for one in changes} == {
        "Twins": None,
        "MFA for all users": "ambiguous",
    }
    chosen = [one["id"] for one in changes if not one["blocked"]]
    blocked = next(one["id"] for one in changes if one["blocked"])
    refused = tenant.decide(asked["id"], "approve", changes=[*chosen, blocked])
    assert (refused.status_code, refused.json()["code"]) == (422, "blocked")
    done = tenant.decided(asked["id"], "approve", changes=chosen)
    assert (done["outcome"], done["incomplete"]) == ("partiallySucceeded", ["blocked"])
    assert {one["mailNickname"]: one["description"] for one in tenant.objects(GROUPS)}.items() >= {
        "twins0": "I am twins0",
        "twins1": "I am twins1",
    }.items()


STRANGE = [
    "a/b\\c: d?* <e> |f|",
    "..",
    "CON",
    " spaces at both ends ",
    "ends with a dot.",
    "Ünïcode – «été» 日本 🎉",
    "Unicode e\u0301 decomposed",
    "{{groups:All staff}} {{",
    '\'; DROP TABLE -- "quoted" & $x `y` %41 #',
    "x" * 128,
]


def test_names_with_strange_characters_survive_the_round_trip(driver):
    tenant = driver()
    for name in STRANGE:
        tenant.filter(name)
    tenant.sync()
    clone = tenant.clone()
    paths = {clone.read(path)["displayName"]: path for path in clone.files("intune/assignment-filters")}
    assert len(paths) == len(STRANGE)
    for path in paths.values():
        clone.edit(path, description="Seen")
    clone.push()

    asked = tenant.sync()
    assert len(proposed(tenant, asked)) == len(STRANGE)
    done = tenant.decided(asked["id"], "approve")

    assert (done["outcome"], done["deploy"]["applied"]) == ("succeeded", len(STRANGE)), tenant.report(
        asked["id"]
    )
    assert {one["displayName"]: one["description"] for one in tenant.objects(FILTERS)} == dict.fromkeys(
        STRANGE, "Seen"
    )
    settles(tenant)


def test_a_repository_that_drops_what_an_excluded_type_is_referred_by_still_resolves(driver):
    tenant = driver("small", types={"include": ["*"], "exclude": ["groups", "role-scope-tags"]})
    first = tenant.sync()
    assert (first["outcome"], first["incomplete"]) == ("succeeded", [])
    clone = tenant.clone()
    assert clone.files("entra/groups") == []
    policy = "entra/conditional-access-policies/Block other countries.json"
    group = tenant.portal(GROUPS, "SEC-Break-Glass")["id"]
    assert clone.read(policy)["conditions"]["users"]["excludeGroups"] == [group]
    clone.edit(policy, state="disabled")
    clone.push()

    asked = tenant.sync()
    assert proposed(tenant, asked) == {
        ("update", "conditional-access-policies", "Block other countries"): ["/state"]
    }
    assert tenant.decided(asked["id"], "approve")["outcome"] == "succeeded"
    shown = tenant.portal(POLICIES, "Block other countries")
    assert (shown["state"], shown["conditions"]["users"]["excludeGroups"]) == ("disabled", [group])

    tenant.settings(types={"include": ["*"], "exclude": []})
    later = tenant.sync()
    assert (later["outcome"], later["plan"]) == ("succeeded", None), proposed(tenant, later)
    clone.pull()
    assert clone.read(policy)["conditions"]["users"]["excludeGroups"] == ["{{groups:SEC-Break-Glass}}"]
    settles(tenant)
