"""What becomes of a sign-in: its states, the row that settles it, and what follows for its sync
(product.md 3.2, mechanics.md 1 and 3).

The row `signIn_{subject}_{n}` is inserted once: by whoever heard the identity provider's answer, by a cancel,
or by the deadline. `subject` is a sync, with n = 1, and 2 before the deploy; ahead of any sync it is the
attempt's own id.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from shared.domain.catalog import Catalog, Identity
from shared.domain.move import Decide, Ignored, Moved
from shared.domain.settings import OnSignInTimeout
from shared.domain.sync import EventType, Stage, SyncRecord, TenantRecord
from shared.names import SyncId, TypeKey

TRIED_FOR: Final = dt.timedelta(days=30)
"""How long it counts that the service principal was let read a type."""
REFUSED_FOR: Final = dt.timedelta(days=1)
"""How long it counts that it was refused: a grant may take hours to reach a service, and a refusal asks a
person.
"""


class SignInState(Enum):
    """What a sign-in has come to (api.md, Authentication `state`)."""

    NONE = "none"
    PENDING = "pending"
    SIGNED_IN = "signedIn"
    DECLINED = "declined"
    BLOCKED = "blocked"
    """By a policy of the tenant."""
    WRONG_ACCOUNT = "wrongAccount"
    EXPIRED = "expired"
    """Nobody signed in before the deadline."""
    CANCELLED = "cancelled"
    """By a person; never shown, for the sync that asked is cancelled."""


@dataclass(frozen=True, slots=True)
class SignInResult:
    """The row that settles one sign-in. `account`: who signed in, or tried to; `detail`: the provider's own
    words.
    """

    state: SignInState
    at: dt.datetime
    account: str = ""
    detail: str = ""


class GoOn(Enum):
    """How a sync goes on from a settled sign-in."""

    WITH_USER = "withUser"
    WITHOUT_USER = "withoutUser"
    """With the service principal alone; what needs a user is not read, and its changes are skipped."""
    DEADLINE = "deadline"
    """Cancelled, for nobody signed in."""
    CANCELLED = "cancelled"
    """By a person."""


_NEXT: Final[Mapping[SignInState, GoOn]] = {
    SignInState.SIGNED_IN: GoOn.WITH_USER,
    SignInState.DECLINED: GoOn.WITHOUT_USER,
    SignInState.BLOCKED: GoOn.WITHOUT_USER,
    SignInState.WRONG_ACCOUNT: GoOn.WITHOUT_USER,
    SignInState.CANCELLED: GoOn.CANCELLED,
}


def onward(state: SignInState, on_timeout: OnSignInTimeout) -> GoOn:
    """What a settled sign-in means for the sync that waits for it: only silence may cancel it."""
    if state is SignInState.EXPIRED and on_timeout is OnSignInTimeout.CONTINUE:
        return GoOn.WITHOUT_USER
    return _NEXT.get(state, GoOn.DEADLINE)


def closing(wrong_account: SignInResult | None, at: dt.datetime) -> SignInResult:
    """What the deadline inserts: silence, or that only accounts that do not count had been brought."""
    if wrong_account is None:
        return SignInResult(SignInState.EXPIRED, at)
    return replace(wrong_account, state=SignInState.WRONG_ACCOUNT, at=at)


def number(sync: SyncRecord) -> int:
    """Which sign-in of the sync this is: the first, or the one before the deploy."""
    return 1 if sync.decision is None else 2


def goes_on_without(step: int) -> Decide[Ignored]:
    """The sync goes on with the service principal alone. Repeatable."""

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
        if sync is None or tenant.active_sync != sync.id or step < sync.step or sync.stage is Stage.ENDED:
            return Ignored.LATE
        if sync.without_user:
            return Ignored.SAME
        return Moved(tenant, replace(sync, without_user=True))

    return decide


def signed_in_again(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
    """Somebody signed in: the tenant's token is not refused any more."""
    if not tenant.sign_in_needed:
        return Ignored.SAME
    return Moved(replace(tenant, sign_in_needed=False), sync)


def token_refused(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
    """The stored token was refused when it was tried: announced, once until somebody signs in."""
    if tenant.sign_in_needed:
        return Ignored.SAME
    return Moved(replace(tenant, sign_in_needed=True), sync, (EventType.SIGN_IN_NEEDED,))


def attempted(attempt: SyncId | None) -> Decide[Ignored]:
    """This is the tenant's newest sign-in ahead of any sync; None forgets the last, as signing out does."""

    def decide(tenant: TenantRecord, sync: SyncRecord | None) -> Moved | Ignored:
        needed = tenant.sign_in_needed and attempt is not None
        after = replace(tenant, sign_in_attempt=attempt, sign_in_needed=needed)
        return Ignored.SAME if after == tenant else Moved(after, sync)

    return decide


# --- which types need a user --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tried:
    """What a read with the service principal showed. `app` False: it was refused, and the type needs a user
    in this tenant.
    """

    app: bool
    at: dt.datetime


def to_try(
    catalog: Catalog,
    wanted: frozenset[TypeKey],
    tried: Mapping[TypeKey, Tried],
    now: dt.datetime,
    granted_at: dt.datetime | None = None,
) -> tuple[TypeKey, ...]:
    """The types, of those wanted, that have to be tried with the service principal: documentation and
    practice disagree, and what was found is old. `granted_at`: when the app's permissions were seen to
    change; what was refused before may be allowed since.
    """
    return tuple(
        key
        for key, spec in catalog.types.items()
        if key in wanted
        and spec.identity is Identity.TRY
        and (key not in tried or _is_old(tried[key], now, granted_at))
    )


def _is_old(found: Tried, now: dt.datetime, granted_at: dt.datetime | None) -> bool:
    if found.app:
        return now - found.at >= TRIED_FOR
    return now - found.at >= REFUSED_FOR or (granted_at is not None and granted_at >= found.at)


def user_types(catalog: Catalog, tried: Mapping[TypeKey, Tried]) -> frozenset[TypeKey]:
    """The types that need a signed-in user in this tenant: always, or because the app was refused."""
    refused = {key for key, found in tried.items() if not found.app}
    always = {key for key, spec in catalog.types.items() if spec.identity is Identity.USER}
    return frozenset(always | (_asking(catalog) & refused))


def sign_in_scopes(
    catalog: Catalog, wanted: frozenset[TypeKey], tried: Mapping[TypeKey, Tried]
) -> frozenset[str]:
    """The delegated permissions to ask a person for: those of the wanted types that need a user, or may."""
    granted = {key for key, found in tried.items() if found.app}
    asking = (catalog.types[key] for key in (_asking(catalog) & wanted) - granted)
    return frozenset(name for spec in asking for name in (*spec.user_read, *spec.user_write))


def _asking(catalog: Catalog) -> frozenset[TypeKey]:
    return frozenset(key for key, spec in catalog.types.items() if spec.identity is not Identity.APP)
