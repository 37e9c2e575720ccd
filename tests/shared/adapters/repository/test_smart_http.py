"""Real Git clients against a served repository."""

from __future__ import annotations

import datetime as dt
import gzip
import random
from typing import TYPE_CHECKING, Any

import pytest
from backed_up import NOON, Make, Open, backed_up, change

from shared.adapters.repository.blob_repository import BlobRepository
from shared.adapters.repository.messages import GitIdentity, GitRequest, PushView
from shared.names import BASE, MAIN, TENANT, CommitId
from shared.ports import Author, BranchCommit, blob_id

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.needs("git")


def test_an_empty_repository_is_cloned_and_takes_a_first_push(
    served: Any, clone: Make, open_repository: Open
) -> None:
    person = clone()
    pushed = person.write({"intune/type/a.json": b"{}\n"}, "Baseline")
    person.ok("push", "-q", "origin", "HEAD:main")
    assert open_repository().refs() == {MAIN: pushed}
    assert open_repository().tree(CommitId(pushed)) == {"intune/type/a.json": blob_id(b"{}\n")}
    assert clone().ok("rev-parse", "HEAD") == pushed


def test_an_empty_clone_is_on_main(clone: Make) -> None:
    person = clone(before=("-c", "init.defaultBranch=elsewhere"))
    assert person.ok("symbolic-ref", "HEAD") == "refs/heads/main"
    assert person.ok("ls-remote", "-q") == ""
    person.ok("-c", "protocol.version=0", "fetch")


def test_a_clone_holds_what_was_committed(repository: BlobRepository, clone: Make, served: Any) -> None:
    refs = backed_up(repository)
    person = clone()
    assert person.ok("rev-parse", "HEAD", "origin/tenant").split() == [refs[MAIN], refs[TENANT]]
    assert person.ok("symbolic-ref", "--short", "HEAD") == "main"
    assert (person.folder / "intune/type/item 3.json").read_bytes() == b'{"n": 3}\n'
    person.ok("fsck", "--strict")


def test_refs_of_the_service_itself_are_hidden(repository: BlobRepository, clone: Make, served: Any) -> None:
    refs = backed_up(repository)
    person = clone()
    assert BASE not in person.ok("ls-remote")
    asked = person.git("fetch", "origin", refs[BASE])
    assert asked.code != 0
    assert "unadvertised object" in asked.said
    wants = f"0032want {refs[BASE]}\n00000009done\n".encode()
    headers = {"Content-Type": "application/x-git-upload-pack-request"}
    request = GitRequest("POST", "/git-upload-pack", "", headers, wants)
    answer = served.http.serve(request, GitIdentity("ada", may_push=True))
    assert b"ERR " in answer.body
    assert b"PACK" not in answer.body


def test_edits_are_fetched_and_pushed(
    repository: BlobRepository, clone: Make, open_repository: Open, served: Any
) -> None:
    refs = backed_up(repository)
    noted: list[tuple[str, list[str]]] = []
    served.on_pushed = lambda push, commits: noted.append((push.principal, list(commits)))
    person, colleague = clone(), clone()
    first = person.write({"intune/type/item 3.json": b'{"n": 33}\n'})
    second = person.write({"intune/type/item 4.json": None, "intune/type/new.json": b"{}\n"})
    person.ok("push", "-q")
    assert noted == [("ada", [second, first])]
    assert open_repository().pending_pushes() == ()
    assert open_repository().between(refs[MAIN], CommitId(second)) == [second, first]
    colleague.ok("pull", "-q")
    assert colleague.ok("rev-parse", "HEAD") == second
    assert not (colleague.folder / "intune/type/item 4.json").exists()


def test_a_backup_commit_is_fetched(repository: BlobRepository, clone: Make, served: Any) -> None:
    refs = backed_up(repository)
    person = clone()
    backup = repository.commit([change({"intune/type/item 1.json": b"{}\n"}, refs[MAIN])])[MAIN]
    person.ok("pull", "-q")
    assert person.ok("rev-parse", "HEAD") == backup


