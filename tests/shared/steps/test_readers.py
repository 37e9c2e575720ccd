"""Another account may see less: what is missing since it reads a type is not taken for deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_catalog import CATALOG
from user_access import FakeUserTokens

from shared.domain.catalog import Identity
from shared.domain.settings import Authentication, Settings
from shared.domain.sign_in import Tried
from shared.domain.snapshot import NotReadReason, TypeRead
from shared.domain.sync import Stage
from shared.errors import ReadFailed, SignInFailed
from shared.names import TypeKey
from shared.steps import blobs
from shared.steps.backup import back_up
from shared.steps.check_permissions import check_permissions
from shared.steps.readers import READERS
from shared.steps.tenant_findings import change_findings, load_findings, save_tried

GROUPS = TypeKey("groups")
READ = "delegated-Lent_Read"


class Person:
    """A tenant whose groups a signed-in user reads; two groups, backed up by Ada."""

    def __init__(self, scene, identity=Identity.USER):
        self.scene, self.user = scene, FakeUserTokens(frozenset({"Lent.Read"}))
        groups = replace(CATALOG.types[GROUPS], identity=identity, user_read=("Lent.Read",), user_write=())
        scene.catalog = replace(CATALOG, types={**CATALOG.types, GROUPS: groups})
        scene.record_settings(Settings(authentication=Authentication.SERVICE_PRINCIPAL_AND_USER))
        self.reads_as_user()
        scene.tenant.put("groups", "Guests", note="few")

    def reads_as_user(self, reads=True):
        types = frozenset({GROUPS}) if reads else frozenset()
        self.scene.changes |= {"user": self.user, "user_types": types}

    def hide(self, name="Guests"):
        """The account does not see it, neither in the list nor by its id."""
        raw = self.scene.tenant.named("groups", name)
        return self.scene.tenant.objects[GROUPS].pop(raw["id"])

    def shows(self, raw):
        self.scene.tenant.objects[GROUPS][raw["id"]] = raw

    def result(self):
        return blobs.load_result(self.scene.blobs.get(blobs.snapshot_name(GROUPS)))

    def has_guests(self):
        return self.scene.file("groups", "Guests") is not None


@pytest.fixture
def person(scene):
    person = Person(scene)
    scene.ran()
    return person


def test_what_the_same_account_misses_is_gone(person):
    person.hide()
    person.scene.ran()
    assert isinstance(person.result(), TypeRead)
    assert not person.has_guests()


def test_what_is_missing_since_another_account_reads_holds_the_type(person):
    person.user.who = "brian"
    person.hide()
    person.scene.ran()

    held = person.result()
    assert (held.reason, held.counted) == (NotReadReason.HELD, True)
    assert held.names == ("entra/groups/Guests.json",)
    assert held.detail.endswith(
        "1 of 2 items of groups are gone from the tenant, and another account reads the type than before"
    )
    assert person.has_guests()


def test_the_hold_stays_until_somebody_confirms_it(person):
    person.user.who = "brian"
    person.hide()
    for _ in range(2):
        person.scene.ran()
        assert person.has_guests()

    person.scene.ran(confirm_removals=("groups",))
    assert not person.has_guests()


def test_an_account_that_changes_in_the_middle_of_a_type_asks_for_everything_itself(person):
    """What one account was not shown and the other could not open would be gone by the word of two."""
    scene = person.scene
    for number in range(60):
        scene.tenant.put("groups", f"G{number:02}")
    scene.ran()
    scene.begin()
    for stage in (Stage.AUTHENTICATING, Stage.CHECKING_PERMISSIONS):
        scene.enter(stage)
    scene.play(check_permissions)
    scene.enter(Stage.BACKING_UP)
    for number in range(10):
        person.hide(f"G{number:02}")
    scene.slice_seconds = 0
    scene.tenant.asked.clear()
    assert scene.play(back_up, "directory") is False
    person.user.who = "brian"
    while scene.play(back_up, "directory") is False:
        pass

    assert scene.tenant.asked.count("groups") == 2, "the list is read again"
    assert (person.result().reason, len(person.result().names)) == (NotReadReason.HELD, 10)


def test_the_account_that_sees_everything_ends_the_hold(person):
    person.user.who = "brian"
    raw = person.hide()
    person.scene.ran()
    person.user.who = "ada"
    person.shows(raw)

    person.scene.ran()

    assert isinstance(person.result(), TypeRead)


def test_another_account_that_misses_nothing_reads_from_then_on(person):
    person.user.who = "brian"
    person.scene.ran()
    person.hide()
    person.scene.ran()
    assert not person.has_guests()


def test_nobody_knowing_who_read_before_counts_as_another(person):
    person.scene.findings.delete(READERS)
    person.hide()
    person.scene.ran()
    assert person.has_guests()


def test_a_type_that_goes_from_the_app_to_a_user_is_held_where_the_user_sees_less(scene):
    person = Person(scene, Identity.TRY)
    person.reads_as_user(False)
    scene.ran()
    person.hide()
    person.reads_as_user()
    scene.ran()
    assert person.has_guests()


def test_types_of_the_service_principal_know_no_readers(scene):
    scene.tenant.put("groups", "Guests")
    scene.ran()
    del scene.tenant.objects[GROUPS]["groups-1"]
    scene.ran()
    assert scene.file("groups", "Staff") is None
    assert scene.findings.get(READERS) is None


# --- a permission that is ignored ---------------------------------------------------------------------------


@pytest.fixture
def ignoring(person):
    """The user lacks the permission to read groups, and it is ignored."""
    person.user.granted = frozenset()
    change_findings(person.scene.findings, lambda now: replace(now, ignored=frozenset({READ})))
    return person


def test_a_type_is_read_without_an_ignored_permission_where_the_service_allows_it(ignoring):
    ignoring.scene.ran()
    assert isinstance(ignoring.result(), TypeRead)


@pytest.mark.parametrize("status", [401, 403])
def test_a_type_that_the_service_refuses_for_want_of_it_is_not_counted(ignoring, status):
    refusal = ReadFailed("reading groups", status, "Forbidden", "no", "r-7")
    ignoring.scene.tenant.unread["groups"] = refusal

    ignoring.scene.ran()

    left = ignoring.result()
    assert (left.reason, left.counted, left.names) == (
        NotReadReason.PERMISSION_IGNORED,
        False,
        ("Lent.Read",),
    )
    assert (left.detail, left.request_id) == (str(refusal), "r-7")
    assert ignoring.scene.sync.incomplete == ()


def test_another_fault_of_such_a_type_counts(ignoring):
    ignoring.scene.tenant.unread["groups"] = ReadFailed("reading groups", 503)
    ignoring.scene.ran()
    assert (ignoring.result().reason, ignoring.result().counted) == (NotReadReason.READ_FAILED, True)


def test_a_refusal_of_a_type_whose_permission_nobody_ignores_counts(person):
    person.scene.tenant.unread["groups"] = ReadFailed("reading groups", 403)
    person.scene.ran()
    assert (person.result().reason, person.result().counted) == (NotReadReason.READ_FAILED, True)


@pytest.mark.parametrize(
    ("status", "tried"), [(403, False), (401, False), (503, True)], ids=["refused", "no token", "a fault"]
)
def test_a_type_that_refuses_the_app_from_now_on_is_tried_again(scene, status, tried):
    person = Person(scene, Identity.TRY)
    person.reads_as_user(False)
    save_tried(scene.findings, {GROUPS: Tried(True, scene.clock.at)})
    scene.tenant.unread["groups"] = ReadFailed("reading groups", status)

    scene.ran()

    assert (GROUPS in load_findings(scene.findings).tried) is tried
    assert (person.result().reason, person.result().counted) == (NotReadReason.READ_FAILED, True)


def test_a_sign_in_that_ends_while_the_type_is_read_fails_the_type(person):
    scene, read = person.scene, person.scene.tenant.read_type

    async def ended(spec, stop_at, state=None):
        if spec.key == GROUPS:
            person.user.refusals = [SignInFailed("userSignInNeeded", "AADSTS50173", request_id="r-8")]
        return await read(spec, stop_at, state)

    scene.tenant.read_type = ended
    scene.ran()

    lost = person.result()
    assert (lost.reason, lost.counted, lost.request_id) == (NotReadReason.READ_FAILED, True, "r-8")
