"""The manifest of a repository: one small blob that says which refs and packs there are.

A pack counts only when it is listed here, and a ref moves only here, by one write that names the version it
replaces (If-Match). So several refs and the packs they need move together, or nothing does.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from shared.adapters.repository.messages import AcceptedPush
from shared.adapters.repository.storage_faults import asking_storage, is_blob_missing
from shared.errors import StorageConflict
from shared.names import CommitId

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

_FORMAT: Final = 1
_ATTEMPTS: Final = 12
_PRECONDITION_FAILED: Final = 412
_CONFLICT: Final = 409


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a repository consists of at one moment.

    `packs`: names of the packs that count, oldest first. `unlisted`: packs taken off the list, and since
    when: readers with an older manifest may still need them. `pushes`: accepted, not yet taken note of.
    """

    refs: Mapping[str, CommitId] = field(default_factory=dict)
    packs: tuple[str, ...] = ()
    unlisted: Mapping[str, dt.datetime] = field(default_factory=dict)
    pushes: tuple[AcceptedPush, ...] = ()

    def moved(self, moves: Mapping[str, CommitId], pack: str | None) -> Manifest:
        """This manifest with refs moved and the pack that holds their new objects listed."""
        packs, unlisted = self.packs, dict(self.unlisted)
        if pack is not None:
            unlisted.pop(pack, None)
            packs = packs if pack in packs else (*packs, pack)
        return replace(self, refs={**self.refs, **moves}, packs=packs, unlisted=unlisted)


def dump(manifest: Manifest) -> bytes:
    """The manifest as stored: JSON, sorted, so that equal manifests are equal bytes."""
    return json.dumps(
        {
            "format": _FORMAT,
            "refs": dict(manifest.refs),
            "packs": list(manifest.packs),
            "unlisted": {name: since.isoformat() for name, since in manifest.unlisted.items()},
            "pushes": [
                {"old": push.old, "new": push.new, "principal": push.principal, "at": push.at.isoformat()}
                for push in manifest.pushes
            ],
        },
        sort_keys=True,
        indent=1,
    ).encode()


def load(stored: bytes) -> Manifest:
    """The manifest from its stored form. Raises ValueError for a format this release does not know."""
    fields = json.loads(stored)
    if fields.get("format") != _FORMAT:
        raise ValueError(f"reading a repository's manifest: format {fields.get('format')!r} is not known")
    return Manifest(
        refs={ref: CommitId(commit) for ref, commit in fields["refs"].items()},
        packs=tuple(fields["packs"]),
        unlisted={name: dt.datetime.fromisoformat(since) for name, since in fields["unlisted"].items()},
        pushes=tuple(
            AcceptedPush(push["old"], push["new"], push["principal"], dt.datetime.fromisoformat(push["at"]))
            for push in fields["pushes"]
        ),
    )


class ManifestBlob:
    """Reads and changes the manifest `{tenant}/manifest.json`."""

    def __init__(self, container: ContainerClient, tenant: str) -> None:
        self._blob = container.get_blob_client(f"{tenant}/manifest.json")
        self._tenant = tenant

    def read(self) -> Manifest:
        """The manifest as it is now; an empty one for a repository without a first commit."""
        return self._read()[0]

    def change(self, decide: Callable[[Manifest], Manifest]) -> Manifest:
        """Replaces the manifest by what `decide` makes of the current one, and answers the new one.

        `decide` is called again for each attempt and raises to give up (HeadMoved). A write whose answer was
        lost comes back as a lost race although it stands, so `decide` must answer the manifest unchanged when
        it finds its own change already made. Raises StorageConflict when others win every attempt.
        """
        for attempt in range(_ATTEMPTS):
            current, etag = self._read()
            wanted = decide(current)
            if wanted == current or self._write(wanted, etag):
                return wanted
            time.sleep(random.uniform(0, 0.02 * (attempt + 1)))
        raise StorageConflict(
            f"changing the manifest of {self._tenant}: lost {_ATTEMPTS} races in a row; try again"
        )

    def _read(self) -> tuple[Manifest, str | None]:
        with asking_storage(f"reading the repository of {self._tenant}"):
            try:
                download = self._blob.download_blob()
                return load(download.readall()), download.properties.etag
            except ResourceNotFoundError as exc:
                if not is_blob_missing(exc):
                    raise
                return Manifest(), None

    def _write(self, manifest: Manifest, etag: str | None) -> bool:
        """Whether this version was still the current one."""
        unmoved = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
        still: dict[str, Any] = unmoved if etag else {}
        with asking_storage(f"writing the repository of {self._tenant}"):
            try:
                self._blob.upload_blob(dump(manifest), overwrite=etag is not None, **still)
            except HttpResponseError as exc:
                if exc.status_code in {_PRECONDITION_FAILED, _CONFLICT}:
                    return False
                raise
        return True
