"""The report as one page of HTML: nothing is loaded, nothing runs, it prints, and reads by day and night.

How it ended comes first, then what needs somebody, then every item that changed, then what was left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from shared.texts import Language, say
from shared.wire.report import reason_text
from shared.wire.report_items import cards, table
from shared.wire.report_style import STYLE

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; sandbox"
"""The Content-Security-Policy it is served with: even a mistake in the escaping would run nothing."""


def report_html(document: Mapping[str, Any], language: Language) -> bytes:
    """The page, from a report `in_language`."""
    title = escape(say("report.title", language, tenant=document["displayName"]))
    parts = [
        f'<!doctype html><html lang="{language.value}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title><style>{STYLE}</style></head><body><main>",
        f'<div class="top"><h1>{title}</h1>{_outcome(document, language)}</div>',
        f'<p class="sub">{escape(_origin(document, language))}</p>',
        *_attention(document, language),
        _tiles(document, language),
        _decision(document, language),
        *_changes(document, language),
        *_left_out(document, language),
        "</main></body></html>",
    ]
    return "\n".join(part for part in parts if part).encode("utf-8", "backslashreplace")


def _outcome(document: Mapping[str, Any], language: Language) -> str:
    outcome, cause = document["outcome"], document["cause"]
    if not outcome:
        return ""
    text = say(f"outcome.{outcome}", language)
    if cause:
        text += f" · {say(f'cause.{cause}', language)}"
    return f'<span class="badge {escape(outcome)}">{escape(text)}</span>'


def _origin(document: Mapping[str, Any], language: Language) -> str:
    """Which sync, who started it, from when to when, and why."""
    by = say("report.by", language, name=document["startedBy"]["name"])
    when = " – ".join(_moment(document[name]) for name in ("startedAt", "endedAt") if document[name])
    parts = [say("report.sync", language, sync=document["sync"]), f"{when} {by}", document["comment"]]
    return " · ".join(part for part in parts if part)


def _moment(time: str) -> str:
    """`2026-03-02T06:00:00.000Z` as people of either language read it."""
    return f"{time[:10]} {time[11:19]} UTC"


def _attention(document: Mapping[str, Any], language: Language) -> Iterator[str]:
    """The error, and what is incomplete, each with what to do about it."""
    if error := document["error"]:
        facts = {
            say("ticket.operation", language): error["operation"],
            say("ticket.detail", language): error["detail"],
            say("ticket.code", language): error["code"],
            say("ticket.request", language): error["requestId"],
        }
        yield (
            f'<section class="note error" role="alert"><h2>{escape(error["message"])}</h2>'
            f"<p>{escape(error['advice'])}</p>{_facts(facts)}</section>"
        )
    for cause in document["incomplete"]:
        what, advice = say(f"incomplete.{cause}", language), say(f"incompleteAdvice.{cause}", language)
        what = what[:1].upper() + what[1:]
        yield f'<section class="note"><p><strong>{escape(what)}</strong></p><p>{escape(advice)}</p></section>'


def _facts(facts: Mapping[str, str]) -> str:
    pairs = "".join(f"<dt>{escape(name)}</dt><dd>{escape(one)}</dd>" for name, one in facts.items() if one)
    return f'<dl class="facts">{pairs}</dl>'


def _tiles(document: Mapping[str, Any], language: Language) -> str:
    """The sync in numbers."""
    plan, deploy = document["plan"], document["deploy"]
    tiles = [("adopted", say("report.driftCounts", language, **_numbers(document["drift"])))]
    if plan is not None:
        tiles.append(("proposed", say("report.planCounts", language, **_numbers(plan))))
    if any(deploy.values()):
        tiles.append(("deployed", say("report.deployCounts", language, **_numbers(deploy))))
    tiles.append(("alike", say("report.unchanged", language, count=document["counts"]["unchanged"])))
    shown = (
        f'<div class="tile"><dt>{escape(say(f"report.{name}", language))}</dt>'
        + "".join(f"<dd>{escape(one)}</dd>" for one in text.split(" · "))
        + "</div>"
        for name, text in tiles
    )
    return f'<dl class="tiles">{"".join(shown)}</dl>'


def _numbers(counts: Mapping[str, Any]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if isinstance(count, int)}


def _decision(document: Mapping[str, Any], language: Language) -> str:
    decision = document["decision"]
    if not decision or decision["decision"] not in ("approve", "reject", "rejectAndRevert"):
        return ""
    by = say("report.by", language, name=decision["decidedBy"] or decision["by"])
    made = say(f"decision.{decision['decision']}", language)
    what = f"{made} {by}, {_moment(decision['at'])}"
    return _facts(
        {say("report.decision", language): what, say("report.comment", language): decision["comment"]}
    )


def _changes(document: Mapping[str, Any], language: Language) -> Iterator[str]:
    """What was adopted, and what was proposed with what became of it."""
    if not document["rows"]:
        yield f"<p>{escape(say('report.noRows', language))}</p>"
    adopted = [row for row in document["rows"] if row["action"] == "backup"]
    planned = [row for row in document["rows"] if row["action"] != "backup"]
    for name, rows in (("planned", planned), ("drift", adopted)):
        if rows:
            yield f"<h2>{escape(say(f'report.{name}', language))}</h2>{cards(rows, language)}"


def _left_out(document: Mapping[str, Any], language: Language) -> Iterator[str]:
    """What was not read or resolved, and what was left to a later commit: only where there is any."""

    def part(name: str, words: tuple[str, str], cells: list[list[str]]) -> str:
        heads = [say(f"report.{word}", language) for word in words]
        return f"<h2>{escape(say(f'report.{name}', language))}</h2>{table(heads, cells)}" if cells else ""

    counted = [_unread(one, language) for one in document["notRead"] if one["counted"]]
    yield part("notRead", ("type", "reason"), counted)
    unresolved = [
        [escape(one["file"]), escape(f"{one['to']} {one['value']}")] for one in document["unresolved"]
    ]
    yield part("unresolved", ("item", "reference"), unresolved)
    yield part(
        "faults", ("item", "reason"), [[escape(one["file"]), _place(one)] for one in document["faults"]]
    )
    left = [[escape(one["file"]), escape(one["commit"])] for one in document["left"]]
    yield part("left", ("item", "commit"), left)
    if rest := [_unread(one, language) for one in document["notRead"] if not one["counted"]]:
        head = escape(say("report.notIncluded", language, count=len(rest)))
        heads = [say("report.type", language), say("report.reason", language)]
        yield f"<details><summary>{head}</summary>{table(heads, rest)}</details>"


def _place(one: Mapping[str, Any]) -> str:
    return escape(one["reason"] if one["line"] is None else f"{one['line']}: {one['reason']}")


def _unread(one: Mapping[str, Any], language: Language) -> list[str]:
    """A type and why it was not read, with the items that are gone where it is held."""
    why = f"<p>{escape(reason_text(one['reason'], language))}</p>"
    if one["detail"]:
        why += f'<p class="type">{escape(one["detail"])}</p>'
    if one["names"]:
        why += "<ul>" + "".join(f"<li>{escape(name)}</li>" for name in one["names"]) + "</ul>"
    return [escape(one["type"]), why]