def test_commits_whose_clocks_run_backwards_are_fetched(
    repository: BlobRepository, clone: Make, served: Any
) -> None:
    """A fetch that takes several rounds, since times say nothing of what the client has."""
    tip = backed_up(repository)[MAIN]

    def grow() -> CommitId:
        nonlocal tip, days
        for _ in range(20):
            days += 1
            files: dict[str, bytes | None] = {"a.json": b"%d" % days}
            at = NOON - dt.timedelta(days=days)
            one = BranchCommit(MAIN, tip, files, "Back up", Author("Accord", "a@localhost"), at)
            tip = repository.commit([one])[MAIN]
        return tip

    days = 0
    grow()
    person = clone()
    for _ in range(2):
        new = grow()
        person.ok("pull", "-q")
        assert person.ok("rev-parse", "HEAD") == new
    person.ok("fsck")


def test_a_person_with_many_commits_of_their_own_fetches_both_branches(
    repository: BlobRepository, clone: Make, served: Any
) -> None:
    refs = backed_up(repository)
    person = clone()
    for number in range(40):
        person.write({"mine.json": b"%d" % number})
    main = repository.commit([change({"intune/type/item 1.json": b"drift"}, refs[MAIN])])[MAIN]
    tenant = repository.commit([change({"intune/type/item 1.json": b"t"}, refs[TENANT], TENANT)])[TENANT]
    person.ok("fetch", "-q")
    assert person.ok("rev-parse", "origin/main", "origin/tenant").split() == [main, tenant]


def test_a_shallow_clone_is_deepened_and_pushed_from(
    repository: BlobRepository, clone: Make, served: Any, open_repository: Open
) -> None:
    tip = backed_up(repository)[MAIN]
    for number in range(3):
        tip = repository.commit([change({"intune/type/item 1.json": b"%d" % number}, tip)])[MAIN]
    person = clone("--depth", "1")
    assert person.ok("rev-list", "--count", "HEAD") == "1"
    tip = repository.commit([change({"intune/type/item 2.json": b"later"}, tip)])[MAIN]
    person.ok("pull", "-q")
    assert person.ok("rev-list", "--count", "HEAD") == "2"
    pushed = person.write({"intune/type/item 1.json": b"mine"})
    person.ok("push", "-q")
    assert open_repository().refs()[MAIN] == pushed
    tip = repository.commit([change({"intune/type/item 2.json": b"later still"}, CommitId(pushed))])[MAIN]
    person.ok("fetch", "-q", "--depth", "4")
    assert person.ok("rev-list", "--count", "origin/main") == "4"
    person.ok("pull", "-q")
    person.ok("fetch", "-q", "--unshallow")
    assert person.ok("rev-list", "--count", "HEAD") == "7"


def test_who_may_only_read_clones_but_does_not_push(
    repository: BlobRepository, clone: Make, served: Any
) -> None:
    backed_up(repository)
    person = clone()
    person.ok("remote", "set-url", "origin", served.url.replace("ada:", "reader:"))
    person.ok("fetch", "-q")
    person.write({"a.json": b"{}"})
    pushed = person.git("push")
    assert pushed.code != 0
    assert "403" in pushed.said
    assert "not push to it" in pushed.said


def test_without_credentials_git_is_asked_for_them(served: Any, clone: Make) -> None:
    person = clone()
    person.ok("remote", "set-url", "origin", served.url.replace("ada:secret@", ""))
    fetched = person.git("fetch")
    assert fetched.code != 0
    assert "could not read Username" in fetched.said


