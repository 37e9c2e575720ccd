"""The report's rows as CSV (RFC 4180), for spreadsheets: names and codes as the API has them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any, Final

COLUMNS: Final = (
    "action", "type", "item", "path", "base", "tenant", "repository", "change", "conflict", "error", "file",
)  # fmt: skip
LONGEST: Final = 32_000
"""Characters of a cell: a spreadsheet takes 32,767."""
_FORMULA: Final = re.compile(r"[=+\-@\t\r\n]")
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


def report_csv(document: Mapping[str, Any]) -> bytes:
    """UTF-8 with a byte order mark, without which spreadsheets take it for something older."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in document["rows"]:
        writer.writerow([cell(_text(row, name)) for name in COLUMNS])
    return out.getvalue().encode("utf-8-sig", "backslashreplace")


def _text(row: Mapping[str, Any], name: str) -> str:
    if name not in row:
        return ""
    value = row[name]
    if name == "error":
        return "" if value is None else f"{value['code']}: {value['message']}".removesuffix(": ")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: what could start one has an apostrophe before it."""
    short = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return f"'{short}" if _FORMULA.match(short) and not _NUMBER.fullmatch(short) else short
