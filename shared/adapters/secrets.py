"""The service's own secrets: Key Vault in Azure, a folder only its owner can read on one machine.

Three kinds. `get`: 32 random bytes that never change (signing). `named`: what an administrator keeps under a
name, such as a tenant's client secret or certificate. Versions of a key (sealing): the newest seals, any
opens; in Key Vault the versions of one secret, in the folder the files of one folder, named 1, 2, 3 …
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from shared.errors import SecretUnreadable

KEY_BYTES: Final = 32
OWN: Final = "accord-"
_NAME: Final = re.compile(r"[0-9A-Za-z-]{1,127}")
"""What Key Vault accepts as a secret's name; it keeps a name from being a path as well."""


class FolderSecrets:
    """Secrets as files of mode 0600. Keys of our own are made at the first use, the first maker winning."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> bytes:
        """32 random bytes, always the same for one name."""
        return self._made(self._folder / name)

    def named(self, name: str) -> bytes:
        """The file of this name, as it is. Raises SecretUnreadable."""
        path = self._folder / "named" / _checked(name)
        try:
            return path.read_bytes()
        except OSError as error:
            raise SecretUnreadable(
                f"reading the credential {name} from {path}: {error.strerror}. Put it there as a file that "
                "only its owner can read"
            ) from error

    def newest(self, name: str) -> tuple[str, bytes]:
        """The newest version of a key and its id."""
        folder = self._folder / name
        known = [path.name for path in folder.glob("[0-9]*")] if folder.is_dir() else []
        version = max((one for one in known if one.isdecimal()), key=int, default="1")
        return version, self._made(folder / version)

    def version(self, name: str, version: str) -> bytes | None:
        """One version of a key; None where there is none of that id."""
        path = self._folder / name / version
        return path.read_bytes() if version.isdecimal() and path.is_file() else None

    def _made(self, path: Path) -> bytes:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.parent / f".{path.name}.{secrets.token_hex(8)}"
        if not path.exists():
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
            try:
                os.link(draft, path)  # fails where another process was faster: then its key counts
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_bytes()


class VaultSecrets:
    """Secrets of an Azure Key Vault. Our own keys are base64 of 32 bytes each; the deployment makes them.

    `credential` and `transport` are for tests; by default the managed identity, and the vault itself.
    """

    def __init__(
        self, url: str, client_id: str | None, *, credential: Any = None, transport: Any = None
    ) -> None:
        self._url, self._client_id = url, client_id
        self._credential, self._transport = credential, transport

    def get(self, name: str) -> bytes:
        """The secret's current version. Raises SecretUnreadable."""
        return self.newest(name)[1]

    def named(self, name: str) -> bytes:
        """The secret's current version as text, or the certificate of this name with its key (its addressable
        secret: learn.microsoft.com/azure/key-vault/certificates/about-certificates). Raises SecretUnreadable.
        """
        with self._client(f"reading the credential {name}") as client:
            return str(client.get_secret(_checked(name)).value or "").encode()

    def newest(self, name: str) -> tuple[str, bytes]:
        """The newest version of a key and its id. Raises SecretUnreadable."""
        with self._client(f"reading the key {name}") as client:
            found = client.get_secret(name)
            return str(found.properties.version), _key(name, found.value)

    def version(self, name: str, version: str) -> bytes | None:
        """One version of a key; None where there is none of that id, or it was disabled. Raises
        SecretUnreadable.
        """
        from azure.core.exceptions import HttpResponseError

        with self._client(f"reading the key {name}") as client:
            try:
                return _key(name, client.get_secret(name, version).value)
            except HttpResponseError as error:
                # A disabled version answers 403 `SecretDisabled`, an unknown one 404, a wrong id 400.
                if error.status_code in (400, 404) or "disabled" in str(error.message).lower():
                    return None
                raise

    @contextmanager
    def _client(self, doing: str) -> Iterator[Any]:
        from azure.core.exceptions import AzureError, HttpResponseError
        from azure.identity import ManagedIdentityCredential
        from azure.keyvault.secrets import SecretClient

        more = {} if self._transport is None else {"transport": self._transport}
        credential = self._credential or ManagedIdentityCredential(client_id=self._client_id)
        try:
            with credential, SecretClient(self._url, credential, **more) as client:
                yield client
        except HttpResponseError as error:
            passing = error.status_code is None or error.status_code == 429 or error.status_code >= 500
            raise SecretUnreadable(f"{doing} from Key Vault: {error.message}", transient=passing) from error
        except AzureError as error:
            raise SecretUnreadable(f"{doing} from Key Vault: {error.message}", transient=True) from error


def _checked(name: str) -> str:
    if name.startswith(OWN):
        raise SecretUnreadable(
            f"reading the credential {name}: names that begin with {OWN} are the service's own keys"
        )
    if not _NAME.fullmatch(name):
        raise SecretUnreadable(
            f"reading the credential {name!r}: a name has 1 to 127 letters, digits and hyphens"
        )
    return name


def _key(name: str, value: str | None) -> bytes:
    try:
        key = base64.b64decode(value or "", validate=True)
    except binascii.Error as error:
        raise SecretUnreadable(f"reading the key {name}: it is not base64") from error
    if len(key) != KEY_BYTES:
        raise SecretUnreadable(f"reading the key {name}: it is not {KEY_BYTES} bytes in base64")
    return key
