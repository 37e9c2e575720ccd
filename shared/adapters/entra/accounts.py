"""Who signed in, and whether that person belongs to the tenant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, assert_never

from shared.adapters.entra.claims import decoded
from shared.user_ports import WrongAccount

PERSONAL: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The directory of personal Microsoft accounts (learn.microsoft.com/entra/identity-platform/
id-token-claims-reference, claim `tid`).
"""


@dataclass(frozen=True, slots=True)
class Account:
    """`tenant`: whose token it is; `home`: the directory that knows the person, empty where it is not said;
    `guest`: the token says that the person is one.
    """

    name: str
    tenant: str
    home: str
    guest: bool


def account_of(result: Mapping[str, Any]) -> Account:
    """The person in msal's answer: the id token's claims, and `client_info`, whose `utid` is the home
    directory.

    Claims: learn.microsoft.com/entra/identity-platform/id-token-claims-reference (`idp` stands there only
    when another provider than the token's issuer knows the person) and optional-claims-reference (`acct`: 1
    for a guest).
    """
    claims = result.get("id_token_claims") or {}
    home = decoded(str(result.get("client_info") or "")).get("utid")
    issuer, provider = str(claims.get("iss") or ""), str(claims.get("idp") or "")
    tenant = str(claims.get("tid") or "").lower()
    elsewhere = bool(provider) and provider != issuer and tenant not in provider.lower()
    name = claims.get("preferred_username") or claims.get("upn") or claims.get("email") or claims.get("name")
    return Account(
        name=str(name or "unknown"),
        tenant=tenant,
        home=str(home or "").lower(),
        guest=elsewhere or claims.get("acct") in (1, "1"),
    )


def kind_of_wrong(account: Account, expected: str) -> WrongAccount | None:
    """Why nobody may work in the directory `expected` with this account; None where somebody may."""
    expected = expected.lower()
    if account.tenant != expected:  # nor with one of which nothing is said
        return WrongAccount.OTHER_DIRECTORY
    if account.home == PERSONAL:
        return WrongAccount.PERSONAL
    if account.guest or (account.home and account.home != expected):
        return WrongAccount.GUEST
    return None


def why_wrong(account: Account, expected: str) -> str:
    """The same in words; empty where somebody may."""
    match kind_of_wrong(account, expected):
        case WrongAccount.OTHER_DIRECTORY:
            where = account.tenant or "unknown"
            return f"{account.name} belongs to another directory ({where}), not to this tenant's"
        case WrongAccount.PERSONAL:
            return f"{account.name} is a personal Microsoft account: sign in with an account of this tenant"
        case WrongAccount.GUEST:
            own = (
                f", whose own directory is {account.home}"
                if account.home not in ("", expected.lower())
                else ""
            )
            return f"{account.name} is a guest{own}: sign in with an account of this tenant"
        case None:
            return ""
        case _ as never:
            assert_never(never)
