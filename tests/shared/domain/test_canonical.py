"""Canonical form: what stays of an object, what becomes a symbol, what is hidden; and it is stable."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.canonical import Unresolved, canonical, normalise
from shared.domain.item import SECRET
from shared.domain.reference import Index, Unresolvable

ID = "11111111-1111-1111-1111-111111111111"
OTHER = "22222222-2222-2222-2222-222222222222"
INDEX = Index(
    {"groups": {ID: "Staff", OTHER: "Guests"}, "policies": {"7": "Parent"}}, {"groups": {"Old name": ID}}
)


def form(entries: Any, **raw: Any) -> Any:
    return canonical(entries.policies, raw, INDEX).content


@pytest.mark.parametrize(
    ("raw", "content"),
    [
        pytest.param({"id": "1", "createdDateTime": "x", "version": 3}, {}, id="what no type keeps"),
        pytest.param({"modified": 1, "a": {"id": 1}}, {"a": {"id": 1}}, id="what this type does not keep"),
        pytest.param({"@odata.context": "u", "a@odata.type": "#Collection(String)"}, {}, id="annotations"),
        pytest.param(
            {"@odata.type": "#x", "a": {"@odata.type": "#y"}},
            {"@odata.type": "#x", "a": {"@odata.type": "#y"}},
            id="kinds stay",
        ),
        pytest.param(
            {"a": [{"@odata.type": "#Collection(x)", "@odata.id": "u", "b": 1}]},
            {"a": [{"b": 1}]},
            id="annotations at depth",
        ),
        pytest.param(
            {"a": [{"isEncrypted": False, "secretReferenceValueId": "s"}]},
            {"a": [{}]},
            id="a secret's storage",
        ),
        pytest.param({"filter": "none"}, {}, id="a value that says nothing"),
        pytest.param({"filter": None}, {}, id="null where that says nothing"),
        pytest.param({"filter": "x"}, {"filter": "x"}, id="a value that says something"),
        pytest.param({"password": "p"}, {"password": SECRET}, id="a secret in clear"),
        pytest.param({"password": None}, {"password": SECRET}, id="a secret not given back"),
        pytest.param(
            {"keys": [{"hidden": True, "value": "v"}, {"hidden": False, "value": "w"}]},
            {"keys": [{"hidden": True, "value": SECRET}, {"hidden": False, "value": "w"}]},
            id="a secret on a condition",
        ),
        pytest.param({"text": "a {{x}}"}, {"text": "a {{{{x}}"}, id="literal braces"),
        pytest.param(
            {"users": {"includeGroups": ["All", OTHER, ID]}},
            {"users": {"includeGroups": ["All", "{{groups:Guests}}", "{{groups:Staff}}"]}},
            id="ids of known objects, sorted",
        ),
        pytest.param(
            {"users": {"includeGroups": None}},
            {"users": {"includeGroups": []}},
            id="a collection that is null",
        ),
        pytest.param({"parent": "7"}, {"parent": "{{policies:Parent}}"}, id="an id that is no GUID"),
        pytest.param({"parent": None}, {"parent": None}, id="no reference"),
        pytest.param({"parent": ""}, {"parent": ""}, id="an empty reference"),
        pytest.param(
            {"script": base64.b64encode("é{{".encode()).decode()}, {"script": "é{{{{"}, id="a script"
        ),
        pytest.param({"script": "/w=="}, {"script": "{{base64:/w==}}"}, id="a long text that is no text"),
        pytest.param({"script": "YR=="}, {"script": "{{base64:YR==}}"}, id="base64 spelled otherwise"),
        pytest.param({"script": "no base64"}, {"script": "{{base64:no base64}}"}, id="no base64"),
        pytest.param({"script": None}, {"script": None}, id="no script"),
        pytest.param(
            {"a": 1.0, "b": True, "c": None, "d": [3, 1]},
            {"a": 1.0, "b": True, "c": None, "d": [3, 1]},
            id="the rest as it is",
        ),
    ],
)
def test_what_becomes_of_an_object(entries: Any, raw: dict[str, Any], content: dict[str, Any]) -> None:
    assert form(entries, **raw) == content


def test_an_object_is_left_as_it_was(entries: Any) -> None:
    raw = {"users": {"includeGroups": [OTHER, ID]}, "id": "1"}
    form(entries, **raw)
    assert raw == {"users": {"includeGroups": [OTHER, ID]}, "id": "1"}


def test_ids_that_nothing_explains_stay_and_are_reported(entries: Any) -> None:
    raw = {"users": {"includeGroups": ["x", ID]}}
    item = canonical(entries.policies, raw, INDEX)
    assert item.content == {"users": {"includeGroups": ["x", "{{groups:Staff}}"]}}
    assert item.unresolved == (Unresolved("groups", "x", Unresolvable.UNKNOWN),)


def test_ids_inside_a_longer_text_become_symbols(entries: Any) -> None:
    rule = f"user.memberof -any (group.objectId -in ['{ID}', '{{{OTHER.upper()}}}', '{ID[:-1]}9'])"
    content = canonical(entries.groups, {"membershipRule": rule}, INDEX).content
    assert content["membershipRule"] == (
        "user.memberof -any (group.objectId -in ['{{groups:Staff}}', "
        f"'{{{{{{groups:Guests}}}}}}', '{ID[:-1]}9'])"
    )


def test_a_place_that_may_refer_to_two_types(entries: Any) -> None:
    from shared.domain.catalog import Reference

    both = (Reference("owner", "users"), Reference("owner", "groups"), Reference("owner", "policies"))
    spec = entries.spec("owned", references=both)
    item = canonical(spec, {"owner": ID}, INDEX)
    assert item.content == {"owner": "{{groups:Staff}}"}
    assert item.unresolved == ()


def test_a_file_follows_what_the_tenant_now_calls_things(entries: Any) -> None:
    content = {"users": {"includeGroups": ["{{groups:Old name}}", OTHER]}, "id": "x", "filter": "none"}
    assert normalise(entries.policies, content, INDEX) == {
        "users": {"includeGroups": ["{{groups:Guests}}", "{{groups:Staff}}"]}
    }
    assert normalise(entries.policies, content)["users"] == {"includeGroups": [OTHER, "{{groups:Old name}}"]}
    embedded = {"membershipRule": "x {{groups:Old name}} {{{{"}
    assert normalise(entries.groups, embedded, INDEX) == {"membershipRule": "x {{groups:Staff}} {{{{"}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="{}x", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcid"), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "users": st.fixed_dictionaries(
                {}, optional={"includeGroups": st.lists(st.sampled_from([ID, OTHER, "All", "z"]))}
            ),
            "assignments": st.lists(
                st.fixed_dictionaries(
                    {"target": st.fixed_dictionaries({"groupId": st.sampled_from([ID, OTHER])})}
                )
            ),
            "filter": st.sampled_from(["none", "x", None]),
            "script": st.binary(max_size=4).map(lambda octets: base64.b64encode(octets).decode()),
            "free": values,
        },
    )
)
def test_canonical_form_is_stable(entries: Any, raw: dict[str, Any]) -> None:
    content = canonical(entries.policies, raw, INDEX).content
    assert normalise(entries.policies, content, INDEX) == content
    shuffled = {key: raw[key] for key in reversed(raw)}
    if "users" in raw and "includeGroups" in raw["users"]:
        shuffled["users"] = {"includeGroups": raw["users"]["includeGroups"][::-1]}
    if "assignments" in raw:
        shuffled["assignments"] = raw["assignments"][::-1]
    assert canonical(entries.policies, shuffled, INDEX).content == content
