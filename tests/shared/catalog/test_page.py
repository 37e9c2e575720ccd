"""The generated page says what the catalog says now."""

from shared.catalog.loader import load
from shared.catalog.page import PAGE, page


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(load()), "run `python -m shared.catalog.page`"


def test_the_page_names_every_type() -> None:
    text = page(load())
    assert all(f"## {key}\n" in text for key in load().types)
