"""What runs the functions: the seam between the host and the language worker.

In Azure host and worker are two processes that exchange messages. Here the worker is an object behind the
same kind of messages: the host hands over wire data (an HTTP request, a JSON text) and gets wire data back,
and never touches a user function or a Python value of the app. `DirectWorker` calls the functions itself;
Microsoft's `azure-functions-runtime` can take its place, because it needs nothing but what is here.
"""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from infra.local.host.functions import Functions, UnsupportedFunction


@dataclass(frozen=True, slots=True)
class HttpRequestData:
    """An HTTP request as the worker gets it: repeated headers and parameters are joined by commas."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    route: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpResponseData:
    """What an HTTP function answered; only `Set-Cookie` may occur more than once."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class JsonData:
    """A JSON text."""

    text: str


@dataclass(frozen=True, slots=True)
class TextData:
    """A string binding, such as the durable client's."""

    text: str


InputData = HttpRequestData | JsonData | TextData
OutputData = HttpResponseData | JsonData | None


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of a function: its inputs by parameter name."""

    id: str
    function: str
    inputs: Mapping[str, InputData]


class FunctionFailed(Exception):
    """The function raised. `message` is `Type: text`, as the Python worker says it; `stack` the traceback."""

    def __init__(self, message: str, stack: str) -> None:
        super().__init__(message)
        self.message = message
        self.stack = stack


class Worker(Protocol):
    """Loads one app and runs its functions, several at a time."""

    def load(self, app: Path) -> Functions:
        """Imports the app in this folder; raises UnsupportedFunction or the app's own error."""
        ...

    def invoke(self, invocation: Invocation) -> Future[OutputData]:
        """Starts a call; the future ends with its result or with FunctionFailed."""
        ...

    def stop(self) -> None:
        """Takes no more calls and frees what it holds; calls that still run are abandoned."""
        ...


def app_source(app: Path) -> Path:
    """The absolute path of the app's `function_app.py`; raises UnsupportedFunction if there is none."""
    source = app.resolve() / "function_app.py"
    if not source.is_file():
        raise UnsupportedFunction(
            f"There is no function_app.py in {source.parent}; give --app the folder that holds it."
        )
    return source
