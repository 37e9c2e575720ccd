"""The host's database when its disk is full."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from infra.local.host.database import Database, DiskFault


@pytest.fixture
def database(tmp_path: Path):
    made = Database(tmp_path / "host.sqlite3")
    yield made
    made.close()


def fill(database: Database, size: int) -> None:
    with database.writing() as db:
        db.execute("INSERT INTO history VALUES ('i', ?, ?)", (size, "x" * size))


def test_a_full_disk_is_told_as_that_and_leaves_what_stood(database):
    fill(database, 10)
    with database.writing() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(DiskFault, match=r"database or disk is full; .* make room on it"):
        fill(database, 1_000_000)

    with database.reading() as db:
        assert db.execute("SELECT count(*) FROM history").fetchone()[0] == 1
        db.execute("PRAGMA max_page_count = 1000000")
    fill(database, 1_000)


def test_any_other_fault_stays_what_it_is(database):
    with pytest.raises(sqlite3.OperationalError, match="no such table") as found, database.writing() as db:
        db.execute("SELECT * FROM nowhere")
    assert not isinstance(found.value, DiskFault)
