"""The one tree of errors. Adapters translate what vendors raise into these (`from exc`).

    AccordError
    ├── Problem               a request cannot be served: becomes a problem document (api.md "Errors")
    ├── ServiceError          Microsoft's service answered with an error, or not at all
    │   ├── ReadFailed        a read did not arrive whole: the type is not read
    │   ├── NotAvailable      the service says that the tenant does not have this type
    │   ├── WriteRefused      a write was refused and certainly not applied (4xx, 429 included)
    │   └── WriteUnknown      a write may or may not have been applied (time-out, reset, 5xx)
    ├── SignInFailed          the identity provider refused to give a token
    ├── HeadMoved             a branch moved since it was read: read again and decide again
    ├── SealBroken            what was kept sealed cannot be opened: another's, altered, or its key is gone
    ├── LeaseLost             somebody else holds what is leased now: stop writing
    ├── StorageConflict       a row or blob changed since it was read, more often than retries allow
    └── StorageUnavailable    storage did not answer, or refused: the same again later may work
        └── SecretUnreadable  a secret of ours, or a tenant's credential, cannot be read where it is kept

In activities: raise means try again, return means final answer. "Denied", "rejected", "stale" are values, not
errors. Messages say what was being done and what came back: "reading conditional-access-policies of contoso:
403 Forbidden".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class AccordError(Exception):
    """The root. Its text is safe to log: no tokens, no configuration values."""


class Problem(AccordError):
    """A refusal that a client sees as `application/problem+json`.

    `code` is stable camelCase and listed by `GET /errors`; `status` the HTTP status; `values` fill the texts
    of `shared/texts.py` for that code; `errors` are field faults `{"field", "detail"}`; `extra` adds members
    to the document (such as the address of the active sync); `headers` to the answer.
    """

    def __init__(
        self,
        code: str,
        status: int,
        *,
        values: Mapping[str, object] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.status = code, status
        self.values, self.errors = dict(values or {}), tuple(errors)
        self.extra, self.headers = dict(extra or {}), dict(headers or {})


class ServiceError(AccordError):
    """An answer of Microsoft's service. `doing` says what was being done; `status` is 0 when nothing came
    back.
    """

    def __init__(
        self, doing: str, status: int = 0, code: str = "", message: str = "", request_id: str = ""
    ) -> None:
        answer = f"{status} {code} {message}".strip() if status else message or code or "no answer"
        super().__init__(f"{doing}: {answer}")
        self.doing, self.status, self.code = doing, status, code
        self.message, self.request_id = message, request_id


class ReadFailed(ServiceError):
    """A read did not arrive whole. Never an empty result."""


class NotAvailable(ServiceError):
    """The service says that the tenant does not have this type: not licensed, not provisioned."""


class WriteRefused(ServiceError):
    """The write was refused; nothing was applied."""


class WriteUnknown(ServiceError):
    """The write may have been applied. A create is resolved by looking; other writes may be repeated."""


class SignInFailed(AccordError):
    """No token. `code` is one of a sync's error codes (api.md), `detail` the provider's own text.

    `transient`: the provider was down or throttled, worth another try; never a reason to ask a person.
    """

    def __init__(self, code: str, detail: str, *, request_id: str = "", transient: bool = False) -> None:
        super().__init__(f"signing in: {detail}")
        self.code, self.detail, self.request_id, self.transient = code, detail, request_id, transient


class SealBroken(AccordError):
    """What was kept sealed cannot be opened: sealed for something else, altered, or its key is gone."""


class HeadMoved(AccordError):
    """A branch is no longer where it was read: the commit was not made."""


class LeaseLost(AccordError):
    """The lease is gone: another run of the same work has taken over."""


class StorageConflict(AccordError):
    """A compare-and-set lost more often than its retries allow."""


class StorageUnavailable(AccordError):
    """Storage did not answer or refused, after the retries that its client makes by itself."""


class SecretUnreadable(StorageUnavailable):
    """A secret of ours, or a tenant's credential, cannot be read where it is kept. `transient`: the vault did
    not answer.
    """

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient
