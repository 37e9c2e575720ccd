"""People signing in, by msal: with a device code (a public client), or in the browser with PKCE (a
confidential one). Each call is one attempt; whoever waits, waits elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from shared.adapters.entra.accounts import Account, account_of, kind_of_wrong, why_wrong
from shared.adapters.entra.credentials import Credential
from shared.adapters.entra.provider import Provider
from shared.adapters.entra.refusals import (
    PUBLIC_CLIENT_NOT_ALLOWED,
    app_refused,
    kind_of,
    numbers_in,
    translated,
    words,
)
from shared.errors import SignInFailed
from shared.user_ports import BrowserLink, CacheKind, DeviceCode, Polled, PollKind

_SLOWER: Final = 5
"""Seconds that `slow_down` adds to the interval (RFC 8628, section 3.5); msal adds them by itself."""
_NOT_ALLOWED: Final = (
    "the app registration does not allow public client flows, which device codes need: allow them under "
    '"Authentication", or sign in with the link'
)


class EntraSignIn:
    """Fills `UserSignIn`, for one tenant. May be used from several threads."""

    def __init__(
        self,
        provider: Provider,
        credential: Callable[[], Credential],
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._provider, self._credential, self._now = provider, credential, now

    def begin_device(self, scopes: Collection[str]) -> DeviceCode:
        """A fresh device code. Raises SignInFailed."""
        flow = _asked(lambda: self._provider.public().initiate_device_flow(self._scopes(scopes)))
        if "user_code" not in flow or "device_code" not in flow:
            raise app_refused(flow)
        lasts = dt.timedelta(seconds=int(flow["expires_in"]))
        return DeviceCode(
            flow=flow,
            user_code=str(flow["user_code"]),
            verification_uri=self._provider.address.reachable(str(flow["verification_uri"])),
            expires_at=self._now() + lasts,
            interval=_interval(flow),
        )

    def poll_device(self, flow: Mapping[str, Any]) -> Polled:
        """One request. Raises SignInFailed."""
        asked = {name: value for name, value in flow.items() if name != "latest_attempt_at"}
        asked["interval"] = _interval(flow)  # msal never returns from an interval of none
        cache = _new_cache()
        app = _asked(lambda: self._provider.public(cache))
        result = _asked(lambda: app.acquire_token_by_device_flow(asked, exit_condition=lambda _: True))
        asked.pop("latest_attempt_at", None)
        if "access_token" in result:
            return self._signed_in(app, result, cache, CacheKind.PUBLIC)
        if PUBLIC_CLIENT_NOT_ALLOWED in numbers_in(result):
            return Polled(PollKind.BLOCKED, f"{words(result)} ({_NOT_ALLOWED})")
        return _refused(result, asked, _interval(asked))

    def begin_browser(self, scopes: Collection[str], state: str, redirect_uri: str) -> BrowserLink:
        """A link with PKCE, state and nonce, answered by form post. Raises SignInFailed."""
        flow = _asked(
            lambda: self._provider.confidential(self._credential()).initiate_auth_code_flow(
                self._scopes(scopes),
                redirect_uri=redirect_uri,
                state=state,
                prompt="select_account",
                response_mode="form_post",
            )
        )
        return BrowserLink(flow, self._provider.address.reachable(str(flow["auth_uri"])))

    def redeem(self, flow: Mapping[str, Any], form: Mapping[str, str]) -> Polled:
        """Redeems the code that was posted. Raises SignInFailed."""
        if form.get("state") != flow.get("state") or not (form.get("code") or form.get("error")):
            return Polled(PollKind.USED_OR_EXPIRED, "the answer does not belong to this sign-in")
        cache = _new_cache()
        app = _asked(lambda: self._provider.confidential(self._credential(), cache))
        try:
            result = _asked(lambda: app.acquire_token_by_auth_code_flow(dict(flow), dict(form)))
        except _OtherNonce:
            return Polled(PollKind.USED_OR_EXPIRED, "the answer does not belong to this sign-in")
        if "access_token" in result:
            return self._signed_in(app, result, cache, CacheKind.WEB)
        return _refused(result, {}, 0.0)

    def _scopes(self, permissions: Collection[str]) -> list[str]:
        """At least one permission, or the provider would give a token for nothing."""
        return [self._provider.address.scope(one) for one in sorted(permissions)] or [
            self._provider.address.everything_granted
        ]

    def _signed_in(self, app: Any, result: Mapping[str, Any], cache: Any, kind: CacheKind) -> Polled:
        account: Account = account_of(result)
        expected = str(app.authority.tenant)
        if (wrong := kind_of_wrong(account, expected)) is not None:
            reason = why_wrong(account, expected)
            return Polled(PollKind.WRONG_ACCOUNT, reason, account=account.name, wrong=wrong)
        return Polled(
            PollKind.SIGNED_IN, cache=cache.serialize().encode(), account=account.name, cache_kind=kind
        )


class _OtherNonce(Exception):
    """The id token was made for another sign-in."""


def _asked(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except (SignInFailed, _OtherNonce):
        raise
    except RuntimeError as fault:
        if "nonce" in str(fault):
            raise _OtherNonce from fault
        raise translated(fault) from fault
    except Exception as fault:
        raise translated(fault) from fault


def _refused(result: Mapping[str, Any], flow: Mapping[str, Any], interval: float) -> Polled:
    kind = kind_of(result)
    if kind is None:
        raise app_refused(result)
    if kind in (PollKind.PENDING, PollKind.SLOW_DOWN):
        return Polled(kind, flow=flow, interval=interval)
    return Polled(kind, words(result))


def _interval(flow: Mapping[str, Any]) -> int:
    return max(1, int(flow.get("interval") or _SLOWER))


def _new_cache() -> Any:
    import msal

    return msal.SerializableTokenCache()
