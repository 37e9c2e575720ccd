"""Texts within a row's bounds."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.bounds import cut


@given(st.text(max_size=300), st.integers(3, 200))
def test_a_cut_text_fits_and_is_a_beginning(text, size):
    short = cut(text, size)
    assert len(short.encode()) <= size
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
