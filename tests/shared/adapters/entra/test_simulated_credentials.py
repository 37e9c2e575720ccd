"""Certificates and federated tokens, as the simulated Entra ID judges them: signature, audience, time."""

import datetime as dt
import time
import uuid
from collections.abc import Iterator

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from shared.adapters.entra.identities import Identities
from shared.adapters.entra.provider import Address
from shared.domain.settings import Application, CredentialKind, Settings
from shared.domain.sync import TenantRecord
from shared.errors import SecretUnreadable, SignInFailed
from shared.names import TenantId

APP = "ac000000-0000-4000-8000-000000000001"
ISSUER, SUBJECT, AUDIENCE = "https://issuer.example", "accord-identity", "api://AzureADTokenExchange"
NOW = dt.datetime.now(dt.UTC)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def made_certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "accord")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW - dt.timedelta(days=1))
    return builder.not_valid_after(NOW + dt.timedelta(days=365)).sign(key, hashes.SHA256())


def pfx(key: rsa.RSAPrivateKey) -> bytes:
    return pkcs12.serialize_key_and_certificates(b"accord", key, made_certificate(key), None, NoEncryption())


def assertion(key: rsa.RSAPrivateKey, **claims: object) -> bytes:
    now = int(time.time())
    body = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 600}
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return jwt.encode({**body, **claims}, pem, algorithm="RS256").encode()


class World:
    """A simulated tenant whose app trusts a certificate and another issuer's tokens; `kept` by name."""

    def __init__(self, server: str, entra_id: str) -> None:
        self.server, self.entra_id = server, entra_id
        self.kept: dict[str, bytes] = {}
        self.identities = Identities(
            lambda _: Address(entra_id, APP, login_endpoint=server), None, lambda: "", self._named
        )

    def _named(self, name: str) -> bytes:
        if name not in self.kept:
            raise SecretUnreadable(f"reading the credential {name}: there is none")
        return self.kept[name]

    def roles(self, kind: CredentialKind) -> frozenset[str]:
        settings = Settings(application=Application(APP, kind, "contoso-app"))
        tenant = TenantRecord(TenantId("contoso"), "Contoso", self.entra_id, settings, NOW)
        return self.identities.service_principal(tenant).roles()


@pytest.fixture
def world(tenant_server: str) -> Iterator[World]:
    key, app = f"t-{uuid.uuid4().hex[:10]}", f"{tenant_server}/control/app"
    made = httpx.put(f"{tenant_server}/control/tenants/{key}", json={"seed": "empty"})
    assert made.is_success, made.text
    trusted = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    federated = [{"issuer": ISSUER, "subject": SUBJECT, "audience": AUDIENCE, "key": trusted}]
    certificates = [made_certificate(KEY).public_bytes(Encoding.PEM).decode()]
    before = httpx.get(app).json()
    httpx.patch(app, json={"certificates": certificates, "federated": federated}).raise_for_status()
    yield World(tenant_server, made.json()["entraTenantId"])
    httpx.patch(app, json={name: before[name] for name in ("certificates", "federated")}).raise_for_status()
    httpx.delete(f"{tenant_server}/control/tenants/{key}")


def test_a_tenants_certificate_signs_in_and_a_renewed_one_is_taken_up_by_itself(world: World) -> None:
    world.kept["contoso-app"] = pfx(OTHER_KEY)
    with pytest.raises(SignInFailed, match="AADSTS700027") as refused:
        world.roles(CredentialKind.CERTIFICATE)
    assert (refused.value.code, refused.value.transient) == ("credentialRefused", False)
    world.kept["contoso-app"] = pfx(KEY)
    assert world.roles(CredentialKind.CERTIFICATE)


def test_a_federated_token_signs_in_and_an_ended_one_does_not(world: World) -> None:
    world.kept["contoso-app"] = assertion(KEY, exp=int(time.time()) - 600)
    with pytest.raises(SignInFailed) as refused:
        world.roles(CredentialKind.FEDERATED)
    assert refused.value.code == "credentialRefused"
    world.kept["contoso-app"] = assertion(KEY)
    assert world.roles(CredentialKind.FEDERATED)


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://else.example"}, {"sub": "else"}, {"aud": "else"}],
    ids=lambda one: next(iter(one)),
)
def test_a_federated_token_for_something_else_is_refused(world: World, claims: dict[str, object]) -> None:
    world.kept["contoso-app"] = assertion(KEY, **claims)
    with pytest.raises(SignInFailed, match="AADSTS70021") as refused:
        world.roles(CredentialKind.FEDERATED)
    assert not refused.value.transient


def test_a_tenants_secret_signs_in(world: World) -> None:
    world.kept["contoso-app"] = b"accord-local-secret\n"
    assert world.roles(CredentialKind.SECRET)
