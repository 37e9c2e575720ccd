"""Authorization codes at the token endpoint."""

from __future__ import annotations

from infra.local.tenant.signins import AuthorizationCode

from .refusals import refused
from .service import TokenRequest

_LIFETIME = 600.0  # "Typically, they expire after about 10 minutes"


def find_code(request: TokenRequest, text: str) -> AuthorizationCode:
    """The code of that text, while it can be redeemed here. SignInError for any other."""
    found = request.tenant.sign_ins.codes.get(text)
    if found is None:
        others = request.service.world.tenants.values()
        raise refused(700005 if any(text in one.sign_ins.codes for one in others) else 70000)
    if found.used:
        raise refused(54005)
    if request.service.now >= found.issued_at + _LIFETIME:
        raise refused(70008)
    return found
