"""Signing in as a service principal: what is a refusal, what is missing consent, what passes by itself."""

import base64
import datetime as dt
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from shared.adapters.entra.credentials import Certificate, Credential, Federated, Secret
from shared.adapters.entra.provider import Address
from shared.adapters.entra.provider import Provider as Entra
from shared.adapters.entra.service_principal import ServicePrincipalTokens, granted_roles
from shared.errors import SignInFailed

TENANT, CLIENT = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def token(*roles: str) -> str:
    body = base64.urlsafe_b64encode(json.dumps({"roles": roles}).encode()).decode().rstrip("=")
    return f"e30.{body}.sig"


class Provider:
    """A small identity provider: discovery as Entra's, and one planned answer to a token request after
    another.
    """

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.discovery: tuple[int, Any] | None = None
        self.forms: list[dict[str, str]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(*(provider.discovery or (200, provider.description())))

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["content-length"])).decode()
                provider.forms.append({name: values[0] for name, values in parse_qs(text).items()})
                self._send(*provider.answers.pop(0))

            def _send(self, status: int, body: Any) -> None:
                content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @staticmethod
    def description() -> dict[str, str]:
        base = f"https://login.microsoftonline.com/{TENANT}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
        }

    def grants(self, *roles: str) -> None:
        self.answers.append(
            (200, {"access_token": token(*roles), "expires_in": 3600, "token_type": "Bearer"})
        )

    def refuses(self, number: int, status: int = 401, error: str = "invalid_client") -> None:
        description = f"AADSTS{number}: Because. Trace ID: t Correlation ID: c Timestamp: now"
        self.answers.append(
            (
                status,
                {
                    "error": error,
                    "error_description": description,
                    "error_codes": [number],
                    "correlation_id": "c",
                },
            )
        )

    def tokens(self, credential: Credential | None = None) -> ServicePrincipalTokens:
        address = Address(TENANT, CLIENT, login_endpoint=self.address)
        return ServicePrincipalTokens(Entra(address), lambda: credential or Secret("s3cret"))


@pytest.fixture
def provider() -> Iterator[Provider]:
    running = Provider()
    yield running
    running.server.shutdown()
    running.server.server_close()


def test_a_secret_gets_a_token_for_graph_that_is_kept(provider: Provider) -> None:
    provider.grants("Group.Read.All", "Policy.Read.All")
    tokens = provider.tokens()
    assert tokens.app_token() == tokens.app_token()
    assert tokens.roles() == {"Group.Read.All", "Policy.Read.All"}
    (form,) = provider.forms
    assert form["grant_type"] == "client_credentials"
    assert form["scope"] == "https://graph.microsoft.com/.default"
    assert (form["client_id"], form["client_secret"]) == (CLIENT, "s3cret")


def test_a_dropped_token_is_asked_for_anew(provider: Provider) -> None:
    provider.grants("A")
    provider.grants("B")
    tokens = provider.tokens()
    tokens.drop()
    assert tokens.roles() == {"A"}
    tokens.drop()
    assert tokens.roles() == {"B"}


def test_a_wrong_secret_is_refused_with_the_providers_words(provider: Provider) -> None:
    provider.refuses(7000215)
    with pytest.raises(SignInFailed) as refused:
        provider.tokens().app_token()
    assert (refused.value.code, refused.value.transient) == ("credentialRefused", False)
    assert refused.value.detail == "AADSTS7000215: Because."
    assert refused.value.request_id == "c"


@pytest.mark.parametrize("number", [700016, 650052, 65001, 7000229, 500011])
def test_an_app_unknown_in_the_tenant_is_missing_consent(provider: Provider, number: int) -> None:
    provider.refuses(number, status=400, error="unauthorized_client")
    with pytest.raises(SignInFailed) as refused:
        provider.tokens().app_token()
    assert (refused.value.code, refused.value.transient) == ("consentMissing", False)


