"""A folder too large to score every passage: built in a stream, added to without a rebuild, searched alike."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant import articles, index, large, pipeline, postings, retriever
from assistant.dense import Codes, exact_nearest
from assistant.encoder import Encoder
from assistant.lexical import Lexical
from assistant.pipeline import Assistant
from assistant.postings import Postings
from assistant.records import Filter
from assistant.settings import Settings

WORDS = ["漏水", "噪声", "停车", "占位", "物业", "邻居", "天花板", "水管", "阀门", "赔偿", "道歉", "楼道", "狗", "宠物", "借钱", "欠条", "彩礼", "老人", "赡养", "宅基地", "田埂", "灌溉", "电梯", "广场舞"]
ASKED = ("邻居漏水赔偿", "停车占位找物业", "老人赡养", "宅基地田埂", "广场舞噪声道歉")


def tokens(count: int, seed: int) -> list[list[str]]:
    draw = random.Random(seed)
    return [draw.choices(WORDS, weights=range(len(WORDS), 0, -1), k=draw.randint(1, 12)) for _ in range(count)]


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    """Three hundred passages in three parts."""
    for number, start in enumerate(range(0, 300, 100)):
        postings.write(tmp_path / str(number), tokens(300, 1)[start : start + 100])
    return [tmp_path / str(number) for number in range(3)]


@pytest.mark.parametrize("joined", [True, False])
def test_postings_score_as_the_small_index_does(parts: list[Path], tmp_path: Path, joined: bool):
    if joined:
        postings.merge(tmp_path / "joined", parts)
    found = Postings([tmp_path / "joined"] if joined else parts)
    small = Lexical.build(tokens(300, 1))
    for query in (["漏水"], ["漏水", "漏水", "狗"], ["灌溉", "没有这个词"], []):
        np.testing.assert_allclose(found.scores(query), small.scores(query), atol=1e-5)


@pytest.mark.parametrize("only_even", [False, True])
def test_looking_frequent_words_up_late_loses_no_passage(parts: list[Path], monkeypatch: pytest.MonkeyPatch, only_even: bool):
    monkeypatch.setattr(postings, "FREQUENT", 10)
    found = Postings(parts)
    allowed = np.arange(300) % 2 == 0 if only_even else None
    small = Lexical.build(tokens(300, 1))
    for seed in range(40):
        query = random.Random(seed).sample(WORDS, 6)
        np.testing.assert_allclose(found.scores(query), small.scores(query), atol=1e-5)
        scores = found.scores(query) * (1 if allowed is None else allowed)
        asked = found.ask(dict.fromkeys(query, 1.0))
        rows = asked.best(10, allowed)
        np.testing.assert_allclose(np.sort(scores[rows]), np.sort(scores)[-10:], rtol=1e-5)
        np.testing.assert_allclose(asked.of_rows(np.arange(300)), found.scores(query), rtol=1e-5)


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Four thousand unit vectors that lie nowhere in particular."""
    found = np.random.default_rng(1).normal(size=(4000, 32)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture
def codes(vectors: np.ndarray) -> Codes:
    found = Codes.build(vectors)
    found.add(vectors[:2500])
    found.add(vectors[2500:])
    return found


def test_codes_find_what_flat_search_finds(vectors: np.ndarray, codes: Codes):
    exact = exact_nearest([vectors[:1500], vectors[1500:]], vectors[:100], 10)
    assert (exact == np.argsort(-(vectors[:100] @ vectors.T), axis=1)[:, :10]).all()
    assert codes.choose_read_again(vectors[:100], exact) >= 0.98
    assert codes.read_again == 1000


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9])
def test_a_filter_narrow_or_wide_leaves_the_nearest_of_what_passes(vectors: np.ndarray, codes: Codes, share: float):
    codes.read_again = 1000
    allowed = np.random.default_rng(2).random(4000) < share
    found = []
    for vector in vectors[:50]:
        rows = codes.best(vector, 20, allowed)
        nearest = np.argsort(np.where(allowed, -(vectors @ vector), 9.0))[: min(20, int(allowed.sum()))]
        assert allowed[rows].all() and len(rows) == len(nearest)
        found.append(len(set(rows.tolist()) & set(nearest.tolist())) / max(len(nearest), 1))
    assert np.mean(found) >= (0.98 if allowed.any() else 0.0)


def test_a_wide_filter_that_the_nearest_do_not_pass_still_leaves_as_many_as_asked_for(vectors: np.ndarray, codes: Codes):
    codes.read_again = 1000
    allowed = np.ones(4000, dtype=bool)
    allowed[np.argsort(-(vectors @ vectors[0]))[:3000]] = False
    assert len(codes.best(vectors[0], 300, allowed)) == 300


def test_codes_read_from_a_file_find_the_same_and_take_more_rows(vectors: np.ndarray, codes: Codes, tmp_path: Path):
    codes.save(tmp_path / "向量")
    again = Codes.load(tmp_path / "向量", codes.read_again)
    assert (again.best(vectors[7], 30) == codes.best(vectors[7], 30)).all()
    again.add(vectors[7:8])
    assert set(again.best(vectors[7], 2).tolist()) == {7, 4000}
    rows = np.array([3, 5, 4000])
    np.testing.assert_allclose(again.of_rows(vectors[7], rows), vectors[[3, 5, 7]] @ vectors[7], atol=0.02)
    np.testing.assert_allclose(again.scores(vectors[7])[rows], again.of_rows(vectors[7], rows), atol=1e-6)


