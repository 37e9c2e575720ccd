"""Merging one item: laws that hold whatever the sides are."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.item import ABSENT, SECRET
from shared.domain.merge import merge_item
from shared.domain.plan import Action, Difference
from shared.domain.properties import apply, flatten, same_content
from shared.domain.settings import DriftPolicy

contents = st.fixed_dictionaries(
    {},
    optional={
        "p": st.integers(0, 2),
        "q": st.integers(0, 2),
        "o": st.none() | st.dictionaries(st.sampled_from("kj"), st.integers(0, 2)),
        "users": st.fixed_dictionaries(
            {}, optional={"includeGroups": st.lists(st.sampled_from("abc"), unique=True)}
        ),
    },
)
sides = st.none() | contents
policies = st.sampled_from(DriftPolicy)


@given(contents, sides)
def test_merging_with_an_unchanged_repository_is_the_tenant(entries: Any, base: Any, tenant: Any) -> None:
    merged = merge_item(entries.policies, base, base, tenant)
    assert merged.action is None
    assert merged.head == merged.base == tenant


@given(contents, sides)
def test_merging_with_an_unchanged_tenant_is_the_repository(entries: Any, base: Any, head: Any) -> None:
    spec = entries.policies
    merged = merge_item(spec, base, head, base)
    if head is None:
        assert merged.action is Action.DELETE
    else:
        planned = apply(spec, base, {row.path: row.repository for row in merged.properties})
        assert same_content(spec, planned, head)
        assert not merged.conflict
        assert merged.drift is None


@given(sides, sides, sides, policies)
def test_the_same_comparison_again_finds_the_same(
    entries: Any, base: Any, head: Any, tenant: Any, policy: Any
) -> None:
    spec = entries.policies
    if base is head is tenant is None:
        return
    first = merge_item(spec, base, head, tenant, policy)
    if first.head is None and first.base is None and tenant is None:
        return
    again = merge_item(spec, first.base, first.head, tenant, policy)
    assert again.drift is None
    assert [(row.path, row.tenant, row.repository) for row in again.properties] == [
        (row.path, row.tenant, row.repository) for row in first.properties
    ]
    assert again.action is first.action


@given(contents, contents, contents)
def test_only_what_was_agreed_enters_the_base(entries: Any, base: Any, head: Any, tenant: Any) -> None:
    spec = entries.policies
    merged = merge_item(spec, base, head, tenant)
    before, now = flatten(spec, base), flatten(spec, tenant)
    for path, value in flatten(spec, merged.base).items():
        assert value == {} or before.get(path) == value or now.get(path) == value


def test_secrets_never_differ_and_stay_where_the_service_does_not_name_them(entries: Any) -> None:
    spec = entries.policies
    head = {"password": SECRET, "p": 1, "deep": {"password": SECRET}}
    merged = merge_item(spec, None, head, {"p": 1, "deep": {"password": SECRET}})
    assert merged.action is None
    assert merged.head == head
    assert merged.base == {"p": 1, "deep": {"password": SECRET}}
    assert merge_item(spec, {"p": 1}, {"p": 1, "password": SECRET}, {"p": 2}).head == {
        "p": 2,
        "password": SECRET,
    }


def test_a_changed_kind_is_delete_and_create(entries: Any) -> None:
    one, other = {"@odata.type": "#a", "p": 1}, {"@odata.type": "#b", "p": 1}
    planned = merge_item(entries.profiles, one, other, one)
    assert (planned.action, planned.replace, planned.conflict) == (Action.CREATE, True, False)
    assert planned.base == one
    assert {row.tenant for row in planned.properties} == {ABSENT}
    adopted = merge_item(entries.profiles, one, one, other)
    assert (adopted.action, adopted.drift, adopted.head) == (None, Difference.CHANGED, other)
    assert [(row.path, row.base, row.tenant) for row in adopted.adopted] == [((), one, other)]
    assert merge_item(entries.profiles, one, one, other, DriftPolicy.REVERT).replace
    assert not merge_item(entries.profiles, one, one, other, DriftPolicy.REVERT).conflict
    assert merge_item(entries.profiles, None, one, other).conflict
    assert merge_item(entries.profiles, {**one, "p": 0}, one, other).conflict


def test_under_revert_what_only_the_tenant_has_is_deleted_once_the_type_is_known(entries: Any) -> None:
    known = merge_item(entries.profiles, None, None, {"p": 1}, DriftPolicy.REVERT)
    assert (known.action, known.conflict, known.head, known.base) == (Action.DELETE, False, None, None)
    new = merge_item(entries.profiles, None, None, {"p": 1}, DriftPolicy.REVERT, known_type=False)
    assert (new.action, new.head) == (None, {"p": 1})


def test_at_a_first_meeting_the_tenants_own_properties_stay_under_revert_too(entries: Any) -> None:
    merged = merge_item(entries.profiles, None, {"p": 1}, {"p": 1, "q": 2}, DriftPolicy.REVERT)
    assert merged.head == {"p": 1, "q": 2}
