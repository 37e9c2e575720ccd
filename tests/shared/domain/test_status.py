"""The status column is derived, never set: all inputs, against the table of product.md 2."""

import datetime as dt
import itertools

import pytest

from shared.domain.settings import Settings
from shared.domain.status import RESTING, STATUS_OF, derive, restated
from shared.domain.sync import Stage, Status, TenantRecord
from shared.names import TenantId

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)

SHOWN = {
    "starting": "starting",
    "authenticating": "inProgress",
    "signIn": "pendingAuthentication",
    "checkingPermissions": "inProgress",
    "backingUp": "inProgress",
    "comparing": "inProgress",
    "approval": "pendingApproval",
    "deploying": "inProgress",
    "tenantApproval": "inProgress",
    "settling": "inProgress",
    "reporting": "inProgress",
}
"""What each stage of an active sync shows, in the words of the design."""

BETWEEN_SYNCS = {
    # resting status, consent missing: what the column says
    (None, False): "notRun",
    (None, True): "notRun",
    ("idle", False): "idle",
    ("idle", True): "pendingAdminConsent",
    ("partiallySucceeded", False): "partiallySucceeded",
    ("partiallySucceeded", True): "pendingAdminConsent",
    ("newError", False): "newError",
    ("newError", True): "pendingAdminConsent",
}
"""What a tenant shows between syncs: it has never been synchronised, lacks consent, or rests."""

STAGES = [None, *(one.value for one in Stage)]
ALL = [
    (stage, resting, missing, SHOWN.get(stage, shown))
    for stage, ((resting, missing), shown) in itertools.product(STAGES, BETWEEN_SYNCS.items())
]


@pytest.mark.parametrize(("stage", "resting", "missing", "expected"), ALL)
def test_the_status_follows_from(stage, resting, missing, expected):
    active = None if stage is None else Stage(stage)
    rests = None if resting is None else Status(resting)
    assert derive(active, rests, missing).value == expected


def test_the_table_has_every_input_and_shows_every_status():
    assert {one.value for one in RESTING} | {None} == {resting for resting, _ in BETWEEN_SYNCS}
    assert set(SHOWN) == {one.value for one in Stage} - {"ended"}
    assert set(STATUS_OF) == set(Stage)
    assert {expected for *_, expected in ALL} == {one.value for one in Status}


def test_the_moment_of_a_status_is_that_of_its_last_change():
    tenant = TenantRecord(TenantId("contoso"), "Contoso", "entra", Settings(), NOW)
    first = restated(tenant, None, NOW)
    assert (first.status, first.status_since) == (Status.NOT_RUN, NOW)
    assert restated(first, None, NOW + dt.timedelta(hours=1)) is first
