"""How the reader hears red lines: a network over letters beside the regressions, and how it is taught."""

import numpy as np
import pytest
import torch

from assistant.network import GAPS, Network, letter_rows, packed, unpacked
from assistant.reader import blended
from assistant.segmenter import clauses
from training.examples import Example
from training.network import RiskNet, Trunk, as_read, clause_numbers, guessing, known_letters, train_network

LETTERS = "他打我一下人拿刀砍水"


def fresh(risks: int = 3) -> RiskNet:
    torch.manual_seed(1)
    return RiskNet(Trunk(LETTERS), risks).eval()


def heard(network: Network, text: str) -> np.ndarray:
    return network.hear(text, ()).whole


def test_the_network_reads_as_it_was_trained():
    net = fresh()
    read = as_read(net, LETTERS)
    columns = {letter: row for row, letter in enumerate(LETTERS, 3)}
    for text in ("他拿刀砍我", "水", "", "。", "没见过的字，他打人，水", "他打我一下，" * 9):
        with torch.no_grad():
            rows = letter_rows(text, columns)
            whole, loudest = (scores[0].numpy() for scores in net(torch.tensor([rows]), torch.tensor([clause_numbers(text, len(rows))])))
        found = read.hear(text, clauses(text))
        assert found.whole == pytest.approx(whole, abs=0.05), text
        assert found.loudest == pytest.approx(loudest, abs=0.05), text


def test_a_shorter_text_in_a_batch_is_scored_as_by_itself():
    net = fresh()
    columns = {letter: row for row, letter in enumerate(LETTERS, 3)}
    long, short = (torch.tensor(letter_rows(text, columns)) for text in ("他拿刀砍我一下", "他打人"))
    with torch.no_grad():
        both, _ = net(torch.nn.utils.rnn.pad_sequence([long, short], batch_first=True), torch.ones(2, len(long), dtype=torch.long))
        alone, _ = net(short[None], torch.ones(1, len(short), dtype=torch.long))
    assert both[1].numpy() == pytest.approx(alone[0].numpy(), abs=0.05)


def test_letters_are_numbered_by_their_clauses():
    assert clause_numbers("他打人，水。刀", 7) == [1, 1, 1, 0, 2, 0, 3]
    assert clause_numbers("他打人，水。刀", 2) == [1, 1]
    assert clause_numbers("。。", 2) == [1, 1]


def test_order_makes_a_difference():
    read = as_read(fresh(), LETTERS)
    assert heard(read, "他打我") != pytest.approx(heard(read, "我打他"), abs=1e-3)


def test_a_letter_sees_as_far_as_its_layers_reach_and_no_farther():
    read, reach = as_read(fresh(), LETTERS), sum(GAPS)
    knife, man = (read.hear(first + "水" * (reach + 1), [(reach, reach + 1), (reach + 1, reach + 2)]).clauses for first in "刀人")
    assert knife[0] != pytest.approx(man[0], abs=1e-6)
    assert knife[1] == pytest.approx(man[1], abs=1e-6)


def test_weights_of_one_byte_are_nearly_what_they_were():
    weights = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32) * np.array([1.0, 10.0, 0.01, 0.0], np.float32)
    stored = packed("weights", weights)
    assert stored["weights"].dtype == np.int8
    half_a_step = np.abs(weights).max(axis=0) / 254
    assert (np.abs(unpacked(stored, "weights") - weights) <= half_a_step * 1.01).all()


def test_the_network_learns_who_did_it_and_names_the_clause():
    """The letters are the same in every story: only their order tells."""
    around = ["他家的狗叫", "车停在门口", "水漏到楼下", "院墙往外挪", "鸡跑进菜地", "半夜放音乐"]
    stories = [
        Example(f"{one}，{'他拿刀砍我' if dangerous else '我拿刀砍柴他'}，{other}", (), ("weapon",) if dangerous else ())
        for one in around for other in around if one != other for dangerous in (True, False)
    ]
    letters = known_letters([], [item.text for item in stories])
    torch.manual_seed(7)
    read = train_network(Trunk(letters), letters, stories, [], ["weapon"], epochs=25)
    dangerous, harmless = "门口的水漏了，他拿刀砍我，他家的鸡叫", "门口的水漏了，我拿刀砍柴他，他家的鸡叫"
    assert heard(read, dangerous)[0] > 0.5 > -0.5 > heard(read, harmless)[0]
    assert read.hear(dangerous, clauses(dangerous)).clauses[:, 0].argmax() == 1


def test_guessing_hidden_letters_is_learned_from_running_text():
    running = ["三楼漏水泡了二楼的墙，两家在楼道里骂起来了"] * 40
    letters = known_letters(running, [])
    few, many = (guessing(Trunk(letters), letters, running, running, guessed=passes * 12_288) for passes in (1, 12))
    assert many < few - 0.5


def test_scores_are_blended_by_red_line():
    whole, heard_in_order = np.array([[1.0, 2.0]]), np.array([[3.0, -1.0]])
    assert blended((whole, heard_in_order), np.array([[1.0, 2.0, 0.5], [0.5, 0.0, -1.0]])).tolist() == [[7.5, 0.0]]
