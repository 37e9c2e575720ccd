"""The report as a blob: written once when a sync ends, rendered for whoever asks."""

from __future__ import annotations

import json
from typing import Any, Final

from shared.domain.report import Facts, report
from shared.steps.blobs import dumps
from shared.stores import Artifacts
from shared.wire.report import report_json

REPORT: Final = "report.json"


def write_report(artifacts: Artifacts, facts: Facts) -> None:
    """Writes `report.json`. Repeatable: the same facts make the same bytes."""
    document = report_json(report(facts))
    artifacts.put(REPORT, dumps(document))


def read_report(artifacts: Artifacts) -> dict[str, Any] | None:
    """The stored report; None where there is none."""
    data = artifacts.get(REPORT)
    if data is None:
        return None
    document: dict[str, Any] = json.loads(data)
    return document
