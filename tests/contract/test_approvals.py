"""Intune's approval requests as Microsoft's models have them: states, what takes one back, what is read."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from shared.domain.tenant_approval import ApprovalState, withdrawal

pytest.importorskip("msgraph_beta", reason="needs msgraph-beta-sdk: pip install msgraph-sdk msgraph-beta-sdk")
pytestmark = pytest.mark.slow


def _judge() -> ModuleType:
    name = "accord_sdk_judge"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("sdk_judge.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def test_every_state_of_a_request_is_known() -> None:
    from msgraph_beta.generated.models.operation_approval_request_status import OperationApprovalRequestStatus

    theirs = {one.value for one in OperationApprovalRequestStatus} - {"unknownFutureValue"}

    assert theirs == {one.value for one in ApprovalState} - {"unreadable"}


def test_a_request_is_taken_back_where_and_as_the_service_has_it() -> None:
    request = withdrawal("aabb1234-5678-9012-abcd-ef0123456789")
    folder = "device_management.operation_approval_requests.cancel_my_request"
    builder = importlib.util.find_spec(f"msgraph_beta.generated.{folder}.cancel_my_request_request_builder")
    assert builder is not None
    assert builder.origin is not None
    body = "cancel_my_request_post_request_body.CancelMyRequestPostRequestBody"

    assert request.path in Path(builder.origin).read_text(encoding="utf-8")
    assert _judge().faults(request.version, f"{folder}.{body}", request.body) == []


def test_what_is_read_of_a_request_is_there() -> None:
    from msgraph_beta.generated.models.operation_approval_request import OperationApprovalRequest

    known = set(OperationApprovalRequest().get_field_deserializers())

    assert {"status", "approver", "approvalJustification", "requestJustification"} <= known
    assert "requestId" not in known  # hence a request is asked for by its id
