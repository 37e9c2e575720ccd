"""A sync's artifacts: one zip, put together when asked for (product.md 3.9).

It holds the plan, the decision, what became of each change, the report in its three forms, the log, and the
files of the repository and the tenant as this sync's backup left them, taken from the commits: nothing is
stored twice.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any, Final

from shared.domain.sync import SyncRecord
from shared.names import CommitId
from shared.ports import Repository
from shared.steps.log import LOG, once, readable
from shared.steps.report import REPORT, read_report
from shared.stores import Artifacts
from shared.texts import Language
from shared.wire.report import in_language
from shared.wire.report_csv import report_csv
from shared.wire.report_html import report_html
from shared.wire.sync import sync_json

COMMITS: Final = "commits.json"
"""`{"main", "tenant"}`: where the branches stood when this sync's backup was committed."""
PLAN: Final = "plan.json"
JOURNAL: Final = "journal.json"
TOGETHER: Final = 200
"""Files read from the repository at a time: what bounds the memory."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the artifacts of one ended sync come from, and how they speak."""

    sync: SyncRecord
    artifacts: Artifacts
    repository: Repository
    language: Language
    origin: str


def write_zip(out: IO[bytes], source: Source) -> None:
    """Writes the zip. The same sync makes the same bytes: every entry has the time of the sync's end."""
    at = source.sync.ended_at or source.sync.started_at
    stamp = (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _entries(source):
            info = zipfile.ZipInfo(name, stamp)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, data)


def _entries(source: Source) -> Iterator[tuple[str, bytes]]:
    artifacts, sync = source.artifacts, source.sync
    yield "sync.json", _pretty(sync_json(sync, None, source.language, source.origin))
    for name in (PLAN, JOURNAL):
        if data := artifacts.get(name):
            yield name, _pretty(json.loads(data))
    if (stored := read_report(artifacts)) is not None:
        document = in_language(stored, source.language)
        yield REPORT, _pretty(document)
        yield "report.csv", report_csv(document)
        yield "report.html", report_html(document, source.language)
    if lines := artifacts.get(LOG):
        yield LOG, once(lines)
        yield "log.txt", readable(lines, source.language)
    for folder, commit in _commits(source).items():
        yield from _files(source.repository, folder, commit)


def _commits(source: Source) -> Mapping[str, CommitId]:
    """Folder of the zip → the commit that fills it."""
    if data := source.artifacts.get(COMMITS):
        kept = json.loads(data)
        found = {"repository": kept.get("main"), "tenant": kept.get("tenant")}
    else:
        found = {"repository": source.sync.drift.commit}
    return {folder: CommitId(commit) for folder, commit in found.items() if commit}


def _files(repository: Repository, folder: str, commit: CommitId) -> Iterator[tuple[str, bytes]]:
    files = iter(sorted(repository.tree(commit).items()))
    while some := dict(islice(files, TOGETHER)):
        contents = repository.blobs(some.values())
        for path, blob in some.items():
            yield f"{folder}/{path}", contents[blob]


def _pretty(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace") + b"\n"
