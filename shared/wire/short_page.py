"""One short page, for a browser that comes back from the identity provider: no script, no style, no frame."""

from __future__ import annotations

from html import escape
from typing import Final

from shared.texts import Language

POLICY: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def short_page(language: Language, title: str, *parts: str) -> str:
    """The page. `title` is text, `parts` are markup already: whoever makes them escapes what they hold."""
    heading = escape(title)
    return (
        f'<!doctype html><html lang="{language.value}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<title>{heading} - Accord</title></head>"
        f"<body><main><h1>{heading}</h1>{''.join(parts)}</main></body></html>"
    )


def link(address: str, text: str) -> str:
    """A link, as markup."""
    return f'<a href="{escape(address)}">{escape(text)}</a>'
