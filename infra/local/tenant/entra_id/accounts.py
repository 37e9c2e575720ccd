"""The people who can be picked on the pages, as one tenant sees them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from infra.local.tenant.app_roles import APP_ID
from infra.local.tenant.tenant import Tenant
from infra.local.tenant.tokens import GLOBAL_ADMINISTRATOR

from .refusals import SignInError, refused

ACCOUNTS = ("admin", "member", "guest", "otherTenant", "blocked", "decline")
PARTNER_TENANT = "b0b7a2ee-41c0-4a1c-9d0e-5d5f5b7b7f01"  # the home of the guest
OTHER_TENANT = "c4e1f6a3-6f0b-4a53-8f0e-0f3f8a9d2c02"  # the home of who does not belong here
_ANY_USER = "b79fbf4d-3ef9-4689-8143-76b194e85509"
_GUEST_USER = "10dae51f-b6af-4016-8d66-8c2a99b929b3"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in. `id` is their object in this tenant, `home_id` the one in `home_tenant`; `login`
    is the name they type, `upn` their name in this tenant; `roles` are directory role templates (`wids`).
    """

    account: str
    id: str
    login: str
    upn: str
    name: str
    home_tenant: str
    home_id: str
    roles: tuple[str, ...]

    @property
    def is_admin(self) -> bool:
        return GLOBAL_ADMINISTRATOR in self.roles


def person(tenant: Tenant, account: str) -> Person:
    """The person behind one of the `ACCOUNTS`; for `decline` the administrator who says no."""
    domain = f"{tenant.key}.onmicrosoft.com"
    if account == "guest":
        upn = f"robin.lee_partner.example#EXT#@{domain}"
        home = str(uuid.uuid5(uuid.UUID(PARTNER_TENANT), "robin.lee"))
        return Person(
            account,
            _id(tenant, upn),
            "robin.lee@partner.example",
            upn,
            "Robin Lee (guest)",
            PARTNER_TENANT,
            home,
            (_GUEST_USER,),
        )
    if account == "otherTenant":
        login = "sam.taylor@elsewhere.example"
        home = str(uuid.uuid5(uuid.UUID(OTHER_TENANT), "sam.taylor"))
        return Person(account, home, login, login, "Sam Taylor", OTHER_TENANT, home, (GLOBAL_ADMINISTRATOR,))
    if account in ("member", "blocked"):
        name = "Kim Berg" if account == "member" else "Noa Silva"
        upn = f"{name.lower().replace(' ', '.')}@{domain}"
        return _own(tenant, account, upn, name, (_ANY_USER,))
    return _own(tenant, account, f"admin@{domain}", "Administrator", (GLOBAL_ADMINISTRATOR, _ANY_USER))


def by_id(tenant: Tenant, object_id: str) -> Person | None:
    """The person with that object in the tenant."""
    people = (person(tenant, account) for account in ("admin", "member", "guest", "blocked"))
    return next((one for one in people if one.id == object_id), None)


def refusal(tenant: Tenant, account: str, number: int) -> SignInError:
    """Why that account cannot sign in, in words that name it."""
    one = person(tenant, account)
    idp = f"https://sts.windows.net/{one.home_tenant}/"
    return refused(number, user=one.login, idp=idp, tenant=tenant.display_name, app=APP_ID)


def _own(tenant: Tenant, account: str, upn: str, name: str, roles: tuple[str, ...]) -> Person:
    object_id = _id(tenant, upn)
    return Person(account, object_id, upn, upn, name, tenant.entra_id, object_id, roles)


def _id(tenant: Tenant, upn: str) -> str:
    """The id of the user's object, or the one it would have."""
    known = (r for r in tenant.all("users") if r.body.get("userPrincipalName", "").lower() == upn.lower())
    record = next(known, None)
    return record.id if record else str(uuid.uuid5(uuid.UUID(tenant.entra_id), f"users/{upn}"))
