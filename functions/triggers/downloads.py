"""What an ended sync leaves to download: report, artifacts; and its log, at any time."""

from __future__ import annotations

import asyncio
from tempfile import SpooledTemporaryFile
from typing import Any, Final

import azure.durable_functions as df

from functions.triggers.answers import Answer, download, dumps
from functions.triggers.call import Call
from functions.triggers.endpoint import endpoint
from shared.domain.sync import SyncRecord
from shared.errors import Problem
from shared.steps.artifacts import Source, write_zip
from shared.steps.log import LOG, once, readable
from shared.steps.report import read_report
from shared.texts import Language
from shared.wire.report import in_language
from shared.wire.report_csv import report_csv
from shared.wire.report_html import POLICY, report_html

downloads = df.Blueprint()

IN_MEMORY: Final = 16 * 1024 * 1024
"""Bytes of a zip before it goes on in a temporary file."""


@endpoint(downloads, "getReport")
async def get_report(call: Call) -> Answer:
    """The summary report, as JSON, CSV or a page that prints."""
    form = call.query.choice("format", ("json", "html", "csv"), "json") or "json"
    sync = await _ended(call)
    artifacts = call.services.artifacts(sync.tenant, sync.id)
    document = await asyncio.to_thread(read_report, artifacts)
    if document is None:
        raise Problem("notEnded", 404)
    return await asyncio.to_thread(_rendered, document, form, call.language, f"{sync.tenant}-{sync.id}")


def _rendered(document: dict[str, Any], form: str, language: Language, name: str) -> Answer:
    document = in_language(document, language)
    if form == "csv":
        return download(report_csv(document), "text/csv", f"accord-report-{name}.csv")
    if form == "html":
        page = download(report_html(document, language), "text/html", f"accord-report-{name}.html")
        return Answer(200, page.body, page.media_type, {**page.headers, "Content-Security-Policy": POLICY})
    return download(dumps(document), "application/json", f"accord-report-{name}.json")


@endpoint(downloads, "getLogs")
async def get_logs(call: Call) -> Answer:
    """The log so far, as JSON lines or as text."""
    form = call.query.choice("format", ("jsonl", "text"), "jsonl")
    sync = await call.sync()
    lines = await asyncio.to_thread(call.services.artifacts(sync.tenant, sync.id).get, LOG) or b""
    name = f"accord-log-{sync.tenant}-{sync.id}"
    if form == "text":
        return download(readable(lines, call.language), "text/plain", f"{name}.txt")
    return download(once(lines), "application/jsonl", f"{name}.jsonl")


@endpoint(downloads, "getArtifacts")
async def get_artifacts(call: Call) -> Answer:
    """Plan, decision, results, report, log and the files of the commits, as one zip."""
    sync = await _ended(call)
    source = Source(
        sync,
        call.services.artifacts(sync.tenant, sync.id),
        call.services.repository(sync.tenant),
        call.language,
        call.origin,
    )
    body = await asyncio.to_thread(_zipped, source)
    return download(body, "application/zip", f"accord-{sync.tenant}-{sync.id}.zip")


def _zipped(source: Source) -> bytes:
    with SpooledTemporaryFile(IN_MEMORY) as out:
        write_zip(out, source)
        out.seek(0)
        return out.read()


async def _ended(call: Call) -> SyncRecord:
    sync = await call.sync()
    if sync.ended_at is None or sync.outcome is None:
        raise Problem("notEnded", 404)
    return sync
