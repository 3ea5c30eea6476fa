"""How the reader hears red lines: stretches of clauses, a convolution over letters, both beside the whole text."""

import numpy as np
import pytest
import torch

from assistant.reader import FIRST_LETTER, Ear, blended, clause_letters, feature_values, letter_ngrams, letter_rows
from training.convolution import _as_read, _Net
from training.ear import train_ear
from training.examples import Example
from training.linear import Machines, Vectorizer


def test_a_stretch_of_clauses_is_scored_as_its_letters_would_be():
    names = ["刀", "水", "沟", "刀水"]
    rarity, weights = np.array([2.0, 1.0, 1.5, 3.0], np.float32), np.array([[3.0], [-1.0], [0.5], [9.0]], np.float32)
    ear = Ear({name: row for row, name in enumerate(names)}, rarity, weights, np.array([-0.25], np.float32))
    one, two = ear.stretches([[0], [1, 2]])
    assert one[:, 0] == pytest.approx([3.0 - 0.25, feature_values(rarity[[1, 2]]) @ weights[[1, 2], 0] - 0.25])
    assert two[:, 0] == pytest.approx(feature_values(rarity[:3]) @ weights[:3, 0] - 0.25)


def test_clauses_in_which_no_letter_is_known_are_passed_over():
    assert clause_letters("刀，水，沟", [(0, 1), (2, 3), (4, 5)], {"刀": 4, "沟": 2}) == (["刀", "沟"], [[4], [2]])
    ear = Ear({"刀": 0}, np.ones(1, np.float32), np.ones((1, 2), np.float32), np.array([0.5, -0.5], np.float32))
    assert ear.stretches([[0]])[0].tolist() == [[1.5, 0.5]]


def test_the_ear_finds_the_clause_that_dangerous_stories_have_in_common():
    """Nobody marked it: only whole stories are labelled, and harmless ones tell the same about everything else."""
    around = ["他家的狗叫", "车停在门口", "水漏到楼下", "院墙往外挪", "鸡跑进菜地", "半夜放音乐"]
    stories = [
        Example(f"{one}，{'拿刀砍我' if dangerous else '跟我拌嘴'}，{other}", (), ("weapon",) if dangerous else ())
        for one in around for other in around if one != other for dangerous in (True, False)
    ]
    vectorizer = Vectorizer([clause_names(item.text) for item in stories])
    nothing = Machines(np.zeros((len(vectorizer.names), 1)), np.zeros(1))
    heard = train_ear(vectorizer, [Example("拿刀", (), ("weapon",)), Example("拌嘴", (), ())], stories, nothing, ["weapon"])
    ear = Ear(vectorizer.columns, vectorizer.rarity, heard.weights, heard.bias)
    loud, calm, other = (
        ear.stretches(clause_letters(text, [(0, len(text))], vectorizer.columns)[1])[0][0, 0]
        for text in ("拿刀砍我", "跟我拌嘴", "水漏到楼下")
    )
    assert loud > 1 > max(calm, other)


def clause_names(text: str) -> list[str]:
    return sorted(letter_ngrams(text))


def test_the_convolution_reads_as_it_was_trained():
    torch.manual_seed(1)
    letters = "他拿刀砍我水"
    net = _Net(len(letters) + FIRST_LETTER, 3).eval()
    read = _as_read(net, letters)
    columns = {letter: row for row, letter in enumerate(letters, FIRST_LETTER)}
    for text in ("他拿刀砍我", "水", "", "没见过的字"):
        with torch.no_grad():
            wanted = net(torch.tensor([letter_rows(text, columns)]))[0].numpy()
        assert read.logits(text) == pytest.approx(wanted, abs=2e-3)


def test_order_makes_a_difference_to_the_convolution():
    net = _Net(8, 1)
    read = _as_read(net, "他打我一下人")
    assert read.logits("他打我")[0] != pytest.approx(read.logits("我打他")[0], abs=1e-4)


def test_scores_are_blended_by_red_line():
    whole, loudest = np.array([[1.0, 2.0]]), np.array([[3.0, -1.0]])
    assert blended((whole, loudest), np.array([[1.0, 2.0, 0.5], [0.5, 0.0, -1.0]])).tolist() == [[7.5, 0.0]]
