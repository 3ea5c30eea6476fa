"""What a face shows of a line: badges, marks, and every error in Chinese."""

import datetime
from dataclasses import replace
from pathlib import Path

from assistant import errors, render, wording
from assistant.errors import AssistantError
from assistant.pipeline import Assistant
from assistant.records import LISTENERS, Hit
from assistant.settings import load_settings


def law_hit(assistant: Assistant, law_months: int = 12, **meta: str) -> str:
    """The page's HTML of one law line with changed meta."""
    passage, document = assistant.source("za-88-noise")
    advice = replace(assistant.ask("楼上太吵"), law_months=law_months)
    return render._hit_html(Hit(replace(passage, meta={**passage.meta, **meta}), document, 1.0), advice, on_page=True)


def test_a_law_line_carries_its_dates_and_its_old_number(assistant: Assistant):
    shown = law_hit(assistant)
    assert "第八十八条" in shown and "2026-01-01" in shown and "2026-11-2" in shown and "第五十八条" in shown


def test_a_law_line_that_was_checked_long_ago_says_so(assistant: Assistant):
    assert wording.LAW_OLD in law_hit(assistant, checked_on="2020-01-01")
    assert wording.LAW_OLD not in law_hit(assistant, checked_on=datetime.date.today().isoformat())


def test_a_setting_says_after_how_many_months(assistant: Assistant, tmp_path: Path):
    (tmp_path / "settings.yaml").write_text("law_months: 3\n", encoding="utf-8")
    months = load_settings(tmp_path / "settings.yaml").law_months
    half_a_year = (datetime.date.today() - datetime.timedelta(days=183)).isoformat()
    assert wording.LAW_OLD in law_hit(assistant, months, checked_on=half_a_year)
    assert wording.LAW_OLD not in law_hit(assistant, 12, checked_on=half_a_year)
    for question in ("楼上太吵", "治安管理处罚法第八十八条"):
        assert assistant.ask(question).law_months == assistant.settings.law_months == 12


def test_months_are_counted_over_the_turn_of_the_year():
    assert render.months_since("2025-11-22", datetime.date(2026, 2, 1)) == 3


def test_the_longest_word_is_marked_whole():
    assert render.mark_words("楼上漏水", ("漏水", "上漏水")) == "楼<mark>上漏水</mark>"


def test_marking_escapes_what_it_marks():
    assert render.mark_words("a<b>漏水", ("漏水",)) == "a&lt;b&gt;<mark>漏水</mark>"


def test_every_error_is_explained_in_chinese():
    facts = {
        "path": Path("文件"), "reason": "r", "faults": [], "shortfalls": [("leak", "law", 0, 1)], "part": "corpus", "key": "k",
        "accepted": ["a"], "line": 1, "passage_id": "p", "type_id": "t", "host": "h", "port": 1,
        "name": "文件", "detail": "", "entry_id": "e", "least": 8, "uri": "http://127.0.0.1:19530",
    }
    for kind in AssistantError.__subclasses__():
        named = kind.__init__.__code__.co_varnames[1 : kind.__init__.__code__.co_argcount]
        told = wording.explain(kind(*(facts[name] for name in named)))
        assert any("\u4e00" <= letter <= "\u9fff" for letter in told), kind.__name__


def test_an_index_error_names_the_command_that_mends_it():
    for kind in (errors.IndexMissing, errors.IndexDamaged):
        facts = (Path("index"),) if kind is errors.IndexMissing else (Path("index"), "r")
        assert "python -m assistant build" in wording.explain(kind(*facts))


def test_a_listener_has_a_plain_name_where_the_quarrel_gives_none(assistant: Assistant):
    assert set(wording.LISTENER_NAMES) == set(LISTENERS)
    advice = assistant.ask("我男人喝了酒又打我，脸都肿了，孩子吓得躲在床底下")
    assert {hit.passage.meta["listener"] for hit in advice.sections["phrasing"] if not hit.passage.types} >= {"受害或受损方"}
    for face in (render.card(advice), render.as_text(advice)):
        assert wording.LISTENER_NAMES["受害或受损方"] in face and "受害或受损方" not in face


def test_law_lines_that_were_asked_for_print_without_buttons_and_links(assistant: Assistant):
    advice = assistant.ask("治安管理处罚法第八十八条")
    assert render.is_statute_card(advice) and "<button" in render.card(advice) and 'id="sec-law"' in render.card(advice)
    paper = render.statute_sheet(advice)
    assert "第八十八条" in paper and "za-88-noise" in paper
    assert not any(part in paper for part in ("<button", "<a ", "<mark", " id="))
