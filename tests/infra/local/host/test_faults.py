"""The fault knobs of the environment."""

from infra.local.host.faults import Faults, read_faults


def test_faults_are_off_by_default() -> None:
    faults = read_faults({})
    assert faults.delay() == 0
    assert not faults.delivers_twice()


def test_the_environment_switches_them_on() -> None:
    faults = read_faults(
        {"ACCORD_HOST_DELAY_MAX": "2.5", "ACCORD_HOST_REDELIVER": "1", "ACCORD_HOST_SEED": "7"}
    )
    assert (faults.delay_max, faults.redeliver, faults.seed) == (2.5, 1.0, 7)
    assert faults.delivers_twice()
    assert all(0 <= faults.delay() <= 2.5 for _ in range(100))


def test_a_seed_repeats_the_faults() -> None:
    one, other = Faults(5, 0.5, 42), Faults(5, 0.5, 42)
    assert [one.delay() for _ in range(5)] == [other.delay() for _ in range(5)]
