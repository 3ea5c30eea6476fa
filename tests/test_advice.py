"""The card: its order, its quotas, its honesty, and the same advice on every face."""

import html
import json
import re
from dataclasses import replace

import pytest
from conftest import shared

from assistant import render, wording
from assistant.advice import NO_YIELDING, SECTIONS, asked_about, withheld
from assistant.pipeline import Assistant
from assistant.records import STAGES, Advice, Kind, Risk

DESCRIPTIONS = [
    "三楼漏水把二楼泡了，两家在楼道骂起来",
    "楼上天天半夜搬东西，咚咚响，说了三回还摔门",
    "他车堵着我车库门，打电话不接，我急得直跺脚",
    "微信群里骂我是小偷，几百人都看见了，让他道歉不肯",
    "为了占地的事推了我一把，胳膊蹭破皮了，要两千块",
    "两口子为孩子上学的钱吵，一个礼拜没说话了",
    "老爹轮着养，轮到老二他锁门出去打工了",
    "彩礼给了十六万，女方又不嫁了，退一半都不干",
    "人家闸口一关，我下边的秧子都干裂了口",
    "包工头欠我们五个人的工钱，过年都没给",
]


@pytest.fixture(scope="module")
def cards(assistant: Assistant) -> list[Advice]:
    return [assistant.ask(text) for text in DESCRIPTIONS]


def test_sections_come_in_the_order_of_the_contract(cards: list[Advice]):
    order = ["grievances", "questions", "phrasing", "principle", "custom", "law", "case", "guidance"]
    assert all(list(advice.sections) == order for advice in cards)


def test_the_page_reads_danger_first_then_what_moves_a_quarrel_then_the_statute(cards: list[Advice]):
    headings = [wording.RISKS_TITLE, *(wording.SECTION_NAMES[name] for name in cards[0].sections)]
    for advice in cards:
        for face in (render.card(advice), render.as_text(advice)):
            places = [face.index(f"<h2>{title}" if "<" in face else f"【{title}】") for title in headings]
            assert places == sorted(places)


def test_every_shown_line_is_a_span_of_its_source(cards: list[Advice]):
    for advice in cards:
        for hits in advice.sections.values():
            for hit in hits:
                assert hit.document.text[hit.passage.start : hit.passage.end] == hit.passage.text


def test_every_line_of_the_development_descriptions_is_a_span_of_its_source(assistant: Assistant):
    for line in shared("dev", "disputes.jsonl").read_text(encoding="utf-8").splitlines():
        for hits in assistant.ask(json.loads(line)["text"]).sections.values():
            for hit in hits:
                assert hit.document.text[hit.passage.start : hit.passage.end] == hit.passage.text


def test_no_section_exceeds_its_quota_and_no_other_document_floods_it(assistant: Assistant, cards: list[Advice]):
    quotas = {section.name: section.quota for section in SECTIONS}
    hearts = {law_id for item in assistant.types for law_id in item.law}  # of one code, as often as not
    for advice in cards:
        subject, *others = advice.active
        quotas["phrasing"] = len(STAGES) + 2 * (len(others) + len(advice.risks) + 1)  # two for each, two sayings
        for name, hits in advice.sections.items():
            assert len(hits) <= quotas[name]
            chosen = [hit.passage for hit in hits if hit.passage.passage_id not in hearts]
            documents = [passage.doc_id for passage in chosen if passage.doc_id not in (subject, "redlines")]
            assert all(documents.count(document) <= 2 for document in documents)


def test_several_quarrels_in_one_description_each_get_their_part(assistant: Assistant):
    advice = assistant.ask("三楼漏水把二楼泡了，两家在楼道骂起来，还推了两把")
    assert advice.active[0] == "leak" and {"quarrel", "assault"} & set(advice.active[1:])
    for name in ("questions", "phrasing", "principle"):
        told = {type_id for hit in advice.sections[name] for type_id in hit.passage.types}
        assert set(advice.active) <= told


def test_a_red_line_that_may_stand_is_the_first_thing_to_ask_on_every_face(assistant: Assistant):
    quiet = assistant.ask(DESCRIPTIONS[0])
    composer, understood = assistant._composer, assistant._understand(DESCRIPTIONS[0])
    advice = composer.compose(understood, (), ("injury", "gang"), "ok", "")
    assert list(asked_about(advice)) == ["injury", "gang"] and not asked_about(quiet) and not advice.risks
    assert [hit.passage.meta.get("risks") for hit in advice.sections["questions"][:2]] == [["injury"], ["gang"]]
    assert len(advice.sections["questions"]) == len(quiet.sections["questions"])
    question = advice.sections["questions"][0].passage
    doubt = wording.RISKS_DOUBTFUL.format(names="；".join(hit.passage.title for hit in asked_about(advice).values()))
    for face in (html.unescape(render.card(advice)), render.as_text(advice)):
        assert doubt in face and question.text in face and wording.ASK_RISK.format(name=question.title) in face
        assert wording.NO_RISKS not in face
    assert render.as_json(advice)["risks"] == []


def test_a_region_moves_its_customs_and_sayings_up(assistant: Assistant):
    plain, there = (assistant.ask("彩礼给了十六万，女方又不嫁了", region=region) for region in (None, "闽台"))
    assert plain.sections["custom"][0].passage.meta["region"] != "闽台"
    assert there.sections["custom"][0].passage.meta["region"] == "闽台"


