"""The sign-in pages as HTML: plain forms that work without a script."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .accounts import ACCOUNTS
from .wording import words

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 2rem auto; padding: 0 1rem; }
.simulated { border-bottom: 1px solid; padding-bottom: .5rem; }
.accounts { list-style: none; padding: 0; }
.permissions { list-style: disc; padding-left: 1.5rem; }
button, input { font: inherit; padding: .5rem .75rem; }
.accounts button { display: block; width: 100%; text-align: left; margin-bottom: .5rem; }
.accounts small { display: block; }
input { letter-spacing: .1em; }
:focus-visible { outline: 3px solid; outline-offset: 2px; }
[role=alert] { border-left: 4px solid; padding-left: .75rem; }
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the page: their language, and the tenant's name for the texts."""

    language: str
    tenant: str = ""

    def text(self, key: str, **values: str) -> str:
        """A text of the page, ready for HTML."""
        return html.escape(words(self.language)[key].format(tenant=self.tenant, **values))


def code_page(reader: Reader, code: str = "", error: str = "") -> str:
    """Where a person types the user code. `error` is the key of a text."""
    told = ' aria-invalid="true" aria-describedby="error"' if error else ""
    body = f"""
<p id="hint">{reader.text("code_hint")}</p>{_alert(reader.text(error)) if error else ""}
<form method="post" action="/devicelogin">
<label for="otc">{reader.text("code_label")}</label>
<input id="otc" name="otc" value="{html.escape(code)}" autocomplete="one-time-code" required autofocus{told}>
<button>{reader.text("next")}</button>
</form>"""
    return _page(reader, "code_title", body)


def account_page(
    reader: Reader,
    action: str,
    hidden: Mapping[str, str],
    *,
    delegated: Iterable[str] = (),
    application: Iterable[str] = (),
    consent: bool = False,
) -> str:
    """Where a person picks an account, and sees what they then allow. `consent`: an administrator's page."""
    fields = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in hidden.items()
    )
    asked = _permissions(reader, "asks_app", application) + _permissions(reader, "asks", delegated)
    everyone = (
        f'<p><label><input type="checkbox" name="everyone" value="1"> {reader.text("everyone")}</label></p>'
    )
    body = f"""
<p>{reader.text("consent_intro" if consent else "pick_intro")}</p>{asked}
<form method="post" action="{html.escape(action)}">{fields}{everyone if asked and not consent else ""}
<h2>{reader.text("accounts")}</h2>
<ul class="accounts">{"".join(_account(reader, one) for one in ACCOUNTS)}</ul>
</form>"""
    return _page(reader, "consent_title" if consent else "pick_title", body)


def _account(reader: Reader, account: str) -> str:
    label, hint = reader.text(account), reader.text(f"{account}_hint")
    return f'<li><button name="account" value="{account}">{label} <small>{hint}</small></button></li>'


def _permissions(reader: Reader, heading: str, names: Iterable[str]) -> str:
    shown = "".join(f"<li>{html.escape(name)}</li>" for name in sorted(names))
    return f'<h2>{reader.text(heading)}</h2><ul class="permissions">{shown}</ul>' if shown else ""


def result_page(reader: Reader, title: str, text: str, *, detail: str = "", again: str = "") -> str:
    """How it ended. `text` is shown as it is, `detail` is English; `again` is where to try once more."""
    link = f'<p><a href="{html.escape(again)}">{reader.text("again")}</a></p>' if again else ""
    body = f"<p>{text}</p>{_alert(html.escape(detail), 'en') if detail else ''}{link}"
    return _page(reader, title, body)


def posting_page(reader: Reader, address: str, fields: Mapping[str, str]) -> str:
    """`response_mode=form_post`: a form that sends itself; a button where scripts are off."""
    inputs = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in fields.items()
    )
    body = f"""
<p>{reader.text("going_text")}</p>
<form method="post" action="{html.escape(address)}">{inputs}<button>{reader.text("continue")}</button></form>
<script>document.forms[0].submit();</script>"""
    return _page(reader, "going_title", body)


def _alert(text: str, language: str = "") -> str:
    spoken = f' lang="{language}"' if language else ""
    return f'<p id="error" role="alert"{spoken}>{text}</p>'


def _page(reader: Reader, title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="{reader.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{reader.text(title)} – {reader.text("simulated")}</title>
<style>{_STYLE}</style>
</head>
<body>
<header><p class="simulated">{reader.text("simulated")}</p></header>
<main><h1>{reader.text(title)}</h1>{body}
</main>
</body>
</html>
"""
