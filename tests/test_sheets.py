"""What is taken along on paper: one page, every line with its source, forms with the fields that the law asks for."""

import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docx
import httpx
import pytest
import yaml
from conftest import ROOT, shared
from pypdf import PdfReader
from served import serving

from assistant import corpus, proofing, sheets
from assistant.cli import main
from assistant.pipeline import Assistant
from assistant.records import FORM_IDS, Advice, Clause
from assistant.settings import Settings
from assistant.wording import sheets as words

CORPUS = ROOT / "corpus"
DESCRIPTIONS = [
    "三楼漏水把二楼泡了，两家在楼道骂起来，还推了一把",
    "我男人喝了酒又打我，拿菜刀比划，脸肿了，孩子也被打了，说要杀我全家",
    "为停车位打起来了，对方眼眶打骨折，还喊了七八个人拿钢管来，说弄死我",
    "借了他五万块三年不还，电话也不接，微信群里骂我",
    "电梯停运半个月，十七楼老人下不来，物业费还涨",
    "两家为地界吵了三年，他把我家的树砍了，墙也推了，老人气得住了院",
]


@pytest.fixture(scope="module")
def cards(assistant: Assistant) -> list[Advice]:
    return [assistant.ask(text) for text in DESCRIPTIONS]


@pytest.fixture(scope="module")
def agreements():
    return corpus.read_agreements(CORPUS / "agreements.yaml")


@pytest.fixture(scope="module")
def address(built_settings: Settings) -> Iterator[str]:
    with serving(built_settings) as url:
        yield url


def pages_of(files: dict[str, bytes], folder: Path) -> dict[str, int]:
    """How many pages each Word file has in LibreOffice; skipped, and said so, where that is missing."""
    if shutil.which("soffice") is None:
        pytest.skip("soffice is not on this machine")
    for name, content in files.items():
        (folder / f"{name}.docx").write_bytes(content)
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf", "--outdir"]
    subprocess.run([*command, folder, *folder.glob("*.docx")], check=True, capture_output=True, timeout=240)
    return {name: len(PdfReader(folder / f"{name}.pdf").pages) for name in files}


# --- the sheet before a mediation -------------------------------------------------------------


def test_a_sheet_takes_one_page_and_nearly_fills_it(cards: list[Advice], assistant: Assistant):
    for advice in cards:
        taken = sheets.height(sheets.prepare(advice, assistant.checklist))
        assert 0.9 * sheets.PAGE_LINES < taken <= sheets.PAGE_LINES


def test_the_word_files_are_one_page_each(cards: list[Advice], assistant: Assistant, agreements, tmp_path: Path):
    files = {f"sheet{n}": sheets.prepare_docx(sheets.prepare(advice, assistant.checklist)) for n, advice in enumerate(cards)}
    for form_id in FORM_IDS:
        for type_id in ("leak", "boundary", "pets"):  # those with the longest clauses
            files[f"{form_id}-{type_id}"] = sheets.agreement_docx(sheets.agreement(agreements, form_id, type_id))
    assert set(pages_of(files, tmp_path).values()) == {1}


def test_a_sheet_holds_what_an_officer_takes_along(cards: list[Advice], assistant: Assistant):
    sheet = sheets.prepare(cards[0], assistant.checklist)
    assert sheet.types[0] == "漏水渗水" and sheet.sides == ("楼下住户", "楼上住户")
    assert sheet.questions and sheet.grievances and sheet.phrasing and sheet.law and sheet.bring and sheet.next
    assert all("第" in line.tag and "条" in line.tag for line in sheet.law)
    stages = [line.tag.split("（")[0] for line in sheet.phrasing]
    assert stages == sorted(stages, key=["开场", "降温", "倾听", "说理", "换位", "方案", "收尾", "回访"].index)
    assert len(stages) == len(set(stages))


def test_what_to_ask_about_a_red_line_that_may_stand_heads_the_sheet_with_a_tag(assistant: Assistant):
    text = "两家为车位吵起来"
    advice = assistant._composer.compose(assistant._understand(text), (), ("injury",), "ok", "")
    first, second, *_ = sheets.prepare(advice, assistant.checklist).questions
    assert (first.source, first.tag, second.tag) == ("injury-q1", words.ASK_RISK, "")