def test_every_type_answers_with_grievance_question_phrasing_principle_and_law(assistant: Assistant):
    for item in assistant.types:
        advice = assistant.ask(item.typical, type_id=item.type_id)
        in_danger = NO_YIELDING & {risk.risk_id for risk in advice.risks}
        for name in ("questions", "phrasing", "principle", "law", *(() if in_danger else ("grievances", "case"))):
            assert advice.sections[name], f"{item.type_id}: {name} is empty"


def test_the_article_that_always_applies_stands_on_every_card_of_its_type(assistant: Assistant, cards: list[Advice]):
    """Whoever quarrels about taking father in says nothing that sounds like the duty to support him."""
    always = {item.type_id: item.law[0] for item in assistant.types}
    for advice in cards:
        shown = [hit.passage.passage_id for hit in advice.sections["law"]]
        assert always[advice.active[0]] in shown
        assert len(shown) == len(set(shown)) <= 6
    assert any(len(advice.active) > 1 for advice in cards)
    for advice in cards:
        told = {type_id for hit in advice.sections["law"] for type_id in hit.passage.types}
        assert set(advice.active) <= told, "every quarrel that is told has its article"


def test_phrasing_follows_the_stages_of_a_mediation(cards: list[Advice]):
    subject = cards[0].active[0]
    stages = [hit.passage.meta["stage"] for hit in cards[0].sections["phrasing"]
              if hit.passage.kind is Kind.PHRASING and subject in hit.passage.types]
    assert stages == ["开场", "降温", "倾听", "说理", "换位", "方案", "收尾", "回访"]


def test_sides_are_called_by_the_names_of_their_quarrel(cards: list[Advice]):
    assert "楼下住户" in render.card(cards[0]) or "楼上住户" in render.card(cards[0])


def test_an_empty_section_says_that_it_is_empty(assistant: Assistant):
    advice = assistant.ask(DESCRIPTIONS[0])
    bare = replace(advice, risks=(), sections=dict.fromkeys(advice.sections, ()))
    assert render.card(bare).count(wording.SECTION_EMPTY) == len(SECTIONS)


def shown_ids(face: str) -> list[str]:
    """Passage ids in the citations of a face, in order."""
    return re.findall(r" · ([a-z][a-z0-9_-]*(?:#\d+)?)(?=[ 〕<])", html.unescape(face))


def test_page_text_json_and_python_give_the_same_advice(cards: list[Advice]):
    for advice in cards:
        ids = [hit.passage.passage_id for hits in advice.sections.values() for hit in hits]
        from_json = [hit["id"] for hits in render.as_json(advice)["sections"].values() for hit in hits]
        assert from_json == ids
        banner = [hit.passage.passage_id for hit in (*advice.mediability.grounds, *advice.mediability.referrals)]
        for face in (render.card(advice), render.as_text(advice)):
            assert shown_ids(face) == banner + ids
            assert all(html.escape(risk.action) in face or risk.action in face for risk in advice.risks)


def test_what_a_visitor_typed_never_becomes_markup(assistant: Assistant):
    advice = assistant.ask("<img src=x onerror=alert(1)>楼上漏水<script>alert(2)</script>把我家泡了")
    assert "<script" not in render.card(advice) and "<img" not in render.card(advice)


def test_where_somebody_is_in_danger_only_phrasing_written_for_that_danger_is_said(assistant: Assistant):
    for risk_id in NO_YIELDING:
        risk = Risk(risk_id, "", "", (), ())
        said = [p for p in assistant._index.passages if p.kind is Kind.PHRASING and not withheld(p, (risk,))]
        assert said and all(risk_id in passage.meta["risks"] for passage in said)


def test_nothing_written_for_making_peace_stands_beside_danger(assistant: Assistant):
    risk = Risk("domestic_violence", "", "", (), ())
    for passage in assistant._index.passages:
        if passage.kind in (Kind.SAYING, Kind.CUSTOM, Kind.GRIEVANCE) or passage.meta.get("role") == "出路":
            assert withheld(passage, (risk,))


def test_a_card_for_domestic_violence_shows_only_what_may_be_said(assistant: Assistant):
    advice = assistant.ask("我男人喝了酒又打我，脸都肿了")
    assert "domestic_violence" in {risk.risk_id for risk in advice.risks}
    assert not any(withheld(hit.passage, advice.risks) for hits in advice.sections.values() for hit in hits)
    assert wording.WITHHELD in render.card(advice)


def test_matched_words_are_marked_and_nothing_else_changes(cards: list[Advice]):
    hit = next(hit for hit in cards[0].sections["principle"] if hit.why)
    marked = render.mark_words(hit.passage.text, hit.why)
    assert "<mark>" in marked
    assert html.unescape(re.sub("</?mark>", "", marked)) == hit.passage.text


def test_the_source_page_marks_exactly_the_passage(assistant: Assistant):
    passage, document = assistant.source("leak-s1")
    page = render.source_page(passage, document)
    assert html.unescape(re.search(r'<mark id="span">(.*?)</mark>', page, re.DOTALL).group(1)) == passage.text


def test_asking_twice_gives_the_same_card(assistant: Assistant):
    first, second = (render.as_json(assistant.ask(DESCRIPTIONS[0])) for _ in range(2))
    first.pop("elapsed_ms"), second.pop("elapsed_ms")
    assert first == second
