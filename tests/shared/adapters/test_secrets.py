"""Where secrets are kept: made once, read by name, keys in versions; in a folder, and in Key Vault."""

import base64
import json
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport

from shared.adapters.secrets import FolderSecrets, VaultSecrets
from shared.errors import SecretUnreadable

URL = "https://vault.vault.azure.net"
KEY = bytes(range(32))


# --- the folder ---------------------------------------------------------------------------------------------


def test_a_folders_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: FolderSecrets(tmp_path / "secrets").get("signing"), range(16)))
    assert len(made) == 1
    assert len(made.pop()) == 32
    assert stat.S_IMODE((tmp_path / "secrets" / "signing").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_a_folders_newest_key_has_the_highest_number(tmp_path: Path) -> None:
    secrets = FolderSecrets(tmp_path)
    version, first = secrets.newest("sealing")
    assert (version, secrets.newest("sealing")) == ("1", ("1", first))
    for number in (2, 10):
        (tmp_path / "sealing" / str(number)).write_bytes(KEY)
    (tmp_path / "sealing" / "notes.txt").write_text("no key")
    assert secrets.newest("sealing") == ("10", KEY)
    assert secrets.version("sealing", "1") == first


@pytest.mark.parametrize("version", ["3", "../signing", "", "-1"])
def test_a_folder_has_no_other_versions(tmp_path: Path, version: str) -> None:
    secrets = FolderSecrets(tmp_path)
    secrets.newest("sealing")
    secrets.get("signing")
    assert secrets.version("sealing", version) is None


def test_a_named_secret_is_a_file_that_somebody_put_there(tmp_path: Path) -> None:
    (tmp_path / "named").mkdir()
    (tmp_path / "named" / "contoso-app").write_text("s3cret\n")
    assert FolderSecrets(tmp_path).named("contoso-app") == b"s3cret\n"
    with pytest.raises(SecretUnreadable, match=r"reading the credential fabrikam-app from .*No such file"):
        FolderSecrets(tmp_path).named("fabrikam-app")


@pytest.mark.parametrize("name", ["../signing", "a/b", "", "a b", "accord-signing", "x" * 128])
def test_a_name_is_neither_a_path_nor_a_key_of_ours(tmp_path: Path, name: str) -> None:
    FolderSecrets(tmp_path).get("signing")
    with pytest.raises(SecretUnreadable):
        FolderSecrets(tmp_path).named(name)


# --- Key Vault ----------------------------------------------------------------------------------------------


class Vault(requests.adapters.BaseAdapter):
    """Key Vault as its REST reference has it: secrets in versions, asked for by a bearer of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: dict[str, dict[str, str | None]] = {}
        self.asked: list[str] = []

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        status, body = self._answer(request)
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = status, request, request.url or ""
        answer.raw = SimpleNamespace()
        answer._content = json.dumps(body).encode()
        answer.headers["Content-Type"] = "application/json"
        if status == 401:
            answer.headers["WWW-Authenticate"] = (
                'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"'
            )
        return answer

    def close(self) -> None:
        pass

    def _answer(self, request: requests.PreparedRequest) -> tuple[int, dict[str, Any]]:
        if "Authorization" not in request.headers:
            return 401, {}
        self.asked.append(request.path_url.partition("?")[0])
        _, _, name, version = self.asked[-1].split("/")
        versions = self.secrets.get(name, {})
        version = version or max(versions, default="")
        if version not in versions:
            return 404, {
                "error": {"code": "SecretNotFound", "message": f"A secret with {name} was not found"}
            }
        if versions[version] is None:
            return 403, {
                "error": {
                    "code": "Forbidden",
                    "message": "Operation get is not allowed on a disabled secret.",
                }
            }
        return 200, {"value": versions[version], "id": f"{URL}/secrets/{name}/{version}", "attributes": {}}

    def client(self) -> VaultSecrets:
        session = requests.Session()
        session.mount("https://", self)
        transport = RequestsTransport(session=session, session_owner=False)
        return VaultSecrets(URL, None, credential=Credential(), transport=transport)


class Credential:
    """A managed identity."""

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        assert scopes == ("https://vault.azure.net/.default",)
        return AccessToken("bearer", int(time.time()) + 3600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass


@pytest.fixture
def vault() -> Vault:
    return Vault()


def _base64(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_the_vaults_newest_version_is_the_key_and_older_ones_stay(vault: Vault) -> None:
    vault.secrets["accord-sealing"] = {"aa": _base64(KEY), "bb": _base64(KEY[::-1])}
    secrets = vault.client()
    assert secrets.newest("accord-sealing") == ("bb", KEY[::-1])
    assert secrets.version("accord-sealing", "aa") == KEY
    assert secrets.get("accord-sealing") == KEY[::-1]


def test_a_version_that_is_unknown_or_disabled_is_none(vault: Vault) -> None:
    vault.secrets["accord-sealing"] = {"aa": None, "bb": _base64(KEY)}
    assert vault.client().version("accord-sealing", "cc") is None
    assert vault.client().version("accord-sealing", "aa") is None


@pytest.mark.parametrize("value", ["", "not base64!", base64.b64encode(b"short").decode()])
def test_a_key_that_is_none_is_refused_without_showing_it(vault: Vault, value: str) -> None:
    vault.secrets["accord-sealing"] = {"aa": value}
    with pytest.raises(SecretUnreadable, match="reading the key accord-sealing") as refused:
        vault.client().newest("accord-sealing")
    assert not value or value not in str(refused.value)


def test_a_credential_is_read_by_its_name(vault: Vault) -> None:
    vault.secrets["contoso-app"] = {"aa": "s3cret"}
    assert vault.client().named("contoso-app") == b"s3cret"
    assert vault.asked == ["/secrets/contoso-app/"]


def test_a_credential_that_is_not_there_is_named_with_the_vaults_words(vault: Vault) -> None:
    with pytest.raises(
        SecretUnreadable, match="reading the credential contoso-app from Key Vault"
    ) as refused:
        vault.client().named("contoso-app")
    assert not refused.value.transient


def test_the_services_own_keys_are_nobodys_credential(vault: Vault) -> None:
    vault.secrets["accord-signing"] = {"aa": _base64(KEY)}
    with pytest.raises(SecretUnreadable, match="the service's own keys"):
        vault.client().named("accord-signing")
    assert vault.asked == []