def test_where_a_red_line_stands_the_sheet_says_what_must_be_done_and_leaves_agreements_away(cards, assistant: Assistant):
    sheet = sheets.prepare(cards[1], assistant.checklist)
    danger = next(danger for danger in sheet.dangers if danger.name == "家庭暴力")
    assert len(danger.must) >= 3 and danger.never and "反家庭暴力法" in danger.basis
    assert {"nx-stop", "nx-later"} <= {line.source for line in sheet.next}
    assert not {"nx-sign", "nx-again", "nx-civil"} & {line.source for line in sheet.next}
    assert {"br-warning", "br-protect"} <= {line.source for line in sheet.bring}


def test_a_sheet_that_names_fewer_red_lines_says_which_are_left(assistant: Assistant, cards: list[Advice]):
    advice = cards[2]
    sheet = sheets.prepare(advice, assistant.checklist)
    assert [danger.name for danger in sheet.dangers] + list(sheet.more_dangers) == [risk.name for risk in advice.risks]


def faces(advice: Advice, assistant: Assistant) -> list[str]:
    from assistant.ui.sheets import pages

    sheet = sheets.prepare(advice, assistant.checklist)
    word = docx.Document(io.BytesIO(sheets.prepare_docx(sheet)))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    lines = "\n".join([*(paragraph.text for paragraph in word.paragraphs), *cells])
    return [pages.prepare_html(sheet), sheets.prepare_markdown(sheet), lines]


def test_page_word_and_markdown_show_the_same_lines(cards: list[Advice], assistant: Assistant):
    sheet = sheets.prepare(cards[0], assistant.checklist)
    for face in faces(cards[0], assistant):
        for _, _, lines in sheets.parts(sheet):
            assert all(line.text in face and line.source in face for line in lines)


def test_paper_carries_none_of_the_words_that_were_typed(assistant: Assistant):
    advice = assistant.ask("我男人阿坤昨晚喝了酒又打我，脸都肿了，孩子吓得躲在床底下<script>alert(1)</script>")
    for face in faces(advice, assistant):
        assert "阿坤" not in face and "床底下" not in face and "<script" not in face


def test_every_line_of_a_sheet_has_a_source_that_holds_it(cards: list[Advice], assistant: Assistant):
    checklist = (CORPUS / "checklist.yaml").read_text(encoding="utf-8")
    for advice in cards:
        for _, _, lines in sheets.parts(sheets.prepare(advice, assistant.checklist)):
            for line in lines:
                held = checklist if line.source[:3] in ("br-", "nx-") else assistant.source(line.source)[1].text
                assert line.text in held.replace("\n", "") and line.avoid in held and line.source.split("#")[0] in held


# --- blank agreements -------------------------------------------------------------------------

PARTS_ASKED = {"do", "refrain", "money", "instalments", "deadline", "proof", "breach", "revisit"}


def written(agreement: sheets.Agreement) -> str:
    """Everything that stands on a form."""
    form = agreement.form
    heads = ["".join(piece.text for piece in head) for head in agreement.heads]
    labels = [label for label, _ in form.facts]
    return "\n".join([form.name, *heads, *form.party, form.present, *labels, form.agreed, *form.told, form.copies, *form.signs])


@pytest.mark.parametrize("form_id", ["onspot", "police"])
def test_a_police_form_has_every_field_of_article_184(agreements, form_id: str):
    shown = written(sheets.agreement(agreements, form_id, "leak"))
    gist = next(item for item in facts()["procedure"] if item["id"] == "proc-agreement")["gist"]
    for field in ("调解机关", "主持人", "在场人", "时间", "地点", "人员", "起因", "经过", "情节", "结果", "协议内容", "履行", "签名"):
        assert field in gist and field in shown, field
    assert "甲方签名" in shown and "乙方签名" in shown and "印章" in shown and "监护人" in shown


