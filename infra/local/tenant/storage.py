"""Where the simulated tenants are kept: one SQLite file, or nothing at all (`--memory`).

Every change is its own transaction, so a killed process comes back with all it had answered for.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

_SCHEMA = """
create table if not exists settings (key text primary key, value text not null);
create table if not exists tenants (id text primary key, value text not null);
create table if not exists objects (
    tenant text not null, path text not null, id text not null, value text not null,
    primary key (tenant, path, id)
);
"""


class Storage:
    """Keeps JSON documents by key. Without a file, keeps nothing: what is in memory is all there is."""

    def __init__(self, file: Path | None = None) -> None:
        self._db: sqlite3.Connection | None = None
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=normal")
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def setting(self, key: str) -> str | None:
        rows = self._rows("select value from settings where key = ?", key)
        return str(rows[0][0]) if rows else None

    def put_setting(self, key: str, value: str) -> None:
        self._run("insert or replace into settings values (?, ?)", key, value)

    def tenants(self) -> list[dict[str, Any]]:
        return [json.loads(value) for (value,) in self._rows("select value from tenants order by rowid")]

    def put_tenant(self, tenant: str, value: dict[str, Any]) -> None:
        text = json.dumps(value)
        self._run(
            "insert into tenants values (?, ?) on conflict (id) do update set value = excluded.value",
            tenant,
            text,
        )

    def delete_tenant(self, tenant: str) -> None:
        self._run("delete from tenants where id = ?", tenant)
        self._run("delete from objects where tenant = ?", tenant)

    def objects(self, tenant: str) -> list[tuple[str, dict[str, Any]]]:
        rows = self._rows("select path, value from objects where tenant = ? order by rowid", tenant)
        return [(path, json.loads(value)) for path, value in rows]

    def put_object(self, tenant: str, path: str, object_id: str, value: dict[str, Any]) -> None:
        self._run(
            "insert or replace into objects values (?, ?, ?, ?)", tenant, path, object_id, json.dumps(value)
        )

    def delete_object(self, tenant: str, path: str, object_id: str) -> None:
        self._run("delete from objects where tenant = ? and path = ? and id = ?", tenant, path, object_id)

    def begin(self) -> None:
        """Starts one transaction for many writes: the seeding of a tenant."""
        self._run("begin")

    def commit(self) -> None:
        self._run("commit")

    def rollback(self) -> None:
        self._run("rollback")

    def _rows(self, sql: str, *values: str) -> list[Any]:
        return self._db.execute(sql, values).fetchall() if self._db is not None else []

    def _run(self, sql: str, *values: str) -> None:
        if self._db is not None:
            self._db.execute(sql, values)
