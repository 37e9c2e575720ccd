"""Names of objects that Accord does not manage: looked up, kept, and missed."""

from __future__ import annotations

from dataclasses import replace

from fake_tenant import failed

from shared.domain.report import Unresolved
from shared.domain.snapshot import NotReadReason
from shared.domain.sync import Incomplete
from shared.steps.findings import read_findings


def test_a_type_whose_objects_cannot_be_looked_up_is_not_read(scene):
    scene.tenant.named("policies", "MFA")["owner"] = "u-9"
    scene.tenant.unread["users"] = failed("looking up users")

    scene.ran()

    (lost,) = [one for one in scene.sync.not_read if one.counted]
    assert (lost.type, lost.reason, lost.request_id) == ("policies", NotReadReason.READ_FAILED, "r-9")
    assert "owner" not in scene.file("policies", "MFA")


def test_a_looked_up_object_stands_by_its_name(scene):
    scene.tenant.known = {"users": {"u-9": "ada@contoso.example"}}
    scene.tenant.named("policies", "MFA")["owner"] = "u-9"

    scene.ran()

    assert scene.file("policies", "MFA")["owner"] == "{{users:ada@contoso.example}}"


def test_lookups_nobody_may_make_leave_the_ids_and_say_so(scene):
    nobody_may_look_up(scene)
    scene.tenant.named("policies", "MFA")["owner"] = "u-9"

    scene.ran()

    assert scene.file("policies", "MFA")["owner"] == "u-9"
    assert [(one.to, one.object_id) for one in read_findings(scene.blobs).unresolved] == [("users", "u-9")]
    assert isinstance(read_findings(scene.blobs).unresolved[0], Unresolved)


def nobody_may_look_up(scene):
    scene.tokens.granted = frozenset({"Read", "Write"})
    lookup = replace(scene.catalog.lookups["users"], read=("User.Read.All",))
    scene.changes["catalog"] = replace(scene.catalog, lookups={"users": lookup})


def test_a_name_outlives_the_permission_to_look_it_up(scene):
    scene.tenant.known = {"users": {"u-9": "ada@contoso.example", "u-8": "bob@contoso.example"}}
    scene.tenant.named("policies", "MFA")["owner"] = "u-9"
    scene.ran()
    nobody_may_look_up(scene)

    scene.ran()
    assert scene.file("policies", "MFA")["owner"] == "{{users:ada@contoso.example}}"
    assert scene.sync.drift.changed == 0

    scene.tenant.named("policies", "MFA")["owner"] = "u-8"
    scene.ran()
    assert scene.file("policies", "MFA")["owner"] == "u-8"


def test_a_name_that_is_gone_is_forgotten(scene):
    scene.tenant.known = {"users": {"u-9": "ada@contoso.example"}}
    scene.tenant.named("policies", "MFA")["owner"] = "u-9"
    scene.ran()
    scene.tenant.known = {"users": {}}
    scene.ran()
    nobody_may_look_up(scene)

    scene.ran()

    assert scene.file("policies", "MFA")["owner"] == "u-9"


def test_a_name_that_cannot_be_looked_up_blocks_its_change(scene):
    scene.edit("policies", "MFA", owner="{{users:ada@contoso.example}}")
    scene.tenant.unread["ada@contoso.example"] = failed()

    found = scene.ran()

    assert not found.asks
    assert scene.plan_changes()[0].blocked.code.value == "unresolvedReference"
    assert scene.sync.incomplete == (Incomplete.BLOCKED,)
    assert "fault" in scene.log_events()


def test_a_name_that_nobody_has_blocks_its_change(scene):
    scene.edit("policies", "MFA", owner="{{users:nobody@contoso.example}}")

    assert not scene.ran().asks
