"""The token cache of each tenant's signed-in user: one sealed blob, changed by compare-and-set."""

from __future__ import annotations

import base64
import datetime as dt
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from shared.errors import SealBroken, StorageConflict
from shared.names import TenantId
from shared.stores import Artifacts
from shared.user_ports import CacheKind, Sealed, StoredCache

NAME: Final = "user.sealed"
PURPOSE: Final = "tokenCache"
_ATTEMPTS: Final = 5
_log = logging.getLogger(__name__)


class SealedTokenCaches:
    """Fills `TokenCaches`. `blobs`: those of a tenant that belong to no sync."""

    def __init__(self, blobs: Callable[[TenantId], Artifacts], sealed: Sealed) -> None:
        self._blobs, self._sealed = blobs, sealed

    def load(self, tenant: TenantId) -> StoredCache | None:
        """The cache; None where nobody is signed in, or what is there can no longer be opened."""
        found = self._blobs(tenant).get_with_etag(NAME)
        if found is None:
            return None
        content, etag = found
        try:
            return _load(self._sealed.open(content, tenant, PURPOSE), etag)
        except SealBroken as broken:
            _log.warning("The sign-in kept for %s counts as none: %s", tenant, broken)
            return None

    def store(self, tenant: TenantId, cache: StoredCache) -> StoredCache:
        """Keeps a new sign-in, over what may be there. Raises StorageConflict."""
        blobs = self._blobs(tenant)
        content = self._sealed.seal(_dump(cache), tenant, PURPOSE)
        for attempt in range(1, _ATTEMPTS + 1):
            before = blobs.get_with_etag(NAME)
            try:
                return replace(cache, etag=blobs.put_if(NAME, content, before[1] if before else None))
            except StorageConflict:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable: the last attempt raises")

    def renew(self, tenant: TenantId, cache: StoredCache) -> StoredCache | None:
        """Keeps a refreshed cache, or answers the newer one that is there."""
        content = self._sealed.seal(_dump(cache), tenant, PURPOSE)
        try:
            return replace(cache, etag=self._blobs(tenant).put_if(NAME, content, cache.etag))
        except StorageConflict:
            return self.load(tenant)

    def delete(self, tenant: TenantId) -> None:
        """Signs out."""
        self._blobs(tenant).delete(NAME)


def _dump(cache: StoredCache) -> bytes:
    return json.dumps(
        {
            "cache": base64.b64encode(cache.cache).decode(),
            "kind": cache.kind.value,
            "account": cache.account,
            "signedInAt": cache.signed_in_at.isoformat(),
        }
    ).encode()


def _load(content: bytes, etag: str) -> StoredCache:
    value = json.loads(content)
    return StoredCache(
        cache=base64.b64decode(value["cache"]),
        kind=CacheKind(value["kind"]),
        account=value["account"],
        signed_in_at=dt.datetime.fromisoformat(value["signedInAt"]),
        etag=etag,
    )