def test_what_is_no_fast_forward_is_refused(
    repository: BlobRepository, clone: Make, open_repository: Open, served: Any
) -> None:
    refs = backed_up(repository)
    person = clone()
    person.ok("commit", "-q", "--amend", "-m", "Rewritten")
    assert "non-fast-forward" in person.git("push").said
    forced = person.git("push", "--force")
    assert forced.code != 0
    assert "not a fast-forward" in forced.said
    assert "remote: main holds commits that yours lacks" in forced.said
    assert open_repository().refs() == refs


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("HEAD:tenant",), "remote: only syncs write the branch tenant"),
        (("HEAD:refs/accord/base",), "only the branch main can be pushed"),
        (("HEAD:feature",), "only the branch main can be pushed"),
        (("HEAD:refs/tags/v1",), "tags are not kept"),
        (("--delete", "main"), "main cannot be deleted"),
        (("--delete", "tenant"), "only syncs write the branch tenant"),
        (("--force", "HEAD:tenant"), "only syncs write the branch tenant"),
        (("--atomic", "HEAD:main", "HEAD:feature"), "atomic push failed"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_only_main_is_pushed(
    repository: BlobRepository,
    clone: Make,
    open_repository: Open,
    served: Any,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    refs = backed_up(repository)
    person = clone()
    person.write({"a.json": b"{}"})
    pushed = person.git("push", "origin", *arguments)
    assert pushed.code != 0
    assert said in pushed.said
    assert open_repository().refs() == refs


def test_main_is_moved_beside_a_refused_tag(
    repository: BlobRepository, clone: Make, open_repository: Open, served: Any
) -> None:
    backed_up(repository)
    person = clone()
    commit = person.write({"a.json": b"{}"})
    pushed = person.git("push", "origin", "HEAD:main", "HEAD:refs/tags/v1")
    assert pushed.code != 0
    assert open_repository().refs()[MAIN] == commit


def test_refused_content_is_explained_on_the_terminal(
    repository: BlobRepository, clone: Make, open_repository: Open, served: Any
) -> None:
    refs = backed_up(repository)
    seen: list[PushView] = []

    def check(view: PushView) -> list[str]:
        seen.append(view)
        assert dict(view.changed) == {"intune/type/bad.json": b"{", "intune/type/item 1.json": None}
        assert view.read("intune/type/item 2.json") == b'{"n": 2}\n'
        assert len(view.files) == 20
        return ["intune/type/bad.json: line 1: the object is not closed", "and é too"]

    served.check = check
    person = clone()
    commit = person.write({"intune/type/bad.json": b"{", "intune/type/item 1.json": None})
    pushed = person.git("push")
    assert pushed.code != 0
    assert "remote: intune/type/bad.json: line 1: the object is not closed" in pushed.said
    assert "remote: and é too" in pushed.said
    assert "! [remote rejected] main -> main (2 faults, listed above; main has not moved)" in pushed.said
    assert (seen[0].old, seen[0].new, list(seen[0].commits)) == (refs[MAIN], commit, [commit])
    assert open_repository().refs() == refs


@pytest.mark.parametrize("buffer", ["1000000000", "65536"], ids=["in one piece", "chunked"])
def test_a_push_of_3_mb_arrives(
    repository: BlobRepository, clone: Make, open_repository: Open, served: Any, buffer: str
) -> None:
    backed_up(repository)
    person = clone()
    noise = random.Random(1)
    files: dict[str, bytes | None] = {
        f"intune/type/big {n}.json": noise.randbytes(300_000) for n in range(10)
    }
    commit = person.write(files)
    person.ok("-c", f"http.postBuffer={buffer}", "push", "-q")
    assert open_repository().refs()[MAIN] == commit
    assert (
        open_repository().read_file(CommitId(commit), "intune/type/big 9.json")
        == files["intune/type/big 9.json"]
    )
    sent = [request for request in served.requests if request.path == "/git-receive-pack"]
    assert max(len(request.body) for request in sent) > 3_000_000
    assert ("Transfer-Encoding" in sent[-1].headers) == (buffer == "65536")


def test_a_compressed_request_is_understood(repository: BlobRepository, clone: Make, served: Any) -> None:
    refs = backed_up(repository)
    clone()
    asked = next(request for request in served.requests if request.path == "/git-upload-pack")
    headers = {"content-type": "application/x-git-upload-pack-request", "Content-Encoding": "gzip"}
    for body in (gzip.compress(asked.body), asked.body):
        request = GitRequest("POST", "/git-upload-pack", "", headers, body)
        answer = served.http.serve(request, GitIdentity("ada", may_push=False))
        assert answer.status == 200
        assert b"PACK" in answer.body
    assert refs[MAIN].encode() in asked.body
