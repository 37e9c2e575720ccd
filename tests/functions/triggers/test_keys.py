"""Function keys: made once, shown once, gone for good."""

import asyncio
import json

import azure.functions as func
import pytest

from functions.triggers.keys import create_key, delete_key, list_keys
from functions.triggers.syncs import start_sync
from functions.triggers.tenants import list_tenants
from shared.wire.schema.service import KeyList, NewKeyAnswer


def test_a_new_key_opens_what_its_role_does_and_is_shown_once(api, body, keys) -> None:
    response = api.call(create_key, {"name": "flow", "role": "Operator", "tenants": ["contoso"]})
    made = body(response)
    NewKeyAnswer.model_validate(made)
    assert (response.status_code, made["createdBy"]) == (201, "Administrator")
    listed = body(api.call(list_keys))
    KeyList.model_validate(listed)
    assert made["key"] not in json.dumps(listed)
    api.tenant()
    assert api.call(start_sync, key=made["key"], tenant="contoso").status_code == 202
    assert all(made["key"] not in str(one) for one in (api.services.audit.rows, api.services.keys.rows))


def test_a_new_key_asked_for_twice_is_one_key_and_is_stored_nowhere(api, body) -> None:
    once, wanted = {"Idempotency-Key": "k"}, {"name": "flow", "role": "Reader"}
    first = body(api.call(create_key, wanted, headers=once))
    again = body(api.call(create_key, wanted, headers=once))
    assert first == again
    assert first["key"] not in str(api.services.answers.rows)


def test_a_removed_key_does_not_come_back_by_asking_again(api, body) -> None:
    once, wanted = {"Idempotency-Key": "k"}, {"name": "flow", "role": "Reader"}
    made = body(api.call(create_key, wanted, headers=once))
    url = f"{api.ORIGIN}/api/v1/keys/{made['id']}"
    headers = {"x-functions-key": api.key}
    removal = func.HttpRequest("DELETE", url, headers=headers, route_params={"key": made["id"]}, body=b"")
    assert asyncio.run(delete_key(removal, None, api.services)).status_code == 204
    assert asyncio.run(delete_key(removal, None, api.services)).status_code == 404
    assert api.call(list_tenants, key=made["key"]).status_code == 401
    assert api.call(create_key, wanted, headers=once).status_code == 404
    assert api.call(list_tenants, key=made["key"]).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "Owner"},
        {"name": ""},
        {"tenants": []},
        {"tenants": ["No Such"]},
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"expiresAt": "tomorrow"},
        {"expiresAt": "2027-01-01T00:00:00"},
    ],
)
def test_a_faulty_key_is_not_made(api, wrong) -> None:
    before = dict(api.services.keys.rows)
    assert api.call(create_key, {"name": "x", "role": "Reader", **wrong}).status_code == 422
    assert api.services.keys.rows == before
