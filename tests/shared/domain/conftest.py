"""The tiny world of tests/fakes/tiny_world.py, as fixtures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tiny_world import (
    CATALOG,
    GROUPS,
    LOCATIONS,
    NO_INDEX,
    POLICIES,
    PROFILES,
    SETTINGS,
    Entries,
    World,
    spec,
)

from shared.domain.agreement import Agreement
from shared.domain.files import from_files
from shared.names import ChangeId


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def worlds() -> type[World]:
    """For tests that need many worlds, or their own."""
    return World


@pytest.fixture(scope="session")
def entries() -> Any:
    """The catalog of these tests, by attribute."""
    return Entries(
        policies=POLICIES,
        groups=GROUPS,
        locations=LOCATIONS,
        profiles=PROFILES,
        settings=SETTINGS,
        catalog=CATALOG,
        no_index=NO_INDEX,
        spec=spec,
        replace=replace,
        from_files=from_files,
        change_id=ChangeId,
        agreement=Agreement,
    )
