"""An index fits what it was built from or is refused, and is never seen half-written."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT, shared

from assistant import index, pipeline, wording
from assistant.errors import (
    CorpusEmpty,
    EncoderDamaged,
    EncoderMissing,
    FileMissing,
    IndexDamaged,
    IndexMissing,
    IndexStale,
)
from assistant.settings import Settings


@pytest.fixture
def small(settings: Settings, tmp_path: Path) -> Settings:
    """Settings for a plain folder of two articles."""
    folder = tmp_path / "文章"
    folder.mkdir()
    (folder / "一.txt").write_text("楼上漏水先关阀门。\n", encoding="utf-8")
    (folder / "二.txt").write_text("停车占位先看物业怎么定。\n", encoding="gb18030")
    return replace(settings, corpus_dir=folder, index_dir=tmp_path / "索引")


def test_a_plain_folder_of_articles_can_be_searched(small: Settings):
    pipeline.build(small)
    hits = pipeline.open_assistant(small).search("停车")
    assert hits[0].passage.text == "停车占位先看物业怎么定。"
    assert hits[0].document.file == "二.txt"


def test_nothing_built_is_told_with_the_command_that_builds(small: Settings):
    with pytest.raises(IndexMissing) as caught:
        index.open_index(small)
    assert "python -m assistant build" in wording.explain(caught.value)


def test_a_changed_corpus_makes_the_index_stale(small: Settings):
    pipeline.build(small)
    (small.corpus_dir / "三.txt").write_text("新来的一篇。", encoding="utf-8")
    with pytest.raises(IndexStale):
        index.open_index(small)
    assert not index.is_current(small)


def test_deleted_text_is_gone_after_a_rebuild(small: Settings):
    pipeline.build(small)
    (small.corpus_dir / "二.txt").unlink()
    pipeline.build(small)
    hits = pipeline.open_assistant(small).search("停车占位")
    assert all("停车" not in hit.passage.text for hit in hits)


@pytest.mark.parametrize("damage", ["documents.jsonl", "passages.jsonl", "dense.faiss", "lexical/data.csc.index.npy"])
def test_a_damaged_file_is_told_and_not_served(small: Settings, damage: str):
    pipeline.build(small)
    (generation,) = small.index_dir.glob("g*")
    (generation / damage).write_bytes(b"\x00broken")
    with pytest.raises(IndexDamaged) as caught:
        index.open_index(small)
    assert "重新运行" in wording.explain(caught.value)


def test_a_missing_row_is_noticed(small: Settings):
    pipeline.build(small)
    (generation,) = small.index_dir.glob("g*")
    lines = (generation / "passages.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (generation / "passages.jsonl").write_text("".join(lines[1:]), encoding="utf-8")
    with pytest.raises(IndexDamaged):
        index.open_index(small)


def test_a_manifest_of_another_format_is_refused(small: Settings):
    pipeline.build(small)
    path = small.index_dir / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["fingerprints"]["format"] = "0"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(IndexStale):
        index.open_index(small)


def test_a_missing_folder_and_an_empty_one_are_told_apart(small: Settings, tmp_path: Path):
    with pytest.raises(FileMissing):
        pipeline.build(replace(small, corpus_dir=tmp_path / "没有"))
    (tmp_path / "空").mkdir()
    with pytest.raises(CorpusEmpty):
        pipeline.build(replace(small, corpus_dir=tmp_path / "空"))


def test_a_missing_or_damaged_encoder_names_the_folder(small: Settings, tmp_path: Path):
    with pytest.raises(EncoderMissing):
        pipeline.build(replace(small, encoder_dir=tmp_path / "没有"))
    broken = Path(shutil.copytree(ROOT / "models" / "encoder", tmp_path / "坏的"))
    weights = sorted(broken.rglob("model.safetensors"))
    assert len(weights) == 2  # the table, and the map of questions
    for path in weights:
        whole = path.read_bytes()
        path.write_bytes(b"not weights")
        with pytest.raises(EncoderDamaged) as caught:
            pipeline.build(replace(small, encoder_dir=broken))
        assert "坏的" in wording.explain(caught.value)
        path.write_bytes(whole)


def test_unchanged_passages_are_not_encoded_again(small: Settings, monkeypatch: pytest.MonkeyPatch):
    pipeline.build(small)
    (small.corpus_dir / "三.txt").write_text("只有这一篇是新的。", encoding="utf-8")
    from assistant.encoder import Encoder

    encoded: list[str] = []
    real = Encoder.encode
    monkeypatch.setattr(Encoder, "encode", lambda self, texts, *more: (encoded.extend(texts), real(self, texts, *more))[1])
    pipeline.build(small)
    assert len(encoded) == 1 and "只有这一篇是新的" in encoded[0]


@pytest.mark.parametrize("delay", [0.3, 0.9, 1.5, 2.1, 2.7])
def test_a_build_killed_at_any_moment_leaves_the_old_state_or_the_new(small: Settings, tmp_path: Path, delay: float):
    pipeline.build(small)
    (small.corpus_dir / "三.txt").write_text("新的一篇。", encoding="utf-8")
    command = [sys.executable, "-m", "assistant", "build", "--corpus", str(small.corpus_dir), "--index", str(small.index_dir)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    time.sleep(delay * float(os.environ.get("SLOW_MACHINE", "3")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    try:
        assert len(index.open_index(small).passages) == 3  # it had finished
    except IndexStale:  # the old index, whole: it fits the folder as it was before
        (small.corpus_dir / "三.txt").unlink()
        assert len(index.open_index(small).passages) == 2


def test_the_scraped_articles_can_be_built_and_searched(settings: Settings, tmp_path: Path):
    seeds = shared("seeds")
    own = replace(settings, corpus_dir=seeds, index_dir=tmp_path / "seeds")
    pipeline.build(own)
    hits = pipeline.open_assistant(own).search("走访群众挑什么时候去", count=5)
    assert len(hits) == 5
    assert all(hit.document.text[hit.passage.start : hit.passage.end] == hit.passage.text for hit in hits)