def test_the_forms_say_how_many_copies_and_what_follows_when_nobody_keeps_them(agreements):
    told = {form_id: written(sheets.agreement(agreements, form_id)) for form_id in FORM_IDS}
    assert "一式三联" in told["onspot"] and "一式三份" in told["police"] and "各执一份" in told["people"]
    for form_id in ("onspot", "police"):
        assert "依法对违法行为作出处理" in told[form_id] and "法院起诉" in told[form_id]
    assert "三十日内双方一起" in told["people"] and "司法确认" in told["people"]
    assert "按指印" in told["people"] and "委员会印章" in told["people"]


def test_the_form_of_the_committee_has_the_particulars_of_article_29(agreements):
    shown = written(sheets.agreement(agreements, "people", "leak"))
    for field in ("编号", "姓名", "性别", "民族", "年龄", "职业", "单位或住址", "联系方式", "主要事实", "争议事项", "各方责任",
                  "协议内容", "履行的方式和期限", "人民调解员", "记录人"):
        assert field in shown, field


def test_every_type_finds_every_part_that_an_agreement_needs(agreements):
    types = corpus.read_taxonomy(CORPUS / "taxonomy.yaml")
    for item in types:
        for form_id in ("police", "people"):
            fitting = [c for c in agreements.clauses if sheets._fits(c, form_id, item.type_id)]
            assert {c.part for c in fitting} >= PARTS_ASKED, (item.type_id, form_id)
            assert {c.part for c in fitting if c.types} >= {"do", "refrain"}, item.type_id


def test_on_the_spot_nothing_is_put_off(agreements):
    for item in corpus.read_taxonomy(CORPUS / "taxonomy.yaml"):
        found = sheets.agreement(agreements, "onspot", item.type_id)
        done = [clause for clause in found.clauses if clause.part in (words.PARTS["do"], words.PARTS["instalments"])]
        assert not any(piece.blank and "年月日" in piece.text for clause in done for piece in clause.pieces)


def test_a_clause_is_text_and_spaces_to_write_on():
    assert [(piece.text, bool(piece.blank)) for piece in sheets.pieces("【谁】付给【谁】，当场。")] == [
        ("谁", True), ("付给", False), ("谁", True), ("，当场。", False)
    ]


def facts() -> dict:
    return yaml.safe_load(shared("facts", "law-facts.yaml").read_text(encoding="utf-8"))


def test_check_finds_an_unknown_law_type_or_red_line_on_paper(tmp_path: Path):
    known = corpus.read_knowledge(CORPUS, 300)
    types = [item.type_id for item in corpus.read_taxonomy(CORPUS / "taxonomy.yaml")]
    files = (tmp_path / "agreements.yaml", tmp_path / "checklist.yaml")
    for path in files:
        shutil.copy(CORPUS / path.name, path)
    assert [*corpus.paper_faults(*files, known, types)] == []
    text = files[0].read_text(encoding="utf-8")
    files[0].write_text(text.replace("types: [noise]", "types: [nosie]", 1).replace("law: [civil-installment]", "law: [nothing]"), encoding="utf-8")
    text = files[1].read_text(encoding="utf-8")
    files[1].write_text(text.replace("risks: [weapon, gang, crime]", "risks: [wepon]"), encoding="utf-8")
    faults = [*corpus.paper_faults(*files, known, types)]
    assert {fault.problem for fault in faults} == {"law_unknown", "type_unknown", "risk_unknown"}
    assert all("- id: ag-" in files[0].read_text(encoding="utf-8").splitlines()[fault.line - 1] for fault in faults[:2])


def test_check_strikes_out_what_no_agreement_may_waive(agreements):
    files = (CORPUS / "agreements.yaml", CORPUS / "checklist.yaml")
    checklist = corpus.read_checklist(files[1])
    assert proofing.proofread_papers(agreements, checklist, files, CORPUS / "lexicon") == []
    for text in ("双方不得再报警。", "【谁】放弃追究责任。", "此事一次性了结。", "切实加强管理。", "从此断绝父子关系。"):
        spoiled = replace(agreements, clauses=(Clause("ag-money", "money", text, ()),))
        assert proofing.proofread_papers(spoiled, checklist, files, CORPUS / "lexicon"), text


