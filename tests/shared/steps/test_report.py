"""The report as people get it: JSON, CSV and HTML, in both languages; and the artifacts and the log."""

import csv
import datetime as dt
import importlib.util
import io
import json
import sys
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from shared.domain.compare import Drift
from shared.domain.files import FileFault
from shared.domain.plan import Action, Blocked, BlockedCode, Change, Difference, Plan, PropertyChange
from shared.domain.report import Facts, Unresolved
from shared.domain.snapshot import NotRead, NotReadReason
from shared.domain.sync import (
    Actor,
    ActorKind,
    Decision,
    DecisionKind,
    DriftCount,
    Incomplete,
    Outcome,
    Stage,
    SyncError,
    SyncOptions,
    SyncRecord,
)
from shared.steps.artifacts import Source, write_zip
from shared.steps.log import Event, line, log, readable
from shared.steps.report import read_report, write_report
from shared.texts import Language
from shared.wire.report import in_language
from shared.wire.report_csv import COLUMNS, cell, report_csv
from shared.wire.report_html import report_html
from shared.wire.schema.report import ReportAnswer

NOW = dt.datetime(2026, 3, 1, 6, 30, tzinfo=dt.UTC)
ADA = Actor(ActorKind.PERSON, "Ada <admin>", "u1", "page")
EVIL = "<script>alert('x')</script>"
PROPERTIES = (
    PropertyChange(("name",), "=1+1", EVIL, "@SUM(A1)", conflict=True),
    PropertyChange(("count",), None, -5, [1, 2]),
)
PLAN = Plan(
    "contoso",
    "v",
    (
        Change("c0", Action.UPDATE, "groups", EVIL, "entra/groups/x.json", "i", PROPERTIES),
        Change("c1", Action.DELETE, "groups", "Old", "entra/groups/Old.json", "j", (),
               blocked=Blocked(BlockedCode.PROTECTED, "entra/*")),
    ),
    "sha256:" + "ab" * 32,
)  # fmt: skip
FACTS = Facts(
    SyncRecord(
        "01JSYNC",
        "contoso",
        SyncOptions(comment=EVIL),
        ADA,
        NOW,
        stage=Stage.ENDED,
        ended_at=NOW,
        outcome=Outcome.FAILED,
        incomplete=(Incomplete.NOT_READ,),
        drift=DriftCount(1, 0, 0, "c" * 40),
        decision=Decision(DecisionKind.REJECT, PLAN.digest, ADA, NOW),
        error=SyncError("deployFailed", "raw", "deploying", "400 Bad Request", "req-1"),
    ),
    "Contoso",
    drift=(Drift(Difference.ADDED, "groups", "New", "entra/groups/New.json"),),
    plan=PLAN,
    unchanged=41,
    not_read=(NotRead("named-locations", NotReadReason.HELD, True, "12 of 20 are gone", names=("Office",)),),
    unresolved=(Unresolved("entra/groups/x.json", "users", "8f-id", "unknown"),),
    faults=(FileFault("entra/groups/broken.json", "it is not JSON", 3), FileFault("a.json", "no name")),
    left=(("entra/groups/later.json", "d" * 40),),
)


def _stores():
    path = Path(__file__).parents[2] / "fakes" / "stores.py"
    spec = importlib.util.spec_from_file_location("accord_fakes_stores", path)
    module = sys.modules.setdefault("accord_fakes_stores", importlib.util.module_from_spec(spec))
    if not hasattr(module, "MemoryArtifacts"):
        spec.loader.exec_module(module)
    return module


@pytest.fixture
def artifacts():
    made = _stores().MemoryArtifacts()
    write_report(made, FACTS)
    return made


@pytest.fixture
def document(artifacts):
    return read_report(artifacts)


def test_a_report_that_is_not_there_is_none() -> None:
    assert read_report(_stores().MemoryArtifacts()) is None


def test_half_a_character_does_not_keep_a_sync_from_its_report() -> None:
    made = _stores().MemoryArtifacts()
    write_report(made, replace(FACTS, display_name="Cont\ud800so"))
    document = in_language(read_report(made), Language.ENGLISH)
    assert document["displayName"] == "Cont\ud800so"
    assert report_csv(document)
    assert b"Cont\\ud800so" in report_html(document, Language.ENGLISH)


@pytest.mark.parametrize("language", list(Language))
def test_the_json_keeps_to_its_schema(document, language) -> None:
    answer = in_language(document, language)
    ReportAnswer.model_validate(answer)
    assert answer["counts"] == {"rows": 4, "unchanged": 41}
    adopted, name, count, blocked = answer["rows"]
    assert (adopted["action"], adopted["change"], "base" in adopted) == ("backup", "added", False)
    assert (name["path"], name["file"], name["conflict"]) == ("/name", "entra/groups/x.json", True)
    assert count["base"] is None
    assert "entra/*" in blocked["error"]["message"]
    assert "req-1" in answer["error"]["text"]


def test_the_json_speaks_the_reader_s_language(document) -> None:
    french = in_language(document, Language.FRENCH)
    assert french["error"]["message"].startswith("Aucune des modifications")
    assert french["rows"][3]["error"]["message"].startswith("Les paramètres")


