"""The report as one page of HTML: nothing is loaded, nothing runs, it prints, and reads by day and night."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any, Final

from shared.texts import Language, say
from shared.wire.change import cut
from shared.wire.report import reason_text

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; sandbox"
"""The Content-Security-Policy it is served with: even a mistake in the escaping would run nothing."""

STYLE: Final = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 80rem; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 1rem 0 }
dt { opacity: .75 } dd { margin: 0; overflow-wrap: anywhere }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: .35rem .5rem;
  text-align: left; vertical-align: top; overflow-wrap: anywhere }
td pre { margin: 0; white-space: pre-wrap; font: 12px/1.4 ui-monospace, monospace; min-width: 8rem }
.failed, .error { color: light-dark(#a4000f, #ff9aa2) } .absent { opacity: .7; font-style: italic }
@media print { body { margin: 0; max-width: none } tr { break-inside: avoid } }
"""


def report_html(document: Mapping[str, Any], language: Language) -> bytes:
    """The page, from a report `in_language`."""

    def word(key: str, **values: object) -> str:
        return escape(say(f"report.{key}", language, **values))

    title = word("title", tenant=document["displayName"])
    parts = [
        f'<!doctype html><html lang="{language.value}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title><style>{STYLE}</style></head><body><main>",
        f"<h1>{title}</h1><p>{word('sync', sync=document['sync'])}</p>",
        _definitions(_head(document, language)),
        f"<h2>{word('changes')}</h2>",
        _changes(document["rows"], language) if document["rows"] else f"<p>{word('noRows')}</p>",
        *_lists(document, language),
        "</main></body></html>",
    ]
    return "\n".join(part for part in parts if part).encode("utf-8", "backslashreplace")


def _head(document: Mapping[str, Any], language: Language) -> Iterator[tuple[str, str]]:
    """Terms and what they are, as plain text."""
    by = say("report.by", language, name=document["startedBy"]["name"])
    yield say("report.started", language), f"{document['startedAt']} {by}"
    if document["comment"]:
        yield say("report.comment", language), document["comment"]
    if document["endedAt"]:
        yield say("report.ended", language), document["endedAt"]
    if document["outcome"]:
        causes = [say(f"incomplete.{one}", language) for one in document["incomplete"]]
        yield (
            say("report.outcome", language),
            "; ".join([say(f"outcome.{document['outcome']}", language), *causes]),
        )
    if decision := document["decision"]:
        by = say("report.by", language, name=decision["decidedBy"] or decision["by"])
        yield (
            say("report.decision", language),
            " ".join((say(f"decision.{decision['decision']}", language), by)),
        )
    if error := document["error"]:
        yield say("report.error", language), "\n".join(filter(None, (error["message"], error["detail"])))
        yield say("report.advice", language), error["advice"]
    unchanged = say("report.unchanged", language, count=document["counts"]["unchanged"])
    yield say("report.counts", language), unchanged


def _definitions(pairs: Iterable[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in pairs) + "</dl>"


def _changes(rows: Iterable[Mapping[str, Any]], language: Language) -> str:
    columns = ("action", "type", "item", "path", "base", "tenantValue", "repositoryValue", "change", "error")
    return _table(
        [say(f"report.{name}", language) for name in columns], (_change(row, language) for row in rows)
    )


def _change(row: Mapping[str, Any], language: Language) -> list[str]:
    """The cells of one row, as HTML."""
    change = escape(say(f"reportChange.{row['change']}", language))
    if row["conflict"]:
        change += f"<br>{escape(say('report.conflict', language))}"
    error = row["error"]
    return [
        escape(say(f"reportAction.{row['action']}", language)),
        escape(row["type"]),
        escape(row["item"]),
        escape(row["path"]),
        *(_value(row, side, language) for side in ("base", "tenant", "repository")),
        f'<span class="{escape(row["change"])}">{change}</span>',
        "" if error is None else f'<span class="error">{escape(_told(error))}</span>',
    ]


def _told(error: Mapping[str, str]) -> str:
    return " ".join(filter(None, (error["message"], error["advice"], error["requestId"])))


def _value(row: Mapping[str, Any], side: str, language: Language) -> str:
    if side not in row:
        return f'<span class="absent">{escape(say("report.absent", language))}</span>'
    value = cut(row[side])
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return f"<pre>{escape(text)}</pre>"


def _lists(document: Mapping[str, Any], language: Language) -> Iterator[str]:
    """What was not read or resolved, and what was left to a later commit: only where there is any."""

    def heading(name: str) -> str:
        return f"<h2>{escape(say(f'report.{name}', language))}</h2>"

    def words(*names: str) -> list[str]:
        return [say(f"report.{name}", language) for name in names]

    if found := document["notRead"]:
        cells = ([escape(one["type"]), escape(_reason(one, language))] for one in found)
        yield heading("notRead") + _table(words("type", "reason"), cells)
    if found := document["unresolved"]:
        cells = ([escape(one["file"]), escape(f"{one['to']} {one['value']}")] for one in found)
        yield heading("unresolved") + _table(words("item", "reference"), cells)
    if found := document["faults"]:
        cells = ([escape(one["file"]), escape(_place(one))] for one in found)
        yield heading("faults") + _table(words("item", "reason"), cells)
    if found := document["left"]:
        cells = ([escape(one["file"]), escape(one["commit"])] for one in found)
        yield heading("left") + _table(words("item", "commit"), cells)


def _place(one: Mapping[str, Any]) -> str:
    return one["reason"] if one["line"] is None else f"{one['line']}: {one['reason']}"


def _reason(one: Mapping[str, Any], language: Language) -> str:
    return ". ".join(
        filter(None, (reason_text(one["reason"], language), one["detail"], ", ".join(one["names"])))
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; heads are text, cells are HTML."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
