"""The backup's commit, what it settles, and the plan it leads to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_tenant import failed
from scene import Scene
from sync_ports import Died

from shared.domain.settings import DriftPolicy
from shared.domain.sync import DecisionKind, DriftCount, Incomplete, Mode, Stage, SyncError
from shared.errors import LeaseLost
from shared.names import BASE, MAIN, TENANT
from shared.steps import blobs
from shared.steps.compare import ATTEMPTS, COMPARED, compare_and_plan
from shared.steps.findings import read_findings
from shared.steps.first_run import first_run


def drifted(scene):
    """One item each added, changed and removed in the portal."""
    scene.tenant.put("groups", "New")
    scene.tenant.named("policies", "MFA")["state"] = "off"
    scene.tenant.objects["locations"].clear()
    return scene


def settings(scene, **changes):
    record = scene.record
    scene.status.rows[record.id] = replace(record, settings=replace(record.settings, **changes))


def test_a_first_sync_adopts_everything_on_all_three_branches():
    scene = Scene()
    scene.tenant.put("groups", "Staff", note="all")

    found = scene.ran()

    assert (found.asks, found.digest) == (False, None)
    assert scene.file("groups", "Staff") == scene.branch("groups", "Staff") == scene.agreed("groups", "Staff")
    assert scene.sync.drift == DriftCount(1, 0, 0, scene.git.heads[MAIN])
    assert blobs.base_ids(scene.git) == {"groups": {"groups-1": "entra/groups/Staff.json"}}


def test_an_unchanged_tenant_makes_no_commit(scene):
    heads = dict(scene.git.heads)

    scene.ran()

    assert scene.git.heads == heads
    assert scene.sync.drift == DriftCount()


def test_drift_is_counted_committed_and_kept_for_the_report(scene):
    drifted(scene).ran()

    assert scene.sync.drift == DriftCount(1, 1, 1, scene.git.heads[MAIN])
    found = read_findings(scene.blobs)
    assert {(one.difference.value, one.item) for one in found.drift} == {
        ("added", "New"),
        ("changed", "MFA"),
        ("removed", "Office"),
    }
    assert {"backedUp", "compared"} <= set(scene.log_events())
    assert "Back up 3 items" in scene.git.commits[scene.git.heads[MAIN]].message


def test_a_push_between_reading_and_committing_is_compared_too(scene):
    drifted(scene).begin()
    scene.git.pushes = [lambda: scene.edit("groups", "Staff", note="pushed") for _ in range(ATTEMPTS - 1)]

    found = scene.compare()

    assert found.asks
    assert scene.file("groups", "Staff")["note"] == "pushed"
    assert [one.item for one in scene.plan_changes()] == ["Staff"]
    assert scene.sync.drift.changed == 1


def test_a_repository_that_never_rests_ends_the_sync(scene):
    drifted(scene).begin()
    heads = {ref: scene.git.heads[ref] for ref in (BASE, TENANT)}
    scene.git.pushes = [lambda n=n: scene.edit("rules", "rules", n=n) for n in range(ATTEMPTS)]

    error = scene.compare()

    assert isinstance(error, SyncError)
    assert error.code == "repositoryUnavailable"
    assert {ref: scene.git.heads[ref] for ref in (BASE, TENANT)} == heads


def test_a_process_that_dies_anywhere_reports_the_same_drift_and_plan(scene):
    drifted(scene).edit("groups", "Staff", note="wanted")
    scene.begin()
    scene.read()
    scene.effects.log.clear()
    whole = scene.copy()
    wanted = whole.play(compare_and_plan)
    effects = whole.effects.log
    assert effects[-2:] == ["row", "compared.json"]

    for last in range(1, len(effects) + 1):
        cut = scene.copy()
        cut.effects.die_after = last
        with pytest.raises(Died):
            cut.play(compare_and_plan)
        cut.effects.revive()

        assert cut.play(compare_and_plan) == wanted, effects[:last]
        assert replace(cut.sync, progress_at=None) == replace(whole.sync, progress_at=None), effects[:last]
        assert read_findings(cut.blobs).drift == read_findings(whole.blobs).drift
        assert cut.git.heads == whole.git.heads
        assert cut.plan_changes() == whole.plan_changes()


def test_a_second_run_leaves_the_plan_that_a_person_was_shown(scene):
    """It compares with what the first has made of B, and finds the policy written as it is wanted."""
    content = scene.file("groups", "Staff")
    scene.push("groups", "Staff", None)
    scene.push("groups", "Everyone", content | {"displayName": "Everyone"})
    staff = "{{groups:Everyone}}"
    scene.edit("policies", "MFA", groups=[staff], assignments=[{"target": staff}])
    scene.begin()
    first = scene.compare()
    shown, stored = scene.sync, dict(scene.blobs.blobs)

    again = scene.play(compare_and_plan)

    assert again == first
    assert scene.sync.plan == shown.plan
    assert {
        name: data for name, data in scene.blobs.blobs.items() if name in stored and "log" not in name
    } == {name: data for name, data in stored.items() if "log" not in name}


def test_a_run_waits_for_another_that_stores_its_plan(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.begin()
    scene.read()
    scene.enter(Stage.COMPARING)
    scene.blobs.lease(COMPARED)  # of a process that died with it

    assert scene.play(compare_and_plan).asks
    with pytest.raises(LeaseLost):
        scene.play(first_run_for_ever)


async def first_run_for_ever(work):
    """The other run renews its lease again and again."""
    work.artifacts.lease("other")

    async def sleep(seconds):
        work.artifacts.holder.hold()

    await first_run(replace(work, sleep=sleep), "other", None)


def test_a_plan_that_a_push_empties_after_a_crash_is_forgotten(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.begin()
    scene.read()
    scene.effects.log.clear()
    whole = scene.copy()
    whole.play(compare_and_plan)
    scene.effects.die_after = whole.effects.log.index("plan.json") + 1
    with pytest.raises(Died):
        scene.play(compare_and_plan)
    scene.effects.revive()
    scene.edit("groups", "Staff", note="all")

    found = scene.play(compare_and_plan)

    assert (found.asks, found.digest, scene.sync.plan) == (False, None, None)
    assert blobs.load_plan(scene.blobs) is None


# --- what is not read ---


@pytest.mark.parametrize("key", ["groups", "locations", "strengths", "policies", "rules"])
def test_of_a_type_that_was_not_read_nothing_is_adopted_planned_or_moved(scene, key):
    name = {"groups": "Staff", "locations": "Office", "strengths": "Strong", "policies": "MFA"}.get(key, key)
    before = {ref: scene.file(key, name, ref) for ref in (MAIN, TENANT, BASE)}
    scene.edit(key, name, wish=1)
    scene.push(key, "Another", {"displayName": "Another"}) if key != "rules" else None
    scene.tenant.unread[key] = failed(f"reading {key}")

    found = scene.ran()

    assert (found.asks, found.digest) == (False, None)
    assert scene.file(key, name) == {**before[MAIN], "wish": 1}
    assert scene.branch(key, name) == before[TENANT]
    assert scene.agreed(key, name) == before[BASE]
    assert scene.sync.incomplete == (Incomplete.NOT_READ,)
    assert scene.sync.not_read[0].type == key


def test_an_unread_types_names_still_explain_references_to_it(scene):
    scene.tenant.unread["groups"] = failed()
    scene.tenant.named("policies", "MFA")["state"] = "off"

    scene.ran()

    assert scene.file("policies", "MFA")["groups"] == ["{{groups:Staff}}"]


def test_a_held_type_is_left_alone_with_its_own_cause(scene):
    for number in range(11):
        scene.tenant.put("groups", f"G{number}")
    scene.ran()
    for object_id in list(scene.tenant.objects["groups"])[1:]:
        del scene.tenant.objects["groups"][object_id]

    scene.ran()

    assert scene.sync.incomplete == (Incomplete.MASS_REMOVAL,)
    assert scene.sync.drift == DriftCount()
    assert scene.file("groups", "G3") is not None
    scene.ran(confirm_removals=("groups",))
    assert (scene.sync.drift.removed, scene.sync.incomplete) == (11, ())


# --- the plan ---


@pytest.mark.parametrize(
    ("mode", "planned"), [(Mode.FULL, True), (Mode.PREVIEW_ONLY, True), (Mode.BACKUP_ONLY, False)]
)
def test_only_a_full_sync_asks_and_a_backup_plans_nothing(scene, mode, planned):
    scene.edit("groups", "Staff", note="wanted")

    found = scene.ran(mode=mode)

    assert found.asks is (mode is Mode.FULL)
    assert (found.digest is not None) is planned
    assert (scene.sync.plan is not None) is planned
    assert scene.record.changes_waiting == 1


def test_an_equal_plan_names_the_newest_sync_that_had_it(scene):
    scene.edit("groups", "Staff", note="wanted")
    first = scene.ran().digest
    second_id = scene.sync_id
    scene.edit("groups", "Staff", note="other")
    scene.ran()
    scene.edit("groups", "Staff", note="wanted")

    assert scene.ran().digest == first
    assert scene.sync.plan.same_as == second_id


def test_missing_write_permissions_block_the_plan(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.tokens.granted = frozenset({"Read"})

    found = scene.ran()

    assert not found.asks
    assert scene.plan_changes()[0].blocked.detail == "Write"
    assert (scene.sync.plan.blocked, scene.sync.incomplete) == (1, (Incomplete.BLOCKED,))


def test_what_the_user_protects_is_blocked_and_does_not_count(scene):
    settings(scene, protected=("entra/groups/*",))
    scene.edit("groups", "Staff", note="wanted")

    assert not scene.ran().asks
    assert (scene.sync.plan.blocked, scene.sync.incomplete) == (1, ())


def test_deletions_and_conflicts_are_counted(scene, make_edits):
    make_edits(scene)
    scene.tenant.named("policies", "MFA")["state"] = "portal"

    scene.ran()

    plan = scene.sync.plan
    assert (plan.changes, plan.deletions, plan.conflicts, plan.blocked) == (7, 1, 1, 0)


@pytest.mark.parametrize("where", ["tenant", "type"])
def test_drift_that_the_tenant_wants_reverted_is_planned_not_adopted(scene, where):
    revert = (
        {"drift": DriftPolicy.REVERT} if where == "tenant" else {"drift_of": {"policies": DriftPolicy.REVERT}}
    )
    settings(scene, **revert)
    scene.tenant.named("policies", "MFA")["state"] = "portal"

    assert scene.ran().asks

    assert scene.file("policies", "MFA")["state"] == "on"
    assert scene.sync.drift == DriftCount()


def test_a_file_that_cannot_be_read_is_reported_and_left_alone(scene):
    scene.git.pushed({scene.path("groups", "Staff"): b"{"})
    scene.tenant.named("groups", "Staff")["note"] = "portal"

    assert not scene.ran().asks

    assert [one.path for one in read_findings(scene.blobs).faults] == ["entra/groups/Staff.json"]
    assert scene.git.files(scene.git.heads[MAIN])[scene.path("groups", "Staff")] == b"{"


def test_rejecting_asks_the_same_question_again(scene):
    scene.edit("groups", "Staff", note="wanted")
    first = scene.plan()
    scene.decide(DecisionKind.REJECT)
    scene.settle()
    scene.end()

    assert scene.plan() == first


def test_a_sync_that_does_not_hold_its_tenant_shows_nothing(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.begin()
    scene.read()
    scene.end()

    scene.play(compare_and_plan)

    assert scene.sync.plan is None
