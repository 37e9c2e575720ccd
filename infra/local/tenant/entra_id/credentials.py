"""How an app proves that it is itself: a secret, a certificate, or a token of an issuer that it trusts.

learn.microsoft.com/entra/identity-platform/certificate-credentials and
learn.microsoft.com/entra/workload-id/workload-identity-federation
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from infra.local.tenant.tenant import Tenant

from .metadata import HOME
from .refusals import missing, moment, refused
from .registration import Registration

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS = ["RS256", "PS256"]
_SKEW = 300  # seconds by which clocks may differ, as Entra ID allows


def presents_credential(form: dict[str, str]) -> bool:
    """Whether the request holds a secret or an assertion at all."""
    return bool(form.get("client_secret") or form.get("client_assertion"))


def check_credential(form: dict[str, str], tenant: Tenant, app: Registration, now: float) -> str:
    """Returns the way the app proved itself, as `appidacr`: "1" by a secret, "2" by an assertion.

    SignInError when it did not.
    """
    if secret := form.get("client_secret"):
        if secret != app.secret:
            raise refused(7000215, app=app.app_id)
        return "1"
    assertion = form.get("client_assertion")
    if not assertion:
        raise refused(7000218)
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise missing("client_assertion_type")
    _check_assertion(assertion, tenant, app, now)
    return "2"


def _check_assertion(assertion: str, tenant: Tenant, app: Registration, now: float) -> None:
    try:
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError as exc:
        raise refused(50027) from exc
    if "x5t" in header or "x5t#S256" in header or claims.get("iss") == app.app_id:
        _check_signature(assertion, _certificate(header, app, now))
        if claims.get("iss") != app.app_id or claims.get("sub") != app.app_id:
            raise refused(700021)
        if not _audiences(tenant).intersection(_list(claims.get("aud"))):
            raise refused(700023)
    else:
        _check_federated(assertion, claims, app)
    _check_time(claims, now)


def _certificate(header: dict[str, Any], app: Registration, now: float) -> Any:
    """The key of the registered certificate with the header's thumbprint."""
    # RFC 7515 leaves the padding out; MSAL sends it.
    wanted = str(header.get("x5t#S256") or header.get("x5t")).rstrip("=")
    for pem in app.certificates:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        if wanted in (_thumbprint(certificate, hashes.SHA256()), _thumbprint(certificate, hashes.SHA1())):  # noqa: S303
            if certificate.not_valid_after_utc < datetime.fromtimestamp(now, UTC):
                raise refused(700027, reason="The key used is expired.")
            return certificate.public_key()
    raise refused(700027, reason=f"The key was not found., Thumbprint of key used by client: '{wanted}'")


def _thumbprint(certificate: x509.Certificate, algorithm: hashes.HashAlgorithm) -> str:
    return base64.urlsafe_b64encode(certificate.fingerprint(algorithm)).rstrip(b"=").decode()


def _check_signature(assertion: str, key: Any) -> None:
    options: Any = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        jwt.decode(assertion, key, algorithms=_ALGORITHMS, options=options)
    except jwt.PyJWTError as exc:
        raise refused(
            700027, reason="The key was found, but use of the key to verify the signature failed."
        ) from exc


def _audiences(tenant: Tenant) -> set[str]:
    names = (tenant.entra_id, f"{tenant.key}.onmicrosoft.com", "common", "organizations")
    ends = ("/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "", "/")
    return {f"{HOME}/{name}{end}" for name in names for end in ends}


def _check_federated(assertion: str, claims: dict[str, Any], app: Registration) -> None:
    """The three that must match one federated credential, then its issuer's signature."""
    left = app.federated
    for number, name, part in ((700211, "iss", "issuer"), (700213, "sub", "subject")):
        left = [one for one in left if one[part] == claims.get(name)]
        if not left:
            raise refused(number, part=part, value=str(claims.get(name)))
    left = [one for one in left if one["audience"] in _list(claims.get("aud"))]
    if not left:
        raise refused(700212, part="audience", value=str(claims.get("aud")))
    options: Any = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    key = serialization.load_pem_public_key(left[0]["key"].encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise refused(900384)
    try:
        jwt.decode(assertion, key, algorithms=_ALGORITHMS, options=options)
    except jwt.PyJWTError as exc:
        raise refused(900384) from exc


def _check_time(claims: dict[str, Any], now: float) -> None:
    start, end = float(claims.get("nbf", claims.get("iat", 0))), float(claims.get("exp", 0))
    if not start - _SKEW <= now < end + _SKEW:
        raise refused(700024, now=moment(now), start=moment(start), end=moment(end))


def _list(value: Any) -> Iterable[str]:
    return value if isinstance(value, list) else [str(value)]


def challenge_of(verifier: str, method: str) -> str:
    """The `code_challenge` of a `code_verifier`: RFC 7636 4.2."""
    if method != "S256":
        return verifier
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
