"""Microsoft Graph: one `GraphTenant` (tenant.py) per activity fills the port `TenantApi`.

    tenant      what the steps call: types, items, look-ups, writes
    listing     a whole type: pages, the items' own answers and sub-resources; complete, or an error
    transport   one request: token, budget, retries, size limit, log
    batch       many reads in one call
    budget      how often each throttling bucket may be asked
    replies     what came back, taken apart
    grants      which application permissions the tenant has granted

Importing this package loads no HTTP library; `tenant` and `transport` do.
"""

from __future__ import annotations

from typing import Final

READ_ACTIONS: Final = frozenset(
    {
        "/directoryObjects/getByIds",
        "/directoryObjects/validateProperties",
    }
)
"""POSTs that read: their exact paths below the version's address. Every other request but GET and HEAD is a
write (mechanics.md 4).
"""
