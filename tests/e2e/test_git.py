"""Git clients against the running stack: what is refused, and races with the backup."""

from __future__ import annotations

import base64
import gzip
import random
import subprocess

import httpx
import pytest

pytestmark = pytest.mark.e2e

FILTERS = "beta/deviceManagement/assignmentFilters"
KIOSKS = "intune/assignment-filters/Kiosks.json"

REFUSED = {
    "not JSON": ({KIOSKS: '{"displayName": "Kiosks",\n  oops\n}\n'}, ["Kiosks.json", "2"]),
    "an unknown type": ({"intune/no-such-type/x.json": "{}\n"}, ["no-such-type"]),
    "an unknown workload": ({"nowhere/assignment-filters/x.json": "{}\n"}, ["nowhere"]),
    "equal but for case": (
        {"intune/assignment-filters/KIOSKS.json": '{"displayName": "KIOSKS"}\n'},
        ["KIOSKS.json"],
    ),
    "a second item of one name": (
        {
            "intune/assignment-filters/Other.json": (
                '{"displayName": "Kiosks", "platform": "windows10AndLater"}\n'
            )
        },
        ["Other.json", "Kiosks"],
    ),
    "creating a singleton": ({"entra/authorization-policy/second.json": "{}\n"}, ["second.json"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_malformed_push_is_refused_with_what_is_wrong_and_where(driver, case):
    tenant = driver()
    tenant.filter("Kiosks")
    tenant.sync()
    clone = tenant.clone()
    files, said = REFUSED[case]
    for path, text in files.items():
        clone.write(path, text)

    pushed = clone.push(check=False)

    assert pushed.returncode != 0
    for words in said:
        assert words in pushed.stderr, pushed.stderr
    assert tenant.clone().head() != clone.head()


def test_a_wrong_key_is_asked_for_again(driver):
    tenant = driver()
    url = tenant.base.replace("http://", "http://any:wrong@") + f"/git/{tenant.id}"

    done = subprocess.run(
        ["git", "ls-remote", url],
        capture_output=True,
        check=False,
        text=True,
        env={"GIT_TERMINAL_PROMPT": "0"},
    )

    assert done.returncode != 0
    assert "Authentication failed" in done.stderr


def test_a_baseline_pushed_before_the_first_sync_is_proposed_and_the_tenant_adopted(driver):
    tenant = driver()
    tenant.filter("Kiosks")
    clone = tenant.clone()
    clone.write(
        "intune/assignment-filters/Rooms.json",
        {
            "displayName": "Rooms",
            "platform": "windows10AndLater",
            "rule": '(device.model -eq "R")',
            "roleScopeTags": ["0"],
        },
    )
    clone.push("A baseline")

    asked = tenant.sync()

    assert [(one["action"], one["item"]) for one in tenant.changes(asked["id"])["value"]] == [
        ("create", "Rooms")
    ]
    clone.pull()
    assert clone.read(KIOSKS)["displayName"] == "Kiosks"


def test_pushing_the_tenant_branch_is_refused(driver):
    tenant = driver()
    tenant.sync()
    clone = tenant.clone()
    clone.git("commit", "--allow-empty", "-qm", "mine")

    pushed = clone.git("push", "origin", "HEAD:tenant", check=False)

    assert pushed.returncode != 0
    assert "tenant" in pushed.stderr


def test_pushes_while_syncs_run_lose_loudly_or_win_whole(driver):
    tenant = driver("small")
    tenant.filter("Kiosks")
    tenant.sync()
    clone = tenant.clone()
    for number in range(4):
        tenant.filter(f"Drift {number}")
        sync = tenant.start(mode="backupOnly")
        clone.edit(KIOSKS, description=f"wish {number}")
        pushed = clone.push(check=False)
        while pushed.returncode != 0:
            clone.pull()
            pushed = clone.git("push", "--quiet", "origin", "HEAD:main", check=False)
        assert tenant.wait(sync["id"])["outcome"] == "succeeded"
        clone.pull()

    assert clone.read(KIOSKS)["description"] == "wish 3"
    held = {one["displayName"] for one in tenant.objects(FILTERS)}
    assert {
        name.split("/")[-1].removesuffix(".json") for name in clone.files("intune/assignment-filters")
    } == held
    assert clone.git("log", "--format=%s", "--author=Ada").stdout.count("Change it") == 4


@pytest.fixture
def three_megabytes(driver):
    """A clone with a commit of 3 MB that does not compress, not yet pushed."""
    clone = driver().clone()
    clone.write("README.md", base64.b64encode(random.Random(1).randbytes(2_400_000)).decode())
    clone.git("add", "--all")
    clone.git("commit", "-qm", "Much")
    return clone


@pytest.mark.both_workers
@pytest.mark.parametrize("buffer", ["1000000000", "65536"], ids=["in one piece", "chunked"])
def test_a_push_of_3_mb_arrives_and_comes_back_whole(driver, three_megabytes, buffer):
    clone = three_megabytes

    clone.git("-c", f"http.postBuffer={buffer}", "push", "-q", "origin", "HEAD:main")

    again = clone.folder.parent / "again"
    clone.git("clone", "-q", clone.url, str(again))
    assert (again / "README.md").read_bytes() == (clone.folder / "README.md").read_bytes()


@pytest.mark.both_workers
def test_a_compressed_push_of_3_mb_arrives(three_megabytes):
    clone = three_megabytes
    new = clone.head()
    command = f"{'0' * 40} {new} refs/heads/main\0report-status\n".encode()
    pack = subprocess.run(
        ["git", "pack-objects", "--stdout", "--revs", "-q"],
        cwd=clone.folder,
        input=f"{new}\n".encode(),
        capture_output=True,
        check=True,
    ).stdout
    body = gzip.compress(b"%04x%s0000%s" % (len(command) + 4, command, pack))
    assert len(body) > 1_700_000

    answer = httpx.post(
        f"{clone.url}/git-receive-pack",
        content=body,
        headers={"content-type": "application/x-git-receive-pack-request", "content-encoding": "gzip"},
        timeout=60,
    )

    assert b"ok refs/heads/main" in answer.content, answer.text
    assert clone.git("ls-remote", "origin", "refs/heads/main").stdout.split()[0] == new
