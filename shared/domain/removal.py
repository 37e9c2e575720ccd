"""The hold on mass removal (product.md 3.4): when too much of a type is gone to believe it."""

from __future__ import annotations

from typing import Final

FEW: Final = 10
SHARE: Final = 0.2


def gone_too_many(gone: int, of: int) -> bool:
    """More than max(10, 20 %) of the type's items."""
    return gone > max(FEW, SHARE * of)
