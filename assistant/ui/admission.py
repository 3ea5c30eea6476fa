"""How many questions are computed at once, how many may wait; whoever comes on top is told so at once.

Gradio's own queue would say it in English, and only after a wait. So its queue passes everything on, and the
line forms here.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

Answer = TypeVar("Answer")


class Admission:
    """One line for all visitors of one server; used from its event loop only."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._places = at_once + waiting
        self._inside = 0

    async def run(self, function: Callable[..., Answer], *given: str) -> Answer | None:
        """What `function` answers in a thread of its own, in turn; None when there is no place left to wait."""
        if self._inside >= self._places:
            return None
        self._inside += 1
        try:
            async with self._slots:
                return await run_in_threadpool(function, *given)
        finally:
            self._inside -= 1
