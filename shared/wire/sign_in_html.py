"""What a person's browser shows when it comes back from the identity provider."""

from __future__ import annotations

from html import escape

from shared.texts import Language, say
from shared.wire.short_page import link as anchor
from shared.wire.short_page import short_page


def page(kind: str, language: Language, *, account: str = "", notice: str = "", link: str = "") -> str:
    """The page. `kind`: which text it says; `notice`: why somebody was refused; `link`: where to try
    again.
    """
    paragraphs = [escape(notice)] if notice else []
    paragraphs.append(escape(say(f"signIn.page.{kind}.detail", language, account=account)))
    if link:
        paragraphs.append(anchor(link, say("signIn.page.again", language)))
    title = say(f"signIn.page.{kind}.title", language)
    return short_page(language, title, *(f"<p>{one}</p>" for one in paragraphs))
