"""A store that does not answer, at any operation: 503 with a time to come back, or an answer without it."""

from __future__ import annotations

import asyncio
import importlib
import json
import pkgutil
from typing import Any

import azure.functions as func
import pytest

import functions.triggers
from functions.triggers.endpoint import Endpoint
from shared.errors import StorageConflict, StorageUnavailable

ENDPOINTS = {
    one.operation.id: one
    for found in pkgutil.iter_modules(functions.triggers.__path__)
    for one in vars(importlib.import_module(f"functions.triggers.{found.name}")).values()
    if isinstance(one, Endpoint)
}
BODIES = {
    "putTenant": {"displayName": "Contoso", "entraTenantId": "0c0ffee0-5d47-4b7a-9f10-6c2f4d1e8a90"},
    "createKey": {"name": "night", "role": "Reader"},
}
STORES = ("status", "audit", "keys", "answers", "callbacks", "token_caches")
FAULTS = {
    "storageUnavailable": StorageUnavailable("writing a row: 503 ServerBusy"),
    "busy": StorageConflict("others changed it"),
}


class Away:
    """A store every call of which fails so."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def __getattr__(self, name: str) -> Any:
        def refuse(*_: Any, **__: Any) -> Any:
            raise self.fault

        return refuse


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("operation", sorted(ENDPOINTS))
def test_a_store_that_is_away_is_a_503(api, plan, digest, operation, store) -> None:
    for code, fault in FAULTS.items():
        api.services.status.rows.clear()
        api.tenant("contoso")
        waiting = api.waiting(plan, digest, "contoso")
        given = {"tenant": "contoso", "sync": waiting.id, "change": "c0", "key": "k", "permission": "R"}
        endpoint = ENDPOINTS[operation]
        parts = {name: one for name, one in given.items() if f"{{{name}}}" in endpoint.operation.path}
        body = BODIES.get(operation, {"decision": "reject", "digest": digest})
        body = body if endpoint.operation.method in ("POST", "PUT", "PATCH") else None
        headers = {"x-functions-key": api.key, "Idempotency-Key": f"k-{code}"}
        data = b"" if body is None else json.dumps(body).encode()
        url = f"{api.ORIGIN}/api/v1/any"
        request = func.HttpRequest(
            endpoint.operation.method, url, headers=headers, route_params=parts, body=data
        )
        whole = getattr(api.services, store)
        setattr(api.services, store, Away(fault))
        try:
            response = asyncio.run(endpoint(request, api.client, api.services))
        finally:
            setattr(api.services, store, whole)

        if response.status_code >= 500:
            assert response.status_code == 503, response.get_body()
            if operation != "getHealth":
                assert json.loads(response.get_body())["code"] == code
                assert int(response.headers["Retry-After"]) > 0
