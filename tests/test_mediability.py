"""能不能治安调解: red lines first, then a breach of public order, else a civil matter with somebody to turn to."""

import pytest

from assistant import corpus, render, wording
from assistant.pipeline import Assistant
from assistant.records import Taps
from assistant.redlines import NO_YIELDING


def verdict(assistant: Assistant, text: str, **taps: bool) -> str:
    return assistant.ask(text, taps=Taps(**taps)).mediability.verdict


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我男人喝了酒又打我，脸都肿了", "no"),
        ("他叫来七八个人把我们兄弟俩围着打", "no"),
        ("抢车位时他把我推倒，额头缝了四针", "wait"),
        ("隔壁扬言要把我家房子点了，同归于尽", "wait"),
        ("为占地界吵起来，他推了我两把，没伤着", "yes"),
        ("她在村口当着一街人骂我是破鞋", "yes"),
        ("他把我家门口的菜苗拔了", "yes"),
        ("他把我家空调外机的管子剪了", "yes"),
        ("对门拿胶水把我家锁眼堵死了，就为了楼道那点地方", "yes"),
        ("他装修把我家吊顶震下来，我气得想把他门砸了", "civil"),
        ("他把我电动车的插头拔了，说占了他充电的位置", "civil"),
        ("她在业主群里说我偷她快递，我没偷", "yes"),
        ("他欠我三万块拖了两年不还", "civil"),
        ("三个儿子都不给老娘出赡养费", "civil"),
        ("楼上漏水把我家天花板泡了，他不修", "civil"),
    ],
)
def test_the_verdict_follows_the_law(assistant: Assistant, text: str, expected: str):
    assert verdict(assistant, text) == expected


def test_taps_change_the_verdict(assistant: Assistant):
    text = "两家为了地边子吵得厉害"
    assert verdict(assistant, text) == "civil"
    assert verdict(assistant, text, blows=True) == "yes"
    assert verdict(assistant, text, blows=True, injury=True) == "wait"


def test_no_blows_by_tap_outweighs_the_words(assistant: Assistant):
    text = "为占地界吵起来，他推了我两把，没伤着"
    assert verdict(assistant, text) == "yes"
    assert verdict(assistant, text, blows=False) == "civil"


def test_a_civil_matter_names_who_else_can_help(assistant: Assistant):
    found = assistant.ask("他欠我三万块拖了两年不还").mediability
    assert {hit.passage.meta["role"] for hit in found.referrals} == {"该找谁"}
    assert any("法院" in hit.passage.meta["who"] for hit in found.referrals)


def test_where_somebody_is_in_danger_nobody_is_named_whose_work_is_making_peace(assistant: Assistant):
    advice = assistant.ask("我男人喝了酒又打我，脸都肿了")
    assert NO_YIELDING & {risk.risk_id for risk in advice.risks}
    assert advice.mediability.referrals
    assert not any("调解" in hit.passage.meta["who"] for hit in advice.mediability.referrals)


def test_every_verdict_and_ground_rests_on_articles_that_the_corpus_holds(assistant: Assistant):
    verdicts, grounds = corpus.read_mediability(assistant.settings.mediability_file)
    assert {item.verdict for item in verdicts} == {"no", "wait", "yes", "civil"}
    for item in (*verdicts, *grounds):
        assert item.basis and all(assistant.source(law_id) for law_id in item.basis)


def test_every_red_line_says_what_it_means_for_mediation(assistant: Assistant):
    _, grounds = corpus.read_mediability(assistant.settings.mediability_file)
    redlines = corpus.read_redlines(assistant.settings.redlines_file, assistant.settings.lexicon_dir)
    assert {item.risk for item in grounds if item.risk} == {item.risk_id for item in redlines}


def test_the_banner_stands_on_the_card_with_its_basis(assistant: Assistant):
    card = render.card(assistant.ask("他把我家门口的菜苗拔了"))
    assert wording.MEDIABILITY_TITLE in card and "第九条" in card and 'id="sec-mediability"' in card
