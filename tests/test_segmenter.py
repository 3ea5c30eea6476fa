"""Words that mediation needs stay whole, and matching does not care how they were typed."""

import jieba
import pytest
from conftest import ROOT

from assistant import corpus
from assistant.segmenter import (
    USER_WORD_FREQUENCY,
    Phrases,
    Segmenter,
    character_bigrams,
    clauses,
    fold,
    load_segmenter,
    read_word_list,
    word_frequencies,
)


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


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("肋骨断了，没人管。孩子没事", ["肋骨断了", "没人管", "孩子没事"]),
        ("肋骨断了 孩子没事\n三楼漏水", ["肋骨断了", "孩子没事", "三楼漏水"]),
        ("ＡＢ 樓上 漏水", ["ab 楼上", "漏水"]),
        ("没 动 手", ["没动手"]),
        ("", []),
    ],
)
def test_clauses_end_at_punctuation_and_where_words_were_typed_apart(text: str, wanted: list[str]):
    assert [fold(text)[start:end] for start, end in clauses(text)] == wanted


def test_stop_words_do_not_count_in_the_lexical_index(segmenter: Segmenter):
    assert "的" not in segmenter.search_words("楼上的水")


def test_bigrams_do_not_cross_punctuation():
    assert character_bigrams("漏水，吵架") == ["漏水", "吵架"]


def test_segmenting_writes_no_file(segmenter: Segmenter, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    load_segmenter(ROOT / "corpus" / "lexicon").words("楼上漏水")
    assert list(tmp_path.iterdir()) == []


def test_the_dictionary_is_read_as_jieba_reads_it():
    tokenizer = jieba.Tokenizer()

    assert word_frequencies(tokenizer.get_dict_file().read().decode()) == tokenizer.gen_pfdict(tokenizer.get_dict_file())


@pytest.mark.parametrize("text", ["人民法院依法判决离婚后子女抚养费", "楼上漏水泡了我家天花板，他还骂人", "ＡＢＣ㎡12345", "", "c++ 中华人民共和国民法典"])
def test_one_cut_gives_what_jieba_gives_in_search_mode(segmenter: Segmenter, text: str):
    stop = set(read_word_list(ROOT / "corpus" / "lexicon" / "stopwords.txt"))
    cut = segmenter._tokenizer.cut_for_search(fold(text))

    assert segmenter.search_words(text) == [word for word in cut if any(map(str.isalnum, word)) and word not in stop]


def test_phrases_are_found_wherever_they_stand_also_one_within_another():
    phrases = Phrases(["漏水", "楼上漏水", "水", "噪声", "漏水"])

    assert phrases.standing_in("我家楼上漏水") == [0, 1, 2, 4]
    assert phrases.standing_in("漏") == phrases.standing_in("") == []


def test_our_inner_loop_cuts_as_jieba_does(segmenter: Segmenter):
    theirs = jieba.Tokenizer()
    theirs.FREQ, theirs.total = theirs.gen_pfdict(theirs.get_dict_file())
    theirs.initialized = True
    for word in read_word_list(ROOT / "corpus" / "lexicon" / "words.txt"):
        theirs.add_word(fold(word), freq=USER_WORD_FREQUENCY)
    for passage in corpus.read_knowledge(ROOT / "corpus", 300).passages:
        text = fold(passage.text)
        assert list(segmenter._tokenizer.cut(text)) == list(theirs.cut(text)), text
