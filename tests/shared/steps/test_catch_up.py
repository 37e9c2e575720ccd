"""Another process has checked what is granted: this one's token may be older than that."""

from __future__ import annotations

import pytest
from granting import FakeApp
from stores import MemoryArtifacts

from shared.domain.permissions import Grants
from shared.errors import SignInFailed
from shared.steps.catch_up import catch_up
from shared.steps.check_permissions import check_permissions


@pytest.fixture
def checked(scene):
    """A sync whose permissions were checked: both are granted, and the token carries them."""
    both = frozenset({"Read", "Write"})
    scene.tokens, scene.tenant.listed = FakeApp(granted=both), Grants(both)
    scene.begin()
    scene.play(check_permissions)
    return scene


@pytest.mark.parametrize(
    ("carries", "drops"),
    [({"Read"}, 1), (set(), 1), ({"Read", "Write"}, 0), ({"Read", "Write", "Other"}, 0)],
    ids=["one is missing", "all are", "none is", "it carries more"],
)
def test_a_token_that_lacks_what_was_checked_is_got_anew(checked, carries, drops):
    checked.tokens = FakeApp(granted=frozenset({"Read", "Write"}), token=frozenset(carries))

    checked.play(catch_up)

    assert checked.tokens.drops == drops
    assert checked.tokens.roles() >= {"Read", "Write"}


def test_before_anybody_has_looked_the_token_stays(scene):
    scene.tokens, scene.findings = FakeApp(), MemoryArtifacts()
    scene.begin()

    scene.play(catch_up)

    assert scene.tokens.drops == 0


def test_a_refused_sign_in_is_left_to_whoever_needs_the_token(checked):
    checked.tokens = FakeApp(refusals=[SignInFailed("signInRefused", "no")])

    checked.play(catch_up)

    assert checked.tokens.drops == 0
