"""A statute named in a text finds its very passages; what the corpus lacks is said to be lacking."""

import json
from collections import Counter

import pytest
from conftest import ROOT
from contract import ASK, SEARCH
from jsonschema import validate

from assistant import corpus, render
from assistant.pipeline import Assistant
from assistant.records import Kind
from assistant.retriever import Filter
from assistant.statutes import Article, Resolution, Statutes, number, numeral, written_articles


@pytest.fixture(scope="module")
def statutes() -> Statutes:
    found = corpus.read_knowledge(ROOT / "corpus", 300)
    return Statutes(found.passages, corpus.read_former_laws(ROOT / "corpus" / "lexicon"))


def ids(found: Resolution | None) -> list[str]:
    return [passage.passage_id for passage in found.passages]


DOGS = ["za-89-1-animal", "za-89-2-dangerous-dog", "za-89-3-no-leash", "za-89-4-drive"]


@pytest.mark.parametrize("text, expected", [
    ("治安处罚法89条", DOGS),
    ("治安管理处罚法第八十九条", DOGS),
    ("《中华人民共和国治安管理处罚法》第８９条", DOGS),
    ("治安管理處罰法第八十九條", DOGS),
    ("请问治安法第 89 条是怎么规定的？", DOGS),
    ("治安管理处罚法（2025修订）第八十九条第三款", ["za-89-3-no-leash"]),
    ("治安法89条1款、3款", ["za-89-1-animal", "za-89-3-no-leash"]),
    ("民法典第一千零六十二条", ["m-1062-1063-property"]),
    ("民法典1063", ["m-1062-1063-property"]),
    ("民法典一〇六二条", ["m-1062-1063-property"]),
    ("家暴法第二十九条", ["rl-protection"]),
    ("刑法第二百九十一条之二", ["xf-291-2-throw", "rl-throw"]),
    ("彩礼司法解释第五条", ["cl-5-married"]),
    ("最高人民法院关于适用《中华人民共和国民法典》婚姻家庭编的解释（二）第五条", ["hj2-5-house"]),
    ("新治安管理处罚法第88条", ["za-88-noise"]),
])
def test_name_and_number_find_the_very_passages(statutes: Statutes, text: str, expected: list[str]):
    found = statutes.resolve(text)
    assert ids(found) == expected
    assert found.only


def test_every_law_line_is_found_by_its_own_title(statutes: Statutes):
    held = corpus.read_knowledge(ROOT / "corpus", 300).passages
    for passage in held:
        if passage.kind is Kind.LAW and written_articles(passage.meta["article"]):
            for name in passage.meta["short"]:
                found = statutes.resolve(f"{name}{passage.meta['article']}")
                assert passage.passage_id in ids(found), (name, passage.meta["article"])


def test_no_short_name_stands_for_two_laws():
    held = corpus.read_knowledge(ROOT / "corpus", 300).passages
    names = {(name, passage.meta["law"]) for passage in held if passage.kind is Kind.LAW for name in passage.meta["short"]}
    assert [name for name, count in Counter(name for name, _ in names).items() if count > 1] == []


def test_an_old_number_finds_the_new_article_and_says_so(statutes: Statutes):
    found = statutes.resolve("旧治安管理处罚法第五十八条")
    assert ids(found) == ["za-88-noise"]
    assert "第八十八条" in found.told and "2026-01-01" in found.told


def test_a_number_that_is_new_and_old_shows_both_and_tells_them_apart(statutes: Statutes):
    found = statutes.resolve("治安管理处罚法第四十三条")
    assert ids(found)[0] == "za-43-throw" and ids(found)[-2:] == ["za-51-1-assault", "za-51-2-aggravated"]
    assert "现行的第四十三条" in found.told and "第五十一条第一款、第二款" in found.told
    assert "za-51-1-assault" not in ids(statutes.resolve("现行治安管理处罚法第四十三条"))
    assert "za-43-throw" not in ids(statutes.resolve("老治安管理处罚法第四十三条"))


def test_an_old_number_that_moved_with_others_finds_its_own_article_only(statutes: Statutes):
    assert statutes.resolve("旧治安处罚法第三十条").told.count("第三十六条") == 1
    assert "第一百一十九条" in statutes.resolve("旧治安处罚法第一百条").told


