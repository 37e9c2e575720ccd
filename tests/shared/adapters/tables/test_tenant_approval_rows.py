"""How the tenant's own approvers answered, in real tables: the first answer counts."""

import asyncio
import datetime as dt

from shared.domain.tenant_approval import ApprovalAnswer, ApprovalState
from shared.names import SyncId, TenantId

NOW = dt.datetime(2026, 3, 2, 6, 0, tzinfo=dt.UTC)
CONTOSO, SYNC, OTHER = TenantId("contoso"), SyncId("0" * 26), SyncId("1" * 26)


def test_the_first_answer_to_a_request_stands_and_the_others_hear_of_it(play):
    async def scenario(stores):
        status = stores.status
        answers = [ApprovalAnswer(state, NOW, "Eve", "as agreed") for state in ApprovalState if state.final]
        stood = await asyncio.gather(
            *(status.settle_tenant_approval(CONTOSO, SYNC, "a-1", one) for one in answers)
        )
        await status.settle_tenant_approval(CONTOSO, SYNC, "a-2", answers[0])
        await status.settle_tenant_approval(CONTOSO, OTHER, "a-3", answers[1])
        return set(stood), answers[0], await status.tenant_approvals(CONTOSO, SYNC)

    stood, first, known = play(scenario)
    assert stood == {known["a-1"]}
    assert known == {"a-1": known["a-1"], "a-2": first}
