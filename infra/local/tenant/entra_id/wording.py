"""The texts of the sign-in pages, in English and French."""

from __future__ import annotations

_ENGLISH = {
    "message": "To sign in, use a web browser to open the page {page} and enter the code {code} to "
    "authenticate.",
}
_FRENCH = {
    "message": "Pour vous connecter, ouvrez la page {page} dans un navigateur web et entrez le code {code} "
    "pour vous authentifier.",
}


def words(language: str) -> dict[str, str]:
    """The texts of `en` or `fr`."""
    return _FRENCH if language == "fr" else _ENGLISH


def language_of(wanted: str, accepted: str) -> str:
    """`fr` or `en`, from the query's `mkt` or `ui_locales`, else from the header Accept-Language."""
    for part in (wanted or accepted).replace(" ", ",").split(","):
        tag = part.partition(";")[0].strip().lower()[:2]
        if tag in ("fr", "en"):
            return tag
    return "en"
