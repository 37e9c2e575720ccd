"""Looking at what a tenant has granted, and what is kept and shown of it."""

import asyncio
import datetime as dt
from dataclasses import replace

import pytest
from consenting_tenant import BOTH, DOWN, LENT, PATIENCE, READ, REFUSED, UNKNOWN, WRITE, ConsentingTenant
from small_catalog import CATALOG

from shared.domain.permissions import Grants, PermissionState
from shared.domain.settings import Settings
from shared.domain.sync import Status
from shared.errors import SignInFailed
from shared.steps.permissions import check, restate
from shared.steps.tenant_findings import change_findings, load_findings


@pytest.fixture
def world():
    return ConsentingTenant()


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
    assert world.clock.at - ConsentingTenant().clock.at == dt.timedelta(seconds=30)


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
    world = ConsentingTenant(BOTH, lent=True)
    world.app.grant("Read", "Write")
    world.app.listed, world.user.granted = listed, frozenset(scopes)
    world.user.refusals += refusals

    assert world.check()[LENT] == state


@pytest.mark.parametrize("fresh", [False, True], ids=["at the start", "before a deploy"])
def test_a_user_s_token_is_waited_for_while_the_provider_is_down(fresh):
    """Or approved changes were skipped for one answer of 503."""
    world = ConsentingTenant(BOTH, lent=True)
    world.user.refusals += [DOWN] * 4

    assert asyncio.run(check(world.look(), fresh=fresh)).findings.seen.scopes == {"Lent"}


def test_a_check_on_request_gets_the_user_s_token_anew_too():
    world = ConsentingTenant(BOTH, lent=True)
    world.check(fresh=True)
    assert (world.app.drops, world.user.drops) == (1, 1)


def test_without_user_authentication_nobody_s_token_is_asked_for():
    world = ConsentingTenant(lent=True)
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


def test_nothing_is_missing_that_is_ignored(world):
    change_findings(world.findings, lambda now: replace(now, ignored=frozenset({WRITE})))
    assert world.check()[WRITE] == PermissionState.IGNORED.value
    assert world.row.permissions_required == ()


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (Grants(frozenset({"Read"})), Grants(frozenset({"Read", "Write"})), True),
        (Grants(frozenset({"Read"})), Grants(frozenset({"Read"}), frozenset({"Lent"})), False),
        (Grants(frozenset({"Read"})), None, False),
        (None, Grants(frozenset({"Read", "Write"})), False),
    ],
    ids=["another app role", "a user's consent", "no longer readable", "readable since"],
)
def test_a_change_of_the_app_s_permissions_is_noted(world, before, after, changed):
    world.app.listed = before
    world.check()
    world.clock.pass_(60)
    world.app.listed = after
    world.check()
    assert (load_findings(world.findings).granted_at is not None) is changed


# --- while somebody else does something ---------------------------------------------------------------------


def test_a_check_that_began_before_the_settings_changed_shows_what_they_need_now(world):
    """The check asks for seconds; the types that need Write are excluded meanwhile."""
    look = world.look()
    excluding = replace(world.row.settings, include=())
    world.status.rows["contoso"] = replace(world.row, settings=excluding)

    asyncio.run(check(look))

    assert world.row.permissions_required == ()


def test_a_check_shows_what_another_has_kept_since(world):
    """The other saw Write granted, kept that and showed it, all between this one's keeping and showing."""
    desk, change = world.desk, world.status.change
    others = iter(["the other's check"])

    async def raced(tenant, sync, decide):
        moved = await change(tenant, sync, decide)
        for _ in others:
            world.app.grant("Read", "Write")
            await check(world.look(), fresh=True)
            world.status.rows["contoso"] = replace(world.row, permissions_required=(WRITE,))
        return moved

    world.status.change = raced
    found = asyncio.run(check(replace(world.look(), desk=desk)))

    assert world.row.permissions_required == ()
    assert {one.state for one in found.permissions} == {PermissionState.GRANTED}


def test_settings_that_need_what_is_on_its_way_are_shown_with_it(world):
    """What was not needed when somebody looked last has no time from when it is waited for."""
    included = world.row.settings
    world.status.rows["contoso"] = replace(world.row, settings=replace(included, include=("none",)))
    world.app.listed = Grants(frozenset({"Read", "Write"}))
    world.check()
    world.status.rows["contoso"] = replace(world.row, settings=included)

    asyncio.run(restate(world.desk))

    assert world.row.permissions_coming_until == world.clock.at + PATIENCE
