"""Changes to a tree, gathered: removals first, so that a file may move to where another one leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from shared.domain.files import Tree, blob_id

FileEdits: TypeAlias = Mapping[str, bytes | None]
"""Path → new contents, or None to remove the file."""


@dataclass(slots=True)
class Edits:
    """What is to change in one tree."""

    tree: Tree
    _removed: set[str] = field(default_factory=set)
    _written: dict[str, bytes] = field(default_factory=dict)

    def remove(self, paths: Iterable[str]) -> None:
        """Takes files away, unless something is written there."""
        self._removed.update(paths)

    def write(self, files: Mapping[str, bytes]) -> None:
        """Puts files in place."""
        self._written.update(files)

    def changes(self, path: str) -> bool:
        """Is something new written there?"""
        return path in self._written and self.tree.get(path) != blob_id(self._written[path])

    def result(self) -> FileEdits:
        """What really changes, in the order of paths."""
        edits: dict[str, bytes | None] = {
            path: None for path in self._removed if path in self.tree and path not in self._written
        }
        edits.update(
            (path, data) for path, data in self._written.items() if self.tree.get(path) != blob_id(data)
        )
        return dict(sorted(edits.items()))
