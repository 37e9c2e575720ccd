"""What an app asks for in `scope`, and how that meets what was consented to.

learn.microsoft.com/entra/identity-platform/scopes-oidc
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass

from infra.local.tenant.app_roles import APP_ID, delegated_permissions
from infra.local.tenant.consents import delegated_scopes
from infra.local.tenant.tenant import Tenant
from infra.local.tenant.tokens import GRAPH

from .accounts import Person
from .refusals import refused
from .registration import Registration

OPEN_ID = frozenset({"openid", "profile", "email", "offline_access"})
_RESOURCES = (GRAPH, "00000003-0000-0000-c000-000000000000")


@dataclass(frozen=True, slots=True)
class Asked:
    """A `scope` parameter: delegated permissions of Graph, those of OpenID Connect, and whether `.default`
    (all that was consented to) was meant. `prefixed`: names came with the resource before them.
    """

    graph: frozenset[str]
    open_id: frozenset[str]
    default: bool = False
    prefixed: bool = False


def read_scope(text: str) -> Asked:
    """What a `scope` parameter asks for. SignInError for what Graph does not have."""
    graph: set[str] = set()
    prefixed = default = False
    words = urllib.parse.unquote(text).split()
    for word in words:
        resource, _, name = word.rpartition("/")
        if resource and resource.rstrip("/") not in _RESOURCES:
            raise refused(500011, resource=resource)
        prefixed |= bool(resource)
        if name == ".default":
            default = True
        elif name not in OPEN_ID:
            graph.add(name)
    if default and graph:
        raise refused(70011, scope=text)
    if unknown := sorted(graph - set(delegated_permissions())):
        raise refused(650053, scope=unknown[0])
    return Asked(frozenset(graph), OPEN_ID & set(words), default, prefixed)


def lacking(tenant: Tenant, person: Person, asked: Asked, registration: Registration) -> frozenset[str]:
    """The permissions that somebody must consent to before tokens can be given.

    `.default` asks for what the app is registered with, but only of who has consented to nothing yet.
    """
    held = delegated_scopes(tenant, person.id)
    if asked.default:
        return frozenset() if held else frozenset(registration.requires["delegated"])
    return asked.graph - held


def needs_admin(scopes: Iterable[str]) -> bool:
    """Whether one of them can be consented to by administrators only."""
    known = delegated_permissions()
    return any(known[name].needs_admin for name in scopes)


def given(tenant: Tenant, person: Person, asked: Asked) -> frozenset[str]:
    """The delegated permissions a token carries: all that the app was given for this person.

    SignInError AADSTS65001 when something asked for is not among them.
    """
    held = delegated_scopes(tenant, person.id)
    if asked.graph - held or not held:
        raise refused(65001, app=APP_ID)
    return held


def answered(asked: Asked, held: frozenset[str]) -> str:
    """The `scope` of a token answer, in the form it was asked for."""
    prefix = f"{GRAPH}/" if asked.prefixed else ""
    names = [f"{prefix}{name}" for name in sorted(held)]
    return " ".join(
        [*sorted(asked.open_id - {"offline_access"}), *names, *([f"{GRAPH}/.default"] * asked.default)]
    )
