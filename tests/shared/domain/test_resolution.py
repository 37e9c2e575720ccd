"""From symbols to the service's own words, or not at all."""

from __future__ import annotations

from shared.domain.item import SECRET
from shared.domain.reference import Index
from shared.domain.resolution import Unresolved, literal

INDEX = Index(
    {"groups": {"g-1": "Staff", "g-2": "Twins", "g-3": "Twins"}, "users": {"u-1": "ada@contoso.example"}}
)


def test_every_symbol_becomes_an_id_however_deep_and_inside_longer_texts():
    content = {
        "owner": "{{users:ada@contoso.example}}",
        "nested": {"list": ["{{groups:Staff}}", {"of": "{{groups:Staff}}"}]},
        "rule": 'member of "{{groups:Staff}}" or "{{users:ada@contoso.example}}"',
    }

    assert literal(content, INDEX) == {
        "owner": "u-1",
        "nested": {"list": ["g-1", {"of": "g-1"}]},
        "rule": 'member of "g-1" or "u-1"',
    }


def test_what_is_no_symbol_stays():
    content = {"a": None, "b": True, "c": 1.5, "d": "plain", "e": [], "f": {}}

    assert literal(content, INDEX) == content


def test_doubled_braces_are_single_again():
    assert literal({"a": "{{{{x}}", "b": "{{{{groups:Staff}}"}, INDEX) == {
        "a": "{{x}}",
        "b": "{{groups:Staff}}",
    }


def test_markers_of_secrets_and_of_what_is_no_text_stay():
    content = {"password": SECRET, "icon": "{{base64:AAEC}}"}

    assert literal(content, INDEX) == content


def test_every_name_that_leads_nowhere_is_told_once():
    content = {
        "a": "{{groups:Nobody}}",
        "b": ["{{groups:Twins}}", "{{groups:Nobody}}"],
        "c": "{{groups:Staff}}",
        "d": "see {{locations:Office}}",
    }

    assert literal(content, INDEX) == Unresolved(
        ("{{groups:Nobody}}", "{{groups:Twins}}", "{{locations:Office}}")
    )
