"""The messages between the Functions host and its Python worker, as far as one machine needs them.

Between two processes they are protocol buffers; Microsoft's worker package only reads and builds objects that
have their fields, so plain ones do. Source of names and numbers: FunctionRpc.proto of the Functions language
worker protocol (azure-functions-language-worker-protobuf).
"""

from types import SimpleNamespace
from typing import Any


class Message(SimpleNamespace):
    """A message: the fields that were set."""


class OneOf(Message):
    """A message of which exactly one field is set, or none."""

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's name
        """The name of the field that is set."""
        return next(iter(vars(self)), None)


class ParameterBinding(Message):
    """An input or output of a function: its name and its data."""

    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - protobuf's name
        """Data always come in the message, never in shared memory."""
        return "data"


class StatusResult(Message):
    """How a request ended."""

    Failure, Success, Cancelled = 0, 1, 2


class BindingInfo(Message):
    """A binding of a function: `direction` and `data_type` are numbers."""

    inout, out = 2, 1
    undefined, string, binary, stream = 0, 1, 2, 3


class RpcHttpCookie(Message):
    """A cookie to set, by its parts; a part that was not given is None."""

    SameSite = SimpleNamespace(**{"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3})


_PLAIN = (
    "FunctionLoadResponse FunctionMetadataResponse InvocationResponse NullableBool NullableDouble "
    "NullableString NullableTimestamp RpcException RpcFunctionMetadata RpcHttp RpcRetryOptions Timestamp "
    "WorkerInitResponse WorkerMetadata"
)

PROTOS = SimpleNamespace(
    **{name: type(name, (Message,), {}) for name in _PLAIN.split()},
    BindingInfo=BindingInfo,
    ParameterBinding=ParameterBinding,
    RpcHttpCookie=RpcHttpCookie,
    StatusResult=StatusResult,
    TypedData=OneOf,
)
"""What the worker builds its answers with, in place of the module that protobuf would generate."""


def envelope(kind: str, **fields: Any) -> SimpleNamespace:
    """A request of this kind as the worker's handlers take it."""
    return SimpleNamespace(
        request=Message(**{kind: Message(**fields)}),
        properties={"host": "127.0.0.1", "protos": PROTOS},
    )
