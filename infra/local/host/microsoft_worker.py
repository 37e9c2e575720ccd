"""The worker that hands the app to Microsoft's own: `azure-functions-runtime`, as Azure runs it.

Azure loads that package from Python 3.13 on. Its handlers index the app, check its annotations, decode and
encode what goes in and out, and run synchronous functions on a thread pool of the size Azure gives it
(PYTHON_THREADPOOL_THREAD_COUNT). Here they are called in the host's own process, with plain objects in place
of the messages of gRPC.
"""

import importlib
import json
import logging
import sys
import threading
from concurrent.futures import Future
from email.utils import formatdate
from http.cookies import Morsel
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from infra.local.host.function_loop import FunctionLoop
from infra.local.host.functions import Function, Functions, HttpTrigger, UnsupportedFunction, read_function
from infra.local.host.rpc_messages import Message, OneOf, ParameterBinding, StatusResult, envelope
from infra.local.host.settings import InvalidSettings
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

PACKAGE = "azure_functions_runtime"
SAME_SITE = {1: "Lax", 2: "Strict", 3: "None"}

_log = logging.getLogger("host.worker")
_importing = threading.Lock()


class MicrosoftWorker:
    """Runs the functions of one app through Microsoft's worker package.

    Raises InvalidSettings where the package is not installed: there is none for Python before 3.13.
    """

    def __init__(self) -> None:
        self._runtime: Any = _own_copy()
        self._loop = FunctionLoop()
        self._functions = Functions(())
        self._ids: dict[str, str] = {}

    def load(self, app: Path) -> Functions:
        folder = app_source(app).parent
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
        sys.modules.pop("function_app", None)
        self._runtime.start_threadpool_executor()
        init = envelope("worker_init_request", function_app_directory=str(folder), capabilities={})
        _check_loaded(folder, self._ask(self._runtime.worker_init_request, init))
        listed = self._ask(self._runtime.functions_metadata_request, envelope("functions_metadata_request"))
        functions = []
        for found in listed.function_metadata_results or ():
            load = envelope("function_load_request", function_id=found.function_id)
            _check_loaded(folder, self._ask(self._runtime.function_load_request, load))
            functions.append(read_function(found.name, [json.loads(text) for text in found.raw_bindings]))
            self._ids[found.name] = found.function_id
        self._functions = Functions(tuple(functions))
        return self._functions

    def invoke(self, invocation: Invocation) -> Future[OutputData]:
        function = self._functions.get(invocation.function)
        if function is None:
            raise LookupError(f"The app has no function named '{invocation.function}'.")
        return self._loop.submit(self._call(function, invocation))

    def stop(self) -> None:
        pool = self._runtime.get_threadpool_executor()
        if pool is not None:  # the package's own stop would wait for what still runs
            pool.shutdown(wait=False, cancel_futures=True)
        self._loop.stop()

    def _ask(self, handler: Any, request: SimpleNamespace) -> Any:
        return self._loop.submit(handler(request)).result()

    async def _call(self, function: Function, invocation: Invocation) -> OutputData:
        request = envelope(
            "invocation_request",
            invocation_id=invocation.id,
            function_id=self._ids[function.name],
            input_data=[
                ParameterBinding(name=name, data=_typed_data(data))
                for name, data in invocation.inputs.items()
            ],
            trigger_metadata={},
            trace_context=Message(trace_parent="", trace_state="", attributes={}),
            retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
        )
        answer = await self._runtime.invocation_request(request)
        if answer.result.status != StatusResult.Success:
            raise FunctionFailed(answer.result.exception.message, answer.result.exception.stack_trace)
        return _output(function, answer.return_value)


def _own_copy() -> ModuleType:
    """A copy of the package for one worker: it keeps the one app it serves in variables of its modules."""
    with _importing:
        for name in list(sys.modules):
            if name.partition(".")[0] == PACKAGE:
                del sys.modules[name]
        try:
            return importlib.import_module(PACKAGE)
        except ModuleNotFoundError as missing:
            if missing.name != PACKAGE:
                raise
            raise InvalidSettings(
                "The worker `microsoft` is the package azure-functions-runtime, which is not installed for "
                f"this Python {sys.version_info[0]}.{sys.version_info[1]}: use Python 3.13 with the packages "
                "of tests/requirements.txt, or the worker `direct`."
            ) from missing


def _check_loaded(folder: Path, answer: Any) -> None:
    if answer.result.status != StatusResult.Success:
        failure = answer.result.exception
        _log.error("loading %s: %s\n%s", folder, failure.message, failure.stack_trace)
        raise UnsupportedFunction(f"The app in {folder} cannot be loaded: {failure.message}")


def _typed_data(data: InputData) -> OneOf:
    match data:
        case HttpRequestData():
            http = Message(
                method=data.method,
                url=data.url,
                headers=dict(data.headers),
                query=dict(data.query),
                params=dict(data.route),
                body=OneOf(bytes=data.body) if data.body else OneOf(),
            )
            return OneOf(http=http)
        case JsonData():
            return OneOf(json=data.text)
        case TextData():
            return OneOf(string=data.text)


def _output(function: Function, value: Any) -> OutputData:
    kind = None if value is None else value.WhichOneof("data")
    if kind is None:
        return None
    if not isinstance(function.trigger, HttpTrigger):
        return JsonData(value.json)
    if kind == "http":
        return _response(value.http)
    text = getattr(value, kind)
    return HttpResponseData(200, (("content-type", "text/plain; charset=utf-8"),), str(text).encode())


def _response(http: Any) -> HttpResponseData:
    headers = [*http.headers.items(), *(("set-cookie", _cookie(one)) for one in http.cookies or ())]
    return HttpResponseData(int(http.status_code), tuple(headers), http.body.bytes)


def _cookie(cookie: Any) -> str:
    """The header of one cookie, which the worker hands over in parts."""
    morsel: Morsel[str] = Morsel()
    morsel.set(cookie.name, cookie.value, cookie.value)
    parts = {
        "domain": cookie.domain and cookie.domain.value,
        "path": cookie.path and cookie.path.value,
        "expires": cookie.expires and formatdate(cookie.expires.value.seconds, usegmt=True),
        "max-age": cookie.max_age and f"{cookie.max_age.value:.0f}",
        "secure": cookie.secure.value,
        "httponly": cookie.http_only.value,
        "samesite": SAME_SITE.get(cookie.same_site),
    }
    morsel.update({name: part for name, part in parts.items() if part})
    return morsel.OutputString()
