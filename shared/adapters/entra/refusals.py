"""What the identity provider's refusals mean, by `error` and by AADSTS number.

Microsoft asks clients not to react to the numbers (learn.microsoft.com/entra/identity-platform/
reference-error-codes), since they may change; `error` alone does not tell a policy from a wrong account. So a
number that is not known here falls back on what `error` says, and the provider's own words always go along.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from shared.adapters.entra.provider import ProviderDown
from shared.errors import SecretUnreadable, SignInFailed
from shared.user_ports import PollKind

NO_CONSENT: Final = frozenset({65001, 500011, 650051, 650052, 650057, 700016, 7000229})
"""Numbers by which Entra says that the app, or Graph, has no service principal in the tenant, or no consent.
"""
PASSING: Final = frozenset(
    {40010, 50033, 50087, 50088, 50196, 80002, 80005, 90006, 90012, 90024, 90033, 90055, 90090, 90091, 130006}
)
"""Numbers of faults that pass by themselves: retryable, time-out, throttled, a service behind it is down."""
APP_REFUSED: Final = frozenset(
    {70001, 70002, 700011, 700016, 700025, 700027, 700030, 7000112, 7000215, 7000218, 7000222, 50011, 500011}
    | {650052, 650057, 7000229}
)
"""Numbers that are about the app or its credential, whoever signs in."""
PUBLIC_CLIENT_NOT_ALLOWED: Final = 7000218
"""The device flow of an app whose registration does not allow public client flows: it asks for a secret."""
DECLINED: Final = frozenset({65004})
USED_OR_EXPIRED: Final = frozenset({54005, 70000, 70008, 70018, 70019, 70020, 90120, 501481, 700005, 50089})
WRONG_ACCOUNT: Final = frozenset(
    {16000, 16003, 50014, 50020, 50034, 50177, 50178, 51004, 90072, 90084, 500021, 500022, 500208, 500212}
    | {500213}
)
"""Numbers for accounts that are not of the tenant: unknown there, personal ones, guests who may not enter."""
BLOCKED: Final = frozenset(
    {50005, 50053, 50055, 50057, 50072, 50074, 50076, 50078, 50079, 50097, 50105, 50125, 50126, 50129, 50131}
    | {50135, 50144, 50155, 50158, 50161, 50187, 53000, 53001, 53002, 53003, 53004, 53009, 53010, 53011}
    | {54000, 530032, 530034, 530035, 65001, 80012, 90093, 90094, 90095, 135011}
)
"""Numbers for a policy of the tenant, the state of the account or its device, or consent that only an
administrator may give.
"""
_BY_ERROR: Final[Mapping[str, PollKind]] = {
    "authorization_pending": PollKind.PENDING,
    "slow_down": PollKind.SLOW_DOWN,
    "authorization_declined": PollKind.DECLINED,
    "access_denied": PollKind.DECLINED,
    "bad_verification_code": PollKind.USED_OR_EXPIRED,
    "expired_token": PollKind.USED_OR_EXPIRED,
    "code_expired": PollKind.USED_OR_EXPIRED,
    "invalid_grant": PollKind.BLOCKED,
    "interaction_required": PollKind.BLOCKED,
    "consent_required": PollKind.BLOCKED,
    "login_required": PollKind.BLOCKED,
}
"""learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code "Expected errors", RFC 8628 section 3.5,
learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow.
"""
_ASKS_A_PERSON: Final = frozenset({"invalid_grant", "interaction_required", "consent_required"}) | {
    "login_required"
}
MOST_WORDS: Final = 1_000
"""Characters of the provider's sentence that are kept: what a browser posts back may be of any length."""
_NUMBER: Final = re.compile(r"AADSTS(\d+)")


def kind_of(result: Mapping[str, Any]) -> PollKind | None:
    """What a refusal says of the sign-in; None where it is about the app, or the provider itself."""
    error, numbers = str(result.get("error") or ""), numbers_in(result)
    if error in ("authorization_pending", "slow_down"):
        return _BY_ERROR[error]
    if passes(result) or numbers & APP_REFUSED:
        return None
    for kind, known in (
        (PollKind.DECLINED, DECLINED),
        (PollKind.WRONG_ACCOUNT, WRONG_ACCOUNT),
        (PollKind.BLOCKED, BLOCKED),
        (PollKind.USED_OR_EXPIRED, USED_OR_EXPIRED),
    ):
        if numbers & known:
            return kind
    return _BY_ERROR.get(error)


def asks_a_person(result: Mapping[str, Any]) -> bool:
    """Whether a refused refresh can be mended by somebody signing in again."""
    return str(result.get("error") or "") in _ASKS_A_PERSON and not numbers_in(result) & APP_REFUSED


def passes(result: Mapping[str, Any]) -> bool:
    """Whether the same question later may be answered."""
    return bool(numbers_in(result) & PASSING) or result.get("error") == "temporarily_unavailable"


def app_refused(result: Mapping[str, Any]) -> SignInFailed:
    """The refusal as an error of the app's own sign-in."""
    code = "consentMissing" if numbers_in(result) & NO_CONSENT else "credentialRefused"
    return failed(code, result)


def failed(code: str, result: Mapping[str, Any]) -> SignInFailed:
    """The refusal as an error of this code, in the provider's words."""
    request_id = str(result.get("correlation_id") or "")
    return SignInFailed(code, words(result), request_id=request_id, transient=passes(result))


def words(result: Mapping[str, Any]) -> str:
    """The provider's own sentence, without the ids and the time that it adds."""
    detail = str(result.get("error_description") or result.get("error") or "no reason was given")
    return detail.splitlines()[0].partition(" Trace ID: ")[0][:MOST_WORDS]


def numbers_in(result: Mapping[str, Any]) -> frozenset[int]:
    """The AADSTS numbers of a refusal."""
    listed = [int(one) for one in result.get("error_codes") or () if str(one).isdecimal()]
    return frozenset(listed) or numbers(str(result.get("error_description") or ""))


def numbers(text: str) -> frozenset[int]:
    """The AADSTS numbers in a text."""
    return frozenset(int(number) for number in _NUMBER.findall(text))


def translated(fault: Exception) -> SignInFailed:
    """What went wrong on the way to the provider, or with its answer."""
    import requests

    if isinstance(fault, SecretUnreadable):
        return SignInFailed("credentialRefused", str(fault), transient=fault.transient)
    if isinstance(fault, ProviderDown | requests.RequestException):
        return SignInFailed(
            "credentialRefused", f"the identity provider did not answer: {fault}", transient=True
        )
    if isinstance(fault, json.JSONDecodeError):
        return SignInFailed(
            "credentialRefused", "the identity provider's answer cannot be read", transient=True
        )
    if isinstance(fault, ValueError):
        code = "consentMissing" if numbers(str(fault)) & NO_CONSENT else "credentialRefused"
        return SignInFailed(code, (str(fault).splitlines() or [type(fault).__name__])[0])
    return SignInFailed("credentialRefused", f"{type(fault).__name__}: {fault}")
