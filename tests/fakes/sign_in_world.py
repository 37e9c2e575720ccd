"""A tenant that somebody signs in to, poll by poll, and what the provider answers."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from stores import MemoryAudit, MemoryCallbacks, MemoryStatus
from sync_ports import Blobs, Clock, Effects
from user_access import FakeUserSignIn, GlassSeal, MemoryTokenCaches

from shared.domain.settings import Authentication, Settings
from shared.domain.sign_in import SignInResult
from shared.domain.sync import Actor, ActorKind, TenantRecord
from shared.errors import SignInFailed
from shared.names import SyncId, TenantId
from shared.steps.sign_in import Attempt, Pending, ask, begin
from shared.steps.sign_in_flow import Flow, Vault
from shared.user_ports import Polled, PollKind

CONTOSO, SYNC = TenantId("contoso"), SyncId("0" * 26)
MINUTES = dt.timedelta(minutes=3)
ADA = Actor(ActorKind.PERSON, "Ada", "u-1", "page")
DOWN = SignInFailed("credentialRefused", "503", transient=True)
PENDING, SLOWER = Polled(PollKind.PENDING), Polled(PollKind.SLOW_DOWN, interval=10)
GUEST = Polled(PollKind.WRONG_ACCOUNT, "a guest", account="bob@fabrikam.example")
USED, DECLINED = Polled(PollKind.USED_OR_EXPIRED), Polled(PollKind.DECLINED, "AADSTS65004")


@dataclass
class World:
    """A tenant that somebody signs in to, and what the provider answers."""

    clock: Clock = field(default_factory=Clock)
    provider: FakeUserSignIn = field(default_factory=FakeUserSignIn)
    caches: MemoryTokenCaches = field(default_factory=MemoryTokenCaches)
    status: MemoryStatus = field(default_factory=MemoryStatus)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    callbacks: MemoryCallbacks = field(default_factory=MemoryCallbacks)

    def __post_init__(self) -> None:
        settings = Settings(authentication=Authentication.SERVICE_PRINCIPAL_AND_USER)
        self.status.rows[CONTOSO] = TenantRecord(CONTOSO, "Contoso", "e-1", settings, self.clock.at)
        self.blobs = Blobs(effects=Effects(), clock=self.clock)
        self.attempt = Attempt(
            Vault(CONTOSO, SYNC, 1, self.blobs, GlassSeal()),
            self.provider,
            self.caches,
            self.callbacks,
            self.status,
            self.audit,
            self.clock,
            frozenset({"Policy.Read.All"}),
            "https://accord.example/callback/sign-in",
            self.clock.sleep,
        )

    @property
    def tenant(self) -> TenantRecord:
        return self.status.rows[CONTOSO]

    def play(self, work: Any) -> Any:
        return asyncio.run(work)

    def begun(self, *polls: Polled | Exception) -> World:
        self.provider.polls += polls
        self.play(begin(self.attempt, MINUTES))
        return self

    def ask(self, after: float = 5) -> SignInResult | Pending:
        self.clock.pass_(after)
        return self.play(ask(self.attempt))

    def flow(self) -> Flow | None:
        return self.attempt.vault.load()