def test_a_cell_never_starts_a_formula(document) -> None:
    text = report_csv(document).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == 4
    assert (rows[1]["base"], rows[1]["repository"]) == ("'=1+1", "'@SUM(A1)")
    assert (rows[2]["tenant"], rows[2]["base"], rows[2]["repository"]) == ("-5", "null", "[1, 2]")
    assert rows[3]["error"] == "protected: entra/*"


@pytest.mark.parametrize(
    ("text", "safe"),
    [("=A1", "'=A1"), ("+x", "'+x"), ("-x", "'-x"), ("@x", "'@x"), ("\tx", "'\tx"), ("\rx", "'\rx"),
     ("-1.5e3", "-1.5e3"), ("+33", "+33"), ("a=1", "a=1"), ("", ""),
     ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0")],
)  # fmt: skip
def test_cells_are_neutralised(text, safe) -> None:
    assert cell(text) == safe


class Page(HTMLParser):
    """Which elements and attributes a page has."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            Language.ENGLISH,
            ["Sync report: Contoso", "Adopted from the tenant", "Not read", "12 of 20", "broken.json"],
        ),
        (
            Language.FRENCH,
            ["Rapport de synchronisation", "Repris du tenant", "Non lu", "Retenu", "Conflit"],
        ),
    ],
)  # fmt: skip
def test_the_page_reads_in_both_languages_and_runs_nothing(document, language, words) -> None:
    html = report_html(in_language(document, language), language)
    page = Page(html)
    assert all(word in page.text for word in words)
    assert not {"script", "img", "link", "iframe", "form", "object"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("href", "src")]
    assert b"<script" not in html
    assert EVIL in page.text
    assert f'lang="{language.value}"'.encode() in html


def test_a_report_of_nothing_says_so() -> None:
    made = _stores().MemoryArtifacts()
    write_report(made, Facts(SyncRecord("s", "contoso", SyncOptions(), ADA, NOW), "Contoso"))
    document = in_language(read_report(made), Language.ENGLISH)
    ReportAnswer.model_validate(document)
    assert "Nothing changed." in Page(report_html(document, Language.ENGLISH)).text
    assert report_csv(document).count(b"\n") == 1


# --- the log ---


def test_a_line_is_json_with_time_and_event() -> None:
    entry = json.loads(line(NOW, Event.TYPE_READ, type="groups", items=4))
    assert entry == {"at": "2026-03-01T06:30:00.000Z", "event": "typeRead", "type": "groups", "items": 4}


def test_a_log_is_appended_to_and_read_in_both_languages() -> None:
    made = _stores().MemoryArtifacts()
    log(made, NOW, Event.STARTED)
    log(made, NOW, Event.TYPE_NOT_READ, type="groups", detail="x" * 600)
    english = readable(made.get("log.jsonl"), Language.ENGLISH).decode().splitlines()
    assert english[0] == "2026-03-01T06:30:00.000Z  sync started"
    assert english[1].endswith("x" * 500)
    assert "type non lu" in readable(made.get("log.jsonl"), Language.FRENCH).decode()


@pytest.mark.parametrize("broken", [b'{"at": "x', b"[1]", b'{"a": 1}', b"\xff\xfe"])
def test_a_line_that_a_crash_cut_off_is_shown_as_it_is(broken) -> None:
    text = readable(line(NOW, Event.STARTED) + broken + b"\n", Language.ENGLISH).decode()
    assert len(text.splitlines()) == 2


def test_an_event_that_this_release_does_not_know_keeps_its_name() -> None:
    raw = b'{"at": "2026-03-01T06:30:00.000Z", "event": "newer", "n": 1}\n'
    assert readable(raw, Language.ENGLISH).decode() == "2026-03-01T06:30:00.000Z  newer  n=1\n"


# --- artifacts ---


def test_the_zip_holds_what_there_is_and_is_the_same_each_time(artifacts) -> None:
    artifacts.put("plan.json", b'{"a":1}')
    artifacts.append("log.jsonl", line(NOW, Event.STARTED))
    artifacts.put("commits.json", json.dumps({"main": "m", "tenant": "t"}).encode())
    files = {f"entra/groups/{number:03}.json": b"{}" for number in range(450)}
    repository = _stores().MemoryRepository({"m": files, "t": {"a.json": b"[]"}})
    source = Source(FACTS.sync, artifacts, repository, Language.ENGLISH, "https://accord.example")
    first, second = io.BytesIO(), io.BytesIO()
    write_zip(first, source)
    write_zip(second, source)
    assert first.getvalue() == second.getvalue()
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        assert json.loads(archive.read("plan.json")) == {"a": 1}
    wanted = {"sync.json", "report.json", "report.csv", "report.html", "log.jsonl", "log.txt"}
    wanted.add("tenant/a.json")
    assert wanted <= names
    assert "journal.json" not in names
    assert sum(name.startswith("repository/") for name in names) == 450
    assert max(repository.asked) <= 200


def test_without_kept_commits_the_drift_s_commit_fills_the_zip(artifacts) -> None:
    repository = _stores().MemoryRepository({"c" * 40: {"entra/groups/New.json": b"{}"}})
    out = io.BytesIO()
    write_zip(out, Source(FACTS.sync, artifacts, repository, Language.FRENCH, "https://accord.example"))
    with zipfile.ZipFile(out) as archive:
        assert archive.read("repository/entra/groups/New.json") == b"{}"
