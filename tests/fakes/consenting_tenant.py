"""One tenant whose app may read, and what is kept of its permissions."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

from granting import FakeApp
from small_catalog import CATALOG
from stores import MemoryArtifacts, MemoryCallbacks, MemoryStatus
from sync_ports import Clock
from user_access import FakeUserTokens

from shared.domain.catalog import Identity
from shared.domain.settings import Authentication, Settings
from shared.domain.sync import Status, TenantRecord
from shared.errors import SignInFailed
from shared.steps.permissions import Desk, Look, check, read

READ, WRITE = "application-Read", "application-Write"
LENT = "delegated-Lent"
ALONE, BOTH = Settings(), Settings(authentication=Authentication.SERVICE_PRINCIPAL_AND_USER)
DOWN = SignInFailed("credentialRefused", "HTTP 503", transient=True)
REFUSED = SignInFailed("credentialRefused", "AADSTS7000222: it has expired")
UNKNOWN = SignInFailed("consentMissing", "AADSTS700016: no such app")
PATIENCE = dt.timedelta(minutes=5)


class ConsentingTenant:
    """One tenant whose app may read; groups need a user where `lent` says so."""

    def __init__(self, settings=ALONE, *, lent=False) -> None:
        self.clock, self.status, self.findings = Clock(), MemoryStatus(), MemoryArtifacts()
        self.app, self.user = FakeApp(granted=frozenset({"Read"})), FakeUserTokens(frozenset({"Lent"}))
        self.catalog, self.callbacks = CATALOG, MemoryCallbacks()
        if lent:
            groups = replace(
                CATALOG.types["groups"], read=(), write=(), identity=Identity.USER, user_read=("Lent",)
            )
            self.catalog = replace(CATALOG, types={**CATALOG.types, "groups": groups}, version="lent")
        self.status.rows["contoso"] = TenantRecord(
            "contoso", "Contoso", "e", settings, self.clock.at, status=Status.IDLE, resting=Status.IDLE
        )

    @property
    def row(self):
        return self.status.rows["contoso"]

    @property
    def desk(self):
        return Desk(self.row, self.catalog, self.status, self.findings, self.clock, PATIENCE)

    def look(self):
        asks = self.row.settings.authentication is Authentication.SERVICE_PRINCIPAL_AND_USER
        user = self.user if asks else None
        return Look(self.desk, "c-1", self.app, self.app, user, sleep=self.clock.sleep)

    def check(self, **how):
        found = asyncio.run(check(self.look(), **how))
        return {one.need.id: one.state.value for one in found.permissions}

    def updated(self):
        return {one.need.id for one in asyncio.run(read(self.desk)).permissions if one.updated}
