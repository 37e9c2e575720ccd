"""What the granted permissions let a sync do, and when they let it do nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from granting import FakeApp

from shared.domain.permissions import Grants
from shared.domain.snapshot import NotReadReason
from shared.domain.sync import Decision, DecisionKind, SyncError
from shared.errors import SignInFailed
from shared.steps import blobs
from shared.steps.check_permissions import LOOKS, check_permissions, note_refusal
from shared.steps.tenant_findings import change_findings, load_findings
from shared.steps.work import Stop

EVERYTHING = Grants(frozenset({"Read", "Write"}))
WRITE = "application-Write"
UNKNOWN = SyncError("consentMissing", "Signing in was refused.", "signing in", "AADSTS700016")


@pytest.fixture
def lagging(scene):
    """Write has been granted; the next three tokens do not carry it."""
    app = FakeApp(granted=EVERYTHING.application, token=frozenset({"Read"}), behind=3)
    scene.tokens, scene.tenant.listed = app, EVERYTHING
    scene.begin()
    return app


def test_the_scope_is_kept_for_later_stages(scene):
    scene.begin()

    found = scene.play(check_permissions)

    assert blobs.load_scope(scene.blobs) == found
    assert set(found.types) == set(scene.catalog.types)


def test_missing_write_permissions_block_changes_and_stop_no_backup(scene):
    scene.begin()
    scene.tokens.granted = frozenset({"Read"})

    found = scene.play(check_permissions)

    assert set(found.write_missing) == set(scene.catalog.types)
    assert scene.record.permissions_required == (WRITE,)


def test_nothing_readable_ends_the_sync_and_says_what_is_missing(scene):
    scene.begin()
    scene.tokens.granted = frozenset()

    error = scene.play(check_permissions)

    assert isinstance(error, SyncError)
    assert error.code == "nothingReadable"
    assert "reading groups: needs Read" in error.detail


def test_what_is_only_excluded_is_no_error(scene):
    record = scene.record
    scene.status.rows["contoso"] = replace(record, settings=replace(record.settings, exclude=("*",)))
    scene.begin()
    scene.tokens.granted = frozenset()

    found = scene.play(check_permissions)

    assert found.buckets == {}
    assert {one.reason for one in found.not_read} == {NotReadReason.EXCLUDED}


def test_what_is_ignored_is_left_out_and_is_no_error(scene):
    change_findings(scene.findings, lambda now: replace(now, ignored=frozenset({"application-Read"})))
    scene.begin()
    scene.tokens.granted = frozenset({"Write"})

    found = scene.play(check_permissions)

    assert found.buckets == {}
    assert {one.reason for one in found.not_read} == {NotReadReason.PERMISSION_IGNORED}
    assert scene.record.permissions_required == ()


# --- what is on its way -------------------------------------------------------------------------------------


def test_a_grant_that_is_on_its_way_is_waited_for(scene, lagging):
    began = scene.clock.at

    found = scene.play(check_permissions)

    assert found.write_missing == {}
    assert scene.clock.at - began == dt.timedelta(seconds=3 * 10), "the fourth token carries it"
    assert scene.record.permissions_coming_until is None
    assert "permissionsComing" in scene.blobs.get("log.jsonl").decode()


def test_one_that_does_not_come_in_time_is_not_called_missing(scene, lagging):
    lagging.granted, lagging.token, lagging.behind = frozenset(), frozenset(), 0
    began = scene.clock.at

    found = scene.play(check_permissions)

    assert isinstance(found, SyncError), "no type can be read"
    assert "has not arrived yet" in found.detail
    assert scene.clock.at - began > dt.timedelta(minutes=5)
    assert scene.record.permissions_required == ()


def test_a_sync_that_needs_it_not_does_not_wait(scene):
    scene.tokens = FakeApp(granted=frozenset({"Read"}))
    scene.tenant.listed = EVERYTHING
    scene.begin(types=("nothing",))
    began = scene.clock.at

    scene.play(check_permissions)

    assert scene.clock.at == began


def test_an_ignored_one_is_not_waited_for(scene, lagging):
    change_findings(scene.findings, lambda now: replace(now, ignored=frozenset({WRITE})))
    lagging.behind = 100
    began = scene.clock.at

    scene.play(check_permissions)

    assert scene.clock.at == began


def test_the_wait_goes_on_in_the_next_slice(scene, lagging):
    lagging.behind, scene.slice_seconds = 100, 0

    assert scene.play(check_permissions) is None
    since = load_findings(scene.findings).coming_since[WRITE]
    scene.clock.pass_(60)
    assert scene.play(check_permissions) is None

    assert load_findings(scene.findings).coming_since[WRITE] == since


def test_a_cancel_is_heard_while_it_is_waited_for(scene, lagging):
    lagging.behind = 100
    scene.status.cancels[scene.sync_id] = "by somebody"

    assert scene.play(check_permissions) is Stop.CANCELLED


def test_a_short_wait_looks_as_often(scene, lagging):
    lagging.behind = 100
    scene.play(check_permissions, propagation=dt.timedelta(seconds=6))
    assert LOOKS <= lagging.drops <= LOOKS + 2


# --- refusals -----------------------------------------------------------------------------------------------


def test_an_app_that_the_tenant_does_not_know_shows_as_missing_consent(scene):
    scene.begin()
    scene.tokens.refusals = [SignInFailed("consentMissing", "AADSTS700016")]

    error = scene.play(check_permissions)

    assert error.code == "consentMissing"
    assert scene.record.permissions_required == ("application-Read", WRITE)


@pytest.mark.parametrize(
    ("code", "missing"),
    [("consentMissing", True), ("credentialRefused", False)],
    ids=["consent", "credential"],
)
def test_a_refusal_at_the_sign_in_shows_as_what_it_is(scene, code, missing):
    scene.begin()
    scene.play(note_refusal, replace(UNKNOWN, code=code))
    assert bool(scene.record.permissions_required) is missing


def test_a_credential_that_is_refused_between_two_looks_ends_the_sync(scene, lagging):
    lagging.behind, lagging.refusals = 100, []

    def refuse():
        if lagging.drops == 2:
            lagging.refusals.append(SignInFailed("credentialRefused", "AADSTS7000222"))

    scene.status.on_cancelled = refuse
    error = scene.play(check_permissions)

    assert (error.code, error.detail) == ("credentialRefused", "AADSTS7000222")


# --- before a deploy ----------------------------------------------------------------------------------------


def approved(scene):
    decision = Decision(DecisionKind.APPROVE, "sha256:0", scene.sync.started_by, scene.clock.at)
    scene.status.sync_rows[scene.sync_id] = replace(scene.sync, decision=decision)


def test_before_a_deploy_tokens_are_got_anew(scene):
    scene.tokens = FakeApp(granted=frozenset({"Read", "Write"}))
    scene.begin()
    assert scene.play(check_permissions).write_missing == {}

    scene.tokens.grant("Read")
    approved(scene)
    assert set(scene.play(check_permissions).write_missing) == set(scene.catalog.types)


def test_before_a_deploy_nothing_readable_is_left_to_the_deploy(scene):
    scene.begin()
    approved(scene)
    scene.tokens.granted = frozenset()

    found = scene.play(check_permissions)

    assert {one.code.value for one in found.restrictions.values()} == {"permissionMissing"}
