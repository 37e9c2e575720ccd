"""What can be downloaded of a sync, and when; and the audit trail."""

import datetime as dt
import io
import json
import zipfile
from dataclasses import replace

import pytest

from functions.triggers.audit import list_audit, list_tenant_audit
from functions.triggers.downloads import get_artifacts, get_logs, get_report
from shared.domain.report import Facts
from shared.domain.sync import Actor, ActorKind, Outcome, Stage
from shared.steps.log import Event, line
from shared.steps.report import write_report
from shared.stores import AuditEntry
from shared.wire.schema.report import ReportAnswer
from shared.wire.schema.service import AuditList

NOW = dt.datetime(2026, 3, 1, 7, tzinfo=dt.UTC)


@pytest.fixture
def ended(api):
    api.tenant()
    sync = api.sync(stage=Stage.ENDED, outcome=Outcome.SUCCEEDED, ended_at=NOW)
    artifacts = api.services.artifacts("contoso", sync.id)
    write_report(artifacts, Facts(sync, "Contoso"))
    artifacts.append("log.jsonl", line(NOW, Event.ENDED, outcome="succeeded"))
    return sync


@pytest.mark.parametrize(
    ("form", "media_type", "ending"),
    [
        ("json", "application/json", "json"),
        ("csv", "text/csv; charset=utf-8", "csv"),
        ("html", "text/html; charset=utf-8", "html"),
    ],
)
def test_a_report_is_a_download_in_three_forms(api, ended, form, media_type, ending) -> None:
    response = api.call(get_report, query=f"format={form}", tenant="contoso", sync=ended.id)
    assert (response.status_code, response.headers["Content-Type"]) == (200, media_type)
    name = f"accord-report-contoso-{ended.id}.{ending}"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    tag = response.headers["ETag"]
    again = api.call(
        get_report, query=f"format={form}", tenant="contoso", sync=ended.id, headers={"If-None-Match": tag}
    )
    assert again.status_code == 304


def test_a_report_s_page_may_run_nothing(api, ended) -> None:
    response = api.call(get_report, query="format=html", tenant="contoso", sync=ended.id)
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_a_report_s_json_keeps_to_its_schema(api, body, ended) -> None:
    ReportAnswer.model_validate(body(api.call(get_report, tenant="contoso", sync=ended.id)))


@pytest.mark.parametrize("endpoint", [get_report, get_artifacts], ids=["report", "artifacts"])
def test_before_the_end_there_is_no_report(api, body, endpoint) -> None:
    api.tenant()
    sync = api.sync()
    response = api.call(endpoint, tenant="contoso", sync=sync.id)
    assert (response.status_code, body(response)["code"]) == (404, "notEnded")


def test_logs_are_there_at_any_time_as_lines_and_as_text(api, ended) -> None:
    running = api.sync()
    empty = api.call(get_logs, tenant="contoso", sync=running.id)
    assert (empty.status_code, empty.get_body()) == (200, b"")
    lines = api.call(get_logs, tenant="contoso", sync=ended.id)
    assert lines.headers["Content-Type"] == "application/jsonl"
    assert json.loads(lines.get_body())["event"] == "ended"
    french = {"Accept-Language": "fr"}
    text = api.call(get_logs, query="format=text", tenant="contoso", sync=ended.id, headers=french)
    assert "synchronisation terminée" in text.get_body().decode()


def test_artifacts_are_one_zip(api, ended) -> None:
    response = api.call(get_artifacts, tenant="contoso", sync=ended.id)
    assert response.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.get_body())) as archive:
        assert {"sync.json", "report.html", "log.txt"} <= set(archive.namelist())


def test_an_unknown_form_is_a_fault(api, ended) -> None:
    assert api.call(get_report, query="format=pdf", tenant="contoso", sync=ended.id).status_code == 400


# --- audit ---


@pytest.fixture
def entries(api):
    api.tenant("contoso")
    ada = Actor(ActorKind.PERSON, "Ada", "u1", "page")
    first = AuditEntry(NOW, ada, "sync.started", "contoso", "s1", "sha256:x", "nightly", "a1")
    installation = AuditEntry(NOW + dt.timedelta(hours=1), ada, "key.created", id="a2")
    api.services.audit.rows = [installation, first, replace(first, at=NOW - dt.timedelta(days=1), id="a0")]


def test_the_audit_is_listed_newest_first(api, body, entries) -> None:
    answer = body(api.call(list_audit))
    AuditList.model_validate(answer)
    assert [one["id"] for one in answer["value"]] == ["a2", "a1", "a0"]
    assert [one["id"] for one in body(api.call(list_tenant_audit, tenant="contoso"))["value"]] == ["a1", "a0"]
    assert [one["id"] for one in body(api.call(list_audit, query="tenant=contoso"))["value"]] == ["a1", "a0"]


def test_the_audit_begins_where_asked_and_goes_on_in_pages(api, body, entries) -> None:
    since = "from=2026-03-01T08:00:00%2B01:00"
    assert [one["id"] for one in body(api.call(list_audit, query=since))["value"]] == ["a2", "a1"]
    page = body(api.call(list_audit, query="top=2"))
    onward = page["nextLink"].partition("?")[2]
    assert [one["id"] for one in body(api.call(list_audit, query=onward))["value"]] == ["a0"]
    assert api.call(list_audit, query="from=yesterday").status_code == 400


def test_the_audit_as_lines_links_to_what_follows(api, entries) -> None:
    response = api.call(list_audit, query="format=jsonl&top=2")
    assert response.headers["Content-Type"] == "application/jsonl"
    assert [json.loads(one)["id"] for one in response.get_body().splitlines()] == ["a2", "a1"]
    assert 'rel="next"' in response.headers["Link"]


def test_the_audit_of_a_tenant_that_is_none_is_404(api) -> None:
    assert api.call(list_audit, query="tenant=nowhere").status_code == 404
    assert api.call(list_audit, query="tenant=No%20Such").status_code == 404
