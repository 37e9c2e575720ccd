"""Pushes, fetches and commits that meet, and requests that are none, against a served repository."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from backed_up import Make, Open, backed_up, change

from shared.adapters.repository.blob_repository import BlobRepository
from shared.adapters.repository.messages import GitIdentity, GitRequest, PushView
from shared.adapters.repository.smart_http import GitHttp
from shared.errors import HeadMoved
from shared.names import MAIN, TENANT, CommitId

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

pytestmark = pytest.mark.needs("git")


def test_a_backup_commit_that_comes_first_makes_the_push_fail(
    repository: BlobRepository, clone: Make, open_repository: Open, served: Any
) -> None:
    refs = backed_up(repository)
    backups: list[CommitId] = []

    def back_up(view: PushView) -> list[str]:
        made = open_repository().commit([change({"intune/type/item 1.json": b"drift"}, refs[MAIN])])
        backups.append(made[MAIN])
        return []

    served.check = back_up
    person = clone()
    mine = person.write({"intune/type/item 2.json": b"mine"})
    pushed = person.git("push")
    assert pushed.code != 0
    assert "main moved meanwhile" in pushed.said
    assert open_repository().refs()[MAIN] == backups[0]
    assert open_repository().pending_pushes() == ()
    served.check = lambda view: []
    person.ok("pull", "-q", "--rebase")
    person.ok("push", "-q")
    assert open_repository().read_file(open_repository().refs()[MAIN], "intune/type/item 2.json") == b"mine"
    assert person.ok("rev-parse", "HEAD") != mine


def test_a_push_that_comes_first_makes_the_backup_commit_fail(
    repository: BlobRepository, clone: Make, open_repository: Open, served: Any
) -> None:
    refs = backed_up(repository)
    person = clone()
    commit = person.write({"intune/type/item 2.json": b"mine"})
    person.ok("push", "-q")
    with pytest.raises(HeadMoved):
        repository.commit([change({"intune/type/item 1.json": b"drift"}, refs[MAIN])])
    assert open_repository().refs()[MAIN] == commit


def test_a_commit_to_another_branch_does_not_disturb_a_push(
    repository: BlobRepository, clone: Make, open_repository: Open, served: Any
) -> None:
    refs = backed_up(repository)

    def back_up(view: PushView) -> list[str]:
        open_repository().commit([change({"intune/type/item 1.json": b"drift"}, refs[TENANT], TENANT)])
        return []

    served.check = back_up
    person = clone()
    commit = person.write({"intune/type/item 2.json": b"mine"})
    person.ok("push", "-q")
    assert open_repository().refs()[MAIN] == commit


def test_main_may_move_while_it_is_cloned(
    repository: BlobRepository, clone: Make, served: Any, open_repository: Open
) -> None:
    refs = backed_up(repository)

    def move(request: GitRequest) -> None:
        if request.path == "/info/refs":
            open_repository().commit([change({"intune/type/item 1.json": b"drift"}, refs[MAIN])])
            served.after = lambda request: None

    served.after = move
    assert clone().ok("rev-parse", "HEAD") == refs[MAIN]


def test_a_push_that_nobody_took_note_of_is_handed_over_again(
    repository: BlobRepository, clone: Make, open_repository: Open, served: Any
) -> None:
    backed_up(repository)

    def fail(push: object, commits: object) -> None:
        raise OSError("the table does not answer")

    served.on_pushed = fail
    person = clone()
    commit = person.write({"intune/type/item 2.json": b"mine"})
    assert "Taking note of who pushed it is still to be done" in person.ok("push")
    assert [push.principal for push in open_repository().pending_pushes()] == ["ada"]
    noted: list[tuple[str, list[str]]] = []
    http = GitHttp(
        open_repository(),
        lambda view: [],
        lambda push, commits: noted.append((push.principal, list(commits))),
    )
    assert http.take_note()
    assert http.take_note()
    assert noted == [("ada", [commit])]
    assert open_repository().pending_pushes() == ()


def test_merging_what_the_tenant_holds_is_pushed(
    repository: BlobRepository, clone: Make, open_repository: Open, served: Any
) -> None:
    refs = backed_up(repository)
    repository.commit([change({"intune/type/item 1.json": b"tenant"}, refs[TENANT], TENANT)])
    person = clone()
    person.write({"intune/type/item 2.json": b"mine"})
    person.ok("merge", "-q", "--allow-unrelated-histories", "-s", "ours", "-m", "Merge", "origin/tenant")
    person.ok("push", "-q")
    assert open_repository().refs()[MAIN] == person.ok("rev-parse", "HEAD")


def test_a_repository_is_read_without_accord(
    repository: BlobRepository, container: ContainerClient, clone: Make, tmp_path: Path
) -> None:
    """As docs/git.md says: the manifest names plain packs of Git."""
    refs = backed_up(repository)
    bare = clone("--bare", name="empty.git")
    bare.ok("init", "-q", "--bare", "../rescued.git")
    rescued = type(bare)(tmp_path / "rescued.git")
    for pack in repository.read_manifest().packs:
        packed = container.download_blob(f"contoso/pack/{pack}.pack").readall()
        (rescued.folder / "objects/pack" / f"pack-{pack}.pack").write_bytes(packed)
        rescued.ok("index-pack", f"objects/pack/pack-{pack}.pack")
    for ref, commit in repository.refs().items():
        rescued.ok("update-ref", ref, commit)
    rescued.ok("fsck", "--strict", "--full")
    assert rescued.ok("rev-parse", "main") == refs[MAIN]


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/info/refs", ""),
        ("GET", "/HEAD", ""),
        ("GET", "/objects/info/packs", ""),
        ("GET", "/info/refs", "service=git-upload-archive"),
        ("POST", "/git-upload-archive", ""),
        ("GET", "/git-upload-pack", ""),
        ("POST", "/info/refs", "service=git-upload-pack"),
    ],
)
def test_anything_but_smart_http_is_refused(served: Any, method: str, path: str, query: str) -> None:
    answer = served.http.serve(GitRequest(method, path, query), GitIdentity("ada", may_push=True))
    assert answer.status == 403
    assert b"smart HTTP" in answer.body


@pytest.mark.parametrize("service", ["git-upload-pack", "git-receive-pack"])
@pytest.mark.parametrize(
    "body",
    [b"zzzz", b"0005", b"0032want nothing", b"0" * 100, b"0009hello", b"\xff" * 9, b"0014" + b"\0" * 16],
    ids=repr,
)
def test_nonsense_is_answered_and_changes_nothing(
    repository: BlobRepository, served: Any, service: str, body: bytes
) -> None:
    refs = backed_up(repository)
    headers = {"Content-Type": f"application/x-{service}-request"}
    request = GitRequest("POST", f"/{service}", "", headers, body)
    answer = served.http.serve(request, GitIdentity("ada", may_push=True))
    assert answer.status in {200, 400}
    assert b"ok refs" not in answer.body
    assert repository.refs() == refs