def write_article(folder: Path, number: int, lines: int = 6) -> None:
    draw = random.Random(number)
    text = "".join(f"第{number}篇第{line}段：{'，'.join(draw.sample(WORDS, 6))}，都要好好商量。\n\n" for line in range(lines))
    (folder / f"{number:03d}.txt").write_text(text, encoding="utf-8")


@pytest.fixture
def folder(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings for sixty short articles that count as a large folder."""
    monkeypatch.setattr(large, "PART_PASSAGES", 100)
    monkeypatch.setattr(index, "_is_large", lambda settings: settings.store == "embedded")
    articles = tmp_path / "文章"
    articles.mkdir()
    for number in range(60):
        write_article(articles, number)
    return replace(settings, corpus_dir=articles, index_dir=tmp_path / "索引", passage_chars=40)


@pytest.fixture
def parts_of(folder: Settings) -> tuple[pipeline.Parts, Encoder]:
    parts = pipeline.Parts(folder)
    return parts, Encoder(folder.encoder_dir, parts.segmenter)


def build(settings: Settings, parts_of: tuple[pipeline.Parts, Encoder]) -> Assistant:
    """Build and open with models that are open already."""
    found = index.build_index(settings, parts_of[0].segmenter, parts_of[1])
    return Assistant(settings, found, parts_of[1], pipeline.load_reader(settings.reader_dir, parts_of[0].features), parts_of[0])


def test_a_large_folder_gives_the_hits_of_a_small_one(
    folder: Settings, parts_of: tuple[pipeline.Parts, Encoder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    big = build(folder, parts_of)
    monkeypatch.setattr(index, "_is_large", lambda _: False)
    small = build(replace(folder, index_dir=tmp_path / "小"), parts_of)
    assert len(big.passages()) == len(small.passages()) > 300
    for text in ASKED:
        for mode in ("hybrid", "lexical", "dense"):
            ours, theirs = small.search(text, Filter(), 10, mode), big.search(text, Filter(), 10, mode)
            # codes of one byte move a cosine by some thousandths, so near ties may change places
            assert [hit.score for hit in theirs] == pytest.approx([hit.score for hit in ours], abs=0.02)
            assert len({hit.passage.passage_id for hit in ours} & {hit.passage.passage_id for hit in theirs}) >= 8
            assert all(hit.document.text[hit.passage.start : hit.passage.end] == hit.passage.text for hit in theirs)
    assert big.search(ASKED[0], Filter(kind="law")) == []
    assert big.source(theirs[0].passage.passage_id)[0] == theirs[0].passage


def test_what_is_added_is_found_and_what_is_deleted_is_gone_without_a_rebuild(
    folder: Settings, parts_of: tuple[pipeline.Parts, Encoder], monkeypatch: pytest.MonkeyPatch
):
    build(folder, parts_of)
    (folder.corpus_dir / "003.txt").unlink()
    (folder.corpus_dir / "新.txt").write_text("祠堂的香火钱怎么分，先请族老坐下来。", encoding="utf-8")
    write_article(folder.corpus_dir, 1, lines=2)
    read: list[Path] = []
    real = articles.stream_articles
    monkeypatch.setattr(articles, "stream_articles", lambda top, files, chars: real(top, read.extend(files) or read, chars))
    changed = build(folder, parts_of)
    assert sorted(path.name for path in read) == ["001.txt", "新.txt"]
    assert changed.search("祠堂香火钱")[0].passage.text.startswith("祠堂")
    texts = [hit.passage.text for text in ASKED for hit in changed.search(text, count=200)]
    assert not any("第3篇" in text for text in texts) and any("第4篇" in text for text in texts)
    assert not any("第1篇第5段" in text for text in texts)
    assert index.is_current(folder)


def test_opening_and_searching_a_large_index_read_only_what_is_shown(
    folder: Settings, parts_of: tuple[pipeline.Parts, Encoder], monkeypatch: pytest.MonkeyPatch
):
    read: list[int] = []
    real = large._Passages.__getitem__
    monkeypatch.setattr(retriever, "ALL_SCORED", 100)
    monkeypatch.setattr(large._Passages, "__getitem__", lambda self, row: read.append(row) or real(self, row))
    opened = build(folder, parts_of)
    assert read == []
    hits = opened.search(ASKED[0], Filter(), 5)
    assert len(hits) == 5 and len(set(read)) == 5


def test_a_build_that_breaks_off_is_taken_up_where_it_stopped(
    folder: Settings, parts_of: tuple[pipeline.Parts, Encoder], monkeypatch: pytest.MonkeyPatch
):
    real, written = large.Builder._write_part, []

    def write(self, target, batch, pool):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append([file.name for file, _, _ in batch])
        real(self, target, batch, pool)

    monkeypatch.setattr(large.Builder, "_write_part", write)
    with pytest.raises(KeyboardInterrupt):
        build(folder, parts_of)
    first = list(written)
    monkeypatch.setattr(large.Builder, "_write_part", lambda self, target, batch, pool: (
        written.append([file.name for file, _, _ in batch]), real(self, target, batch, pool)))
    found = build(folder, parts_of)
    names = [name for part in written for name in part]
    assert sorted(names) == sorted(path.name for path in folder.corpus_dir.iterdir())
    assert written[:2] == first
    assert len(found.passages()) > 300
