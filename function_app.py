"""Accord's one function app: registers the blueprints, and nothing else."""

from __future__ import annotations

import azure.functions as func
from azure.durable_functions import DFApp

from functions.activities import sign_in, sync
from functions.orchestrators import blueprint as orchestrators
from functions.triggers import blueprints, daily, reconcile

app = DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

for one in (orchestrators.bp, sync.bp, sign_in.bp, reconcile.timers, daily.daily, *blueprints()):
    app.register_functions(one)
