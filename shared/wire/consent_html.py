"""What an administrator's browser shows when it comes back from the consent page: one short page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from shared.texts import Language, say

POLICY: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


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
    title = escape(say(f"consent.{kind}.title", language))
    detail = escape(say(f"consent.{kind}.detail", language, tenant=tenant, count=len(missing)))
    said = f"<blockquote>{escape(notice)}</blockquote>" if notice else ""
    names = "".join(f"<li>{escape(name)}</li>" for name in missing)
    listed = f"<ul>{names}</ul>" if names else ""
    onward = f'<p><a href="{escape(home)}">{escape(say("consent.onward", language))}</a></p>'
    return (
        f'<!doctype html><html lang="{language.value}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<title>{title} - Accord</title></head>"
        f"<body><main><h1>{title}</h1>{said}<p>{detail}</p>{listed}{onward}</main></body></html>"
    )
