"""Activities: quick ones, failing ones, and ones that a test holds and lets go."""

import asyncio
import os
import threading
import time
from pathlib import Path
from typing import Any

import azure.durable_functions as df

activities = df.Blueprint()

GATES: dict[str, threading.Event] = {}
CALLS: list[Any] = []


def note(line: str) -> None:
    """Appends a line to the file that the test reads, in one write."""
    folder = os.environ.get("SAMPLE_FOLDER")
    if folder:
        with (Path(folder) / "notes").open("a", encoding="utf-8") as notes:
            notes.write(line + "\n")


def wait_at(gate: str) -> None:
    """Holds the thread until the test opens the gate."""
    GATES.setdefault(gate, threading.Event()).wait(60)


@activities.activity_trigger(input_name="name")
def greet(name: str) -> str:
    return f"hello {name}"


@activities.activity_trigger(input_name="payload")
async def greet_async(payload: dict) -> dict:
    await asyncio.sleep(0)
    return {"hello": payload["name"], "nested": {"list": [1, 2, None]}}


@activities.activity_trigger(input_name="number")
def double(number: int) -> int:
    return number * 2


@activities.activity_trigger(input_name="payload")
def nothing(payload) -> None:
    return None


@activities.activity_trigger(input_name="payload")
def boom(payload) -> str:
    raise RuntimeError(f"boom {payload}")


@activities.activity_trigger(input_name="payload")
def fails_first(payload: dict) -> int:
    """Fails so many times for a key, then returns the number of the attempt."""
    CALLS.append(payload["key"])
    attempt = CALLS.count(payload["key"])
    if attempt <= payload["times"]:
        raise ValueError(f"attempt {attempt}")
    return attempt


@activities.activity_trigger(input_name="gate")
def held(gate: str) -> str:
    """Runs until the test opens the gate."""
    CALLS.append(gate)
    wait_at(gate)
    return f"{gate} open"


@activities.activity_trigger(input_name="payload")
def recorded(payload: dict) -> str:
    """Leaves a trace before and after its work."""
    note(f"begin {payload['key']}")
    time.sleep(payload.get("seconds", 0))
    note(f"end {payload['key']}")
    return str(payload["key"])


@activities.activity_trigger(input_name="payload", activity="Renamed")
def named_otherwise(payload: str) -> str:
    return f"renamed {payload}"


@activities.activity_trigger(input_name="payload")
@activities.durable_client_input(client_name="client")
async def starts_another(payload: str, client) -> str:
    """An activity with a durable client of its own."""
    return str(await client.start_new("echo", payload, "from an activity"))


@activities.activity_trigger(input_name="payload")
def with_context(payload: str, context) -> dict:
    return {"function": context.function_name, "invocation": len(context.invocation_id)}
