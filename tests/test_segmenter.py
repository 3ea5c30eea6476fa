"""Words that mediation needs stay whole, and matching does not care how they were typed."""

import jieba
import pytest
from conftest import ROOT

from assistant import corpus
from assistant.segmenter import USER_WORD_FREQUENCY, Segmenter, character_bigrams, fold, load_segmenter, read_word_list


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return load_segmenter(ROOT / "corpus" / "lexicon")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("地漏返水泡了楼下", "返水"),
        ("地漏返水泡了楼下", "泡了楼下"),
        ("抢水浇地", "抢水浇地"),
        ("对门挂八卦镜犯忌讳", "八卦镜"),
        ("彩礼退不退", "退不退"),
        ("熊孩子划车", "熊孩子"),
    ],
)
def test_words_that_jieba_splits_wrongly_alone(segmenter: Segmenter, text: str, word: str):
    assert word in segmenter.words(text)


def test_no_word_crosses_its_neighbours(segmenter: Segmenter):
    assert "镜犯" not in segmenter.words("对门挂八卦镜犯忌讳")


def test_width_case_and_traditional_characters_are_folded_for_matching(segmenter: Segmenter):
    assert segmenter.words("樓上漏水ＡＢＣ") == segmenter.words("楼上漏水abc")


def test_spaces_that_scraping_left_inside_words_are_closed():
    assert fold("增强凝聚 力、战斗力") == "增强凝聚力、战斗力"


def test_stop_words_do_not_count_in_the_lexical_index(segmenter: Segmenter):
    assert "的" not in segmenter.search_words("楼上的水")


def test_bigrams_do_not_cross_punctuation():
    assert character_bigrams("漏水，吵架") == ["漏水", "吵架"]


def test_segmenting_writes_no_file(segmenter: Segmenter, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    load_segmenter(ROOT / "corpus" / "lexicon").words("楼上漏水")
    assert list(tmp_path.iterdir()) == []


def test_our_inner_loop_cuts_as_jieba_does(segmenter: Segmenter):
    theirs = jieba.Tokenizer()
    theirs.FREQ, theirs.total = theirs.gen_pfdict(theirs.get_dict_file())
    theirs.initialized = True
    for word in read_word_list(ROOT / "corpus" / "lexicon" / "words.txt"):
        theirs.add_word(fold(word), freq=USER_WORD_FREQUENCY)
    for passage in corpus.read_knowledge(ROOT / "corpus", 300).passages:
        text = fold(passage.text)
        assert list(segmenter._tokenizer.cut(text)) == list(theirs.cut(text)), text


def test_cutting_once_gives_what_cutting_twice_gives(segmenter: Segmenter):
    for text in ("楼上漏水把我家天花板泡了，ABC 100㎡", "中华人民共和国治安管理处罚法第八十九条", "", "！？"):
        assert segmenter.both(text) == (segmenter.search_words(text), segmenter.encoder_tokens(text))
