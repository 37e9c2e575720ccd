"""The seal: it opens for what it was made for and nothing else, and with every key that is still there."""

import pytest

from shared.adapters.sealed import LOOKS_AGAIN, AesGcmSeal
from shared.errors import SealBroken

SECRET = b"a refresh token"
FOR = ("contoso", "deviceFlow", "01J0")


class Keys:
    """Versions of a key, numbered."""

    def __init__(self) -> None:
        self.versions = {"v1": bytes(32)}
        self.looks = 0

    def newest(self, name: str) -> tuple[str, bytes]:
        self.looks += 1
        version = max(self.versions)
        return version, self.versions[version]

    def version(self, name: str, version: str) -> bytes | None:
        return self.versions.get(version)


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_what_is_sealed_opens_again_and_shows_nothing() -> None:
    seal = AesGcmSeal(Keys(), "sealing")
    sealed = seal.seal(SECRET, *FOR)
    assert SECRET not in sealed
    assert seal.open(sealed, *FOR) == SECRET
    assert seal.open(seal.seal(b"", *FOR), *FOR) == b""


def test_no_two_seals_are_alike() -> None:
    seal = AesGcmSeal(Keys(), "sealing")
    assert seal.seal(SECRET, *FOR) != seal.seal(SECRET, *FOR)


@pytest.mark.parametrize(
    "words",
    [
        ("fabrikam", "deviceFlow", "01J0"),
        ("contoso", "tokenCache", "01J0"),
        ("contoso", "deviceFlow", "01J1"),
        ("contoso", "deviceFlow"),
        ("contoso", "deviceFlow", "01J0", ""),
        ("contosodeviceFlow", "", "01J0"),
        (),
    ],
    ids=["tenant", "purpose", "sync", "one fewer", "one more", "other borders", "none"],
)
def test_it_does_not_open_for_anything_else(words: tuple[str, ...]) -> None:
    seal = AesGcmSeal(Keys(), "sealing")
    with pytest.raises(SealBroken, match="altered, or sealed for something else"):
        seal.open(seal.seal(SECRET, *FOR), *words)


def test_every_byte_that_is_changed_breaks_it() -> None:
    seal = AesGcmSeal(Keys(), "sealing")
    sealed = seal.seal(SECRET, *FOR)
    for at in range(len(sealed)):
        with pytest.raises(SealBroken):
            seal.open(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], *FOR)


def test_every_piece_that_is_cut_off_breaks_it() -> None:
    seal = AesGcmSeal(Keys(), "sealing")
    sealed = seal.seal(SECRET, *FOR)
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            seal.open(sealed[:length], *FOR)


def test_a_new_key_seals_while_the_old_one_still_opens() -> None:
    keys, clock = Keys(), Clock()
    seal = AesGcmSeal(keys, "sealing", clock)
    old = seal.seal(SECRET, *FOR)
    keys.versions["v2"] = b"2" * 32
    assert b"v1" in seal.seal(SECRET, *FOR)[:5]
    clock.at = LOOKS_AGAIN + 1
    new = seal.seal(SECRET, *FOR)
    assert b"v2" in new[:5]
    other_instance = AesGcmSeal(keys, "sealing")
    assert [other_instance.open(one, *FOR) for one in (old, new)] == [SECRET, SECRET]


def test_a_key_that_another_instance_found_first_opens_at_once() -> None:
    keys = Keys()
    seal = AesGcmSeal(keys, "sealing")
    seal.seal(SECRET, *FOR)
    keys.versions["v2"] = b"2" * 32
    assert seal.open(AesGcmSeal(keys, "sealing").seal(SECRET, *FOR), *FOR) == SECRET


def test_a_key_that_is_gone_is_named() -> None:
    keys = Keys()
    sealed = AesGcmSeal(keys, "sealing").seal(SECRET, *FOR)
    keys.versions = {"v2": b"2" * 32}
    with pytest.raises(SealBroken, match="key v1 of sealing: that key is gone"):
        AesGcmSeal(keys, "sealing").open(sealed, *FOR)


def test_the_vault_is_asked_for_the_newest_key_once_in_a_while() -> None:
    keys, clock = Keys(), Clock()
    seal = AesGcmSeal(keys, "sealing", clock)
    for _ in range(10):
        seal.seal(SECRET, *FOR)
    assert keys.looks == 1
