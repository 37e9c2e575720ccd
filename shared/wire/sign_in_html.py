"""What a person's browser shows when it comes back from the identity provider: one short page."""

from __future__ import annotations

from html import escape

from shared.texts import Language, say

POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page(kind: str, language: Language, *, account: str = "", notice: str = "", link: str = "") -> str:
    """The page. `kind`: which text it says; `notice`: why somebody was refused; `link`: where to try
    again.
    """
    title = escape(say(f"signIn.page.{kind}.title", language))
    paragraphs = [escape(notice)] if notice else []
    paragraphs.append(escape(say(f"signIn.page.{kind}.detail", language, account=account)))
    if link:
        paragraphs.append(f'<a href="{escape(link)}">{escape(say("signIn.page.again", language))}</a>')
    body = "".join(f"<p>{one}</p>" for one in paragraphs)
    return (
        f'<!doctype html><html lang="{language.value}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<title>{title} - Accord</title></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    )
