"""Canonical content as the service takes it: long texts encoded, secrets as they were re-read or left out."""

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.catalog.loader import load
from shared.domain.canonical import canonical
from shared.domain.catalog import LongText, TypeSpec
from shared.domain.item import SECRET, Json
from shared.domain.reference import Index
from shared.domain.request import Request, create_request, update_requests
from shared.domain.service_form import service_form
from shared.domain.snapshot import Raw
from shared.names import ObjectId, TypeKey

EXAMPLES = Path(__file__).parents[1] / "catalog" / "examples"
ID = ObjectId("object-1")


def spec_of(key: str) -> TypeSpec:
    return load().types[TypeKey(key)]


def example(key: str, at: int = 0) -> Raw:
    found: Raw = json.loads((EXAMPLES / f"{key}.json").read_text())[at]
    return found


def content_of(key: str, raw: Raw) -> dict[str, Any]:
    """The canonical content, its ids left as they are (as if every symbol had been resolved)."""
    return copy.deepcopy(dict(canonical(spec_of(key), raw, Index({})).content))


def update(key: str, raw: Raw, desired: Mapping[str, Json], *touched: str) -> tuple[Request, ...]:
    paths = [tuple(path.split("/")) for path in touched]
    found = update_requests(spec_of(key), "N", ID, raw, desired, paths)
    assert isinstance(found, tuple), found
    return found


def create(key: str, desired: Mapping[str, Json]) -> Request:
    found = create_request(spec_of(key), "N", desired)
    assert isinstance(found, Request), found
    return found


def test_what_was_no_text_goes_back_as_it_was() -> None:
    spec = spec_of("device-management-scripts")
    assert service_form(spec, {"scriptContent": "{{base64://79}}"}, None)["scriptContent"] == "//79"
    assert service_form(spec, {"scriptContent": None}, None)["scriptContent"] is None


def test_a_list_written_whole_holds_its_secrets_as_they_were_re_read() -> None:
    raw = example("device-configurations")
    (secret,) = [one for one in raw["omaSettings"] if one["isEncrypted"]]
    secret["value"] = "revealed"
    desired = content_of("device-configurations", raw)
    assert SECRET in json.dumps(desired)
    for setting in desired["omaSettings"]:
        setting["description"] = "changed"
    (request,) = update("device-configurations", raw, desired, "omaSettings/x/description")
    sent = {one["omaUri"]: one for one in request.body["omaSettings"]}
    assert sent[secret["omaUri"]]["value"] == "revealed"
    assert all(one["description"] == "changed" for one in sent.values())
    assert not any({"isEncrypted", "secretReferenceValueId"} & one.keys() for one in sent.values())


def test_a_secret_that_was_never_given_back_is_left_out() -> None:
    raw = example("device-configurations", 1)
    desired = content_of("device-configurations", raw)
    assert desired["preSharedKey"] == SECRET
    assert "preSharedKey" not in create("device-configurations", desired).body
    form = service_form(spec_of("device-configurations"), desired, raw)
    assert "preSharedKey" not in form


def test_secrets_deep_inside_settings_keep_their_tokens() -> None:
    kind = "#microsoft.graph.deviceManagementConfigurationSecretSettingValue"
    value = {"@odata.type": kind, "value": "token", "valueState": "encryptedValueToken"}
    group = {"children": [{"settingDefinitionId": "b", "simpleSettingValue": value}]}
    raw: Raw = {
        "name": "N",
        "settings": [
            {"id": "0", "settingInstance": {"settingDefinitionId": "z"}},
            {
                "id": "1",
                "settingInstance": {"settingDefinitionId": "a", "groupSettingCollectionValue": [group]},
            },
        ],
    }
    desired = content_of("settings-catalog-policies", raw)
    assert "token" not in json.dumps(desired).replace("encryptedValueToken", "")
    (request,) = update("settings-catalog-policies", raw, desired | {"name": "New"}, "name")
    assert '"value": "token"' in json.dumps(request.body)


def test_a_secret_member_that_nobody_knows_is_written_without_its_value() -> None:
    raw = example("device-configurations")
    desired = content_of("device-configurations", raw)
    desired["omaSettings"] = [{"omaUri": "./New", "value": SECRET}, *desired["omaSettings"]]
    (request,) = update("device-configurations", raw, desired, "omaSettings/x")
    assert {"omaUri": "./New"} in request.body["omaSettings"]


def test_an_unkeyed_list_is_matched_by_its_places() -> None:
    spec = spec_of("groups")
    current: Raw = {"things": [{"a": 1, "s": "one"}, {"a": 2, "s": "two"}]}
    wanted: dict[str, Json] = {"things": [{"a": 1, "s": SECRET}, {"a": 3, "s": SECRET}]}
    assert service_form(spec, wanted, current)["things"] == [{"a": 1, "s": "one"}, {"a": 3, "s": "two"}]
    shorter: Raw = {"things": [{"a": 5, "s": "one"}]}
    assert service_form(spec, wanted, shorter)["things"] == [{"a": 1}, {"a": 3}]
    assert service_form(spec, {"things": [1, {"s": SECRET}]}, {"things": "no list"})["things"] == [1, {}]


def test_a_long_text_that_the_service_holds_plain_stays_plain() -> None:
    spec = replace(spec_of("groups"), long_texts=(LongText("rule", "txt"),))
    assert service_form(spec, {"rule": "a text"}, None) == {"rule": "a text"}
