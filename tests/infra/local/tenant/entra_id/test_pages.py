"""The pages that people see: what they say, in which language, and where they lead."""

from __future__ import annotations

import re
import urllib.parse
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from infra.local.tenant import entra_id
from infra.local.tenant.entra_id.refusals import table
from infra.local.tenant.entra_id.wording import words

APP = "ac000000-0000-4000-8000-000000000001"
BACK = "http://127.0.0.1:7071/callback/sign-in"


class Outline(HTMLParser):
    """What an assistive program finds on a page: language, labels, fields, buttons, headings, alerts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.language = ""
        self.labelled: set[str] = set()
        self.fields: dict[str, str] = {}
        self.buttons: list[tuple[str, str]] = []
        self.alerts = 0
        self.headings = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = given["lang"]
        if tag == "label" and "for" in given:
            self.labelled.add(given["for"])
        if tag == "input":
            self.fields[given["name"]] = given.get("value", "")
            assert given.get("type") in ("hidden", "checkbox") or given["id"] in self.labelled
        if tag == "button":
            self.buttons.append((given.get("name", ""), given.get("value", "")))
        self.alerts += given.get("role") == "alert"
        self.headings += tag == "h1"


def get(directory: Any, path: str, language: str = "en") -> Any:
    return directory.http.request("GET", path, headers={"Accept-Language": language})


def begin(directory: Any) -> dict[str, Any]:
    form = {"client_id": APP, "scope": "Policy.ReadWrite.MobilityManagement offline_access"}
    path = f"/{directory.entra_id}/oauth2/v2.0/devicecode"
    begun: dict[str, Any] = directory.http.request("POST", path, data=form).json()
    return begun


def post(directory: Any, **form: str) -> Any:
    return directory.http.request("POST", "/devicelogin", data=form)


def test_a_person_types_the_code_and_picks_an_account(directory: Any) -> None:
    begun = begin(directory)
    page = Outline(get(directory, "/devicelogin").text)
    assert (page.language, page.headings, page.fields) == ("en", 1, {"otc": ""})
    second = Outline(post(directory, otc=begun["user_code"].lower()).text)
    assert second.fields["otc"] == begun["user_code"].lower()
    accounts = ["admin", "member", "guest", "otherTenant", "blocked", "decline"]
    assert second.buttons == [("account", one) for one in accounts]
    done = post(directory, otc=begun["user_code"], account="admin")
    assert "You have signed in" in done.text
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    answer = directory.token(grant_type=grant, device_code=begun["device_code"])
    assert answer.status_code == 200


def test_the_page_says_what_is_asked_for(directory: Any) -> None:
    text = post(directory, otc=begin(directory)["user_code"]).text
    assert "Policy.ReadWrite.MobilityManagement" in text


@pytest.mark.parametrize(
    ("accepted", "title"),
    [("en-GB,en;q=0.9", "Enter code"), ("fr-FR,fr;q=0.9,en;q=0.5", "Entrer le code"), ("de", "Enter code")],
)
def test_a_page_speaks_the_browsers_language(directory: Any, accepted: str, title: str) -> None:
    text = get(directory, "/devicelogin", accepted).text
    assert f"<h1>{title}</h1>" in text


def test_the_address_may_hold_the_code(directory: Any) -> None:
    assert Outline(get(directory, "/devicelogin?otc=ABC").text).fields["otc"] == "ABC"


def test_what_is_typed_is_shown_as_text(directory: Any) -> None:
    answer = post(directory, otc='"><script>x</script>')
    assert "<script>x" not in answer.text
    assert (answer.status_code, Outline(answer.text).alerts) == (400, 1)


def test_a_code_that_is_used_or_expired_is_said_so(directory: Any) -> None:
    begun = begin(directory)
    post(directory, otc=begun["user_code"], account="decline")
    assert "used already" in post(directory, otc=begun["user_code"]).text
    late = begin(directory)
    directory.clock.ahead += 901
    assert "has expired" in post(directory, otc=late["user_code"]).text


@pytest.mark.parametrize(
    ("account", "says"),
    [("decline", "You have declined"), ("blocked", "AADSTS53003"), ("otherTenant", "AADSTS50020")],
)
def test_the_page_says_how_it_ended(directory: Any, account: str, says: str) -> None:
    assert says in post(directory, otc=begin(directory)["user_code"], account=account).text


def test_who_is_told_on_the_page_alone_may_pick_again(make_directory: Any) -> None:
    directory = make_directory(foreignAccounts="page")
    code = begin(directory)["user_code"]
    text = post(directory, otc=code, account="otherTenant").text
    assert f'href="/devicelogin?otc={code}"' in text


def link(directory: Any, page: str = "oauth2/v2.0/authorize", **changes: str) -> str:
    query = {
        "client_id": APP,
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": "User.Read",
        "state": "a&b",
        **changes,
    }
    return f"/{directory.entra_id}/{page}?{urllib.parse.urlencode(query)}"


def pick(directory: Any, address: str, account: str) -> Any:
    """Sends the page's form, to where it says."""
    page = get(directory, address).text
    found = re.search(r'<form method="post" action="([^"]+)"', page)
    assert found is not None, page
    action = found.group(1).replace("&amp;", "&")
    return directory.http.request("POST", action, data={"account": account}, follow_redirects=False)


