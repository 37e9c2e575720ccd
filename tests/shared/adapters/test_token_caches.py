"""Who is signed in to a tenant: one sealed blob, of which the newer one counts."""

import datetime as dt
from dataclasses import replace

from stores import MemoryArtifacts
from user_access import GlassSeal, user_cache

from shared.adapters.token_caches import NAME, SealedTokenCaches
from shared.errors import SealBroken, StorageConflict
from shared.names import TenantId
from shared.user_ports import CacheKind

CONTOSO, FABRIKAM = TenantId("contoso"), TenantId("fabrikam")
ADA = user_cache("ada@contoso.example", CacheKind.WEB)


class Blobs:
    """The blobs of each tenant."""

    def __init__(self) -> None:
        self.of: dict[str, MemoryArtifacts] = {}

    def __call__(self, tenant: str) -> MemoryArtifacts:
        return self.of.setdefault(tenant, MemoryArtifacts())


def caches(blobs: Blobs | None = None) -> SealedTokenCaches:
    return SealedTokenCaches(blobs or Blobs(), GlassSeal())


def test_what_is_stored_comes_back_with_its_class_account_and_time() -> None:
    kept = caches()
    stored = kept.store(CONTOSO, ADA)
    assert stored.etag
    found = kept.load(CONTOSO)
    assert found == stored
    assert replace(stored, etag="") == ADA
    assert found is not None
    assert found.signed_in_at.tzinfo is dt.UTC


def test_nobody_is_signed_in_at_first_and_after_signing_out() -> None:
    kept = caches()
    assert kept.load(CONTOSO) is None
    kept.store(CONTOSO, ADA)
    assert kept.load(FABRIKAM) is None
    kept.delete(CONTOSO)
    kept.delete(CONTOSO)
    assert kept.load(CONTOSO) is None


def test_a_new_sign_in_takes_the_place_of_the_old() -> None:
    kept = caches()
    kept.store(CONTOSO, ADA)
    kept.store(CONTOSO, user_cache("bob@contoso.example"))
    found = kept.load(CONTOSO)
    assert found is not None
    assert (found.account, found.kind) == ("bob@contoso.example", CacheKind.PUBLIC)


def test_a_refreshed_cache_is_kept_where_nobody_was_quicker() -> None:
    kept = caches()
    stored = kept.store(CONTOSO, ADA)
    renewed = kept.renew(CONTOSO, replace(stored, cache=b"fresh"))
    assert renewed is not None
    assert (renewed.cache, kept.load(CONTOSO)) == (b"fresh", renewed)


def test_the_newer_cache_counts_where_somebody_was_quicker() -> None:
    kept = caches()
    stored = kept.store(CONTOSO, ADA)
    newer = kept.renew(CONTOSO, replace(stored, cache=b"theirs"))
    assert kept.renew(CONTOSO, replace(stored, cache=b"ours")) == newer
    assert kept.load(CONTOSO) == newer


def test_a_refresh_does_not_sign_in_again_who_was_signed_out() -> None:
    kept = caches()
    stored = kept.store(CONTOSO, ADA)
    kept.delete(CONTOSO)
    assert kept.renew(CONTOSO, stored) is None
    assert kept.load(CONTOSO) is None


def test_a_sign_in_that_races_with_another_is_kept_in_the_end() -> None:
    class Racing(MemoryArtifacts):
        races = 2

        def put_if(self, name: str, data: bytes, etag: str | None) -> str:
            if self.races:
                self.races -= 1
                raise StorageConflict("another was quicker")
            return str(super().put_if(name, data, etag))

    blobs = Blobs()
    blobs.of[CONTOSO] = Racing()
    kept = caches(blobs)
    assert kept.load(CONTOSO) is None
    assert kept.store(CONTOSO, ADA) == kept.load(CONTOSO)


def test_what_can_no_longer_be_opened_counts_as_nobody() -> None:
    class Broken(GlassSeal):
        def open(self, sealed: bytes, *associated: str) -> bytes:
            raise SealBroken("that key is gone")

    blobs = Blobs()
    caches(blobs).store(CONTOSO, ADA)
    assert SealedTokenCaches(blobs, Broken()).load(CONTOSO) is None


def test_another_tenants_blob_opens_for_nobody() -> None:
    blobs = Blobs()
    kept = caches(blobs)
    kept.store(CONTOSO, ADA)
    blobs(FABRIKAM).blobs[NAME] = blobs(CONTOSO).blobs[NAME]
    assert kept.load(FABRIKAM) is None