def test_a_law_that_another_one_replaced_leads_there(statutes: Statutes):
    for text in ("《噪声污染防治法》第65条", "噪音法六十五条"):
        found = statutes.resolve(text)
        assert ids(found) == ["eec-594-home"]
        assert "《生态环境法典》第五百九十四条" in found.told and "2026-08-15" in found.told


@pytest.mark.parametrize("text, told", [
    ("民法典第九百九十条", "《民法典》第九百九十条，语料里没有收"),
    ("治安管理处罚法第八十九条第五款", "同一条里收了第八十九条第一款、第二款、第三款、第四款"),
    ("公司法第二十条", "《公司法》语料里没有收"),
    ("《劳动保险条例》第三条怎么说", "《劳动保险条例》语料里没有收"),
    ("婚姻法第十七条", "现在管这些事的是《民法典》"),
    ("旧治安管理处罚法第六十六条", "语料里没有收"),
])
def test_what_the_corpus_lacks_is_said_to_be_lacking(statutes: Statutes, text: str, told: str):
    found = statutes.resolve(text)
    assert found.passages == () and found.only and told in found.told


@pytest.mark.parametrize("text", [
    "他没有办法，三条狗都咬人", "楼上漏水，3条毛巾都湿了", "第二条裤子也被泡了", "民法典怎么说", "我爱人说要按法律办", "", "89",
])
def test_everyday_words_are_no_reference(statutes: Statutes, text: str):
    assert statutes.resolve(text) is None


def test_a_reference_within_a_description_is_found_but_is_not_all(statutes: Statutes):
    found = statutes.resolve("对门狗天天叫，能不能按治安处罚法89条罚他")
    assert ids(found) == DOGS and not found.only


def test_numbers_read_and_write_as_statutes_do():
    for value, text in ((8, "八"), (10, "十"), (15, "十五"), (20, "二十"), (108, "一百零八"), (110, "一百一十"), (1010, "一千零一十"),
                        (1062, "一千零六十二"), (1254, "一千二百五十四")):
        assert numeral(value) == text and number(text) == value and number(str(value)) == value
    assert number("两百三十四") == 234 and number("一〇六二") == 1062


def test_a_field_of_the_corpus_names_several_articles():
    assert written_articles("第五十条第一款第五项、第二款") == [Article(50, 0, 1, 5), Article(50, 0, 2)]
    assert written_articles("第三十一条、第三十二条、第四十二条") == [Article(31), Article(32), Article(42)]
    assert written_articles("（全文24条，条号未逐条核到）") == []


def test_search_puts_the_article_first_and_keeps_its_filters(assistant: Assistant):
    hits = assistant.search("对门狗天天叫，能不能按治安处罚法89条罚他", count=10)
    assert [hit.passage.passage_id for hit in hits[:4]] == DOGS and len(hits) == 10
    assert len({hit.passage.passage_id for hit in hits}) == 10
    phrasing = assistant.search("对门狗天天叫，能不能按治安处罚法89条罚他", Filter(kind="phrasing"))
    assert {hit.passage.kind for hit in phrasing} == {Kind.PHRASING}


def test_search_for_an_article_alone_gives_that_article_alone(assistant: Assistant):
    assert [hit.passage.passage_id for hit in assistant.search("民法典第一千零六十二条")] == ["m-1062-1063-property"]
    assert assistant.search("民法典第九百九十条") == []
    answer = render.search_json("民法典第九百九十条", [], message=assistant.statute("民法典第九百九十条").told)
    validate(answer, SEARCH)
    assert "没有收" in answer["message"]


def test_a_description_that_is_only_a_reference_shows_the_law_lines(assistant: Assistant):
    advice = assistant.ask("治安处罚法89条")
    validate(json.loads(json.dumps(render.as_json(advice))), ASK)
    assert advice.status == "ok" and [hit.passage.passage_id for hit in advice.sections["law"]] == DOGS
    for face in (render.card(advice), render.as_text(advice)):
        assert "za-89-3-no-leash" in face and "2026-01-01" in face


def test_a_card_for_an_article_that_is_lacking_says_so_and_shows_no_other(assistant: Assistant):
    advice = assistant.ask("民法典第九百九十条")
    assert advice.status == "low_confidence" and "没有收" in render.card(advice)
    assert not any(advice.sections.values())
