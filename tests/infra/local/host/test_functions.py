"""What is refused when an app is loaded, with a text that says what to do."""

import json
from typing import Any

import pytest

from infra.local.host import Host, HostSettings, InvalidSettings, UnsupportedFunction
from infra.local.host.functions import Function, Functions, OrchestrationTrigger

HEAD = """
import azure.functions as func
import azure.durable_functions as df
app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
"""


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            '@app.queue_trigger(arg_name="m", queue_name="q", connection="c")\ndef f(m: str): ...',
            "Function 'f' has the binding 'queueTrigger', which this local host does not run",
        ),
        ('@app.entity_trigger(context_name="context")\ndef f(context): ...', "the binding 'entityTrigger'"),
        (
            '@app.route(route="x")\n@app.blob_input("b", path="c/b", connection="s")\ndef f(req, b): ...',
            "the binding 'blob'",
        ),
        (
            '@app.route(route="x", auth_level=func.AuthLevel.FUNCTION)\ndef f(req: func.HttpRequest): ...',
            "asks for the authorization level 'function'",
        ),
        (
            '@app.route(route="admin/x")\ndef f(req: func.HttpRequest): ...',
            "conflicts with one or more built in routes",
        ),
        (
            '@app.timer_trigger(arg_name="t", schedule="nonsense")\ndef f(t: func.TimerRequest): ...',
            "is not an NCRONTAB expression",
        ),
        ("other = func.FunctionApp()", "must define exactly one FunctionApp|More than one DFApp or other"),
        ("del app", "must define exactly one FunctionApp|Could not find top level function app instances"),
    ],
    ids=["queue", "entity", "blob", "key", "route", "schedule", "two apps", "no app"],
)
def test_what_is_not_supported_is_refused_at_load(
    make_app: Any, worker: Any, tmp_path: Any, source: str, text: str
) -> None:
    app = make_app(HEAD + source)
    with pytest.raises((UnsupportedFunction, InvalidSettings), match=text):
        Host(HostSettings(app=app, data=tmp_path / "data", worker=worker))


def test_any_register_of_functions_will_do(make_app: Any, make_world: Any) -> None:
    source = """
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
@app.route(route="hi")
def hi(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("hi")
"""
    assert make_world(make_app(source)).http.get("/api/hi").text == "hi"


def test_a_folder_without_an_app_is_refused(worker: Any, tmp_path: Any) -> None:
    with pytest.raises(InvalidSettings, match=r"There is no host\.json in"):
        Host(HostSettings(app=tmp_path, data=tmp_path / "data", worker=worker))
    (tmp_path / "host.json").write_text("{}")
    with pytest.raises(UnsupportedFunction, match=r"There is no function_app\.py in"):
        Host(HostSettings(app=tmp_path, data=tmp_path / "data", worker=worker))


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ("{", "is not valid JSON"),
        (json.dumps({"functionTimeout": "soon"}), "is not a time span"),
        (
            json.dumps({"extensions": {"durableTask": {"versionMatchStrategy": "Newer"}}}),
            "is None, Strict or",
        ),
    ],
)
def test_a_host_json_that_makes_no_sense_is_refused(
    make_app: Any, worker: Any, tmp_path: Any, settings: str, text: str
) -> None:
    app = make_app(HEAD)
    (app / "host.json").write_text(settings)
    with pytest.raises(InvalidSettings, match=text):
        Host(HostSettings(app=app, data=tmp_path / "data", worker=worker))


def test_two_functions_of_one_name_are_refused() -> None:
    trigger = OrchestrationTrigger("context")
    with pytest.raises(UnsupportedFunction, match="occur twice: F, f"):
        Functions((Function("f", trigger), Function("F", trigger)))


def test_an_app_that_cannot_be_imported_says_why(make_app: Any, worker: Any, tmp_path: Any) -> None:
    with pytest.raises((ZeroDivisionError, UnsupportedFunction), match="division by zero"):
        Host(HostSettings(app=make_app("1 / 0"), data=tmp_path / "data", worker=worker))
