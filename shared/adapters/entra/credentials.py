"""How an application proves itself to Entra ID, and how that is kept as a secret."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias, assert_never


@dataclass(frozen=True, slots=True)
class Secret:
    """A client secret."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its private key, both in PEM."""

    certificate: str
    private_key: str = field(repr=False)
    passphrase: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Federated:
    """A token of another issuer that Entra trusts for this app, such as the managed identity's; asked for
    anew for each sign-in.
    """

    assertion: Callable[[], str] = field(repr=False)


Credential: TypeAlias = Secret | Certificate | Federated


def as_msal(credential: Credential) -> Any:
    """The credential in msal's own form."""
    match credential:
        case Secret(value):
            return value
        case Certificate(certificate, private_key, passphrase):
            found = {"private_key": private_key, "public_certificate": certificate}
            return found | {"passphrase": passphrase} if passphrase else found
        case Federated(assertion):
            return {"client_assertion": assertion}
        case _ as never:
            assert_never(never)


def secret_from(kept: bytes) -> Secret:
    """The client secret as it is kept: text, a line break at its end left out. Raises ValueError."""
    value = kept.decode().strip()
    if not value:
        raise ValueError("the client secret is empty")
    return Secret(value)


def certificate_from(kept: bytes) -> Certificate:
    """A certificate as Key Vault keeps one with its key: PEM with both, or PKCS#12, raw or in base64.

    learn.microsoft.com/azure/key-vault/certificates/about-certificates: the addressable secret of a
    certificate. Raises ValueError, without any of the content.
    """
    if b"-----BEGIN" in kept:
        return _from_pem(kept)
    try:
        return _from_pkcs12(base64.b64decode(kept, validate=False) if kept[:1] != b"\x30" else kept)
    except binascii.Error as error:
        raise ValueError("the certificate is neither PEM nor PKCS#12") from error


def _from_pem(kept: bytes) -> Certificate:
    text = kept.decode()
    blocks = ["-----BEGIN " + part for part in text.split("-----BEGIN ")[1:]]
    keys = [block for block in blocks if "PRIVATE KEY-----" in block.partition("\n")[0]]
    certificates = [block for block in blocks if block.startswith("-----BEGIN CERTIFICATE-----")]
    if len(keys) != 1 or not certificates:
        raise ValueError("the PEM text must hold one private key and its certificate")
    return Certificate("".join(certificates), keys[0])


def _from_pkcs12(content: bytes) -> Certificate:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

    try:
        key, certificate, chain = pkcs12.load_key_and_certificates(content, None)
    except ValueError as error:
        raise ValueError(
            "the certificate is neither PEM nor PKCS#12 with its private key and no password"
        ) from error
    if key is None or certificate is None:
        raise ValueError("the PKCS#12 content lacks the certificate or its private key")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = "".join(one.public_bytes(Encoding.PEM).decode() for one in (certificate, *chain))
    return Certificate(public, private)
