"""Simulated Microsoft 365 tenants: Entra ID and Microsoft Graph, strict by Microsoft's documentation.

It knows nothing of the product, and the product nothing of it: they meet over HTTP alone. What it simulates,
and what it does not know, is in docs/simulated-tenant.md.

    from infra.local.tenant import build_app          # an ASGI application, in memory
    app = build_app(); app.seeder.make("contoso", "small")
"""

from .application import Application, build_app

__all__ = ["Application", "build_app"]
