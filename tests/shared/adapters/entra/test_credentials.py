"""How an app proves itself: what an administrator keeps for it, in the forms that Key Vault has."""

import base64
import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from entra_answers import CLIENT, TENANT

from shared.adapters.entra.credentials import Certificate, Federated, Secret, certificate_from, secret_from
from shared.adapters.entra.identities import Identities
from shared.adapters.entra.provider import Address
from shared.domain.settings import Application, CredentialKind, Settings
from shared.domain.sync import TenantRecord
from shared.errors import SecretUnreadable, SignInFailed
from shared.names import TenantId

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOW = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


def certificate() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "accord")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + dt.timedelta(days=365))
    return builder.sign(KEY, hashes.SHA256())


MADE = certificate()
PUBLIC = MADE.public_bytes(Encoding.PEM)
PRIVATE = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def pfx(encryption: KeySerializationEncryption | None = None, *, key: bool = True) -> bytes:
    found = KEY if key else None
    return pkcs12.serialize_key_and_certificates(b"accord", found, MADE, None, encryption or NoEncryption())


@pytest.mark.parametrize(
    "kept",
    [PRIVATE + PUBLIC, PUBLIC + b"\n" + PRIVATE, pfx(), base64.b64encode(pfx()), base64.encodebytes(pfx())],
    ids=["PEM", "PEM turned round", "PKCS#12", "PKCS#12 in base64", "in lines"],
)
def test_a_certificate_is_read_in_every_form(kept: bytes) -> None:
    found = certificate_from(kept)
    assert x509.load_pem_x509_certificate(found.certificate.encode()) == MADE
    key = load_pem_private_key(found.private_key.encode(), None)
    assert key.public_key() == KEY.public_key()


@pytest.mark.parametrize(
    "kept",
    [
        PUBLIC,
        PRIVATE,
        PRIVATE + PRIVATE + PUBLIC,
        b"nothing",
        b"",
        pfx(key=False),
        pfx(BestAvailableEncryption(b"p")),
    ],
    ids=["no key", "no certificate", "two keys", "text", "empty", "PKCS#12 without key", "with a password"],
)
def test_what_is_no_certificate_is_refused_without_showing_it(kept: bytes) -> None:
    with pytest.raises(ValueError, match=r"certificate|PEM|PKCS") as refused:
        certificate_from(kept)
    assert "PRIVATE KEY" not in str(refused.value)


def test_a_secret_is_taken_without_the_line_break_at_its_end() -> None:
    assert secret_from(b"s3cret\n") == Secret("s3cret")
    with pytest.raises(ValueError, match="empty"):
        secret_from(b"\n")


# --- which credential a tenant's app has --------------------------------------------------------------------


def tenant(kind: CredentialKind, name: str | None = "contoso-app") -> TenantRecord:
    application = Application(CLIENT, kind, name)
    return TenantRecord(TenantId("contoso"), "Contoso", TENANT, Settings(application=application), NOW)


def identities(kept: dict[str, bytes], own_secret: str | None = None) -> Identities:
    def named(name: str) -> bytes:
        if name not in kept:
            raise SecretUnreadable(f"reading the credential {name}: there is none")
        return kept[name]

    return Identities(lambda _: Address(TENANT, CLIENT), own_secret, lambda: "managed identity", named)


def credential_of(found: Identities, record: TenantRecord) -> object:
    return found._credential_of(record)()


def test_the_services_own_app_has_its_secret_or_the_managed_identity() -> None:
    own = tenant(CredentialKind.DEFAULT, None)
    assert credential_of(identities({}, "s3cret"), own) == Secret("s3cret")
    federated = credential_of(identities({}), own)
    assert isinstance(federated, Federated)
    assert federated.assertion() == "managed identity"


def test_a_tenants_own_credential_is_read_by_its_name_each_time() -> None:
    kept = {"contoso-app": b"s3cret"}
    found, record = identities(kept), tenant(CredentialKind.SECRET)
    assert credential_of(found, record) == Secret("s3cret")
    kept["contoso-app"] = b"the next one"
    assert credential_of(found, record) == Secret("the next one")


def test_a_tenant_may_have_a_certificate_or_a_federated_token_of_its_own() -> None:
    kept = {"contoso-app": PRIVATE + PUBLIC}
    assert isinstance(credential_of(identities(kept), tenant(CredentialKind.CERTIFICATE)), Certificate)
    token = credential_of(identities({"contoso-app": b"a.b.c\n"}), tenant(CredentialKind.FEDERATED))
    assert isinstance(token, Federated)
    assert token.assertion() == "a.b.c"
    managed = credential_of(identities({}), tenant(CredentialKind.FEDERATED, None))
    assert isinstance(managed, Federated)
    assert managed.assertion() == "managed identity"


@pytest.mark.parametrize(
    ("kept", "name", "said"),
    [
        ({}, "contoso-app", "reading the credential contoso-app"),
        ({}, None, "set `application.credential.keyVaultName`"),
        ({"contoso-app": b"no certificate"}, "contoso-app", "reading the certificate contoso-app"),
    ],
    ids=["not there", "not named", "something else"],
)
def test_a_credential_that_cannot_be_read_refuses_the_sign_in(
    kept: dict[str, bytes], name: str | None, said: str
) -> None:
    with pytest.raises(SignInFailed, match=said) as failed:
        identities(kept).service_principal(tenant(CredentialKind.CERTIFICATE, name)).app_token()
    assert (failed.value.code, failed.value.transient) == ("credentialRefused", False)


def test_a_vault_that_does_not_answer_passes_by_itself() -> None:
    def named(name: str) -> bytes:
        raise SecretUnreadable(f"reading the credential {name}: no answer", transient=True)

    found = Identities(lambda _: Address(TENANT, CLIENT), None, lambda: "", named)
    with pytest.raises(SignInFailed) as failed:
        found.service_principal(tenant(CredentialKind.SECRET)).app_token()
    assert failed.value.transient


def test_one_service_principal_serves_a_tenant_until_its_settings_change() -> None:
    found = identities({})
    first = found.service_principal(tenant(CredentialKind.SECRET))
    assert found.service_principal(tenant(CredentialKind.SECRET)) is first
    assert found.service_principal(tenant(CredentialKind.SECRET, "another")) is not first
