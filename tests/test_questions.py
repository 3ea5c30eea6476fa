"""The everyday questions that teach the encoder, and the step that learns from them."""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, shared

from assistant.index import read_corpus
from assistant.settings import DEFAULT_SETTINGS, load_settings
from training import contrast, sources

PROBES = sorted((ROOT / "training" / "judge").glob("guidance*.jsonl"))


@pytest.fixture(scope="module")
def texts() -> list[str]:
    lines = [line for path in sources.OWN_QUESTIONS.glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    return [text for row in map(json.loads, lines) for text in row.get("texts") or [row["text"]]]


def test_no_question_stands_twice_and_none_is_of_the_probes(texts: list[str]):
    probe = {json.loads(line)["question"] for path in PROBES for line in path.read_text("utf-8").splitlines()}

    assert [text for text, times in Counter(texts).items() if times > 1] == []
    assert probe.isdisjoint(texts)


def test_questions_hold_no_phone_numbers_and_are_neither_scraps_nor_essays(texts: list[str]):
    assert [text for text in texts if re.search(r"1[3-9]\d{9}|\d{17}[\dXx]", text)] == []
    assert [text for text in texts if not 4 <= len(text) <= 200] == []


def test_every_question_is_answered_by_an_article_an_entry_or_its_own_paragraph():
    questions = sources.own_questions(sources.articles(shared()))  # raises where an article has another name
    entries = {passage.passage_id for passage in read_corpus(load_settings(DEFAULT_SETTINGS)).passages}
    gone = [q for q in questions if not (q.articles or q.answer or entries & set(q.passages))]

    assert len(gone) <= 0.02 * len(questions)  # of entries that were deleted meanwhile


def test_no_question_is_copied_from_the_public_benchmark(texts: list[str]):
    public = {question.text for question in sources.questions(shared())}

    assert public.isdisjoint(texts)


def test_a_question_file_that_names_the_wrong_article_is_refused(tmp_path: Path):
    (tmp_path / "laws.jsonl").write_text('{"articles": {"0": "不是这一条"}, "text": "问"}\n', encoding="utf-8")

    with pytest.raises(ValueError, match=r"laws.jsonl:1: article 0"):
        sources.own_questions([sources.Article(0, "第一条", "为了")], tmp_path)


def test_refining_brings_a_question_to_its_answer_and_away_from_the_nearest_wrong_one():
    random = np.random.default_rng(7)
    start = random.normal(0, 0.05, (200, 16)).astype(np.float32)
    collection = [np.arange(4 * row, 4 * row + 4, dtype=np.int32) for row in range(40)]
    # Question n is made of tokens of its own and one of the wrong text n + 1, so at first that one is nearest.
    questions = [np.array([160 + row, 4 * (row + 1)], dtype=np.int32) for row in range(30)]
    asked = contrast.Asked(questions, [(row,) for row in range(30)])

    def right(taught: contrast.Taught) -> float:
        similar = contrast.embed_questions(taught, questions) @ contrast.embed(taught.weights, collection).T
        return float(np.mean(similar.argmax(axis=1) == np.arange(30)))

    how = contrast.Refinement(epochs=60, batch=30, learning_rate=0.01, hard=2, hardest=5)
    assert right(contrast.Taught(start, np.eye(16, dtype=np.float32))) < 0.2
    assert right(contrast.refine(start, collection, asked, how)) > 0.9


def test_the_nearest_wrong_answers_are_never_right_ones():
    taught = contrast.Taught(np.eye(6, dtype=np.float32), np.eye(6, dtype=np.float32))
    collection = [np.array([row], dtype=np.int32) for row in range(6)]
    asked = contrast.Asked([np.array([0, 1], dtype=np.int32)], [(0,)])

    assert contrast.nearest_wrong(taught, collection, asked, 1)[0].tolist() == [1]
