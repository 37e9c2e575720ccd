"""When too much of a type is gone to believe it."""

from __future__ import annotations

import pytest

from shared.domain.removal import gone_too_many


@pytest.mark.parametrize(
    ("gone", "of", "held"),
    [
        (0, 0, False),
        (1, 1, False),
        (10, 10, False),
        (11, 11, True),
        (10, 50, False),
        (11, 50, True),
        (20, 100, False),
        (21, 100, True),
        (200, 1_000, False),
        (201, 1_000, True),
    ],
)
def test_more_than_ten_items_or_a_fifth_hold_the_type(gone, of, held):
    assert gone_too_many(gone, of) is held
