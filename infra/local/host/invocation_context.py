"""The `context` parameter that a function may ask for, filled as far as one machine has anything to tell."""

import threading
from typing import Any

import azure.functions as func

_local = threading.local()


class InvocationContext(func.Context):
    """Names the invocation, the function and the app's folder; there is no tracing and no host retry."""

    def __init__(self, invocation: str, function: str, folder: str) -> None:
        self._invocation = invocation
        self._function = function
        self._folder = folder

    @property
    def invocation_id(self) -> str:
        return self._invocation

    @property
    def function_name(self) -> str:
        return self._function

    @property
    def function_directory(self) -> str:
        return self._folder

    @property
    def thread_local_storage(self) -> Any:
        return _local

    @property
    def trace_context(self) -> Any:
        return None

    @property
    def retry_context(self) -> Any:
        return None
