"""The catalog: which types Accord manages."""

from __future__ import annotations

import azure.durable_functions as df

from functions.triggers.answers import Answer, answer
from functions.triggers.call import Call
from functions.triggers.endpoint import Traits, endpoint
from shared.wire.service import types_json

types = df.Blueprint()


@endpoint(types, "listTypes", Traits(loads=("catalog",)))
async def list_types(call: Call) -> Answer:
    """Every type, or those of one workload."""
    catalog = call.services.catalog
    value = types_json(catalog, call.query.text("workload"), call.language)
    return answer({"value": value, "catalog": catalog.version, "nextLink": None})
