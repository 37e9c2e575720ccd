"""A person at a sign-in page: what picking an account comes to."""

from __future__ import annotations

from dataclasses import dataclass

from infra.local.tenant.consents import grant_scopes
from infra.local.tenant.signins import DeviceCode
from infra.local.tenant.tenant import Tenant

from .accounts import Person, person, refusal
from .refusals import SignInError, refused
from .registration import Registration
from .scopes import Asked, lacking, needs_admin, read_scope

_STATES = {50020: "refused", 53003: "blocked", 65004: "declined"}


@dataclass(frozen=True, slots=True)
class Choice:
    """The account picked (one of `ACCOUNTS`), whether its owner consents to what is still lacking, and
    whether for everybody in the tenant ("Consent on behalf of your organization").
    """

    account: str
    consents: bool = True
    everyone: bool = False


def decide(
    tenant: Tenant, app: Registration, asked: Asked, choice: Choice, *, by_device: bool = False
) -> SignInError | None:
    """Signs the person in and records their consent; or the refusal."""
    account, policy = choice.account, tenant.behaviour.deviceCodes
    if account == "decline":
        return refusal(tenant, account, 65004)
    if account == "otherTenant":
        return refusal(tenant, account, 50020)
    if account in tenant.sign_ins.blocked or (by_device and policy == "blocked"):
        return refusal(tenant, account, 53003)
    return _consent(tenant, app, asked, choice, person(tenant, account))


def _consent(
    tenant: Tenant, app: Registration, asked: Asked, choice: Choice, one: Person
) -> SignInError | None:
    needed = lacking(tenant, one, asked, app)
    if not needed:
        return None
    if needs_admin(needed) and not one.is_admin:
        return refusal(tenant, choice.account, 90094)
    if not choice.consents:
        return refusal(tenant, choice.account, 65004)
    grant_scopes(tenant, needed, None if choice.everyone and one.is_admin else one.id)
    return None


def decide_device(
    tenant: Tenant, app: Registration, device: DeviceCode, choice: Choice, now: float
) -> SignInError | None:
    """The same for a device code, whose next poll then brings the result.

    A refusal that only the page shows leaves the code waiting for somebody else.
    """
    if device.state != "pending":
        return refused(90120)
    if now >= device.expires_at:
        return refused(70020)
    found = decide(tenant, app, read_scope(device.scope), choice, by_device=True)
    if found is not None:
        on_page = found.number == 50020 and tenant.behaviour.foreignAccounts == "page"
        if on_page or found.number not in _STATES:
            return found
    device.account = choice.account
    device.state = "signedIn" if found is None else _STATES[found.number]
    device.refusal = None if found is None else found.number
    tenant.save()
    return found
