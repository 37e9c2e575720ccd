"""Sync cycles at random: no sequence of edits on both sides, decisions and partial deploys makes the plan
hold a value that nobody asked for, or loses what somebody asked for.

A *wish* is what a push changed against B. It stays, and every plan proposes it, until it is deployed,
reverted, pushed back or met by the tenant. Whatever is no wish follows the tenant.

ACCORD_EXAMPLES sets how many sequences are tried (300 by default).
"""

from __future__ import annotations

import os
from typing import Any

from cycle_model import KEY, SCALARS, Model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.agreement import IDS

numbers = st.integers(0, 7)
masks = st.integers(0, 255)
what = SCALARS | st.sampled_from(["a", "b", "c"])
steps = st.one_of(
    st.tuples(st.just("push"), numbers, what, numbers),
    st.tuples(st.just("portal"), numbers, what, numbers),
    st.tuples(st.just("create"), numbers),
    st.tuples(st.just("delete"), numbers, numbers),
    st.tuples(st.just("rename"), numbers, numbers),
    st.tuples(st.just("recreate"), numbers),
    st.tuples(st.just("sync"), st.integers(0, 9)),
    st.tuples(st.just("approve"), masks, masks),
    st.tuples(st.just("late"), st.sampled_from(["push", "portal"]), numbers, what, numbers),
    st.tuples(st.just("revert"), masks),
)


@settings(
    max_examples=int(os.environ.get("ACCORD_EXAMPLES", 3 * settings().max_examples)),
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(steps, max_size=30))
def test_no_wish_is_lost_and_nothing_unwanted_is_planned(
    worlds: Any, sequence: list[tuple[Any, ...]]
) -> None:
    model = Model(worlds())
    for name in ("One", "Two"):
        model.world.portal(KEY, name, p=model.next(), o={"k": model.next()}, countries=["a", "b"])
    model.do_sync(1)
    for step in sequence:
        model.do(step)
    model.do_sync(1)
    assert IDS in model.world.base
