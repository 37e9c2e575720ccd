"""Idempotency keys: the first call works, the others hear what it was answered."""

import asyncio
import datetime as dt

from shared.names import TenantId
from shared.stores import FirstCall, InUse, OtherRequest, StoredAnswer

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
CONTOSO = TenantId("contoso")
ANSWER = StoredAnswer(202, {"Location": "https://accord.example/operations/1"}, "é" * 50_000)


def later(**more: float) -> dt.datetime:
    return NOW + dt.timedelta(**more)


def test_an_answer_is_said_again(play):
    async def scenario(stores):
        begin, finish = stores.answers.begin, stores.answers.finish
        first = await begin(CONTOSO, "abc", "hash", NOW, "sync-1")
        between = await begin(CONTOSO, "abc", "hash", NOW, "sync-2")
        await finish(CONTOSO, "abc", ANSWER)
        again = await begin(CONTOSO, "abc", "hash", later(hours=23), "sync-3")
        other = await begin(CONTOSO, "abc", "another", later(hours=23), "sync-4")
        elsewhere = await begin(None, "abc", "another", NOW)
        return first, between, again, other, elsewhere

    assert play(scenario) == (FirstCall("sync-1"), InUse(), ANSWER, OtherRequest(), FirstCall(""))


def test_after_a_day_the_key_is_free(play):
    async def scenario(stores):
        await stores.answers.begin(CONTOSO, "abc", "hash", NOW, "sync-1")
        await stores.answers.finish(CONTOSO, "abc", ANSWER)
        fresh = await stores.answers.begin(CONTOSO, "abc", "another", later(hours=24), "sync-2")
        again = await stores.answers.begin(CONTOSO, "abc", "another", later(hours=24), "sync-3")
        return fresh, again

    assert play(scenario) == (FirstCall("sync-2"), InUse())


def test_a_call_that_died_is_taken_over_with_what_it_stood_for(play):
    async def scenario(stores):
        begin = stores.answers.begin
        await begin(CONTOSO, "abc", "hash", NOW, "sync-1")
        soon = await begin(CONTOSO, "abc", "hash", later(minutes=4), "sync-2")
        racing = await asyncio.gather(
            *(begin(CONTOSO, "abc", "hash", later(minutes=5), f"sync-{n}") for n in range(3, 6))
        )
        return soon, racing

    soon, racing = play(scenario)
    assert soon == InUse()
    assert racing.count(FirstCall("sync-1", again=True)) == 1
    assert racing.count(InUse()) == 2


def test_a_first_call_whose_insert_was_not_answered_is_still_the_first(play, faulty):
    inserts = iter([True])

    def fault(method, url, number):
        made = method == "POST" and not url.endswith("Tables")
        return "reset" if made and next(inserts, False) else None

    async def scenario(stores):
        first = await stores.answers.begin(CONTOSO, "abc", "hash", NOW, "sync-1")
        return first, await stores.answers.begin(CONTOSO, "abc", "hash", NOW, "sync-2")

    assert play(scenario, lambda: faulty(fault)) == (FirstCall("sync-1"), InUse())


def test_one_of_many_at_once_is_first(play):
    async def scenario(stores):
        return await asyncio.gather(*(stores.answers.begin(None, "k", "h", NOW, str(n)) for n in range(5)))

    answers = play(scenario)
    assert sum(isinstance(answer, FirstCall) for answer in answers) == 1
    assert answers.count(InUse()) == 4


def test_a_forgotten_call_is_a_first_call_again_and_old_rows_go(play):
    async def scenario(stores):
        answers = stores.answers
        await answers.begin(CONTOSO, "abc", "hash", NOW, "sync-1")
        await answers.forget(CONTOSO, "abc")
        await answers.finish(CONTOSO, "abc", ANSWER)
        again = await answers.begin(CONTOSO, "abc", "hash", NOW, "sync-2")
        await answers.begin(CONTOSO, "def", "hash", later(hours=20), "")
        purged = await answers.purge(CONTOSO, later(hours=25))
        return again, purged, await answers.begin(CONTOSO, "def", "hash", later(hours=20))

    assert play(scenario) == (FirstCall("sync-2"), 1, InUse())
