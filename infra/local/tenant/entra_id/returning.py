"""How a browser is sent back to the app, with what it brings."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .refusals import SignInError


@dataclass(frozen=True, slots=True)
class Return:
    """The way back: the app's address, the mode (query, fragment or form_post) and the fields it brings."""

    address: str
    mode: str = "query"
    state: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    def with_fields(self, fields: Mapping[str, str]) -> Return:
        """The same way back with these fields, and `state` where there was one."""
        state = {} if self.state is None else {"state": self.state}
        return replace(self, fields={**fields, **state})

    def refusal(self, error: SignInError, now: float, *, error_code: str = "", **more: str) -> Return:
        """The way back with an error. `error_code` where OAuth has another one for this place."""
        subcode = {"error_subcode": "cancel"} if error.number == 65004 else {}
        told = {"error": error_code or error.error, "error_description": error.described(now)}
        return self.with_fields({**told, **subcode, **more})

    @property
    def url(self) -> str:
        """Where the browser goes; with form_post the fields travel in the body instead."""
        if self.mode == "form_post":
            return self.address
        text = urllib.parse.urlencode(self.fields)
        if self.mode == "fragment":
            return f"{self.address}#{text}"
        return f"{self.address}{'&' if '?' in self.address else '?'}{text}"

    def to_json(self) -> dict[str, Any]:
        """As the control interface tells what the browser sends."""
        posted = self.mode == "form_post"
        return {
            "method": "POST" if posted else "GET",
            "url": self.url,
            "form": dict(self.fields) if posted else None,
        }