def test_the_browser_goes_back_with_a_code(directory: Any) -> None:
    answer = pick(directory, link(directory), "admin")
    assert answer.status_code == 302
    fields = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["location"]).query)
    assert fields["state"] == ["a&b"]
    assert fields["code"]


def test_the_browser_posts_the_code_itself(directory: Any) -> None:
    answer = pick(directory, link(directory, response_mode="form_post"), "admin")
    page = Outline(answer.text)
    assert f'action="{BACK}"' in answer.text
    assert page.fields["state"] == "a&b"
    assert page.fields["code"]
    assert page.buttons


def test_a_link_that_cannot_be_trusted_shows_why(directory: Any) -> None:
    answer = get(directory, link(directory, redirect_uri="https://evil.example/"), "fr")
    assert (answer.status_code, Outline(answer.text).language) == (400, "fr")
    assert "AADSTS50011" in answer.text


def test_a_fault_of_the_link_goes_back_without_asking_anybody(directory: Any) -> None:
    answer = directory.http.request("GET", link(directory, response_type="token"), follow_redirects=False)
    assert answer.status_code == 302
    assert "error=unsupported_response_type" in answer.headers["location"]


def test_the_consent_page_lists_both_kinds_of_permission(directory: Any) -> None:
    address = link(directory, "v2.0/adminconsent", scope="https://graph.microsoft.com/.default")
    text = get(directory, address).text
    assert "without a signed-in user" in text
    assert "Policy.ReadWrite.ConditionalAccess" in text
    assert "Policy.ReadWrite.MobilityManagement" in text
    answer = pick(directory, address, "admin")
    assert "admin_consent=True" in answer.headers["location"]


def test_who_may_not_consent_can_pick_another_account(directory: Any) -> None:
    address = link(directory, "v2.0/adminconsent")
    answer = pick(directory, address, "member")
    assert answer.status_code == 400
    assert "AADSTS90094" in answer.text
    assert "Pick another account" in answer.text


def test_a_page_of_an_unknown_tenant_says_so(directory: Any) -> None:
    answer = get(directory, link(directory).replace(directory.entra_id, "nowhere.example"))
    assert (answer.status_code, "AADSTS90002" in answer.text) == (400, True)


def test_a_page_may_be_down_as_well(directory: Any) -> None:
    fault = {"path": "/oauth2/v2.0/", "status": 503, "times": None}
    directory.control("POST", "faults", fault)
    assert get(directory, link(directory)).status_code == 503


def test_both_languages_say_the_same_things() -> None:
    english, french = words("en"), words("fr")
    assert set(english) == set(french)
    for key, text in english.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", french[key])), key


def test_every_refusal_has_a_place_where_it_happens() -> None:
    source = Path(entra_id.__file__).parent
    text = " ".join(module.read_text(encoding="utf-8") for module in source.glob("*.py"))
    assert not [number for number in table() if not re.search(rf"\b{number}\b", text)]
