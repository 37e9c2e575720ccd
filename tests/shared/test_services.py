"""The program put together: who is signed in lies sealed in real storage, and is kept by compare-and-set."""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from user_access import user_cache

from shared import settings
from shared.adapters.token_caches import NAME
from shared.domain.settings import Application, CredentialKind, Settings
from shared.domain.sync import TenantRecord
from shared.errors import SignInFailed
from shared.names import TenantId
from shared.services import Services
from shared.user_ports import CacheKind

NOW = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
ADA = user_cache("ada@contoso.example", CacheKind.WEB)
ENTRA = "11111111-1111-1111-1111-111111111111"


def made(azurite: str, folder: Path) -> Services:
    """The services of one process."""
    return Services(settings.load({"AzureWebJobsStorage": azurite, "ACCORD_DATA": str(folder)}))


@pytest.fixture
def services(azurite: str, tmp_path: Path) -> Iterator[Services]:
    found = made(azurite, tmp_path)
    yield found
    found._blob_service.close()


@pytest.fixture
def contoso() -> TenantId:
    return TenantId(f"t{uuid.uuid4().hex[:12]}")


def record(tenant: TenantId, application: Application) -> TenantRecord:
    return TenantRecord(tenant, "Contoso", ENTRA, Settings(application=application), NOW)


def test_who_is_signed_in_lies_sealed_in_the_tenants_blobs(services: Services, contoso: TenantId) -> None:
    stored = services.token_caches.store(contoso, ADA)
    assert services.token_caches.load(contoso) == stored
    assert replace(stored, etag="") == ADA
    lying = services.of_tenant(contoso).get(NAME)
    assert lying is not None
    assert ADA.cache not in lying
    services.token_caches.delete(contoso)
    assert services.token_caches.load(contoso) is None


def test_of_two_processes_that_refresh_the_first_wins(
    services: Services, contoso: TenantId, azurite: str, tmp_path: Path
) -> None:
    other = made(azurite, tmp_path)
    services.token_caches.store(contoso, ADA)
    here, there = services.token_caches.load(contoso), other.token_caches.load(contoso)
    assert here is not None
    assert there is not None
    theirs = other.token_caches.renew(contoso, replace(there, cache=b"theirs"))
    assert services.token_caches.renew(contoso, replace(here, cache=b"ours")) == theirs
    other.token_caches.delete(contoso)
    assert services.token_caches.renew(contoso, here) is None
    other._blob_service.close()


def test_a_new_key_seals_from_then_on_and_the_old_sign_ins_stay(
    services: Services, contoso: TenantId, azurite: str, tmp_path: Path
) -> None:
    services.token_caches.store(contoso, ADA)
    (tmp_path / "secrets" / "sealing" / "2").write_bytes(bytes(range(32)))
    restarted = made(azurite, tmp_path)
    held = restarted.token_caches.load(contoso)
    assert held is not None
    restarted.token_caches.renew(contoso, held)
    (tmp_path / "secrets" / "sealing" / "1").unlink()
    assert made(azurite, tmp_path).token_caches.load(contoso) is not None
    restarted._blob_service.close()


def test_a_tenant_without_its_own_credential_in_place_is_told_where_to_put_it(
    services: Services, contoso: TenantId, tmp_path: Path
) -> None:
    tenant = record(contoso, Application(ENTRA, CredentialKind.SECRET, "contoso-app"))
    with pytest.raises(SignInFailed, match=r"secrets/named/contoso-app: No such file.* Put it there"):
        services.tokens(tenant).app_token()


def test_nobody_is_signed_in_to_a_new_tenant(services: Services, contoso: TenantId) -> None:
    with pytest.raises(SignInFailed) as failed:
        services.user_tokens(record(contoso, Application())).user_token()
    assert (failed.value.code, failed.value.transient) == ("userSignInNeeded", False)
