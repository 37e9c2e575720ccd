"""The status column: derived from stage, resting status and missing consent, and from nothing else."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.settings import Settings
from shared.domain.status import RESTING, STATUS_OF, derive, restated
from shared.domain.sync import Stage, Status, TenantRecord
from shared.names import TenantId

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
stages = st.sampled_from([None, *Stage])
restings = st.sampled_from([None, *sorted(RESTING, key=str)])


@pytest.mark.parametrize(
    ("active", "resting", "consent_missing", "expected"),
    [
        pytest.param(None, None, False, Status.NOT_RUN, id="never synced"),
        pytest.param(None, None, True, Status.NOT_RUN, id="never synced, consent missing beside it"),
        pytest.param(None, Status.IDLE, False, Status.IDLE, id="rests idle"),
        pytest.param(None, Status.IDLE, True, Status.PENDING_ADMIN_CONSENT, id="consent over idle"),
        pytest.param(None, Status.NEW_ERROR, False, Status.NEW_ERROR, id="rests at an error"),
        pytest.param(None, Status.NEW_ERROR, True, Status.PENDING_ADMIN_CONSENT, id="consent over an error"),
        pytest.param(None, Status.PARTIALLY_SUCCEEDED, False, Status.PARTIALLY_SUCCEEDED, id="rests partly"),
        pytest.param(Stage.STARTING, None, False, Status.STARTING, id="starting"),
        pytest.param(
            Stage.AUTHENTICATING, Status.NEW_ERROR, True, Status.IN_PROGRESS, id="its own stage wins"
        ),
        pytest.param(
            Stage.SIGN_IN, Status.IDLE, False, Status.PENDING_AUTHENTICATION, id="waits for a sign-in"
        ),
        pytest.param(Stage.APPROVAL, Status.IDLE, True, Status.PENDING_APPROVAL, id="waits for a decision"),
        pytest.param(
            Stage.TENANT_APPROVAL, Status.IDLE, False, Status.IN_PROGRESS, id="waits for the tenant"
        ),
        pytest.param(Stage.ENDED, Status.IDLE, False, Status.IDLE, id="an ended sync shows nothing"),
    ],
)
def test_the_status_follows_from(active, resting, consent_missing, expected):
    assert derive(active, resting, consent_missing) is expected


@given(stages, restings, st.booleans())
def test_precedence_holds_for_every_input(active, resting, consent_missing):
    own = None if active is None else STATUS_OF[active]
    status = derive(active, resting, consent_missing)
    if own is not None:
        assert status is own
    elif resting is None:
        assert status is Status.NOT_RUN
    elif consent_missing:
        assert status is Status.PENDING_ADMIN_CONSENT
    else:
        assert status is resting


def test_every_stage_has_a_status_and_every_status_can_be_seen():
    assert set(STATUS_OF) == set(Stage)
    seen = {derive(a, r, c) for a in [None, *Stage] for r in [None, *RESTING] for c in (False, True)}
    assert seen == set(Status)


def test_the_moment_of_a_status_is_that_of_its_last_change():
    tenant = TenantRecord(TenantId("contoso"), "Contoso", "entra", Settings(), NOW)
    first = restated(tenant, None, NOW)
    assert (first.status, first.status_since) == (Status.NOT_RUN, NOW)
    assert restated(first, None, NOW + dt.timedelta(hours=1)) is first
