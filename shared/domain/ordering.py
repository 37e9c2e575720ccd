"""The order of deployment: what is needed first comes first."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

Edges: TypeAlias = Mapping[int, AbstractSet[int]]
"""A change → the changes that come before it, by their positions."""


def ordered(ranks: Sequence[Any], needs: Edges, wishes: Edges) -> tuple[list[int], frozenset[int]]:
    """Positions in order, and those that stand in a circle of needs.

    `ranks`: what decides where nothing else does, smallest first. `needs` are kept without exception;
    `wishes` are given up where they stand in a circle. Those in a circle of needs, and what needs them, come
    last.
    """
    everything = range(len(ranks))
    order, left = _sorted(
        ranks, everything, {one: needs.get(one, set()) | wishes.get(one, set()) for one in everything}
    )
    if left:
        rest, left = _sorted(ranks, left, {one: needs.get(one, set()) & left for one in left})
        order += rest
    circle = frozenset(left)
    return order + sorted(left, key=lambda one: (ranks[one], one)), circle


def _sorted(ranks: Sequence[Any], among: Any, before: Edges) -> tuple[list[int], set[int]]:
    """As many as can be put in order; the others."""
    missing = {one: len(before[one]) for one in among}
    after: dict[int, list[int]] = {}
    for one in among:
        for other in before[one]:
            after.setdefault(other, []).append(one)
    ready = [(ranks[one], one) for one in among if not missing[one]]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        _, one = heapq.heappop(ready)
        order.append(one)
        for other in after.get(one, ()):
            missing[other] -= 1
            if not missing[other]:
                heapq.heappush(ready, (ranks[other], other))
    return order, set(among) - set(order)