@pytest.mark.parametrize("answer", [(503, "busy"), (429, {"error": "slow_down"}), (500, "")])
def test_a_provider_that_is_down_passes_by_itself(provider: Provider, answer: tuple[int, Any]) -> None:
    provider.answers.append(answer)
    provider.grants("A")
    tokens = provider.tokens()
    with pytest.raises(SignInFailed) as refused:
        tokens.app_token()
    assert refused.value.transient
    assert tokens.roles() == {"A"}


def test_a_fault_that_the_provider_calls_passing_is_transient(provider: Provider) -> None:
    provider.refuses(90033, status=400, error="temporarily_unavailable")
    with pytest.raises(SignInFailed) as refused:
        provider.tokens().app_token()
    assert refused.value.transient


def test_a_provider_that_cannot_be_reached_passes_by_itself(provider: Provider) -> None:
    provider.server.shutdown()
    provider.server.server_close()
    with pytest.raises(SignInFailed) as refused:
        provider.tokens().app_token()
    assert refused.value.transient


def test_a_tenant_that_does_not_exist_is_refused(provider: Provider) -> None:
    provider.discovery = (
        400,
        {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant not found."},
    )
    with pytest.raises(SignInFailed) as refused:
        provider.tokens().app_token()
    assert (refused.value.code, refused.value.transient) == ("credentialRefused", False)


def test_a_refusal_is_not_remembered(provider: Provider) -> None:
    provider.refuses(7000215)
    provider.grants("A")
    tokens = provider.tokens()
    with pytest.raises(SignInFailed):
        tokens.app_token()
    assert tokens.roles() == {"A"}


def test_a_certificate_signs_the_assertion(provider: Provider) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "accord")])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=3650))
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"pass"),
    ).decode()
    provider.grants("A")
    assert provider.tokens(Certificate(certificate, private, "pass")).roles() == {"A"}
    (form,) = provider.forms
    claims = jwt.decode(
        form["client_assertion"],
        key.public_key(),
        algorithms=["PS256"],
        audience=f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
    )
    assert claims["iss"] == claims["sub"] == CLIENT


def test_a_federated_token_is_asked_for_at_each_sign_in(provider: Provider) -> None:
    asked = iter(["first", "second"])
    provider.grants("A")
    provider.grants("B")
    tokens = provider.tokens(Federated(lambda: next(asked)))
    tokens.app_token()
    tokens.drop()
    tokens.app_token()
    assert [form["client_assertion"] for form in provider.forms] == ["first", "second"]


def test_a_secret_that_was_replaced_is_taken_up_within_the_call(provider: Provider) -> None:
    secrets = iter(["old", "new"])
    address = Address(TENANT, CLIENT, login_endpoint=provider.address)
    tokens = ServicePrincipalTokens(Entra(address), lambda: Secret(next(secrets)))
    provider.grants("A")
    assert tokens.roles() == {"A"}
    tokens.drop()
    provider.refuses(7000222)
    provider.grants("B")
    assert tokens.roles() == {"B"}
    assert [form["client_secret"] for form in provider.forms] == ["old", "old", "new"]


def test_a_broken_certificate_is_a_refusal_of_the_credential(provider: Provider) -> None:
    with pytest.raises(SignInFailed) as refused:
        provider.tokens(Certificate("no certificate", "no key")).app_token()
    assert (refused.value.code, refused.value.transient) == ("credentialRefused", False)


def test_credentials_do_not_show_in_logs() -> None:
    shown = repr([Secret("s3cret"), Certificate("c", "private-key", "pass-word"), Federated(lambda: "t")])
    assert "s3cret" not in shown
    assert "private-key" not in shown
    assert "pass-word" not in shown


@pytest.mark.parametrize("text", ["", "opaque", "a.b.c", "e30.e30.x", "e30.W10.x"])
def test_a_token_without_readable_roles_has_none(text: str) -> None:
    assert granted_roles(text) == frozenset()
