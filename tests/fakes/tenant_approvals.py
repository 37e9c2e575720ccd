"""The tenant's own multi-admin approval, as `FakeTenant` has it: which writes it holds back, and what its
administrators say.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

from shared.domain.request import Request
from shared.domain.tenant_approval import ApprovalAnswer, ApprovalState
from shared.errors import ReadFailed, WriteRefused


@dataclass(frozen=True)
class Filed:
    """One approval request: for which write, with which words."""

    request: Request
    why: str
    state: ApprovalState = ApprovalState.NEEDED


@dataclass
class TenantApprovals:
    """`protects`: parts of paths; a write to one of them is held back. `unreadable`: what reading raises."""

    protects: tuple[str, ...] = ()
    filed: dict[str, Filed] = field(default_factory=dict)
    unreadable: ReadFailed | None = None
    used_up: list[str] = field(default_factory=list)
    holds_again: str = ""

    def meets(self, request: Request, why: str, approval: str) -> str | None:
        """The request that holds this write back; None lets it through."""
        if approval:
            return self._repeated(request, approval)
        if not any(part in request.path for part in self.protects):
            return None
        if (stands := self.find(why)) is not None:
            return stands
        code = f"approval-{len(self.filed) + 1}"
        self.filed[code] = Filed(request, why)
        return code

    def _repeated(self, request: Request, approval: str) -> str | None:
        one, again, self.holds_again = self.filed[approval], self.holds_again, ""
        if one.state is not ApprovalState.APPROVED or one.request != request:
            raise WriteRefused(request.doing, 403, "Forbidden", "An error has occurred", "r-f")
        if again:
            self.filed.setdefault(again, replace(one, state=ApprovalState.NEEDED))
        return again or None

    def used(self, approval: str) -> None:
        if approval:
            self.say(ApprovalState.COMPLETED, approval)
            self.used_up.append(approval)

    def withdrawn(self, approval: str) -> None:
        self.say(ApprovalState.CANCELLED, approval)

    def say(self, state: ApprovalState, *approvals: str) -> None:
        """What an administrator does about these requests, or all."""
        for code in approvals or tuple(self.filed):
            self.filed[code] = replace(self.filed[code], state=state)

    def read(self, approval: str, now: dt.datetime) -> ApprovalAnswer:
        if self.unreadable is not None:
            raise self.unreadable
        return ApprovalAnswer(self.filed[approval].state, now, "Eve", "as agreed")

    def find(self, why: str) -> str | None:
        open_ = (ApprovalState.NEEDED, ApprovalState.APPROVED)
        return next((code for code, one in self.filed.items() if one.why == why and one.state in open_), None)
