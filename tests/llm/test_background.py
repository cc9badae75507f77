"""Asking from a notebook, and being interrupted."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator

import pytest
from asking import limits, model

from alphaloss.exchanges import Reply
from alphaloss.llm.background import Background, run_apart
from alphaloss.llm.hello import greet
from alphaloss.testing import MockLLM


@pytest.fixture(autouse=True)
def interrupts_are_heard() -> Iterator[None]:
    """A shell starts its background jobs deaf to interrupts, and Python leaves them so."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_main() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def test_models_are_greeted_where_an_event_loop_runs_already():
    async def notebook(url: str) -> Reply:
        [exchange] = greet(limits(models=(model(url),)))
        return exchange.reply

    with MockLLM(["OK"]) as llm:
        assert asyncio.run(notebook(llm.url)) is Reply.OK


def test_an_interrupt_ends_the_wait_even_where_a_call_takes_note_of_it():
    ended = []

    async def waits() -> None:
        interrupt_main()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("given up")

    with pytest.raises(KeyboardInterrupt):
        run_apart(waits())
    assert ended == ["given up"]


def test_a_second_interrupt_leaves_no_thread():
    before = set(threading.enumerate())

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                interrupt_main()

    def leave() -> None:
        with Background() as background:
            background.submit(stubborn())
            background.submit(asyncio.sleep(0)).result()
            background.give_up()

    with pytest.raises(KeyboardInterrupt):
        leave()
    assert set(threading.enumerate()) == before
