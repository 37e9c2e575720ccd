"""Looking at what a tenant has granted, and what is kept and shown of it."""

import asyncio
import datetime as dt
import json
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from granting import FakeApp
from small_catalog import CATALOG
from stores import MemoryArtifacts, MemoryCallbacks, MemoryStatus
from sync_ports import Clock
from user_access import FakeUserTokens, MemoryTokenCaches, user_cache

from shared.domain.catalog import Identity
from shared.domain.daily import latest_turn
from shared.domain.permissions import Grants, PermissionState
from shared.domain.settings import Authentication, Settings
from shared.domain.sign_in import Tried
from shared.domain.sync import Status, TenantRecord
from shared.errors import SignInFailed, StorageConflict
from shared.steps.permissions import Desk, Look, check, read
from shared.steps.take_turns import LAST_START, Turns
from shared.steps.tenant_findings import (
    FINDINGS,
    TenantFindings,
    change_findings,
    load_findings,
    save_tried,
)
from shared.stores import Expected

READ, WRITE = "application-Read", "application-Write"
LENT = "delegated-Lent"
ALONE, BOTH = Settings(), Settings(authentication=Authentication.SERVICE_PRINCIPAL_AND_USER)
DOWN = SignInFailed("credentialRefused", "HTTP 503", transient=True)
REFUSED = SignInFailed("credentialRefused", "AADSTS7000222: it has expired")
UNKNOWN = SignInFailed("consentMissing", "AADSTS700016: no such app")
PATIENCE = dt.timedelta(minutes=5)


class World:
    """One tenant whose app may read; groups need a user where `lent` says so."""

    def __init__(self, settings=ALONE, *, lent=False) -> None:
        self.clock, self.status, self.findings = Clock(), MemoryStatus(), MemoryArtifacts()
        self.app, self.user = FakeApp(granted=frozenset({"Read"})), FakeUserTokens(frozenset({"Lent"}))
        self.catalog, self.callbacks = CATALOG, MemoryCallbacks()
        if lent:
            groups = replace(
                CATALOG.types["groups"], read=(), write=(), identity=Identity.USER, user_read=("Lent",)
            )
            self.catalog = replace(CATALOG, types={**CATALOG.types, "groups": groups}, version="lent")
        self.status.rows["contoso"] = TenantRecord(
            "contoso", "Contoso", "e", settings, self.clock.at, status=Status.IDLE, resting=Status.IDLE
        )

    @property
    def row(self):
        return self.status.rows["contoso"]

    @property
    def desk(self):
        return Desk(self.row, self.catalog, self.status, self.findings, self.clock, PATIENCE)

    def look(self):
        asks = self.row.settings.authentication is Authentication.SERVICE_PRINCIPAL_AND_USER
        user = self.user if asks else None
        return Look(self.desk, "c-1", self.app, self.app, user, sleep=self.clock.sleep)

    def check(self, **how):
        found = asyncio.run(check(self.look(), **how))
        return {one.need.id: one.state.value for one in found.permissions}

    def updated(self):
        return {one.need.id for one in asyncio.run(read(self.desk)).permissions if one.updated}


@pytest.fixture
def world():
    return World()


def test_what_is_missing_shows_on_the_row_and_goes_by_itself(world):
    assert world.check() == {READ: "granted", WRITE: "required"}
    assert (world.row.permissions_required, world.row.status) == ((WRITE,), Status.PENDING_ADMIN_CONSENT)

    world.app.grant("Read", "Write")
    assert world.check(fresh=True) == {READ: "granted", WRITE: "granted"}
    assert (world.row.permissions_required, world.row.status) == ((), Status.IDLE)


def test_tokens_that_agree_with_the_directory_are_kept(world):
    world.app.listed = Grants(frozenset({"Read"}))
    world.check()
    assert world.app.drops == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [({"Read"}, {"Read", "Write"}), ({"Read", "Write"}, {"Read"})],
    ids=["granted since", "withdrawn since"],
)
def test_a_token_that_the_directory_contradicts_is_got_anew(world, before, after):
    world.app.listed = Grants(frozenset())
    world.app.grant(*before)
    world.check()
    world.app.grant(*after)

    assert {name for name, state in world.check().items() if state == "granted"} == {
        f"application-{name}" for name in after
    }


