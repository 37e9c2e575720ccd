"""Registers the orchestrators, by call: a decorator would replace the generator that tests play."""

from __future__ import annotations

from azure.durable_functions import Blueprint

from functions.orchestrators.sign_in import sign_in
from functions.orchestrators.sync_tenant import close_sync, sync_tenant
from shared.names import CLOSE_SYNC, SIGN_IN, SYNC_TENANT

bp = Blueprint()

for name, orchestrator in {SYNC_TENANT: sync_tenant, CLOSE_SYNC: close_sync, SIGN_IN: sign_in}.items():
    bp.function_name(name)(bp.orchestration_trigger(context_name="context")(orchestrator))
