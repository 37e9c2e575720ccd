"""The service's own secrets: Key Vault in Azure, a folder only its owner can read on one machine."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path


class FolderSecrets:
    """Secrets as files of mode 0600, made at the first use, the first maker winning."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> bytes:
        """32 random bytes, always the same for one name."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / name
        draft = self._folder / f".{name}.{secrets.token_hex(8)}"
        if not path.exists():
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
            try:
                os.link(draft, path)  # fails where another process was faster: then its key counts
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_bytes()


class VaultSecrets:
    """Secrets of an Azure Key Vault, base64 of 32 bytes each; the deployment makes them."""

    def __init__(self, url: str, client_id: str | None) -> None:
        self._url, self._client_id = url, client_id

    def get(self, name: str) -> bytes:
        """The secret's current version. Raises azure.core.exceptions.HttpResponseError."""
        from azure.identity import ManagedIdentityCredential
        from azure.keyvault.secrets import SecretClient

        with (
            ManagedIdentityCredential(client_id=self._client_id) as credential,
            SecretClient(self._url, credential) as client,
        ):
            return base64.b64decode(client.get_secret(name).value or "", validate=True)
