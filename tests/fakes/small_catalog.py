"""A catalog of five types, one of each kind of writing: the least that a deploy has to cope with."""

from __future__ import annotations

from typing import Any

from shared.domain.catalog import (
    Catalog,
    Collection,
    Kind,
    Lookup,
    ReadBy,
    Reference,
    SubResource,
    TypeSpec,
    WrittenBy,
)
from shared.names import TypeKey


def spec(key: str, **given: Any) -> TypeSpec:
    """A catalog entry with what the tests do not care about filled in."""
    defaults: dict[str, Any] = {
        "workload": "entra",
        "title": {"en": key, "fr": key},
        "kind": Kind.COLLECTION,
        "version": "v1.0",
        "path": f"/{key}",
        "named_by": "displayName",
        "bucket": "directory",
        "tier": 100,
        "read": ("Read",),
        "write": ("Write",),
        "strip": ("id", "createdDateTime", "assignments[].id", "combinations[].id"),
        "visible_within": 120.0,
    }
    return TypeSpec(key=TypeKey(key), **(defaults | given))


GROUPS = spec("groups", tier=12)
LOCATIONS = spec("locations", tier=50, bucket="access", delete_first={"trusted": False})
STRENGTHS = spec(
    "strengths",
    tier=60,
    collections=(Collection("combinations", ("name",)),),
    sub_resources=(
        SubResource("combinations", ReadBy.REQUEST, WrittenBy.MEMBERS, "combinations", "combinations"),
    ),
)
POLICIES = spec(
    "policies",
    tier=500,
    bucket="access",
    collections=(Collection("groups"), Collection("assignments", ("target",))),
    references=(
        Reference("groups[]", TypeKey("groups"), frozenset({"All"})),
        Reference("owner", TypeKey("users")),
        Reference("assignments[].target", TypeKey("groups")),
    ),
    secrets=("password",),
    sub_resources=(SubResource("assignments", ReadBy.ANSWER, WrittenBy.ACTION, "", "assign", "assignments"),),
)
RULES = spec("rules", kind=Kind.SINGLETON, named_by="", creatable=False, deletable=False, tier=900)
USERS = Lookup(
    TypeKey("users"), "v1.0", "userPrincipalName", "/users/{}", "/users/{}", ("Read",), "directory"
)
CATALOG = Catalog(
    {one.key: one for one in (GROUPS, LOCATIONS, STRENGTHS, POLICIES, RULES)}, {USERS.key: USERS}, "v-test"
)
