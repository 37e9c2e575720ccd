"""Microsoft's worker package: chosen by name, missed in one line, and one copy for each app."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from infra.local.host import HostSettings, InvalidSettings, WorkerKind
from infra.local.host.__main__ import main
from infra.local.host.host import Host

INSTALLED = importlib.util.find_spec("azure_functions_runtime") is not None
APP = """
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
@app.route(route="who")
def who(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("{name}")
"""


def test_an_unknown_worker_is_one_clear_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--app", str(tmp_path), "--data", str(tmp_path), "--worker", "java"]) == 2
    assert "--worker takes direct or microsoft" in capsys.readouterr().err


@pytest.mark.skipif(INSTALLED, reason="the package is installed for this Python")
def test_where_the_package_is_missing_it_is_said_what_to_do(make_app: Any, tmp_path: Path) -> None:
    settings = HostSettings(app=make_app(), data=tmp_path / "data", worker=WorkerKind.MICROSOFT)
    with pytest.raises(InvalidSettings, match=r"use Python 3\.13"):
        Host(settings)


@pytest.mark.skipif(not INSTALLED, reason="there is no such package for this Python")
def test_each_app_has_a_copy_of_the_package_to_itself(make_app: Any, make_world: Any, tmp_path: Path) -> None:
    worlds = [
        make_world(
            make_app(APP.format(name=name), name=name), worker=WorkerKind.MICROSOFT, data=tmp_path / name
        )
        for name in ("one", "other")
    ]
    assert [world.http.get("/api/who").text for world in worlds] == ["one", "other"]
