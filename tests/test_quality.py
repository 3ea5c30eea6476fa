"""Of a measurement only numbers are kept; what is read back was checked, what is damaged is told and not written over."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant import cli, quality, wording
from assistant.errors import QualityDamaged
from assistant.pipeline import Assistant
from assistant.quality import Count, Figure
from assistant.settings import Settings
from assistant.wording import keeper as words

SECRET = "三楼老周家半夜挪桌子"
REPORT = {
    "file": "一批.jsonl", "n": 4, "first": 0.75, "risk_recall": 0.5, "p50_ms": 12.5,
    "intervals": {"first": [0.25, 1.0], "risk_recall": [0.0, 1.0]},
    "by_type": {"noise": [1, 2], SECRET: [1, 1]}, "by_style": {"方言": [3, 4], SECRET * 3: [0, 1]},
    "wrong": [{"id": SECRET, "wanted": ["noise"], "status": "ok", "got": ["leak"]}],
}


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """Settings with models of one small file each."""
    for name in ("encoder", "reader"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "weights").write_text(name, encoding="utf-8")
    return Settings(encoder_dir=tmp_path / "encoder", reader_dir=tmp_path / "reader", worklist_dir=tmp_path / "待补")


def kept(own: Settings, day: str = "2026-11-22", **changed: Any) -> quality.Measured:
    return quality.measured(REPORT | changed, own, ["noise", "leak"], day)


def test_what_is_kept_comes_back_as_it_was_and_holds_no_word_of_the_set(own: Settings):
    path = quality.keep(own.worklist_dir, [kept(own)])
    (back,) = quality.read(own.worklist_dir)
    assert back == kept(own)
    assert back.figures == (Figure("first", 0.75, (0.25, 1.0)), Figure("risk_recall", 0.5, (0.0, 1.0)), Figure("p50_ms", 12.5, None))
    assert back.by_type == (Count("noise", 1, 2),) and back.by_style == (Count("方言", 3, 4),)
    assert SECRET not in path.read_text(encoding="utf-8")
    assert [item.name for item in own.worklist_dir.iterdir()] == [quality.FILE]


def test_nothing_was_measured_yet(own: Settings):
    assert quality.read(own.worklist_dir) == ()


def test_the_same_set_by_the_same_models_is_kept_once_and_the_oldest_goes_first(own: Settings):
    quality.keep(own.worklist_dir, [kept(own, "2026-11-20"), kept(own, file="另一批.jsonl")])
    quality.keep(own.worklist_dir, [kept(own, "2026-11-22")])
    assert [(item.name, item.day) for item in quality.read(own.worklist_dir)] == [("一批.jsonl", "2026-11-22"), ("另一批.jsonl", "2026-11-22")]
    (own.reader_dir / "weights").write_text("trained anew", encoding="utf-8")
    quality.keep(own.worklist_dir, [kept(own)])
    assert [item.name for item in quality.read(own.worklist_dir)] == ["一批.jsonl", "一批.jsonl", "另一批.jsonl"]
    quality.keep(own.worklist_dir, [kept(own, file=f"{number}.jsonl") for number in range(quality.MOST_KEPT)])
    assert "一批.jsonl" not in [item.name for item in quality.read(own.worklist_dir)]


@pytest.mark.parametrize("change", [
    {"rows": -1}, {"rows": True}, {"name": 3}, {"by_type": [{"label": "noise", "right": 3, "total": 2}]}, {"by_type": None},
    {"by_style": [{"label": "长" * 99, "right": 1, "total": 2}]}, {"figures": [{"name": "first", "value": 1.5, "interval": None}]},
    {"figures": [{"name": "first", "value": float("nan"), "interval": None}]}, {"figures": [{"name": "x", "value": 1, "interval": None}]},
    {"figures": [{"name": "first", "value": 0.5, "interval": [0.9, 0.1]}]}, {"figures": [{"name": "first", "value": 0.5, "interval": [0.9]}]},
])
def test_a_damaged_file_is_told_in_chinese_and_not_written_over(own: Settings, change: dict[str, Any]):
    path = quality.keep(own.worklist_dir, [kept(own)])
    told = json.loads(path.read_text(encoding="utf-8"))
    told["reports"][0] |= change
    path.write_text(json.dumps(told), encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(QualityDamaged) as caught:
        quality.keep(own.worklist_dir, [kept(own)])
    assert "请删掉它" in wording.explain(caught.value) and path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"format": "quality-0", "reports": []}', b"[" * 100_000])
def test_a_file_that_is_something_else_is_damaged(own: Settings, content: bytes):
    own.worklist_dir.mkdir()
    (own.worklist_dir / quality.FILE).write_bytes(content)
    with pytest.raises(QualityDamaged):
        quality.read(own.worklist_dir)


def test_every_figure_has_a_plain_name_and_what_it_means():
    assert set(words.QUALITY_FIGURES) == {*quality.SHARES, *quality.TIMES}


def test_drawing_is_not_loaded_before_a_picture_is_drawn():
    code = "import sys, assistant.ui.keeper.routes; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_the_command_keeps_what_it_measured(
    built_settings: Settings, assistant: Assistant, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    own = replace(built_settings, worklist_dir=tmp_path / "待补")
    monkeypatch.setattr(cli, "chosen_settings", lambda args: own)
    rows = [{"id": "甲", "text": "楼上漏水把我家泡了", "types": ["leak"], "style": "第一人称"}, {"text": "居住证怎么办", "expect": "low_confidence"}]
    (tmp_path / "一批.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    assert cli.main(["evaluate", "--set", str(tmp_path / "一批.jsonl")]) == 0
    assert quality.read(own.worklist_dir) == ()
    assert cli.main(["evaluate", "--set", str(tmp_path / "一批.jsonl"), "--keep"]) == 0
    (back,) = quality.read(own.worklist_dir)
    assert back.rows == 2 and back.by_type == (Count("leak", 1, 1),) and back.by_style == (Count("第一人称", 1, 1),)
    assert {figure.name for figure in back.figures} >= {"first", "expected", "p50_ms"}
    assert "答得怎么样" in capsys.readouterr().err
    (own.worklist_dir / quality.FILE).write_text("{", encoding="utf-8")
    assert cli.main(["evaluate", "--set", str(tmp_path / "一批.jsonl"), "--keep"]) == 1
    assert "请删掉它" in capsys.readouterr().err