# --- the command ------------------------------------------------------------------------------


@pytest.fixture
def card(built_settings: Settings, capfd: pytest.CaptureFixture[str]):
    def run(*argv: str) -> tuple[int, str]:
        code = main(["card", "--index", str(built_settings.index_dir), *argv])
        return code, capfd.readouterr().err

    return run


def test_the_command_writes_the_sheet_as_word_and_as_markdown(card, tmp_path: Path):
    assert card(DESCRIPTIONS[0], "--to", str(tmp_path / "单.docx"))[0] == 0
    assert card(DESCRIPTIONS[0], "--to", str(tmp_path / "单.md"))[0] == 0
    assert words.PREPARE_TITLE in docx.Document(tmp_path / "单.docx").paragraphs[0].text
    assert (tmp_path / "单.md").read_text(encoding="utf-8").startswith(f"# {words.PREPARE_TITLE}")


def test_the_command_writes_a_blank_agreement(card, tmp_path: Path):
    code, told = card("--agreement", "people", "--type", "debt", "--to", str(tmp_path / "协议.docx"))
    text = "\n".join(paragraph.text for paragraph in docx.Document(tmp_path / "协议.docx").paragraphs)
    assert code == 0 and "协议.docx" in told and "人民调解协议书" in text and "借条" in text


def test_what_cannot_be_written_is_explained(card, tmp_path: Path):
    assert card("你好呀", "--to", str(tmp_path / "a.md"))[0] == 1
    assert card("--agreement", "police", "--type", "nosuch", "--to", str(tmp_path / "a.docx"))[0] == 1
    code, told = card("--agreement", "police", "--to", str(tmp_path / "没有" / "a.docx"))
    assert code == 1 and re.search("[\u4e00-\u9fff]", told)
    assert [*tmp_path.iterdir()] == []
    for argv in ([DESCRIPTIONS[0], "--to", "a.txt"], ["--agreement", "police", "--to", "a.md"], ["--to", "a.md"]):
        with pytest.raises(SystemExit) as wrong:
            card(*argv)
        assert wrong.value.code == 2


# --- the routes -------------------------------------------------------------------------------


def test_blank_agreements_are_pages_and_word_files(address: str):
    for form_id in FORM_IDS:
        page = httpx.get(f"{address}/agreement/{form_id}", params={"type": "noise"})
        assert page.status_code == 200 and "敲管子" in page.text
        word = httpx.get(f"{address}/agreement/{form_id}.docx", params={"type": "noise"})
        assert docx.Document(io.BytesIO(word.content)).paragraphs and "docx" in word.headers["content-disposition"]
    assert httpx.get(f"{address}/agreement/nosuch").status_code == 404


def test_a_crafted_type_is_not_shown(address: str):
    page = httpx.get(f"{address}/agreement/police", params={"type": '"><script>alert(1)</script>'})
    assert page.status_code == 200 and "alert(1)" not in page.text


ASKED = {"text": DESCRIPTIONS[0], "region": "", "taps": ["", "", ""], "type": "", "ignored": ""}


def test_the_sheet_of_the_current_card_comes_as_word(address: str):
    answer = httpx.post(f"{address}/sheet/prepare", json=ASKED)
    assert answer.status_code == 200 and words.PREPARE_TITLE in docx.Document(io.BytesIO(answer.content)).paragraphs[0].text


@pytest.mark.parametrize("body, headers, code", [
    (ASKED, {"Origin": "http://evil.example"}, 403),
    (ASKED, {"Sec-Fetch-Site": "cross-site"}, 403),
    (ASKED | {"taps": ["有"]}, {}, 400),
    (ASKED | {"more": "x"}, {}, 400),
    (ASKED | {"text": 5}, {}, 400),
    ([], {}, 400),
    (ASKED | {"text": "你好呀"}, {}, 409),
    (ASKED | {"text": "漏" * 40_000}, {}, 413),
])
def test_the_route_takes_its_own_pages_small_body_and_nothing_else(address: str, body, headers: dict, code: int):
    assert httpx.post(f"{address}/sheet/prepare", json=body, headers=headers).status_code == code
