"""The report's items for people: one card an item, with its properties, what became of it, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import groupby
from typing import Any

from shared.texts import Language, say
from shared.wire.change import cut

SIDES = {"base": "base", "tenant": "tenantValue", "repository": "repositoryValue"}
"""A property's three values, and what their columns are called."""


def cards(rows: Iterable[Mapping[str, Any]], language: Language) -> str:
    """The rows of one part of the report, those of an item together, in their order."""
    return "".join(
        _card(list(found), language)
        for _, found in groupby(rows, lambda row: (row["action"], row["file"], row["change"] == "blocked"))
    )


def fate(row: Mapping[str, Any]) -> str:
    """What became of a change, in one word of the catalogue of texts (`fate.…`)."""
    if row["change"] in ("failed", "stale", "skipped", "blocked"):
        return str(row["change"])
    return {"backup": "adopted", "preview": "proposed", "deploy": "applied"}[row["action"]]


def _card(rows: list[Mapping[str, Any]], language: Language) -> str:
    first, became = rows[0], fate(rows[0])
    badges = [(became, say(f"fate.{became}", language))]
    if any(row["conflict"] for row in rows):
        badges.append(("conflict", say("report.conflict", language)))
    properties = [row for row in rows if row["path"]]
    whole = "" if properties else f"<p>{escape(say(f'reportWhole.{_kind(first)}', language))}</p>"
    return "".join(
        [
            '<article class="card"><div class="top">',
            f"<h3>{escape(first['item'])}</h3>",
            *(f'<span class="badge {name}">{escape(text)}</span>' for name, text in badges),
            f'</div><p class="type">{escape(first["file"])}</p>',
            _why(first["error"], language),
            whole,
            _properties(properties, language) if properties else "",
            "</article>",
        ]
    )


def _kind(row: Mapping[str, Any]) -> str:
    """What a row of an item as a whole stands for, where the fate does not hide it."""
    return str(row["change"]) if row["change"] in ("added", "changed", "removed") else "item"


def _why(error: Mapping[str, str] | None, language: Language) -> str:
    if error is None:
        return ""
    request = error["requestId"] and f"{say('ticket.request', language)} {error['requestId']}"
    detail = "" if error["detail"] in error["message"] else error["detail"]
    lines = [one for one in (error["message"], detail, error["advice"], request) if one]
    return '<div class="note error">' + "".join(f"<p>{escape(one)}</p>" for one in lines) + "</div>"


def _properties(rows: list[Mapping[str, Any]], language: Language) -> str:
    sides = [side for side in SIDES if any(side in row for row in rows)]
    names = ["path", *(SIDES[side] for side in sides)]
    cells = ([_path(row, language), *(_value(row, side, language) for side in sides)] for row in rows)
    return table([say(f"report.{name}", language) for name in names], cells)


def _path(row: Mapping[str, Any], language: Language) -> str:
    mark = (
        f' <span class="conflict">{escape(say("report.conflict", language))}</span>'
        if row["conflict"]
        else ""
    )
    return f"{escape(row['path'].removeprefix('/').replace('/', ' › '))}{mark}"


def _value(row: Mapping[str, Any], side: str, language: Language) -> str:
    if side not in row:
        return f'<span class="absent">{escape(say("report.absent", language))}</span>'
    value = cut(row[side])
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return f"<pre>{escape(text)}</pre>"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table whose rows begin with what they are about; heads are text, cells are HTML."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(_row(iter(cells)) for cells in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _row(cells: Iterator[str]) -> str:
    return f'<tr><th scope="row">{next(cells)}</th>' + "".join(f"<td>{one}</td>" for one in cells) + "</tr>"
