"""Seals what is kept of sign-ins: AES-256-GCM, by `cryptography`.

A sealed text is `A1`, the length of the key's id, the id, a nonce of 12 bytes, and what AES-GCM makes of the
rest. The associated data holds all that stands in front and every word that was given, each with its length,
so that no two lists of words are alike: a blob put in another tenant's place does not open.

Nonces are random: NIST SP 800-38D allows 2³² of them for one key, and a new key needs no more than a new
version (docs/secrets.md).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from shared.errors import SealBroken

MARK: Final = b"A1"
NONCE: Final = 12
TAG: Final = 16
LOOKS_AGAIN: Final = 300.0
"""Seconds after which it is asked whether there is a newer key."""


class KeyVersions(Protocol):
    """Where the versions of a key are kept."""

    def newest(self, name: str) -> tuple[str, bytes]:
        """The newest version's id, at most 255 bytes of ASCII, and its 32 bytes."""
        ...

    def version(self, name: str, version: str) -> bytes | None:
        """One version; None where there is none of that id."""
        ...


class AesGcmSeal:
    """Fills `Sealed`. May be used from several threads; keys are kept in memory once read."""

    def __init__(self, keys: KeyVersions, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys, self._name, self._clock = keys, name, clock
        self._known: dict[str, bytes] = {}
        self._newest: tuple[float, str] | None = None
        self._lock = threading.Lock()

    def seal(self, plain: bytes, *associated: str) -> bytes:
        """Sealed with the newest key."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        version, key = self._newest_key()
        front = MARK + bytes([len(version)]) + version.encode("ascii")
        nonce = os.urandom(NONCE)
        return front + nonce + AESGCM(key).encrypt(nonce, plain, _bound(front, associated))

    def open(self, sealed: bytes, *associated: str) -> bytes:
        """What was sealed. Raises SealBroken."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        front, version, rest = _taken_apart(sealed)
        key = self._key(version)
        if key is None:
            raise SealBroken(f"opening what was sealed with key {version} of {self._name}: that key is gone")
        try:
            return AESGCM(key).decrypt(rest[:NONCE], rest[NONCE:], _bound(front, associated))
        except InvalidTag:
            raise SealBroken(
                "opening what was sealed: it was altered, or sealed for something else"
            ) from None

    def _newest_key(self) -> tuple[str, bytes]:
        with self._lock:
            if self._newest is None or self._clock() - self._newest[0] > LOOKS_AGAIN:
                version, key = self._keys.newest(self._name)
                self._known[version] = key
                self._newest = (self._clock(), version)
            return self._newest[1], self._known[self._newest[1]]

    def _key(self, version: str) -> bytes | None:
        with self._lock:
            if version not in self._known:
                key = self._keys.version(self._name, version)
                if key is None:
                    return None
                self._known[version] = key
            return self._known[version]


def _taken_apart(sealed: bytes) -> tuple[bytes, str, bytes]:
    """The front, the key's id in it, and the rest (nonce and cipher text)."""
    start = len(MARK) + 1
    end = start + (sealed[len(MARK)] if len(sealed) >= start else 0)
    if not sealed.startswith(MARK) or len(sealed) < end + NONCE + TAG or not sealed[start:end].isascii():
        raise SealBroken("opening what was sealed: it is cut short, or nothing that was sealed here")
    return sealed[:end], sealed[start:end].decode("ascii"), sealed[end:]


def _bound(front: bytes, associated: tuple[str, ...]) -> bytes:
    words = [word.encode() for word in associated]
    return front + b"".join(len(word).to_bytes(4, "big") + word for word in words)
