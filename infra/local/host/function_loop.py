"""The event loop that asynchronous functions run on, in a thread of its own so that they hold up nobody."""

import asyncio
import sys
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

STOP_SECONDS = 0.3

T = TypeVar("T")


class FunctionLoop:
    """Runs from the start; `stop` ends it, also where a function blocks it: then it ends with the process."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="function-loop", daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop(self) -> None:
        """Cancels what still runs. A second time does nothing."""
        if self._loop.is_closed():
            return
        with suppress(TimeoutError):
            self.submit(_end_tasks()).result(STOP_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()


async def _end_tasks() -> None:
    """Cancels what still runs on the loop and closes the SDK's HTTP session, which is bound to the loop."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    sdk = sys.modules.get("azure.durable_functions.models.utils.http_utils")
    close = getattr(sdk, "_close_session", None)
    if close is not None:
        await close()
    await asyncio.get_running_loop().shutdown_asyncgens()
