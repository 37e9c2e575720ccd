"""Drives the running stack as its users do: the HTTP API, Git clients, and the tenant's portal (the control
address).

Every test gets a tenant of its own. When it ends, each write that reached the tenant is looked up in the
journals of its approved plans: a write that no approval covers fails the test.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from code_watch import CodeWatch

FILTERS = "beta/deviceManagement/assignmentFilters"
PATIENCE = float(os.environ.get("ACCORD_PATIENCE", "1"))
"""How many times longer everything may take: more than once where the hosts are made late (chaos)."""
WAITING = ("pendingApproval", "pendingAuthentication")


class Clone:
    """A working copy, made and pushed by the real Git client."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url

    def git(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@contoso.example", *words],
            cwd=self.folder,
            capture_output=True,
            check=False,
            text=True,
            timeout=120,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
        )
        assert not check or done.returncode == 0, f"git {' '.join(words)}: {done.stderr}{done.stdout}"
        return done

    def read(self, path: str) -> dict[str, Any]:
        value: dict[str, Any] = json.loads((self.folder / path).read_text())
        return value

    def write(self, path: str, value: dict[str, Any] | str) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            value if isinstance(value, str) else json.dumps(value, indent=2, sort_keys=True) + "\n"
        )

    def edit(self, path: str, **properties: Any) -> None:
        self.write(path, {**self.read(path), **properties})

    def push(self, message: str = "Change it", *, check: bool = True) -> subprocess.CompletedProcess[str]:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)
        return self.git("push", "--quiet", "origin", "HEAD:main", check=check)

    def pull(self) -> None:
        self.git("pull", "--quiet", "--rebase", "origin", "main")

    def files(self, folder: str = "") -> list[str]:
        listed = self.git("ls-files", "-z", folder or ".").stdout
        return [name for name in listed.split("\0") if name]

    def head(self, ref: str = "HEAD") -> str:
        return self.git("rev-parse", ref).stdout.strip()


