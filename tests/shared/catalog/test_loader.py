"""The catalog's files: complete, strict, and short; every fault names the entry and the key."""

import json
from pathlib import Path

import pytest

from shared.adapters.graph.budget import LIMITS
from shared.catalog.loader import load, parse
from shared.catalog.words import CatalogError
from shared.domain.canonical import canonical
from shared.domain.catalog import Identity, Kind, TypeSpec, WrittenBy
from shared.domain.pattern import parse as parse_pattern
from shared.domain.reference import Index
from shared.names import TypeKey

TYPES = {
    "conditional-access-policies",
    "named-locations",
    "authentication-strength-policies",
    "authorization-policy",
    "groups",
    "device-compliance-policies",
    "device-configurations",
    "settings-catalog-policies",
    "assignment-filters",
    "role-scope-tags",
    "device-management-scripts",
    "sharepoint-tenant-settings",
    "administrative-units",
    "authentication-methods-policy",
    "mobile-device-management-policies",
    "notification-message-templates",
    "terms-of-use-agreements",
}
SPECS = sorted(load().types.values(), key=lambda spec: spec.key)
EXAMPLES = Path(__file__).parent / "examples"
each_type = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.key)


def test_the_catalog_has_these_seventeen_types() -> None:
    assert set(load().types) == TYPES


def test_the_version_is_a_digest_that_changes_with_any_entry() -> None:
    entry = '[types.a]\ntitle = {en = "A", fr = "A"}\npath = "/a"\nnamed_by = "name"\nversion = "v1.0"\n'
    entry += 'bucket = "directory"\ntier = 1\nread = ["A.Read"]\nwrite = ["A.Write"]\n'
    first, second = parse({"x": entry}), parse({"x": entry + 'strip = ["id"]\n'})
    assert first.version == parse({"x": entry}).version
    assert first.version.startswith("sha256:")
    assert first.version != second.version


@each_type
def test_every_type_names_a_bucket_that_has_limits(spec: TypeSpec) -> None:
    assert spec.bucket in LIMITS


@each_type
def test_every_type_needs_permissions_of_whoever_reads_and_writes_it(spec: TypeSpec) -> None:
    assert bool(spec.read) == bool(spec.write) == (spec.identity is not Identity.USER)
    assert bool(spec.user_read) == bool(spec.user_write) == (spec.identity is not Identity.APP)


@each_type
def test_the_permissions_to_write_a_type_let_it_be_read_again_too(spec: TypeSpec) -> None:
    """A change is read back with what the write was allowed: `X.ReadWrite.Y` includes `X.Read.Y`."""
    for read, write in ((spec.read, spec.write), (spec.user_read, spec.user_write)):
        assert {one.split(".")[0] for one in read} <= {one.split(".")[0] for one in write}


def test_a_type_whose_references_are_looked_up_tells_by_which_entries() -> None:
    catalog = load()
    policies = catalog.types[TypeKey("conditional-access-policies")]
    assert {one.key for one in catalog.lookups_of(policies)} == {"service-principals", "users"}
    assert catalog.lookups_of(catalog.types[TypeKey("named-locations")]) == ()


@each_type
def test_every_type_has_an_example_of_what_the_service_answers(spec: TypeSpec) -> None:
    examples = json.loads((EXAMPLES / f"{spec.key}.json").read_text())
    assert examples
    assert all(spec.covers(raw) and (spec.kind is Kind.SINGLETON or raw["id"]) for raw in examples)


@each_type
def test_an_example_keeps_its_name_and_loses_what_the_service_sets(spec: TypeSpec) -> None:
    for raw in json.loads((EXAMPLES / f"{spec.key}.json").read_text()):
        content = canonical(spec, raw, Index({})).content
        assert not {"id", "createdDateTime", "lastModifiedDateTime", "modifiedDateTime"} & content.keys()
        assert not spec.named_by or content[spec.named_by] == raw[spec.named_by]


@each_type
def test_every_sub_resource_of_an_example_stands_in_it(spec: TypeSpec) -> None:
    for raw in json.loads((EXAMPLES / f"{spec.key}.json").read_text()):
        assert all(isinstance(raw[part.property], list) for part in spec.sub_resources)


@each_type
def test_references_mostly_lead_to_a_lower_tier(spec: TypeSpec) -> None:
    for reference in spec.references:
        target = load().types.get(reference.to)
        assert target is None or target.tier < spec.tier or reference.to in ("groups", "assignment-filters")


def test_what_is_written_by_a_request_of_its_own_is_read_as_a_whole_list() -> None:
    for spec in SPECS:
        for part in spec.sub_resources:
            collection = spec.collection(part.property)
            if part.written_by is WrittenBy.MEMBERS:
                assert collection is not None
                assert collection.key


def test_lookups_are_found_by_id_and_by_identity() -> None:
    for lookup in load().lookups.values():
        assert lookup.by_id.count("{}") == lookup.by_identity.count("{}") == 1
        assert lookup.bucket in LIMITS


