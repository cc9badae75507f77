"""An event loop in a thread of its own: coroutines run beside the caller, also where that is in a loop already."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

Result = TypeVar("Result")


class Background:
    """The thread; a context manager, which ends it, whatever still runs in it. It keeps no process alive."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="llm", daemon=True)
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Begins a coroutine."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def call(self, function: Callable[..., object], *args: object) -> None:
        """Calls a function in the thread, soon."""
        self._loop.call_soon_threadsafe(function, *args)

    def give_up(self) -> None:
        """Cancels all that runs, and waits until it has ended."""
        self.submit(_cancel_others()).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.call(self._loop.stop)
        self._thread.join()
        self._loop.close()


def run_apart(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """What a coroutine returns or raises; unlike `asyncio.run`, it may be called where an event loop runs (notebooks).

    An interrupt of the waiting caller cancels the coroutine, and is raised whatever the coroutine makes of that.
    """
    with Background() as background:
        try:
            return background.submit(coroutine).result()
        finally:
            background.give_up()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
