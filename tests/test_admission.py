"""Who comes on top of a full house is told so at once and in Chinese, and nobody else loses their turn."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from assistant import wording
from assistant.ui.admission import Admission
from assistant.ui.officer import page
from assistant.ui.officer.handlers import Handlers
from assistant.ui.opening import Opening


def alone(crowd: Coroutine[Any, Any, Any]) -> Any:
    """Run it in a thread of its own: the browser tests leave an event loop running in the main one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, crowd).result()


def test_the_house_fills_the_next_one_is_turned_away_and_afterwards_there_is_room_again():
    async def crowd() -> tuple[list[str | None], str | None]:
        admission, door = Admission(at_once=2, waiting=1), threading.Event()

        def answer(name: str) -> str:
            door.wait(10)
            return name

        tasks = [asyncio.create_task(admission.run(answer, name)) for name in "甲乙丙丁"]
        while not tasks[3].done():  # only 丁 can be answered while the door is shut
            await asyncio.sleep(0.01)
        door.set()
        answers = await asyncio.gather(*tasks)
        return answers, await admission.run(answer, "戊")

    assert alone(crowd()) == (["甲", "乙", "丙", None], "戊")


def test_no_more_are_computed_at_once_than_there_are_slots():
    async def crowd() -> int:
        admission, lock, running, most = Admission(at_once=2, waiting=20), threading.Lock(), [0], [0]

        def answer() -> str:
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            threading.Event().wait(0.02)
            with lock:
                running[0] -= 1
            return "done"

        assert await asyncio.gather(*(admission.run(answer) for _ in range(10))) == ["done"] * 10
        return most[0]

    assert alone(crowd()) == 2


def test_an_answer_that_breaks_gives_its_place_back():
    async def crowd() -> str | None:
        admission = Admission(at_once=1, waiting=0)

        def breaks() -> str:
            raise RuntimeError

        with pytest.raises(RuntimeError):
            await admission.run(breaks)
        return await admission.run(lambda: "next")

    assert alone(crowd()) == "next"


def test_the_page_says_in_chinese_that_the_house_is_full(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(page, "ASK_AT_ONCE", 1)
    monkeypatch.setattr(page, "ASK_WAITING", 0)
    door = threading.Event()

    class Slow(Handlers):
        def ask_anew(self, *given: str) -> tuple[str, ...]:
            door.wait(10)
            return "card", "", "", ""

    blocks = page.build_page(Slow(Opening(lambda: None)), ["川渝"])
    ask = next(event.fn for event in blocks.fns.values() if event.api_name == "ask")

    async def two() -> tuple[tuple[str, ...], tuple[str, ...]]:
        first = asyncio.create_task(ask("楼上漏水", "不限", "", "", ""))
        await asyncio.sleep(0.05)
        second = await ask("楼下吵", "不限", "", "", "")
        door.set()
        return await first, second

    first, second = alone(two())
    assert first[0] == "card"
    assert wording.BUSY in second[0] and second[1:] == ("", "", "")
