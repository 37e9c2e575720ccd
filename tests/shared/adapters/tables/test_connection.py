"""The tables under faults, from several loops and threads; and the limits that the stand-in lacks."""

import asyncio
import threading

import pytest

from shared.adapters.tables.background import Background
from shared.adapters.tables.connection import (
    Tables,
    Written,
    by_account,
    by_connection_string,
    etag_of,
    inserting,
    replacing,
)
from shared.adapters.tables.limits import check_entity, check_key, check_transaction
from shared.errors import StorageUnavailable


def row(key: str = "a", **more) -> dict:
    return {"PartitionKey": "p", "RowKey": key, **more}


async def replace_a(tables):
    held = await tables.get("some", "p", "a")
    return await tables.replace("some", row(value=2), etag_of(held))


async def transact_b(tables):
    held = await tables.get("some", "p", "a")
    return await tables.transact("some", [inserting(row("b")), replacing(row(value=3), etag_of(held))])


CALLS = {
    "get": (lambda tables: tables.get("some", "p", "a"), {"RowKey": "a", "PartitionKey": "p", "value": 1}),
    "insert": (lambda tables: tables.insert("some", row("b")), True),
    "put": (lambda tables: tables.put("some", row("b")), None),
    "replace": (replace_a, True),
    "delete": (lambda tables: tables.delete("some", "p", "a"), None),
    "transact": (transact_b, Written.YES),
    "query": (lambda tables: tables.query("some", "PartitionKey eq 'p'", {}, ["value"]), [{"value": 1}]),
}


@pytest.fixture
def scene(play, azurite, prefix, faulty):
    """Calls with one row there, over a transport with faults."""

    def run(call, fault):
        async def scenario(stores):
            await stores.tables.put("some", row(value=1))
            tables = Tables(by_connection_string(azurite, lambda: faulty(fault)), prefix=prefix)
            try:
                return await call(tables), [found["RowKey"] for found in await rows(stores.tables)]
            finally:
                await tables.close()

        return play(scenario)

    return run


async def rows(tables):
    return await tables.query("some", "PartitionKey eq 'p'", {})


def once_each():
    """Each kind of request meets the fault once."""
    seen = set()

    def fresh(method: str, url: str) -> bool:
        kind = (method, "$batch" in url, url.endswith("Tables"))
        if kind in seen:
            return False
        seen.add(kind)
        return True

    return fresh


@pytest.mark.parametrize(("call", "expected"), CALLS.values(), ids=CALLS.keys())
def test_a_busy_service_is_asked_again(scene, call, expected):
    fresh = once_each()
    result, _ = scene(call, lambda method, url, n: "refused" if fresh(method, url) else None)
    assert result == expected


@pytest.mark.parametrize(
    ("name", "expected", "left"),
    [
        pytest.param("get", CALLS["get"][1], ["a"], id="get"),
        pytest.param("insert", False, ["a", "b"], id="insert: it may be our own"),
        pytest.param("put", None, ["a", "b"], id="put"),
        pytest.param("replace", False, ["a"], id="replace: read again to find out"),
        pytest.param("delete", None, [], id="delete"),
        pytest.param("transact", Written.UNSURE, ["a", "b"], id="transact: read again to find out"),
        pytest.param("query", CALLS["query"][1], ["a"], id="query"),
    ],
)
def test_a_lost_answer_never_does_a_thing_twice(scene, name, expected, left):
    fresh = once_each()

    def fault(method, url, n):
        return "reset" if not url.endswith("Tables") and fresh(method, url) else None

    assert scene(CALLS[name][0], fault) == (expected, left)


def test_storage_that_stays_away_is_unavailable():
    async def main():
        closed = "http://127.0.0.1:9"
        connection = f"AccountName=a;AccountKey=YWJj;TableEndpoint={closed}/a;DefaultEndpointsProtocol=http"
        tables = Tables(by_connection_string(connection))
        try:
            with pytest.raises(StorageUnavailable, match="reading p a"):
                await tables.get("some", "p", "a")
        finally:
            await tables.close()

    asyncio.run(main())


def test_a_refusal_says_what_was_being_done(play):
    async def scenario(stores):
        with pytest.raises(StorageUnavailable, match=r"listing .*400"):
            await stores.tables.query("some", "this is no filter", {"x": 1})

    play(scenario)


def test_one_object_serves_several_loops_and_threads(azurite, prefix):
    tables = Tables(by_connection_string(azurite), prefix=prefix)

    async def work(number):
        await tables.put("some", row(f"r{number}"))
        found = len(await rows(tables))
        await tables.close()
        return found

    asyncio.run(work(1))
    threads = [threading.Thread(target=lambda n=n: asyncio.run(work(n))) for n in (2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asyncio.run(work(4)) == 4


def test_a_thread_can_wait_for_what_is_asynchronous(azurite, prefix):
    tables, background = Tables(by_connection_string(azurite), prefix=prefix), Background()
    background.run(tables.put("some", row()))
    assert background.run(tables.get("some", "p", "a")) == {"PartitionKey": "p", "RowKey": "a"}
    with pytest.raises(ValueError, match="holds a character"):
        background.run(tables.put("some", row("a/b")))
    background.run(tables.close())
    background.close()
    background.close()


def test_closing_what_never_connected_is_nothing(azurite):
    asyncio.run(Tables(by_connection_string(azurite)).close())


def test_an_account_of_azure_is_reached_by_a_credential():
    class Credential:
        async def get_token(self, *scopes, **more):
            raise AssertionError("nothing connects before the first call")

        async def close(self):
            pass

    async def main():
        client = by_account("contosostorage", Credential)()
        url = client.url
        await client.close()
        return url

    assert asyncio.run(main()) == "https://contosostorage.table.core.windows.net"


LONG, TEXT = "é" * 32_769, "x" * 32_000
FAULTS = {
    "slash": (lambda: check_key("a/b"), "holds a character"),
    "hash": (lambda: check_key("a#b"), "holds a character"),
    "control": (lambda: check_key("a\x01b"), "holds a character"),
    "long key": (lambda: check_key("a" * 600), "longer than 1 KiB"),
    "long string": (lambda: check_entity(row(text=LONG)), "of 64 KiB"),
    "long row": (lambda: check_entity(row(**{f"t{n}": "x" * 32_000 for n in range(17)})), "of 1 MiB"),
    "101 rows": (lambda: check_transaction([row(str(n)) for n in range(101)]), "holds 100"),
    "two partitions": (
        lambda: check_transaction([row(), {"PartitionKey": "q", "RowKey": "b"}]), "one partition"),
    "one row twice": (lambda: check_transaction([row(), row()]), "each row once"),
    "5 MiB": (
        lambda: check_transaction([row(str(n), **dict.fromkeys("abcdefghijklmno", TEXT)) for n in range(5)]),
        "of 4 MiB"),
}  # fmt: skip


@pytest.mark.parametrize(("check", "words"), FAULTS.values(), ids=FAULTS.keys())
def test_what_the_real_service_refuses_never_leaves(check, words):
    with pytest.raises(ValueError, match=words):
        check()


def test_what_it_accepts_passes():
    check_transaction([row(str(n), text="x" * 32_000, number=1) for n in range(40)])
