"""Reads what stands in our own tokens, to know what to expect. Never verified here: they come from the
provider itself, and whom they are for verifies them.
"""

from __future__ import annotations

import base64
import json
from typing import Any


def claim(token: str, name: str) -> Any:
    """One claim of a token; None where the token has none of that name, or cannot be read."""
    try:
        found = decoded(token.split(".")[1])
    except IndexError:
        return None
    return found.get(name)


def decoded(part: str) -> dict[str, Any]:
    """A part of a token (also `client_info`), base64 of a JSON object; empty where it is anything else."""
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, TypeError):
        return {}
    return value if isinstance(value, dict) else {}
