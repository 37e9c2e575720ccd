"""The link by which an administrator consents."""

from urllib.parse import parse_qs, urlsplit

from shared.domain.consent import ConsentApp, admin_consent_url


def test_the_link_asks_for_all_that_the_app_is_registered_with():
    app = ConsentApp("https://login.example", "d-1", "c-1", "https://graph.example")
    url = urlsplit(admin_consent_url(app, "https://accord.example/callback/consent", "contoso.a-b_c"))

    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://login.example/d-1/v2.0/adminconsent"
    assert parse_qs(url.query) == {
        "client_id": ["c-1"],
        "scope": ["https://graph.example/.default"],
        "redirect_uri": ["https://accord.example/callback/consent"],
        "state": ["contoso.a-b_c"],
    }
