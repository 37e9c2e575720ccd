"""An administrator's consent: learn.microsoft.com/entra/identity-platform/v2-admin-consent."""

from __future__ import annotations

from infra.local.tenant.consents import grant_scopes
from infra.local.tenant.tenant import Tenant

from .service import Service


def consent_to_all(service: Service, tenant: Tenant) -> None:
    """Grants everything the app is registered with, to the app itself and for everybody in the tenant."""
    for permission in service.app.requires["application"]:
        tenant.grants.setdefault(permission, service.now)
    grant_scopes(tenant, service.app.requires["delegated"])
    tenant.consented = True
    tenant.save()
