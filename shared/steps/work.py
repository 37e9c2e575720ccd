"""What every stage of one sync works with, and when it has to stop."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from shared.domain.catalog import Catalog
from shared.domain.sync import SyncRecord, TenantRecord
from shared.names import TypeKey
from shared.ports import (
    Artifacts,
    Clock,
    Repository,
    Sealed,
    StatusStore,
    TenantApi,
    TokenSource,
    UserTokens,
)
from shared.steps.sync_log import SyncLog


class Stop(Enum):
    """Why a stage has to stop before its end. The values are verdict kinds of the orchestrator."""

    CANCELLED = "cancelled"
    TIME_LIMIT = "timeLimit"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Work:
    """One activity's view of its sync: the rows as they were read, the ports, and its two limits.

    `slice_ends`: when to hand back what there is (an activity works four minutes at most). `stop_at`: when
    the sync's own time is up; None for the stages of its end.
    """

    tenant: TenantRecord
    sync: SyncRecord
    step: int
    slice_ends: dt.datetime
    stop_at: dt.datetime | None
    clock: Clock
    catalog: Catalog
    status: StatusStore
    artifacts: Artifacts
    repository: Repository
    tokens: TokenSource
    api: TenantApi
    log: SyncLog
    findings: Artifacts
    """The tenant's blobs that belong to no sync."""
    sealed: Sealed
    client_id: str = ""
    propagation: dt.timedelta = dt.timedelta(minutes=5)
    """For how long a grant that is in no token yet is waited for."""
    user: UserTokens | None = None
    """The signed-in user; None where the tenant asks none, or the sync goes on without."""
    user_types: frozenset[TypeKey] = frozenset()
    """The types that need the user in this tenant: by the catalog, or because the app was refused."""
    visible_within: float | None = None
    """Overrides the catalog's time within which created objects show; for tests."""
    read_back_seconds: float = 300.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    """How a stage waits, in seconds of `clock`."""

    async def stop(self) -> Stop | None:
        """Asked between items: a person's cancel first, then the time limit."""
        if await self.status.cancelled(self.tenant.id, self.sync.id):
            return Stop.CANCELLED
        if self.stop_at is not None and self.clock.now() >= self.stop_at:
            return Stop.TIME_LIMIT
        return None

    def slice_over(self) -> bool:
        """Whether this activity has to hand back and be called again."""
        return self.clock.now() >= self.slice_ends
