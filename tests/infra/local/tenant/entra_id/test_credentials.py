"""An app that proves itself by a certificate or by another issuer's token, and what does not prove it."""

from __future__ import annotations

import base64
import datetime as dt
import time
import uuid
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

APP = "ac000000-0000-4000-8000-000000000001"
SCOPE = ["https://graph.microsoft.com/.default"]
ISSUER = "https://issuer.example/workload"
AUDIENCE = "api://AzureADTokenExchange"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Certified:
    """A self-signed certificate with its key."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def private(self) -> str:
        plain = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        return self.key.private_bytes(serialization.Encoding.PEM, form, plain).decode()

    @property
    def public(self) -> str:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()

    def thumbprint(self, algorithm: hashes.HashAlgorithm) -> str:
        return base64.urlsafe_b64encode(self.certificate.fingerprint(algorithm)).rstrip(b"=").decode()


def certify(days: int = 30) -> Certified:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Accord")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=90))
        .not_valid_after(now + dt.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return Certified(key, certificate)


@pytest.fixture(scope="module")
def known() -> Certified:
    return certify()


@pytest.fixture(scope="module")
def stranger() -> Certified:
    return certify()


def register(directory: Any, *certificates: Certified, **more: Any) -> None:
    body = {"certificates": [one.pem for one in certificates], **more}
    assert directory.http.request("PATCH", "/control/app", json=body).status_code == 200


def test_msal_signs_in_with_a_certificate(directory: Any, known: Certified) -> None:
    register(directory, known)
    credential = {"private_key": known.private, "public_certificate": known.pem}
    answer = directory.confidential(credential).acquire_token_for_client(SCOPE)
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert (claims["appid"], claims["appidacr"], claims["idtyp"]) == (APP, "2", "app")


def test_msal_signs_in_with_the_older_thumbprint(directory: Any, known: Certified) -> None:
    register(directory, known)
    thumbprint = known.certificate.fingerprint(hashes.SHA1()).hex()
    credential = {"private_key": known.private, "thumbprint": thumbprint}
    assert "access_token" in directory.confidential(credential).acquire_token_for_client(SCOPE)


def asserted(directory: Any, signer: Certified, named: Certified | None = None, **changes: Any) -> Any:
    """A request with an assertion made by hand, like msal's but for the changes."""
    now = int(time.time())
    audience = f"https://login.microsoftonline.com/{directory.entra_id}/oauth2/v2.0/token"
    claims = {"aud": audience, "iss": APP, "sub": APP, "jti": str(uuid.uuid4()), "nbf": now, "exp": now + 600}
    headers = {"x5t#S256": (named or signer).thumbprint(hashes.SHA256())}
    assertion = jwt.encode({**claims, **changes}, signer.key, "PS256", headers)
    return sent(directory, assertion)


def sent(directory: Any, assertion: str, kind: str = TYPE) -> Any:
    return directory.token(
        grant_type="client_credentials",
        scope=SCOPE[0],
        client_assertion=assertion,
        client_assertion_type=kind,
    )


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        pytest.param({}, None, id="good"),
        pytest.param({"aud": "https://login.microsoftonline.com/other/oauth2/v2.0/token"}, 700023, id="aud"),
        pytest.param({"exp": 1_000_000_000}, 700024, id="expired"),
        pytest.param({"nbf": 4_000_000_000, "exp": 4_000_000_600}, 700024, id="not yet"),
        pytest.param({"iss": "b" * 8}, 700021, id="another issuer"),
        pytest.param({"sub": "b" * 8}, 700021, id="another subject"),
    ],
)
def test_an_assertion_is_read_word_by_word(
    directory: Any, known: Certified, changes: dict[str, Any], number: int | None
) -> None:
    register(directory, known)
    answer = asserted(directory, known, **changes)
    if number is None:
        assert answer.status_code == 200
        return
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (401, "invalid_client", [number])


def test_a_certificate_that_is_not_registered_is_refused(
    directory: Any, known: Certified, stranger: Certified
) -> None:
    register(directory, known)
    assert asserted(directory, stranger).json()["error_codes"] == [700027]


def test_a_signature_by_another_key_is_refused(directory: Any, known: Certified, stranger: Certified) -> None:
    register(directory, known)
    assert asserted(directory, stranger, named=known).json()["error_codes"] == [700027]


def test_a_certificate_past_its_end_is_refused(directory: Any) -> None:
    old = certify(days=-1)
    register(directory, old)
    assert asserted(directory, old).json()["error_codes"] == [700027]


def test_what_is_no_token_is_refused(directory: Any) -> None:
    assert sent(directory, "abc").json()["error_codes"] == [50027]


def test_an_assertion_without_its_type_is_refused(directory: Any) -> None:
    assert sent(directory, "abc", kind="").json()["error_codes"] == [900144]


def trust(directory: Any, issuer: Certified) -> None:
    one = {
        "issuer": ISSUER,
        "subject": "accord",
        "audience": "api://AzureADTokenExchange",
        "key": issuer.public,
    }
    register(directory, federated=[one])


def foreign(issuer: Certified, **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "sub": "accord",
        "aud": "api://AzureADTokenExchange",
        "iat": now,
        "exp": now + 600,
    }
    return jwt.encode({**claims, **changes}, issuer.key, "RS256", {"kid": "1"})


def test_msal_signs_in_with_a_federated_token(directory: Any, known: Certified) -> None:
    trust(directory, known)
    app = directory.confidential({"client_assertion": lambda: foreign(known)})
    assert "access_token" in app.acquire_token_for_client(SCOPE)


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        pytest.param({"iss": "https://other.example"}, 700211, id="issuer"),
        pytest.param({"aud": "api://other"}, 700212, id="audience"),
        pytest.param({"sub": "other"}, 700213, id="subject"),
        pytest.param({"exp": 1_000_000_000}, 700024, id="expired"),
    ],
)
def test_a_federated_token_matches_its_credential_in_all_three(
    directory: Any, known: Certified, changes: dict[str, Any], number: int
) -> None:
    trust(directory, known)
    assert sent(directory, foreign(known, **changes)).json()["error_codes"] == [number]


def test_a_federated_token_is_signed_by_its_issuer(
    directory: Any, known: Certified, stranger: Certified
) -> None:
    trust(directory, known)
    assert sent(directory, foreign(stranger)).json()["error_codes"] == [900384]


@pytest.mark.parametrize(
    "body", [{"colour": "red"}, {"publicClient": "yes"}, {"certificates": "x"}], ids=["name", "kind", "list"]
)
def test_a_registration_takes_what_it_has_alone(directory: Any, body: dict[str, Any]) -> None:
    assert directory.http.request("PATCH", "/control/app", json=body).status_code == 400
