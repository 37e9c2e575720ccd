"""A tenant registered, edited, removed: pure decisions on its row."""

import datetime as dt
from dataclasses import replace

import pytest

from shared.domain.move import Moved
from shared.domain.registration import Refused, Wanted, edited, registered, removed
from shared.domain.settings import Schedule, Settings
from shared.domain.sync import LastSync, Outcome

NOW = dt.datetime(2026, 3, 1, 5, tzinfo=dt.UTC)
NIGHTLY = Settings(schedule=Schedule(enabled=True, cron="0 6 * * *"))
WANTED = Wanted("Contoso", "guid-1", NIGHTLY)
TENANT = registered("contoso", WANTED, NOW)
LAST = LastSync("s", Outcome.SUCCEEDED, (), NOW, None)


def yes(_: object) -> bool:
    return True


def no(_: object) -> bool:
    return False


def test_a_new_tenant_has_never_run_and_knows_its_next_sync() -> None:
    assert (TENANT.status.value, TENANT.resting, TENANT.status_since) == ("notRun", None, NOW)
    assert TENANT.next_sync_at == dt.datetime(2026, 3, 1, 6, tzinfo=dt.UTC)


def test_an_edit_keeps_what_is_planned_while_the_schedule_stays() -> None:
    planned = replace(TENANT, next_sync_at=NOW)
    moved = edited(lambda _: replace(WANTED, display_name="New"), yes, NOW)(planned, None)
    assert isinstance(moved, Moved)
    assert (moved.tenant.display_name, moved.tenant.next_sync_at) == ("New", NOW)


def test_a_new_schedule_plans_anew() -> None:
    hourly = replace(NIGHTLY, schedule=Schedule(enabled=True, cron="30 * * * *"))
    moved = edited(lambda _: replace(WANTED, settings=hourly), yes, NOW)(TENANT, None)
    assert moved.tenant.next_sync_at == NOW + dt.timedelta(minutes=30)
    off = replace(NIGHTLY, schedule=Schedule())
    assert edited(lambda _: replace(WANTED, settings=off), yes, NOW)(TENANT, None).tenant.next_sync_at is None


@pytest.mark.parametrize(
    ("tenant", "wanted", "expected", "answer"),
    [
        (TENANT, WANTED, yes, Refused.SAME),
        (TENANT, WANTED, no, Refused.CHANGED),
        (replace(TENANT, last_sync=LAST), replace(WANTED, entra_tenant_id="guid-2"), yes, Refused.FIXED),
        (replace(TENANT, active_sync="s"), replace(WANTED, entra_tenant_id="guid-2"), yes, Refused.FIXED),
        (replace(TENANT, last_sync=LAST), replace(WANTED, entra_tenant_id="GUID-1"), yes, None),
        (TENANT, replace(WANTED, entra_tenant_id="guid-2"), yes, None),
    ],
)
def test_an_edit_is_refused_where_it_would_surprise(tenant, wanted, expected, answer) -> None:
    result = edited(lambda _: wanted, expected, NOW)(tenant, None)
    assert result is answer if answer else isinstance(result, Moved)


def test_a_removed_tenant_is_marked_and_planned_no_more() -> None:
    moved = removed(yes, NOW)(TENANT, None)
    assert (moved.tenant.deleted_at, moved.tenant.next_sync_at) == (NOW, None)


def test_a_tenant_at_work_or_changed_is_not_removed() -> None:
    assert removed(no, NOW)(TENANT, None) is Refused.CHANGED
    assert removed(yes, NOW)(replace(TENANT, active_sync="s"), None) is Refused.ACTIVE
