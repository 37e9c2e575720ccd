"""Markers, and literal braces beside them, are told apart whatever the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.marker import (
    Symbol,
    escape,
    mark,
    markers,
    payload,
    replace_symbols,
    resolve_text,
    stray,
    symbol,
    symbols,
    unescape,
)
from shared.names import TypeKey

texts = st.text(alphabet="{}a:%-g~ é", max_size=20)


@given(texts)
def test_a_literal_comes_back_as_it_was(text: str) -> None:
    assert unescape(escape(text)) == text
    assert resolve_text(escape(text), str) == text
    assert list(symbols(escape(text))) == []
    assert not stray(escape(text))


@given(texts, texts, texts)
def test_a_reference_is_found_inside_any_text(before: str, name: str, after: str) -> None:
    inside = Symbol(TypeKey("groups"), name)
    text = f"{escape(before)}{inside}{escape(after)}"
    assert list(symbols(text)) == [inside]
    assert resolve_text(text, lambda found: f"<{found.identity}>") == f"{before}<{name}>{after}"
    assert replace_symbols(text, str) == text


def test_a_reference_reads_as_documented() -> None:
    assert str(Symbol(TypeKey("groups"), "All staff")) == "{{groups:All staff}}"
    assert str(Symbol(TypeKey("groups"), "50% {x}")) == "{{groups:50%25 %7Bx%7D}}"
    assert symbol("{{groups:All staff}}") == Symbol(TypeKey("groups"), "All staff")


@pytest.mark.parametrize(
    "text", ["x", "{{secret}}", "{{file:a}}", "{{base64:a}}", "a {{groups:b}}", "{{{{groups:b}}"]
)
def test_what_is_no_reference(text: str) -> None:
    assert symbol(text) is None


def test_markers_are_listed_as_written() -> None:
    assert markers("a {{groups:b}} {{{{ {{secret}}") == ["{{groups:b}}", "{{secret}}"]
    assert markers("plain") == []
    assert stray("{{ a")
    assert payload(mark("file", "x.ps1"), "file") == "x.ps1"
    assert payload("x", "file") is None
