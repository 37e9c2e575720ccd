"""What the tests share does what it promises: see conftest.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NEEDS = 'import pytest\n\n@pytest.mark.needs("sh", "no-such-program")\ndef test_it(): raise AssertionError\n'
FAILS = "def test_it(azurite): raise AssertionError\n"
FAST = "def test_it(azurite): pass\n\ndef test_other(): pass\n"


def run(folder: Path, source: str, *options: str, ci: str = "") -> str:
    (folder / "test_it.py").write_text(source)
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder),
               "-p", "conftest", "-p", "no:cacheprovider", *options, str(folder)]  # fmt: skip
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
    environment = {**os.environ, "CI": ci, "PYTHONPATH": path}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    ).stdout


@pytest.mark.parametrize(
    ("ci", "expected"),
    [pytest.param("", "1 skipped", id="on a person's machine"), pytest.param("true", "1 error", id="on CI")],
)
def test_a_test_that_needs_a_missing_program_is_skipped_but_not_on_ci(
    tmp_path: Path, ci: str, expected: str
) -> None:
    output = run(tmp_path, NEEDS, ci=ci)
    assert expected in output
    assert "needs no-such-program, which this machine lacks" in output


def test_the_fast_tests_are_those_that_need_no_running_program(tmp_path: Path) -> None:
    assert "1 passed, 1 deselected" in run(tmp_path, FAST, "-m", "not e2e and not slow")


@pytest.mark.e2e
def test_a_test_that_fails_shows_what_its_programs_said(tmp_path: Path) -> None:
    output = run(tmp_path, FAILS)
    assert "1 failed" in output
    assert "last lines of azurite" in output
    assert "Azurite Blob service is successfully listening" in output