GOOD = """
[types.a]
title = {en = "A", fr = "A"}
path = "/a"
named_by = "name"
version = "v1.0"
bucket = "directory"
tier = 1
read = ["A.Read"]
write = ["A.Write"]
"""
LOOKUP = """
[lookups.b]
version = "v1.0"
named_by = "x"
by_id = "/b/{}"
by_identity = "/b/{}"
read = []
bucket = "c"
"""


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"x": "[types.a"}, "x.toml: "),
        ({"x": "[tpyes]"}, "x.toml: there is no table called tpyes"),
        ({"x": GOOD + "pth = 1"}, "x.toml, types.a, pth: no entry has such a key"),
        ({"x": GOOD.replace("tier = 1\n", "")}, "x.toml, types.a, tier: is missing"),
        ({"x": GOOD.replace("tier = 1", 'tier = "1"')}, "types.a, tier: is a whole number"),
        ({"x": GOOD.replace("tier = 1", "tier = true")}, "types.a, tier: is a whole number"),
        ({"x": GOOD.replace('"A.Read"', "1")}, "types.a, read[0]: is a text"),
        ({"x": GOOD.replace('read = ["A.Read"]\n', "")}, "types.a, read: is missing"),
        ({"x": GOOD + 'identity = "someone"'}, "types.a, identity: is one of app, user, try"),
        ({"x": GOOD + 'identity = "try"'}, "types.a, user_read: is missing"),
        ({"x": GOOD + 'identity = "user"'}, "types.a, read: has no use where identity is user"),
        ({"x": GOOD + 'user_write = ["A"]'}, "types.a, user_write: has no use where identity is app"),
        ({"x": GOOD.replace('["A.Read"]', '"A.Read"')}, "types.a, read: is a list"),
        ({"x": GOOD.replace('{en = "A", fr = "A"}', '{en = "A"}')}, "types.a, title: needs en and fr"),
        ({"x": GOOD.replace('{en = "A", fr = "A"}', '"A"')}, "types.a, title: is a table"),
        ({"x": GOOD.replace('"v1.0"', '"v2"')}, "types.a, version: is v1.0 or beta"),
        ({"x": GOOD.replace('"/a"', '"a"')}, "types.a, path: begins with a slash"),
        ({"x": GOOD.replace('named_by = "name"\n', "")}, "types.a, named_by: "),
        ({"x": GOOD + 'kind = "singleton"'}, "types.a, witness: a singleton, and only that"),
        ({"x": GOOD + 'kind = "singleton"\nwitness = "w"'}, "types.a: a singleton has neither"),
        ({"x": GOOD + 'update = "POST"'}, "types.a, update: is one of PATCH, PUT"),
        ({"x": GOOD + 'each = "yes"'}, "types.a, each: is true or false"),
        ({"x": GOOD + "visible_within = 0"}, "types.a, visible_within: is a number of seconds"),
        ({"x": GOOD + 'strip = ["a..b"]'}, "types.a, strip[0]: "),
        ({"x": GOOD + 'strip = [""]'}, "types.a, strip[0]: is a text, not empty"),
        ({"x": GOOD + 'traits = ["t"]'}, "types.a, traits: no trait is called 't'"),
        ({"x": GOOD + 'references = {nobody = {at = ["p"]}}'}, "types.a, references: no type and no lookup"),
        ({"x": GOOD + 'references = {a = {att = ["p"]}}'}, "references.a, att: no entry has such a key"),
        (
            {"x": GOOD + 'sub_resources = {p = {written_by = "action", write_path = "w"}}'},
            "p.payload: is missing",
        ),
        ({"x": GOOD + 'sub_resources = {p = {write_path = "w"}}'}, "p, written_by: is missing"),
        (
            {"x": GOOD + 'sub_resources = {p = {written_by = "body", read_by = "request"}}'},
            "p.read_path: is missing",
        ),
        (
            {"x": GOOD + 'sets = ["p"]\nsub_resources = {p = {written_by = "members", write_path = "w"}}'},
            "sub_resources.p: members written singly need a keyed collection",
        ),
        (
            {"x": GOOD + 'sub_resources = {p = {written_by = "links", write_path = "w"}}'},
            "p.link: is missing",
        ),
        (
            {"x": GOOD + 'sub_resources = {p = {written_by = "links", write_path = "w", link = "l"}}'},
            "sub_resources.p: members written singly need a keyed collection",
        ),
        ({"x": GOOD + 'given_once = ["p"]'}, "types.a, given_once: p is not among the secrets"),
        ({"x": GOOD, "y": GOOD}, "y.toml, types.a: another entry has this key"),
        ({"x": LOOKUP.replace("/b/{}", "/b")}, "lookups.b, by_id: the address needs one {}"),
        ({"x": GOOD + LOOKUP.replace("lookups.b", "lookups.a")}, "lookups.a: another entry has this key"),
    ],
)
def test_a_fault_names_the_entry_and_the_key(files: dict[str, str], message: str) -> None:
    with pytest.raises(CatalogError) as fault:
        parse(files)
    assert message in str(fault.value)


def test_an_entry_lies_over_its_traits_and_these_over_the_defaults() -> None:
    text = """
    [defaults]
    version = "v1.0"
    strip = ["id"]
    tier = 1
    [traits.t]
    strip = ["t", "id"]
    tier = 2
    references = {a = {at = ["one"]}}
    """
    entry = GOOD.replace('version = "v1.0"\n', "").replace("tier = 1\n", "")
    entry += 'traits = ["t"]\nstrip = ["own"]\nreferences = {a = {at = ["two"]}}\n'
    spec = parse({"x": text + entry}).types[TypeKey("a")]
    assert spec.strip == ("id", "t", "own")
    assert spec.tier == 2
    assert [reference.path for reference in spec.references] == ["one", "two"]


def test_every_pattern_of_the_catalog_can_be_read() -> None:
    for spec in SPECS:
        for pattern in (*spec.strip, *spec.secrets, *spec.drop_if, *(one.path for one in spec.collections)):
            assert parse_pattern(pattern)
