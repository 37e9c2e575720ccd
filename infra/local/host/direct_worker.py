"""The worker that calls the app's functions in this process.

It does what the Python worker in Azure does, with the same public converters of `azure.functions`:
synchronous functions run on a thread pool, asynchronous ones on one event loop in a thread of its own, so
that neither holds up the host.
"""

import importlib.util
import inspect
import json
import sys
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.functions as func
from azure.functions.meta import Datum

from infra.local.host.function_loop import FunctionLoop
from infra.local.host.functions import (
    ActivityTrigger,
    Function,
    Functions,
    HttpTrigger,
    OrchestrationTrigger,
    TimerTrigger,
    UnsupportedFunction,
    read_function,
)
from infra.local.host.invocation_context import InvocationContext
from infra.local.host.worker import (
    FunctionFailed,
    HttpRequestData,
    HttpResponseData,
    InputData,
    Invocation,
    JsonData,
    OutputData,
    TextData,
    app_source,
)

_TRIGGER_BINDINGS = {
    HttpTrigger: "httpTrigger",
    TimerTrigger: "timerTrigger",
    OrchestrationTrigger: "orchestrationTrigger",
    ActivityTrigger: "activityTrigger",
}


class DirectWorker:
    """Runs the functions of one app in this process; `threads` bounds the synchronous calls at one time."""

    def __init__(self, threads: int = 64) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="function")
        self._loop = FunctionLoop()
        self._app = Path()
        self._functions = Functions(())
        self._code: dict[str, Callable[..., Any]] = {}

    def load(self, app: Path) -> Functions:
        source = app_source(app)
        self._app = source.parent
        module = _import_app(source)
        registers = [v for v in vars(module).values() if isinstance(v, func.FunctionRegister)]
        if len({id(register) for register in registers}) != 1:
            raise UnsupportedFunction(
                f"{source} must define exactly one FunctionApp; it defines {len(registers)}."
            )
        functions = []
        for function in registers[0].get_functions():
            name = str(function.get_function_name())
            functions.append(read_function(name, [json.loads(text) for text in function.get_raw_bindings()]))
            self._code[name] = function.get_user_function()
        self._functions = Functions(tuple(functions))
        return self._functions

    def invoke(self, invocation: Invocation) -> Future[OutputData]:
        function = self._functions.get(invocation.function)
        if function is None:
            raise LookupError(f"The app has no function named '{invocation.function}'.")
        code = self._code[function.name]
        if inspect.iscoroutinefunction(code):
            return self._loop.submit(self._call_async(function, code, invocation))
        return self._pool.submit(self._call, function, code, invocation)

    def stop(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._loop.stop()

    def _call(self, function: Function, code: Callable[..., Any], invocation: Invocation) -> OutputData:
        try:
            return _encode(function, code(**self._arguments(function, code, invocation)))
        except Exception as raised:
            raise _failure(raised) from raised

    async def _call_async(
        self, function: Function, code: Callable[..., Any], invocation: Invocation
    ) -> OutputData:
        try:
            return _encode(function, await code(**self._arguments(function, code, invocation)))
        except Exception as raised:
            raise _failure(raised) from raised

    def _arguments(
        self, function: Function, code: Callable[..., Any], invocation: Invocation
    ) -> dict[str, Any]:
        bindings = {function.trigger.parameter: _TRIGGER_BINDINGS[type(function.trigger)]}
        bindings |= dict.fromkeys(function.clients, "durableClient")
        arguments = {name: _decode(bindings[name], data) for name, data in invocation.inputs.items()}
        if "context" in inspect.signature(code).parameters and "context" not in arguments:
            arguments["context"] = InvocationContext(invocation.id, function.name, str(self._app))
        return arguments


def _import_app(source: Path) -> ModuleType:
    """Imports `function_app.py` under that name, its folder first on the path, as the worker does."""
    if str(source.parent) not in sys.path:
        sys.path.insert(0, str(source.parent))
    spec = importlib.util.spec_from_file_location("function_app", source)
    if spec is None or spec.loader is None:
        raise UnsupportedFunction(f"{source} cannot be imported as a module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules["function_app"] = module
    spec.loader.exec_module(module)
    return module


def _converter(binding: str) -> Any:
    """The public converter between wire data and Python values of one kind of binding."""
    registry: Any = func
    return registry.get_binding_registry().get(binding)


def _decode(binding: str, data: InputData) -> Any:
    """The Python value of an input, by the same converter as in Azure."""
    return _converter(binding).decode(_datum(data), trigger_metadata=None)


def _datum(data: InputData) -> Datum:
    match data:
        case HttpRequestData():
            return Datum(
                {
                    "method": Datum(data.method, "string"),
                    "url": Datum(data.url, "string"),
                    "headers": _strings(data.headers),
                    "query": _strings(data.query),
                    "params": _strings(data.route),
                    "body": Datum(data.body, "bytes"),
                },
                "http",
            )
        case JsonData():
            return Datum(data.text, "json")
        case TextData():
            return Datum(data.text, "string")


def _strings(values: Mapping[str, str]) -> dict[str, Datum]:
    return {name: Datum(value, "string") for name, value in values.items()}


def _encode(function: Function, value: Any) -> OutputData:
    """The wire form of what a function returned, by the same converter as in Azure."""
    match function.trigger:
        case HttpTrigger():
            try:
                return _response(_converter("http").encode(value, expected_type=None))
            except NotImplementedError:
                kind = type(value).__name__
                raise TypeError(  # as Microsoft's worker says it, also of None
                    f'unable to encode outgoing TypedData: unsupported type "http" for Python type "{kind}"'
                ) from None
        case TimerTrigger():
            return None
        case OrchestrationTrigger() | ActivityTrigger():
            binding = _TRIGGER_BINDINGS[type(function.trigger)]
            return JsonData(_converter(binding).encode(value, expected_type=None).value)


def _response(datum: Any) -> HttpResponseData:
    if datum.type == "string":
        return HttpResponseData(200, (("content-type", "text/plain; charset=utf-8"),), datum.value.encode())
    parts = datum.value
    headers = [(name, value.value) for name, value in parts["headers"].items()]
    cookies = [morsel.OutputString() for jar in parts["cookies"] or () for morsel in jar.values()]
    headers += [("set-cookie", cookie) for cookie in cookies]
    return HttpResponseData(int(parts["status_code"].value), tuple(headers), parts["body"].value)


def _failure(raised: Exception) -> FunctionFailed:
    stack = "".join(traceback.format_exception(raised))
    return FunctionFailed(f"{type(raised).__name__}: {raised}", stack)