def test_what_no_token_carries_yet_is_on_its_way_and_not_missing(world):
    world.app.listed = Grants(frozenset({"Read", "Write"}))
    began = world.clock.at

    assert world.check()[WRITE] == "propagating"
    assert world.row.permissions_required == ()
    assert world.row.permissions_coming_until == began + PATIENCE

    world.clock.pass_(60)
    world.check()
    assert world.row.permissions_coming_until == began + PATIENCE, "it is waited for from when it was seen"

    world.app.granted = frozenset({"Read", "Write"})
    assert world.check()[WRITE] == "granted"
    assert world.row.permissions_coming_until is None


def test_an_app_that_the_tenant_does_not_know_has_been_granted_nothing(world):
    world.app.refusals.append(UNKNOWN)
    assert world.check() == {READ: "required", WRITE: "required"}


def test_a_provider_that_is_down_for_a_while_is_waited_for(world):
    world.app.refusals += [DOWN] * 4
    assert world.check()[READ] == "granted"
    assert world.clock.at - World().clock.at == dt.timedelta(seconds=30)


@pytest.mark.parametrize("faults", [[DOWN] * 5, [REFUSED]], ids=["down for longer", "refused"])
def test_what_keeps_us_out_changes_nothing(world, faults):
    world.check()
    world.app.refusals += faults
    with pytest.raises(SignInFailed):
        world.check()
    assert world.row.permissions_required == (WRITE,)


@pytest.mark.parametrize(
    ("listed", "scopes", "refusals", "state"),
    [
        (None, {"Lent"}, [], "granted"),
        (None, set(), [], "required"),
        (Grants(frozenset({"Read", "Write"}), frozenset({"Lent"})), set(), [], "propagating"),
        (Grants(frozenset({"Read", "Write"}), frozenset({"Lent"})), {"Lent"}, [REFUSED], "granted"),
        (None, {"Lent"}, [REFUSED], "required"),
    ],
    ids=[
        "in the user's token",
        "not in it",
        "consented and not in it",
        "nobody signed in, consented",
        "nobody signed in, nothing known",
    ],
)
def test_delegated_permissions_stand_by_the_user_s_token_or_the_directory(listed, scopes, refusals, state):
    world = World(BOTH, lent=True)
    world.app.grant("Read", "Write")
    world.app.listed, world.user.granted = listed, frozenset(scopes)
    world.user.refusals += refusals

    assert world.check()[LENT] == state


def test_a_check_on_request_gets_the_user_s_token_anew_too():
    world = World(BOTH, lent=True)
    world.check(fresh=True)
    assert (world.app.drops, world.user.drops) == (1, 1)


def test_without_user_authentication_nobody_s_token_is_asked_for():
    world = World(lent=True)
    assert LENT not in world.check(fresh=True)
    assert world.user.drops == 0


def test_what_a_newer_catalog_needs_is_marked_until_it_is_granted(world):
    world.app.grant("Read", "Write")
    world.check()
    assert world.updated() == set()

    newer = replace(CATALOG.types["groups"], read=("Read", "New"))
    world.catalog = replace(CATALOG, types={**CATALOG.types, "groups": newer}, version="newer")
    assert world.updated() == {"application-New"}, "before the next check already"
    assert world.row.permissions_required == ()

    world.check()
    assert world.updated() == {"application-New"}
    assert world.row.permissions_required == ("application-New",)

    world.app.grant("Read", "Write", "New")
    world.check(fresh=True)
    assert world.updated() == set()


def test_what_settings_newly_need_is_not_marked(world):
    world.status.rows["contoso"] = replace(world.row, settings=Settings(include=("nothing",)))
    world.check()
    world.status.rows["contoso"] = replace(world.row, settings=Settings())
    world.check()
    assert world.updated() == set()


# --- the blob of findings -----------------------------------------------------------------------------------


def test_findings_come_back_as_they_were_kept(world):
    world.app.listed = Grants(frozenset({"Read", "Write"}), frozenset({"Lent"}))
    world.check()
    save_tried(world.findings, {"groups": Tried(False, world.clock.at)})
    kept = load_findings(world.findings)

    assert kept.seen.granted == {"Read", "Write"}
    assert kept.tried == {"groups": Tried(False, world.clock.at)}
    assert set(kept.coming_since) == {WRITE}
    assert change_findings(world.findings, lambda now: now) == kept


