"""Asking, and reading the answer."""

from __future__ import annotations

import datetime as dt

import pytest
from sync_ports import START

from shared.domain.sync import DecisionKind, Stage, Status
from shared.steps.approval import open_approval, read_decision


def waiting_for(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.begin()
    scene.compare()
    scene.step += 1
    return scene


def test_the_plan_shows_as_waiting_until_the_deadline(scene):
    waiting_for(scene)

    deadline = scene.play(open_approval)

    assert deadline == START + dt.timedelta(days=30) == scene.sync.plan.expires_at
    assert (scene.sync.stage, scene.record.status) == (Stage.APPROVAL, Status.PENDING_APPROVAL)
    assert "planned" in scene.log_events()


def test_asked_twice_the_first_deadline_counts(scene):
    waiting_for(scene)
    first = scene.play(open_approval)
    scene.clock.pass_(60)

    assert scene.play(open_approval) == first == scene.sync.plan.expires_at


def test_a_sync_that_does_not_hold_its_tenant_asks_nobody(scene):
    waiting_for(scene)
    scene.end()

    assert scene.play(open_approval) is None


def test_without_a_plan_there_is_nothing_to_ask(scene):
    scene.begin()

    with pytest.raises(LookupError, match="it has none"):
        scene.play(open_approval)


@pytest.mark.parametrize("expire", [False, True])
def test_a_decision_that_stands_is_read_also_after_the_deadline(scene, expire):
    scene.edit("groups", "Staff", note="wanted")
    scene.plan()
    scene.decide(DecisionKind.REJECT)

    found = scene.play(lambda work: read_decision(work, expire=expire))

    assert found.kind is DecisionKind.REJECT
    assert "decided" in scene.log_events()


def test_before_the_deadline_no_decision_is_none(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.plan()

    assert scene.play(lambda work: read_decision(work, expire=False)) is None


def test_at_the_deadline_the_question_is_closed(scene):
    scene.edit("groups", "Staff", note="wanted")
    scene.plan()

    found = scene.play(lambda work: read_decision(work, expire=True))

    assert found.kind is scene.status.decisions[scene.sync_id].kind is DecisionKind.EXPIRED
