"""What a comparison found besides the plan, kept for the report at the sync's end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain.compare import Drift
from shared.domain.digest import dump_property
from shared.domain.files import FileFault
from shared.domain.plan import Difference
from shared.domain.plan_json import load_property
from shared.domain.report import Unresolved
from shared.domain.snapshot import NotRead
from shared.names import CommitId, ItemPath, TypeKey
from shared.ports import Artifacts
from shared.steps import blobs

FINDINGS = "findings.json"
ADOPTED = "adopted.json"


@dataclass(frozen=True, slots=True)
class Findings:
    """What drifted, what stayed unresolved or could not be read, and how many items were alike."""

    drift: tuple[Drift, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    faults: tuple[FileFault, ...] = ()
    not_read: tuple[NotRead, ...] = ()
    unchanged: int = 0


def write_findings(artifacts: Artifacts, found: Findings) -> None:
    """Writes the blob, over an earlier run's."""
    value = {
        "drift": [_dump_drift(one) for one in found.drift],
        "unresolved": [[one.path, one.to, one.object_id, one.why] for one in found.unresolved],
        "faults": [[one.path, one.reason, one.line] for one in found.faults],
        "notRead": [blobs.dump_not_read(one) for one in found.not_read],
        "unchanged": found.unchanged,
    }
    artifacts.put(FINDINGS, blobs.dumps(value))


def read_findings(artifacts: Artifacts) -> Findings:
    """The findings; none where the sync did not come to compare."""
    data = artifacts.get(FINDINGS)
    if data is None:
        return Findings()
    value = json.loads(data)
    return Findings(
        drift=tuple(_load_drift(one) for one in value["drift"]),
        unresolved=tuple(
            Unresolved(ItemPath(path), TypeKey(to), object_id, why)
            for path, to, object_id, why in value["unresolved"]
        ),
        faults=tuple(FileFault(*one) for one in value["faults"]),
        not_read=tuple(blobs.load_not_read(one) for one in value["notRead"]),
        unchanged=value["unchanged"],
    )


def write_adopted(artifacts: Artifacts, base: CommitId | None, drift: Sequence[Drift]) -> None:
    """Writes down what is about to be adopted where B stands at `base`, so that a run that dies after its
    commit leaves word of it.
    """
    artifacts.put(ADOPTED, blobs.dumps({"base": base, "drift": [_dump_drift(one) for one in drift]}))


def read_adopted(artifacts: Artifacts, base: CommitId | None) -> tuple[Drift, ...]:
    """What an earlier run of this sync has adopted; nothing where B still stands where it stood before."""
    value = json.loads(artifacts.get(ADOPTED) or b"{}")
    if not value or value["base"] == base:
        return ()
    return tuple(_load_drift(one) for one in value["drift"])


def _dump_drift(one: Drift) -> dict[str, Any]:
    return {
        "difference": one.difference.value,
        "type": one.type,
        "item": one.item,
        "path": one.path,
        "properties": [dump_property(it) for it in one.properties],
    }


def _load_drift(value: dict[str, Any]) -> Drift:
    return Drift(
        Difference(value["difference"]),
        TypeKey(value["type"]),
        value["item"],
        ItemPath(value["path"]),
        tuple(load_property(it) for it in value["properties"]),
    )
