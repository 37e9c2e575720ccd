"""What settles a sign-in, and the states of callbacks, in real tables: the first one counts."""

import asyncio
import datetime as dt

from shared.adapters.tables.callbacks import TableCallbacks
from shared.domain.sign_in import SignInResult, SignInState
from shared.names import SyncId, TenantId
from shared.stores import Expected

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
CONTOSO, SYNC = TenantId("contoso"), SyncId("0" * 26)
SOON = NOW + dt.timedelta(minutes=3)


def test_the_first_to_settle_a_sign_in_wins_and_the_others_hear_of_it(play):
    async def scenario(stores):
        results = [
            SignInResult(state, NOW) for state in SignInState if state.value not in ("none", "pending")
        ]
        stood = await asyncio.gather(
            *(stores.status.settle_sign_in(CONTOSO, SYNC, 1, one) for one in results)
        )
        stands = await stores.status.sign_in(CONTOSO, SYNC, 1)
        return set(stood) == {stands}, await stores.status.sign_in(CONTOSO, SYNC, 2)

    assert play(scenario) == (True, None)


def test_a_state_counts_once_for_its_purpose_and_until_its_time(play):
    async def scenario(stores):
        callbacks = TableCallbacks(stores.tables)
        one = Expected("signIn", CONTOSO, SOON, SYNC, 1)
        await callbacks.expect("state-1", one)
        await callbacks.expect("state-2", one)
        other = await callbacks.take("state-1", "consent", NOW)
        taken = await asyncio.gather(*(callbacks.take("state-1", "signIn", NOW) for _ in range(4)))
        late = await callbacks.take("state-2", "signIn", SOON + dt.timedelta(seconds=1))
        unknown = await callbacks.take("state-3", "signIn", NOW)
        again = [
            await callbacks.taken(state, purpose, at)
            for state, purpose, at in (
                ("state-1", "signIn", SOON),
                ("state-1", "signIn", SOON + dt.timedelta(seconds=1)),
                ("state-1", "consent", NOW),
                ("state-2", "signIn", NOW),
                ("state-3", "signIn", NOW),
            )
        ]
        purged = [await callbacks.purge(NOW), await callbacks.purge(SOON + dt.timedelta(seconds=1))]
        return (
            other,
            one in taken,
            taken.count(None),
            late,
            unknown,
            again == [one, None, None, None, None],
            purged,
        )

    assert play(scenario) == (None, True, 3, None, None, True, [0, 2])
