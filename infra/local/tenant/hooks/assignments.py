"""Assignments of Intune objects: `POST {item}/assign` replaces the whole list.

learn.microsoft.com/graph/api/intune-deviceconfig-devicecompliancepolicy-assign (and the like of each type);
filters: learn.microsoft.com/intune/intune-service/fundamentals/filters.
"""

from __future__ import annotations

from typing import Any

from infra.local.tenant.errors import GraphError
from infra.local.tenant.lookup import exists
from infra.local.tenant.schema import Kind
from infra.local.tenant.shaping import shape
from infra.local.tenant.validation import Judge

from . import Body, Call

NO_FILTER = "00000000-0000-0000-0000-000000000000"
# The service's own ids of the two built-in targets.
_EVERYONE = {
    "allDevicesAssignmentTarget": "adadadad-808e-44e2-905a-0b7873a8a531",
    "allLicensedUsersAssignmentTarget": "acacacac-9df4-4c7d-9d50-4ef0226f57a9",
}
_GROUPS = ("groupAssignmentTarget", "exclusionGroupAssignmentTarget")


def assign(call: Call) -> Body | None:
    """Checks and stores the complete list; answers with it as a collection."""
    parameter = call.entry.actions["assign"].parameter
    if set(call.sent) != {parameter} or not isinstance(call.sent[parameter], list):
        raise call.refuse(
            f"The parameter '{parameter}' is required, and no other is known, for the action 'assign'."
        )
    model = call.entry.navigation["assignments"].model
    judge = Judge(call.schema, call.entry.dialect)
    assignments: list[Body] = []
    for sent in call.sent[parameter]:
        _judge(judge, sent, model)
        assignments.append(_assignment(call, sent["target"], model))
    ids = [a["id"] for a in assignments]
    if len(set(ids)) != len(ids):
        raise call.refuse("The same target is assigned more than once.")
    call.record.nav["assignments"] = assignments
    call.tenant.put(call.entry.path, call.record)
    return {"value": [shape(a, model, call.schema) for a in assignments]}


def _judge(judge: Judge, sent: Any, model: str) -> None:
    """An assignment as sent: `id`, `source`, `sourceId` may be repeated from a read and change nothing."""
    if not isinstance(sent, dict):
        raise judge.dialect.refuse("An assignment must be an object.")
    properties = judge.schema.properties(model)
    judge.model_of(sent, model, demanded=False)
    for name in sent:
        if name != "@odata.type" and name not in properties:
            raise judge.dialect.unknown(name, model)
    if not isinstance(sent.get("target"), dict):
        raise judge.dialect.refuse("The required property 'target' is missing.")
    judge.value(sent["target"], Kind("type", "deviceAndAppManagementAssignmentTarget", many=False), "target")


def _assignment(call: Call, target: Body, model: str) -> Body:
    kind = call.schema.spelling(target["@odata.type"]) or ""
    if kind not in (*_GROUPS, *_EVERYONE):
        raise call.refuse(f"The assignment target 'microsoft.graph.{kind}' is not supported here.")
    if model == "roleScopeTagAutoAssignment" and kind != "groupAssignmentTarget":
        raise call.refuse("A scope tag can be assigned to groups only.")
    kept: Body = {"@odata.type": f"#microsoft.graph.{kind}", **_filter(call, target, kind)}
    if kind in _GROUPS:
        group = str(target.get("groupId") or "")
        if not exists(call.request, "groups", "id", group):
            raise call.refuse(f"The group '{group}' of an assignment does not exist.")
        kept["groupId"] = group
    suffix = _EVERYONE.get(kind, kept.get("groupId"))
    assignment: Body = {"id": f"{call.record.id}_{suffix}", "target": kept}
    if "source" in call.schema.properties(model):
        assignment |= {"source": "direct", "sourceId": call.record.id}
    if "intent" in call.schema.properties(model):
        assignment["intent"] = "apply"
    return assignment


def _filter(call: Call, target: Body, kind: str) -> Body:
    """The filter of a target. No filter: null and "none"."""
    chosen = target.get("deviceAndAppManagementAssignmentFilterId")
    mode = target.get("deviceAndAppManagementAssignmentFilterType") or "none"
    if chosen in (None, "", NO_FILTER):
        if mode != "none":
            raise call.refuse("An assignment filter type without an assignment filter id.")
        return {
            "deviceAndAppManagementAssignmentFilterId": None,
            "deviceAndAppManagementAssignmentFilterType": "none",
        }
    if mode == "none":
        raise call.refuse("An assignment filter id needs the filter type 'include' or 'exclude'.")
    if kind == "exclusionGroupAssignmentTarget":
        raise call.refuse("An excluded group cannot have an assignment filter.")
    if not exists(call.request, "deviceManagement/assignmentFilters", "id", str(chosen)):
        raise _no_filter(call, str(chosen))
    return {
        "deviceAndAppManagementAssignmentFilterId": chosen,
        "deviceAndAppManagementAssignmentFilterType": mode,
    }


def _no_filter(call: Call, chosen: str) -> GraphError:
    return call.refuse(f"The assignment filter '{chosen}' does not exist.")
