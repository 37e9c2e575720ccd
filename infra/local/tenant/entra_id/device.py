"""Device codes: learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code and RFC 8628."""

from __future__ import annotations

import secrets
from typing import Any

from infra.local.tenant.signins import DeviceCode
from infra.local.tenant.tenant import Tenant, World

from .accounts import refusal
from .refusals import missing, refused
from .scopes import read_scope
from .service import Service
from .wording import words

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that people mistake for another
_KEPT = 86400.0
_EARLY = 0.1  # seconds by which a poll may seem early on its way here
_SLOWER = 5  # RFC 8628 3.5: the interval grows by this with each slow_down


def begin(
    service: Service, tenant: Tenant, form: dict[str, str], origin: str, language: str
) -> dict[str, Any]:
    """The answer of the device code endpoint. SignInError for every refusal."""
    service.known_app(form, tenant)
    scope = form.get("scope", "")
    if not scope:
        raise missing("scope")
    read_scope(scope)
    now, behaviour = service.now, tenant.behaviour
    tenant.sign_ins.forget(now - _KEPT)
    device = DeviceCode(
        device_code=secrets.token_urlsafe(96),
        user_code="".join(secrets.choice(_LETTERS) for _ in range(9)),
        scope=scope,
        issued_at=now,
        expires_at=now + behaviour.deviceCodeLifetime,
        interval=behaviour.deviceCodeInterval,
    )
    tenant.sign_ins.devices[device.device_code] = device
    tenant.save()
    page = f"{origin}/devicelogin"
    return {
        "user_code": device.user_code,
        "device_code": device.device_code,
        "verification_uri": page,
        "expires_in": behaviour.deviceCodeLifetime,
        "interval": device.interval,
        "message": words(language)["message"].format(page=page, code=device.user_code),
    }


def find(world: World, user_code: str) -> tuple[Tenant, DeviceCode] | None:
    """The code a person typed: among all tenants, since the page knows none."""
    wanted = user_code.strip().upper()
    for tenant in world.tenants.values():
        for device in tenant.sign_ins.devices.values():
            if device.user_code == wanted:
                return tenant, device
    return None


def poll(tenant: Tenant, device_code: str, now: float) -> DeviceCode:
    """The code, when the person has signed in; SignInError for every other state of it."""
    device = tenant.sign_ins.devices.get(device_code)
    if device is None:
        raise refused(70018)
    if device.state == "used":
        raise refused(54005)
    _keep_pace(device, now)
    if device.state == "pending":
        raise refused(70020 if now >= device.expires_at else 70016)
    if device.state == "signedIn":
        return device
    raise refusal(tenant, device.account or "", device.refusal or 65004)


def _keep_pace(device: DeviceCode, now: float) -> None:
    before, device.polled_at = device.polled_at, now
    if before is not None and now - before < device.interval - _EARLY:
        device.interval += _SLOWER
        raise refused(70016, error="slow_down")