class Driver:
    """One tenant on the running stack."""

    def __init__(self, api: str, control: str, tenant: str, folder: Path) -> None:
        self.id, self.folder = tenant, folder
        self.base, self.control_url = api, control
        self.codes = CodeWatch()
        self.api = httpx.Client(
            base_url=f"{api}/api/v1",
            headers={"x-functions-key": "local"},
            timeout=60,
            event_hooks={"response": [self.codes.note]},
        )
        self.control = httpx.Client(base_url=f"{control}/control/tenants/{tenant}", timeout=60)
        self.syncs: list[str] = []

    # --- Accord ---

    def tenant(self, language: str = "en") -> dict[str, Any]:
        return self._json(self.api.get(f"/tenants/{self.id}", headers={"accept-language": language}))

    def start(self, **options: Any) -> dict[str, Any]:
        answer = self.api.post(f"/tenants/{self.id}/syncs", json=options)
        assert answer.status_code == 202, answer.text
        sync: dict[str, Any] = answer.json()
        self.syncs.append(sync["id"])
        return sync

    def wait(self, sync: str, until: str = "attention", seconds: float = 300) -> dict[str, Any]:
        """The sync, as soon as it waits for a person or (until="end") has ended."""
        deadline = time.monotonic() + seconds * PATIENCE
        while True:
            record = self.get(sync)
            if record["endedAt"] or (until == "attention" and record["status"] in WAITING):
                return record
            assert time.monotonic() < deadline, f"still {record['stage']}: {record}"
            time.sleep(0.1 if PATIENCE == 1 else 0.5)

    def sync(self, **options: Any) -> dict[str, Any]:
        return self.wait(self.start(**options)["id"])

    def get(self, sync: str) -> dict[str, Any]:
        return self._json(self.api.get(f"/tenants/{self.id}/syncs/{sync}"))

    def changes(self, sync: str) -> dict[str, Any]:
        return self._json(self.api.get(f"/tenants/{self.id}/syncs/{sync}/changes"))

    def decide(self, sync: str, decision: str, **more: Any) -> httpx.Response:
        body = {"decision": decision, "digest": self.get(sync)["plan"]["digest"], **more}
        return self.api.post(f"/tenants/{self.id}/syncs/{sync}/decision", json=body)

    def decided(self, sync: str, decision: str, **more: Any) -> dict[str, Any]:
        """Decides, and waits for the sync's end."""
        answer = self.decide(sync, decision, **more)
        assert answer.status_code == 202, answer.text
        return self.wait(sync, "end")

    def report(self, sync: str) -> dict[str, Any]:
        return self._json(self.api.get(f"/tenants/{self.id}/syncs/{sync}/report?format=json"))

    def artifacts(self, sync: str) -> zipfile.ZipFile:
        answer = self.api.get(f"/tenants/{self.id}/syncs/{sync}/artifacts")
        assert answer.status_code == 200, answer.text
        return zipfile.ZipFile(io.BytesIO(answer.content))

    def settings(self, **settings: Any) -> None:
        answer = self.api.patch(f"/tenants/{self.id}", json={"settings": settings})
        assert answer.status_code == 200, answer.text

    def clone(self) -> Clone:
        folder = self.folder / f"clone-{uuid.uuid4().hex[:6]}"
        url = self.base.replace("http://", "http://any:local@") + f"/git/{self.id}"
        done = subprocess.run(
            ["git", "clone", "--quiet", url, str(folder)],
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return Clone(folder, url)

    # --- the tenant, as its portal ---

    def portal(self, path: str, name: str) -> dict[str, Any]:
        """The one object of this name."""
        found = self._json(self.control.get(f"/objects/{path}", params={"name": name}))["value"]
        assert len(found) == 1, found
        value: dict[str, Any] = found[0]
        return value

    def objects(self, path: str) -> list[dict[str, Any]]:
        value: list[dict[str, Any]] = self._json(self.control.get(f"/objects/{path}"))["value"]
        return value

    def make(self, path: str, **properties: Any) -> dict[str, Any]:
        return self._json(self.control.post(f"/objects/{path}", json=properties))

    def change(self, path: str, name: str, **properties: Any) -> None:
        self._json(self.control.patch(f"/objects/{path}/{self.portal(path, name)['id']}", json=properties))

    def remove(self, path: str, name: str) -> None:
        answer = self.control.delete(f"/objects/{path}/{self.portal(path, name)['id']}")
        assert answer.status_code < 300, answer.text

    def fault(self, **fault: Any) -> None:
        self._json(self.control.post("/faults", json=fault))

    def filter(self, name: str, rule: str = '(device.model -eq "A")') -> dict[str, Any]:
        """An assignment filter, made in the portal."""
        return self.make(FILTERS, displayName=name, description=name, platform="windows10AndLater", rule=rule)

    # --- the promise ---

    def writes(self) -> list[dict[str, Any]]:
        """Every request that reached the tenant's Graph and was no read."""
        log = self._json(self.control.get("/requests", params={"after": 0}))["value"]
        return [one for one in log if one["path"].startswith(("/v1.0", "/beta")) and not _reads(one)]

    def unapproved(self) -> list[str]:
        """The writes that no approved plan's journal holds."""
        allowed = {write for sync in self.syncs for write in self._approved(sync)}
        return [
            f"{one['method']} {one['path']}"
            for one in self.writes()
            if (one["method"], one["path"].split("/", 2)[2], _hash(one.get("body"))) not in allowed
        ]

    def _approved(self, sync: str) -> Iterator[tuple[str, str, str]]:
        record = self.get(sync)
        if not record["endedAt"]:
            record = self.wait(sync, "end")
        if (record["decision"] or {}).get("decision") != "approve":
            return
        files = self.artifacts(sync)
        if "journal.json" not in files.namelist():
            return
        journal = json.loads(files.read("journal.json"))
        assert journal["digest"] == record["decision"]["digest"]
        for entry in journal["entries"]:
            for method, path, body, _ in entry["writes"]:
                yield method, path.lstrip("/"), body

    @staticmethod
    def _json(answer: httpx.Response) -> dict[str, Any]:
        assert answer.status_code < 300, f"{answer.request.method} {answer.request.url}: {answer.text}"
        value: dict[str, Any] = answer.json() if answer.content else {}
        return value


def _reads(request: dict[str, Any]) -> bool:
    """GET, HEAD, a batch's envelope (its parts are logged for themselves), and lookups by id."""
    return (
        request["method"] in ("GET", "HEAD")
        or request["path"].endswith("/$batch")
        or request["path"].endswith("/directoryObjects/getByIds")
    )


def _hash(body: Any) -> str:
    if body is None:
        return ""
    value = json.loads(body) if isinstance(body, str) else body
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def driver(stack: Any, tmp_path: Path) -> Iterator[Callable[..., Driver]]:
    """Makes tenants: `driver(seed="empty", settings={…})`. Quotas and delays are off, so that tests are
    quick.
    """
    made: list[Driver] = []

    def make(seed: str = "empty", **settings: Any) -> Driver:
        tenant = f"t-{uuid.uuid4().hex[:12]}"
        one = Driver(stack.api, stack.control, tenant, tmp_path)
        made_there = one._json(one.control.put("", json={"seed": seed, "displayName": tenant}))
        one._json(one.control.patch("/behaviour", json={"visibilityDelay": 0, "quotas": "off"}))
        body = {"displayName": tenant, "entraTenantId": made_there["entraTenantId"], "settings": settings}
        assert one.api.put(f"/tenants/{tenant}", json=body).status_code == 201
        made.append(one)
        return one

    yield make
    for one in made:
        _end(one)
        assert one.unapproved() == []
        assert one.codes.unlisted(one.api) == [], "codes that GET /errors does not list"
        one.api.close()
        one.control.close()


def _end(driver: Driver) -> None:
    active = driver.tenant()["activeSync"]
    if active:
        driver.api.post(f"/tenants/{driver.id}/syncs/{active}/cancel", json={})
        driver.wait(active, "end")
