"""Lexical and dense index, fusion: small data, expected values written out."""

from pathlib import Path

import numpy as np
import pytest

from assistant.dense import Dense
from assistant.fusion import BEST_SHARE, CROWD, CROWD_SHARE, full_match, fuse, vouch
from assistant.lexical import Lexical


def test_a_rare_word_counts_more_than_a_common_one():
    lexical = Lexical.build([["漏水", "吵架"], ["漏水", "停车"], ["漏水", "吵架"]])
    scores = lexical.scores(["漏水", "停车"])
    assert scores.argmax() == 1


def test_bm25_follows_the_published_formula():
    # idf = ln(1 + (3 - 1 + .5) / (1 + .5)); tf = 1 / (1 + 1.2 * (1 - .75 + .75 * 2 / 2))
    scores = Lexical.build([["漏水", "吵架"], ["漏水", "停车"], ["漏水", "吵架"]]).scores(["停车"])
    assert scores[1] == pytest.approx(np.log(1 + 2.5 / 1.5) / 2.2, rel=1e-4)


def test_words_that_are_nowhere_score_nothing():
    assert not Lexical.build([["漏水"]]).scores(["彩礼"]).any()
    assert not Lexical.build([["漏水"]]).scores([]).any()


def test_the_lexical_index_comes_back_from_disk_as_it_was(tmp_path: Path):
    before = Lexical.build([["漏水", "吵架"], ["停车"]])
    before.save(tmp_path / "词")
    assert (Lexical.load(tmp_path / "词").scores(["停车"]) == before.scores(["停车"])).all()


def test_dense_scores_are_cosines_in_the_order_of_the_passages(tmp_path: Path):
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    Dense.build(vectors).save(tmp_path / "向量.faiss")
    scores = Dense.load(tmp_path / "向量.faiss").scores(np.array([1, 0], dtype=np.float32))
    assert scores.tolist() == pytest.approx([1.0, 0.0, 0.6])


def test_fusion_is_a_weighted_sum_of_scaled_scores():
    fused = fuse(np.array([2.0, 1.0]), np.array([0.4, 0.8]), full=1.0, lexical_share=0.25)
    assert fused.tolist() == pytest.approx([0.25 * 1 + 0.75 * 0.5, 0.25 * 0.5 + 0.75 * 1])


def test_two_words_of_a_long_story_count_less_than_two_of_two():
    lexical, dense = np.array([2.0, 0.0]), np.array([0.7, 0.8])
    assert fuse(lexical, dense, full=2.0).argmax() == 0
    assert fuse(lexical, dense, full=20.0).argmax() == 1
    assert full_match(["漏水"], 1000) < full_match(["漏水", "赔偿"], 1000) == full_match(["漏水", "赔偿", "漏水"], 1000)


def test_fusion_without_any_lexical_match_keeps_the_dense_order():
    assert fuse(np.zeros(2), np.array([0.1, 0.2]), full=0.0).argmax() == 1


def test_passages_of_one_document_vouch_for_one_another():
    added = vouch(np.array([0.8, 0.4, 0.4], dtype=np.float32), np.array([0, 0, 1]))

    assert added[0] == added[1] == pytest.approx(BEST_SHARE * 1.0 + CROWD_SHARE * 2 / CROWD)
    assert added[2] == pytest.approx(BEST_SHARE * 0.5 + CROWD_SHARE * 1 / CROWD)


def test_what_is_vouched_is_the_same_over_all_passages_and_over_the_best_alone():
    random = np.random.default_rng(7)
    dense, documents = random.random(400, dtype=np.float32), random.integers(0, 40, 400)
    best = np.sort(np.argsort(-dense, kind="stable")[:120])

    np.testing.assert_array_equal(vouch(dense[best], np.unique(documents[best], return_inverse=True)[1]), vouch(dense, documents)[best])