def test_nobody_has_found_anything_at_first():
    assert load_findings(MemoryArtifacts()) == TenantFindings()


def test_of_two_who_write_at_once_both_are_heard(world):
    others = iter([lambda: save_tried(world.findings, {"groups": Tried(True, world.clock.at)})])

    def slowly(now):
        next(others, lambda: None)()
        return replace(now, ignored=now.ignored | {READ})

    found = change_findings(world.findings, slowly)
    assert (set(found.ignored), set(found.tried)) == ({READ}, {"groups"})


def test_whoever_is_always_slower_gives_up(world):
    numbers = iter(range(100))

    def too_slowly(now):
        world.findings.put(FINDINGS, json.dumps({**_empty(), "catalog": str(next(numbers))}).encode())
        return replace(now, ignored=frozenset({READ}))

    with pytest.raises(StorageConflict):
        change_findings(world.findings, too_slowly)


def _empty():
    blobs = MemoryArtifacts()
    change_findings(blobs, lambda now: replace(now, catalog="x"))
    return json.loads(blobs.get(FINDINGS))


# --- each tenant's turn of the day --------------------------------------------------------------------------


def turns(world, caches=None, look=None):
    @asynccontextmanager
    async def looks(tenant):
        yield world.look()

    people = caches or MemoryTokenCaches(), lambda tenant: world.user
    asyncio.run(Turns(world.status, world.clock, look or looks, *people, world.callbacks).run())


def at_its_turn(world):
    world.clock.at = latest_turn("contoso", world.clock.at) + dt.timedelta(days=2)


def test_a_tenant_has_its_turn_once_a_day(world):
    turns(world)
    assert world.row.daily_at is None, "it is not its turn yet"

    at_its_turn(world)
    turns(world)
    assert world.row.status is Status.PENDING_ADMIN_CONSENT
    assert world.row.daily_at == world.clock.at

    world.app.grant("Read", "Write")
    world.clock.pass_(60)
    turns(world)
    assert world.row.status is Status.PENDING_ADMIN_CONSENT, "tomorrow again"
    world.clock.pass_(24 * 3600)
    turns(world)
    assert world.row.status is Status.IDLE


def test_the_stored_token_is_tried_at_the_turn():
    world, caches = World(BOTH, lent=True), MemoryTokenCaches()
    caches.store("contoso", user_cache())
    at_its_turn(world)
    world.user.refusals += [REFUSED, REFUSED]
    turns(world, caches)
    assert world.row.sign_in_needed


def test_what_is_on_its_way_is_looked_for_between_turns(world):
    world.app.listed = Grants(frozenset({"Read", "Write"}))
    world.check()
    world.app.granted = frozenset({"Read", "Write"})
    turns(world)
    assert world.row.permissions_coming_until is None
    assert world.row.daily_at is None


@pytest.mark.parametrize(
    ("fault", "had"), [(DOWN, False), (REFUSED, True)], ids=["the provider is down", "refused for good"]
)
def test_a_turn_is_put_off_while_the_provider_is_down(world, fault, had):
    at_its_turn(world)
    world.app.refusals += [fault] * 5
    turns(world)
    assert (world.row.daily_at is not None) is had


def test_turns_that_would_begin_too_late_are_the_next_run_s(world):
    for number in range(6):
        name = f"tenant-{number}"
        world.status.rows[name] = replace(
            world.row, id=name, permissions_coming_until=world.clock.at + PATIENCE, created_at=world.clock.at
        )
    world.app.refusals += [DOWN] * 4  # the first look takes half a minute
    looked = []

    @asynccontextmanager
    async def look(tenant):
        looked.append(tenant.id)
        world.clock.pass_(LAST_START.total_seconds() / 2)
        yield world.look()

    turns(world, look=look)
    assert 0 < len(looked) < 6


def test_links_that_nobody_followed_are_forgotten(world):
    over = Expected("consent", "contoso", world.clock.at)
    world.callbacks.rows = {"old": over, "new": replace(over, until=world.clock.at + PATIENCE)}
    world.clock.pass_(1)
    turns(world)
    assert set(world.callbacks.rows) == {"new"}


def test_nothing_is_missing_that_is_ignored(world):
    change_findings(world.findings, lambda now: replace(now, ignored=frozenset({WRITE})))
    assert world.check()[WRITE] == PermissionState.IGNORED.value
    assert world.row.permissions_required == ()
