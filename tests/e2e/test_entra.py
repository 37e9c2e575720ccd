"""People and applications of the directory at the running stack: roles, a second person, Git."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from entra_home import Home, connected
from status_scenes import only

ROOT = Path(__file__).resolve().parents[2]
FILTERS = only("assignment-filters")
NEW = "intune/assignment-filters/Ours.json"

pytestmark = pytest.mark.calm("a host of its own, for the directory that it belongs to")


@pytest.fixture(scope="module")
def home_stack(
    azurite: str, tenant_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, Home]]:
    with connected(ROOT, azurite, tenant_server, tmp_path_factory.mktemp("home")) as both:
        yield both


@pytest.fixture
def stack(home_stack: tuple[Any, Home]) -> Any:
    return home_stack[0]


@pytest.fixture
def home(home_stack: tuple[Any, Home]) -> Home:
    return home_stack[1]


@pytest.fixture
def client(stack: Any) -> Iterator[Callable[[str], httpx.Client]]:
    """Makes clients of the API that show this token."""
    made: list[httpx.Client] = []

    def make(token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"}
        made.append(httpx.Client(base_url=f"{stack.api}/api/v1", headers=headers, timeout=60))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_a_reader_reads_an_operator_starts_and_both_are_named(
    driver: Any, home: Home, stack: Any, client: Any
) -> None:
    tenant = driver(types=FILTERS)
    home.assign("member", "Reader")
    reader = client(home.token("member", stack.api))
    assert tenant.id in [one["id"] for one in reader.get("/tenants?top=1000").json()["value"]]
    me = reader.get("/me").json()
    assert (me["name"], me["kind"], me["roles"]) == ("Kim Berg", "person", ["Reader"])
    refused = reader.post(f"/tenants/{tenant.id}/syncs", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")

    home.assign("member", "Operator")
    operator = client(home.token("member", stack.api))
    started = operator.post(f"/tenants/{tenant.id}/syncs", json={"mode": "backupOnly"})
    assert started.status_code == 202, started.text
    assert started.json()["startedBy"] == {"kind": "person", "name": "Kim Berg"}
    assert tenant.wait(started.json()["id"], "end")["outcome"] == "succeeded"
    deeds = tenant.api.get(f"/tenants/{tenant.id}/audit").json()["value"]
    assert ("Kim Berg", "page") in [(one["who"], one["via"]) for one in deeds]


def test_an_application_starts_a_sync_by_its_own_role(driver: Any, home: Home, client: Any) -> None:
    tenant = driver(types=FILTERS)
    home.assign("app", "Operator")
    flow = client(home.app_token())
    assert flow.get("/me").json()["kind"] == "app"
    started = flow.post(f"/tenants/{tenant.id}/syncs", json={"mode": "backupOnly"})
    assert started.status_code == 202, started.text
    tenant.wait(started.json()["id"], "end")


def test_a_tenant_is_closed_to_whoever_it_does_not_name(
    driver: Any, home: Home, stack: Any, client: Any
) -> None:
    tenant = driver(types=FILTERS)
    group = "99999999-0000-4000-8000-000000000009"
    nobody = "00000000-0000-4000-8000-000000000000"
    tenant.settings(access={"reader": [nobody], "operator": [group]})
    home.assign("member", "Operator")
    outside = client(home.token("member", stack.api))
    assert outside.get(f"/tenants/{tenant.id}").status_code == 403
    assert tenant.id not in [one["id"] for one in outside.get("/tenants?top=1000").json()["value"]]
    home.assign("member", "Operator", groups=(group,))
    inside = client(home.token("member", stack.api))
    assert inside.get(f"/tenants/{tenant.id}").status_code == 200


def pushed(stack: Any, tenant: Any, folder: Path, token: str) -> subprocess.CompletedProcess[str]:
    """Clones and pushes a new item with the token as password."""
    url = stack.api.replace("http://", f"http://any:{token}@") + f"/git/{tenant.id}"

    def git(*words: str) -> subprocess.CompletedProcess[str]:
        identity = ("-c", "user.name=Kim", "-c", "user.email=kim@contoso.example")
        command = ["git", *identity, *words]
        return subprocess.run(command, capture_output=True, check=False, text=True, timeout=60)

    done = git("clone", "--quiet", url, str(folder))
    assert done.returncode == 0, done.stderr
    file = folder / NEW
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        '{\n  "description": "ours",\n  "displayName": "Ours",\n  "platform": "windows10AndLater",\n'
        '  "rule": "(device.model -eq \\"A\\")"\n}\n'
    )
    git("-C", str(folder), "add", "--all")
    git("-C", str(folder), "commit", "--quiet", "-m", "Add a filter")
    return git("-C", str(folder), "push", "--quiet")


def test_who_pushed_may_not_approve_and_a_second_person_may(
    driver: Any, home: Home, stack: Any, client: Any, tmp_path: Path
) -> None:
    tenant = driver(types=FILTERS, requireSecondPerson=True)
    tenant.wait(tenant.start(mode="backupOnly")["id"], "end")
    home.assign("member", "Operator", "Approver")
    token = home.token("member", stack.api)
    done = pushed(stack, tenant, tmp_path / "clone", token)
    assert done.returncode == 0, done.stderr
    sync = tenant.sync()
    assert sync["status"] == "pendingApproval", sync
    body = {"decision": "approve", "digest": sync["plan"]["digest"]}
    path = f"/tenants/{tenant.id}/syncs/{sync['id']}/decision"
    own = client(token).post(path, json=body)
    assert (own.status_code, own.json()["code"]) == (403, "secondPerson")
    by_key = tenant.api.post(path, json=body)
    assert (by_key.status_code, by_key.json()["code"]) == (403, "secondPerson")
    other = client(home.token("admin", stack.api)).post(path, json=body)
    assert other.status_code == 202, other.text
    ended = tenant.wait(sync["id"], "end")
    assert (ended["outcome"], ended["decision"]["by"]) == ("succeeded", "Administrator")


def test_a_reader_s_token_pushes_nothing(driver: Any, home: Home, stack: Any, tmp_path: Path) -> None:
    tenant = driver(types=FILTERS)
    home.assign("member", "Reader")
    done = pushed(stack, tenant, tmp_path / "clone", home.token("member", stack.api))
    assert done.returncode != 0
    assert "403" in done.stderr
