"""What one could sign in with, as it went over the wire: for tests that look for it where it must not be.

In memory only, and of simulated people; the log of requests holds none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

SECRETS: Final = ("device_code", "code", "code_verifier", "refresh_token", "access_token", "id_token")


class Given:
    """By tenant and name, every value that was given to somebody, or brought by them."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, set[str]]] = {}

    def note(self, tenant: str, *bodies: Mapping[str, Any]) -> None:
        """Remembers the secrets in the form of a request and in its answer."""
        held = self._values.setdefault(tenant, {})
        for name, value in _secrets(bodies):
            held.setdefault(name, set()).add(value)

    def to_json(self, tenant: str) -> dict[str, list[str]]:
        """Name → values, of one tenant."""
        held = self._values.get(tenant, {})
        return {name: sorted(held.get(name, ())) for name in SECRETS}


def _secrets(bodies: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    return ((name, str(body[name])) for body in bodies for name in SECRETS if isinstance(body.get(name), str))
