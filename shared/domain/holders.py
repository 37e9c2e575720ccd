"""Who still refers to an item that the repository wants gone.

The service lets a group go while policies name it, and a policy that excluded an emergency group then
excludes nobody: a delete waits until nothing refers to the item any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.domain.catalog import Catalog, TypeSpec
from shared.domain.compare import Planned
from shared.domain.json_form import compact
from shared.domain.marker import Symbol
from shared.domain.reference import identity_of, names_it
from shared.domain.tenant_state import TenantItem, TenantState


def holders(catalog: Catalog, state: TenantState, planned: Sequence[Planned], one: Planned) -> list[str]:
    """The items, as `<type> '<name>'`, that hold a reference to `one` and are not planned to let go of it.

    Only types that were read can be looked into; what another type's items hold is not known.
    """
    symbol = Symbol(one.type, identity_of(catalog.types[one.type], one.tenant or {}))
    wanted = {(other.type, other.object_id): other.head for other in planned if other is not one}
    found = []
    for spec, item in _suspects(catalog, state, symbol):
        if (item.type, item.object_id) == (one.type, one.object_id):
            continue
        content = wanted.get((item.type, item.object_id), state.content(spec, item))
        if names_it(spec, content, symbol) and names_it(spec, state.content(spec, item), symbol):
            found.append(f"{item.type} {item.name!r}")
    return found


def _suspects(catalog: Catalog, state: TenantState, symbol: Symbol) -> Iterator[tuple[TypeSpec, TenantItem]]:
    """Items whose file has the symbol's text in it: few are worth a closer look."""
    text = compact(str(symbol))[1:-1].encode()
    for key, items in state.items.items():
        spec = catalog.types[key]
        if any(reference.to == symbol.type for reference in spec.references):
            yield from ((spec, item) for item in items if text in state.files[item.path])
