"""A deploy in a tenant whose own approval holds writes back, and what its administrators do about them."""

from __future__ import annotations

import asyncio

from scene import Scene
from sync_ports import counted

from shared.domain.tenant_approval import ApprovalState
from shared.steps.await_tenant import ask_tenant
from shared.steps.deploy import HeldChanges

HOURS_72 = 72 * 3600


def protecting(waiting, *paths) -> Scene:
    """Approved, the deploy not begun, in a tenant that protects these addresses."""
    scene = waiting.copy()
    scene.tenant.approvals.protects = paths
    return scene


def change(scene, item):
    return next(one.id for one in scene.plan_changes() if one.item == item)


def asked(scene):
    """What `reconcile` does every minute; the changes whose event it raises."""
    given = (scene.status, scene.blobs, scene.tenant, scene.sync, scene.clock.at)
    return asyncio.run(ask_tenant(*given))


def answered(scene, state=ApprovalState.APPROVED, *approvals):
    """The tenant's administrators answer, the sync hears of it and goes on."""
    scene.tenant.approvals.say(state, *approvals)
    asked(scene)
    return scene.deploy()


def until_done(scene):
    for _ in counted(20):
        result = answered(scene) if scene.tenant.approvals.filed else scene.deploy()
        if not isinstance(result, HeldChanges):
            return result
    return None
