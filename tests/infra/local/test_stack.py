"""The stack in chaos, as far as it can be told without starting it."""

from pathlib import Path

from chaos import chosen

from infra.local.host.faults import read_faults
from infra.local.stack import Chaos, host


def test_each_host_of_a_chaos_is_late_and_repeats_by_a_seed_of_its_own() -> None:
    faults = [read_faults(Chaos(seed=7).environment(number)) for number in range(3)]
    assert [one.seed for one in faults] == [70, 71, 72]
    assert {(one.delay_max, one.redeliver) for one in faults} == {(5.0, 0.25)}


def test_hosts_of_several_roles_share_a_folder_and_have_logs_of_their_own(tmp_path: Path) -> None:
    roles = ("http", "durable,timer", "durable,timer")
    programs = [
        host(tmp_path, Path("python"), 7071 + n, tmp_path / "data", {}, roles=role)
        for n, role in enumerate(roles)
    ]
    assert len({program.name for program in programs}) == 3
    assert [program.command[-1] for program in programs] == list(roles)
    assert {program.command[program.command.index("--data") + 1] for program in programs} == {
        str(tmp_path / "data")
    }


def test_the_shares_of_all_seeds_cover_every_test_and_none_takes_all() -> None:
    names = [f"tests/e2e/test_{number}.py::test_it" for number in range(80)]
    shares = [{name for name in names if chosen(name, seed, 4)} for seed in range(40)]
    assert set.union(*shares) == set(names)
    assert all(5 <= len(share) <= 40 for share in shares)
