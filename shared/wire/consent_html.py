"""What an administrator's browser shows when it comes back from the consent page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from shared.texts import Language, say
from shared.wire.short_page import link, short_page


def consent_page(
    kind: str,
    language: Language,
    home: str,
    *,
    notice: str = "",
    missing: Sequence[str] = (),
    tenant: str = "",
) -> str:
    """The page. `kind`: which text it says; `notice`: the provider's own words; `missing`: what is still to
    be granted; `home`: Accord's address.
    """
    detail = say(f"consent.{kind}.detail", language, tenant=tenant, count=len(missing))
    said = f"<blockquote>{escape(notice)}</blockquote>" if notice else ""
    names = "".join(f"<li>{escape(name)}</li>" for name in missing)
    listed = f"<ul>{names}</ul>" if names else ""
    onward = f"<p>{link(home, say('consent.onward', language))}</p>"
    title = say(f"consent.{kind}.title", language)
    return short_page(language, title, said, f"<p>{escape(detail)}</p>", listed, onward)
