"""The worklist is off until it is switched on, and holds nothing that was not masked."""

from pathlib import Path

import pytest

from assistant.pipeline import Assistant
from assistant.ui.officer.handlers import Handlers
from assistant.ui.opening import Opening
from assistant.worklist import ROWS, Worklist

BUSINESS = "居住证怎么办，我叫王建国，电话13812345678"


@pytest.fixture
def opening(assistant: Assistant) -> Opening:
    opened = Opening(lambda: assistant)
    opened.start()
    opened.wait()
    return opened


def ask(handlers: Handlers, text: str) -> str:
    return handlers.ask(text, "不限", "没问", "没问", "没问")[0]


def stored(folder: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()) if folder.exists() else ""


def test_switched_off_only_types_are_counted_and_no_text_is_written(opening: Opening, tmp_path: Path):
    worklist = Worklist(tmp_path / "单")
    handlers = Handlers(opening, worklist)
    card = ask(handlers, "楼上漏水把我家天花板泡了，找13812345678")
    ask(handlers, BUSINESS)
    assert "有用" not in card and not handlers.vote("leak-s1", False, "楼上漏水")
    assert [dict(types) for types in worklist.counts().values()] == [{"leak": 1}] and worklist.rows() == []
    assert not any(word in stored(tmp_path) for word in ("楼", "漏", "138", "居住证"))


def test_switched_on_votes_and_unanswered_descriptions_are_kept_masked(opening: Opening, tmp_path: Path):
    worklist = Worklist(tmp_path / "单")
    worklist.switch(True)
    handlers = Handlers(opening, worklist)
    assert "有用" in ask(handlers, "楼上漏水把我家天花板泡了")
    ask(handlers, BUSINESS)
    assert handlers.vote("leak-s1", False, "王建国家漏水，13812345678") and not handlers.vote("no-such", True, "x")
    unanswered, vote = worklist.rows()
    assert (unanswered.kind, unanswered.passage_id) == ("unanswered", "") and unanswered.text.startswith("居住证怎么办")
    assert (vote.kind, vote.passage_id) == ("useless", "leak-s1")
    assert not any(word in stored(tmp_path) for word in ("建国", "138", "5678"))


def test_without_a_keeper_nothing_is_counted(opening: Opening, tmp_path: Path):
    assert "有用" not in ask(Handlers(opening), "楼上漏水把我家天花板泡了") and stored(tmp_path) == ""


def test_it_stays_switched_on_over_a_restart_and_is_cleared_when_asked(tmp_path: Path):
    Worklist(tmp_path).switch(True)
    again = Worklist(tmp_path)
    assert again.on and again.add("useful", "leak-s1", "漏水", str.upper)
    again.clear()
    again.switch(False)
    assert Worklist(tmp_path).rows() == [] and not Worklist(tmp_path).on


def test_the_oldest_rows_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("assistant.worklist.ROWS", 3)
    worklist = Worklist(tmp_path)
    worklist.switch(True)
    for number in range(5):
        worklist.add("useful", f"p-{number}", "", str)
    assert [row.passage_id for row in worklist.rows()] == ["p-2", "p-3", "p-4"] and ROWS > 100
