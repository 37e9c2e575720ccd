"""The secret side of one sign-in under way: its code and its link, sealed in one blob (mechanics.md 3).

The blob holds what whoever has it could sign in with. It is sealed for its tenant and its sync (or attempt),
written under a lease, and removed when the sign-in settles; nothing of it is logged or kept in histories.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import SealBroken
from shared.names import SyncId, TenantId
from shared.ports import Artifacts
from shared.steps.blobs import dumps
from shared.user_ports import BrowserLink, DeviceCode, Sealed, WrongAccount

FOLDER = "sign-in/"
PURPOSE = "sign-in"


@dataclass(frozen=True, slots=True)
class Notice:
    """Why the last account was refused: whose it was, the provider's words, and, where Accord refused it,
    what is wrong with it.
    """

    account: str
    detail: str
    wrong: WrongAccount | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """One sign-in under way. `device` None: the app may not use codes here; `link` None: nor the browser.

    `deadline`: until when somebody is waited for. `next_poll`: before then the provider must not be asked.
    """

    deadline: dt.datetime
    next_poll: dt.datetime
    device: DeviceCode | None = field(default=None, repr=False)
    link: BrowserLink | None = field(default=None, repr=False)
    notice: Notice | None = None
    began: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Vault:
    """Where the flow of one sign-in lies, and the seal around it. Plain functions, for the thread pool."""

    tenant: TenantId
    subject: SyncId
    number: int
    artifacts: Artifacts
    sealed: Sealed

    @property
    def name(self) -> str:
        """The blob."""
        return f"{FOLDER}{self.number}"

    def load(self) -> Flow | None:
        """The flow; None once it is settled, or where it cannot be opened any more."""
        data = self.artifacts.get(self.name)
        if not data:
            return None
        try:
            return _load(json.loads(self.sealed.open(data, *self._for())))
        except SealBroken:
            return None

    def seal(self, flow: Flow) -> bytes:
        """The flow as the blob holds it."""
        return self.sealed.seal(dumps(_dump(flow)), *self._for())

    def remove(self) -> None:
        """Nothing of the flow is kept."""
        self.artifacts.delete(self.name)

    def _for(self) -> tuple[str, str, str]:
        return (self.tenant, PURPOSE, f"{self.subject}-{self.number}")


def _dump(flow: Flow) -> dict[str, Any]:
    return {
        "deadline": flow.deadline.isoformat(),
        "nextPoll": flow.next_poll.isoformat(),
        "device": flow.device and _dump_device(flow.device),
        "link": flow.link and {"flow": dict(flow.link.flow), "url": flow.link.url},
        "notice": flow.notice and _dump_notice(flow.notice),
        "began": flow.began and flow.began.isoformat(),
    }


def _dump_notice(notice: Notice) -> list[str]:
    return [notice.account, notice.detail, notice.wrong.value if notice.wrong else ""]


def _load_notice(account: str, detail: str, wrong: str) -> Notice:
    return Notice(account, detail, WrongAccount(wrong) if wrong else None)


def _dump_device(device: DeviceCode) -> dict[str, Any]:
    return {
        "flow": dict(device.flow),
        "userCode": device.user_code,
        "verificationUri": device.verification_uri,
        "expiresAt": device.expires_at.isoformat(),
        "interval": device.interval,
    }


def _load(value: Mapping[str, Any]) -> Flow:
    device, link, notice = value["device"], value["link"], value["notice"]
    began = value.get("began")
    return Flow(
        dt.datetime.fromisoformat(value["deadline"]),
        dt.datetime.fromisoformat(value["nextPoll"]),
        device and _load_device(device),
        link and BrowserLink(link["flow"], link["url"]),
        notice and _load_notice(*notice),
        began and dt.datetime.fromisoformat(began),
    )


def _load_device(value: Mapping[str, Any]) -> DeviceCode:
    return DeviceCode(
        value["flow"],
        value["userCode"],
        value["verificationUri"],
        dt.datetime.fromisoformat(value["expiresAt"]),
        value["interval"],
    )
