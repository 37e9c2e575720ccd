"""A stored plan to decide on, and to list."""

import pytest

from shared.domain.item import ABSENT
from shared.domain.plan import Action, Blocked, BlockedCode, Change, Plan, PropertyChange
from shared.domain.plan_json import dump_plan

DIGEST = "sha256:" + "ab" * 32


@pytest.fixture
def digest() -> str:
    return DIGEST


@pytest.fixture
def plan() -> bytes:
    """An update, a create that depends on it, a delete, and a blocked update of a long text."""
    changes = (
        Change(
            "c0",
            Action.UPDATE,
            "groups",
            "All staff",
            "entra/groups/All staff.json",
            "id0",
            (
                PropertyChange(("displayName",), "All", "All staff", "Everybody", conflict=True),
                PropertyChange(("membershipRule",), ABSENT, None, 'user.country -eq "FR"'),
            ),
            conflict=True,
        ),
        Change(
            "c1",
            Action.CREATE,
            "named-locations",
            "Office",
            "entra/named-locations/Office.json",
            None,
            (PropertyChange(("isTrusted",), ABSENT, ABSENT, False),),
            depends_on=("c0",),
        ),
        Change("c2", Action.DELETE, "groups", "Old", "entra/groups/Old.json", "id2", ()),
        Change(
            "c3",
            Action.UPDATE,
            "groups",
            "Script",
            "entra/groups/Script.json",
            "id3",
            (PropertyChange(("a/b", "~x"), "é" * 5000, "é" * 5000, "e"),),
            blocked=Blocked(BlockedCode.UNRESOLVED_REFERENCE, "groups:Gone"),
        ),
    )
    return dump_plan(Plan("contoso", "v-test", changes, DIGEST))
