"""The app that the host's conformance suite runs: one function for each thing that a host must get right."""

import azure.durable_functions as df
import azure.functions as func
from activities import activities
from http_functions import http_functions
from orchestrators import orchestrators
from timer_functions import timer_functions

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for blueprint in (activities, http_functions, orchestrators, timer_functions):
    app.register_functions(blueprint)
