"""B and the other refs, loaded for the domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.domain.agreement import IDS, TYPES, Agreement, agreement
from shared.domain.catalog import Catalog
from shared.domain.plan import Change
from shared.domain.reference import Index
from shared.domain.settlement import SettleInputs, settle_needs
from shared.domain.tenant_state import TenantState
from shared.domain.trees import Loaded
from shared.names import BASE, MAIN, TENANT, CommitId
from shared.ports import Author, Repository

ACCORD = Author("Accord", "accord@localhost")
"""Who the service's own commits name."""


def load_agreement(repository: Repository, base: CommitId | None) -> Agreement:
    """B as it stands at that commit; the empty one before a first sync."""
    if base is None:
        return agreement({}, None, None)
    tree = repository.tree(base)
    own = repository.blobs([tree[path] for path in (IDS, TYPES) if path in tree])
    return agreement(tree, own.get(tree.get(IDS, "")), own.get(tree.get(TYPES, "")))


def settle_inputs(
    repository: Repository,
    catalog: Catalog,
    refs: Mapping[str, CommitId],
    state: TenantState,
    index: Index,
    changes: Sequence[Change],
) -> SettleInputs:
    """Where the refs stand, with the blobs that settling or reverting these changes needs."""
    base = load_agreement(repository, refs.get(BASE))
    head, branch = repository.tree(refs.get(MAIN)), repository.tree(refs.get(TENANT))
    of_head, of_base = settle_needs(catalog, base, head, changes)
    return SettleInputs(
        catalog=catalog,
        agreement=base,
        state=state,
        index=index,
        head=Loaded(head, repository.blobs(of_head)),
        base=Loaded(base.tree, repository.blobs(of_base)),
        branch=branch,
    )
