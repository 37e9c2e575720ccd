"""What Table Storage refuses and its stand-in does not: checked before a request goes out.

Source: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

OPERATIONS: Final = 100
TRANSACTION: Final = 4 * 1024 * 1024
ENTITY: Final = 1024 * 1024
STRING: Final = 64 * 1024
KEY: Final = 1024

_FORBIDDEN: Final = re.compile("[/\\\\#?\u0000-\u001f\u007f-\u009f]")


def check_key(key: str) -> None:
    """Raises ValueError for a partition or row key that the service refuses."""
    if _FORBIDDEN.search(key):
        raise ValueError(f"writing a row: the key {key!r} holds a character that keys may not hold")
    if _size(key) > KEY:
        raise ValueError(f"writing a row: the key {key[:80]!r}… is longer than 1 KiB")


def check_entity(entity: Mapping[str, Any]) -> int:
    """The entity's size in bytes, roughly as the service counts it. Raises ValueError where it is too big."""
    check_key(entity["PartitionKey"])
    check_key(entity["RowKey"])
    total = 0
    for name, value in entity.items():
        size = _size(value) if isinstance(value, str) else 8
        if size > STRING:
            raise ValueError(f"writing row {entity['RowKey']}: {name} takes {size} bytes of 64 KiB")
        total += size + _size(name) + 8
    if total > ENTITY:
        raise ValueError(f"writing row {entity['RowKey']}: it takes {total} bytes of 1 MiB")
    return total


def check_transaction(entities: Sequence[Mapping[str, Any]]) -> None:
    """Raises ValueError for a transaction that the service refuses, or that breaks the stand-in."""
    if len(entities) > OPERATIONS:
        raise ValueError(f"writing {len(entities)} rows at once: a transaction holds 100")
    if len({entity["PartitionKey"] for entity in entities}) > 1:
        raise ValueError("writing rows at once: a transaction stays within one partition")
    if len({entity["RowKey"] for entity in entities}) < len(entities):
        raise ValueError("writing rows at once: a transaction touches each row once")
    total = sum(check_entity(entity) for entity in entities)
    if total > TRANSACTION:
        raise ValueError(f"writing rows at once: they take {total} bytes of 4 MiB")


def _size(text: str) -> int:
    """Strings are stored, and counted, in UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass"))
