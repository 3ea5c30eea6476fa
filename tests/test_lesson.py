"""A lesson quotes the corpus exactly, cites every quote, and comes back from its file unchanged."""

import io
import json
import re
from pathlib import Path

import docx
import pptx
import pytest
from conftest import ROOT
from docx.oxml.ns import qn

from assistant import lesson, wording
from assistant.cli import main
from assistant.errors import BasketInvalid, LessonEmpty, PassageUnknown
from assistant.lesson import Basket, Item, Part
from assistant.pipeline import Assistant
from assistant.settings import Settings
from assistant.wording import lesson as words

DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
IDS = ("noise-g1", "noise-s4", "leak-s10", "g-back-to-back#2", "m-288-neighbor", "say-091", "leak-c1", "leak-r1")
BASKET = Basket("试讲一课", (
    Part("先听", (Item(IDS[0], "开场念"), Item(IDS[1]))),
    Part("", tuple(Item(passage_id) for passage_id in IDS[2:])),
))


@pytest.fixture(scope="module")
def made(assistant: Assistant) -> lesson.Lesson:
    return lesson.resolve(BASKET, assistant.library.excerpt, 12)


@pytest.fixture(scope="module")
def handout(made: lesson.Lesson, assistant: Assistant):
    return docx.Document(io.BytesIO(lesson.as_docx(made, assistant.types)))


def corpus_quote(assistant: Assistant, passage_id: str) -> str:
    passage, document = assistant.source(passage_id)
    return (ROOT / "corpus" / document.file).read_text(encoding="utf-8")[passage.start : passage.end]


def test_every_quote_of_the_handout_is_the_corpus_at_its_span(handout, assistant: Assistant):
    quotes = [paragraph.text for paragraph in handout.paragraphs if paragraph.style.name == "Quote"]
    assert quotes == [corpus_quote(assistant, passage_id) for passage_id in IDS]


def test_every_reference_number_of_the_handout_leads_to_its_source(handout):
    body = handout.element.body
    links = [link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink")) if link.get(qn("w:anchor")).startswith("ref")]
    targets = {}
    for paragraph in handout.paragraphs:
        for mark in paragraph._p.iter(qn("w:bookmarkStart")):
            targets[mark.get(qn("w:name"))] = paragraph.text
    assert links == [f"ref{number}" for number in range(1, len(IDS) + 1)]
    for number, passage_id in enumerate(IDS, start=1):
        assert targets[f"ref{number}"].startswith(f"[{number}] ") and f"编号 {passage_id}（" in targets[f"ref{number}"]


def test_the_handout_names_chinese_fonts_and_lists_its_sections(handout):
    assert all(s.element.rPr.rFonts.get(qn("w:eastAsia")) for s in handout.styles if s.type != 4)
    contents = [p.text.split("\t")[0] for p in handout.paragraphs if p.style.name.startswith("toc")]
    headings = [p.text for p in handout.paragraphs if p.style.name in ("Heading 1", "Heading 2")]
    assert contents == headings and contents[0] == "一、先听" and len(contents) == len(IDS) + 3


def test_the_remark_stands_under_its_excerpt(handout):
    texts = [paragraph.text for paragraph in handout.paragraphs]
    assert f"{words.REMARK_LABEL}：开场念" in texts[texts.index(next(t for t in texts if "被吵的那个" in t)) + 1 :]


def test_a_slide_holds_one_excerpt_and_its_notes_the_source(made: lesson.Lesson, assistant: Assistant):
    show = pptx.Presentation(io.BytesIO(lesson.as_pptx(made, assistant.types)))
    slides = [slide for slide in show.slides if slide.has_notes_slide]
    assert len(slides) == len(IDS)
    for slide, passage_id in zip(slides, IDS, strict=True):
        texts = ["\n".join(p.text for p in shape.text_frame.paragraphs) for shape in slide.shapes if shape.has_text_frame]
        assert corpus_quote(assistant, passage_id) in texts
        assert f"编号 {passage_id}（" in slide.notes_slide.notes_text_frame.text
        for run in slide._element.iter(DRAWING + "r"):
            assert run.find(DRAWING + "rPr").find(DRAWING + "ea") is not None


def test_markdown_quotes_exactly_and_every_footnote_resolves(made: lesson.Lesson, assistant: Assistant):
    text = lesson.as_markdown(made, assistant.types).decode()
    blocks = re.findall(r"(?:^> .*\n)+", text, re.MULTILINE)
    quotes = ["\n".join(line[2:] for line in block.splitlines()) for block in blocks]
    assert quotes == [corpus_quote(assistant, passage_id) for passage_id in IDS]
    used, defined = re.findall(r"\[\^(\d+)\](?!:)", text), re.findall(r"^\[\^(\d+)\]:", text, re.MULTILINE)
    assert used == defined == [str(number) for number in range(1, len(IDS) + 1)]


def test_a_saved_basket_comes_back_and_holds_no_text_of_the_corpus(assistant: Assistant):
    saved = lesson.basket_json(BASKET, assistant.library.excerpt)
    again = lesson.read_basket(saved)
    assert [(p.title, [(i.passage_id, i.remark) for i in p.items]) for p in again.parts] == [
        (p.title, [(i.passage_id, i.remark) for i in p.items]) for p in BASKET.parts
    ]
    assert not any(corpus_quote(assistant, passage_id) in saved for passage_id in IDS)
    assert lesson.resolve(again, assistant.library.excerpt, 12).changed == ()


def test_what_is_gone_or_has_changed_since_is_named(assistant: Assistant):
    basket = Basket("旧课", (Part("", (Item("leak-s10", mark="000000000000"), Item("leak-s999"), Item("noise-g1"))),))
    made = lesson.resolve(basket, assistant.library.excerpt, 12)
    assert made.missing == ("leak-s999",) and made.changed == ("leak-s10",)
    assert [excerpt.number for excerpt in made.excerpts] == [1, 2]
    assert "leak-s999" in lesson.as_markdown(made, assistant.types).decode()


@pytest.mark.parametrize("text", ["", "[]", "{}", "{\"format\": \"lesson-1\"}", "{" * 5000,
                                  json.dumps({"format": "lesson-1", "title": "x", "sections": [{"title": 1, "items": []}]}),
                                  json.dumps({"format": "lesson-1", "title": "x", "sections": [{"title": "", "items": [{"id": ""}]}]}),
                                  json.dumps({"format": "lesson-1", "title": "x", "sections": [{"title": "", "items": [{"id": "a"}] * 301}]})])
def test_a_file_that_is_no_basket_is_refused_with_a_chinese_sentence(text: str):
    with pytest.raises(BasketInvalid) as caught:
        lesson.read_basket(text)
    assert "存成文件" in wording.explain(caught.value)


def test_an_empty_lesson_is_not_written(assistant: Assistant):
    with pytest.raises(LessonEmpty):
        lesson.resolve(Basket("空", (Part("", ()),)), assistant.library.excerpt, 12)
    with pytest.raises(PassageUnknown):
        lesson.resolve(lesson.basket_of(["no-such"], "x"), assistant.library.excerpt, 12, strict=True)


def test_section_numerals_count_in_chinese():
    assert [words.ordinal(number) for number in (1, 10, 11, 20, 34)] == ["一", "十", "十一", "二十", "三十四"]


@pytest.fixture
def run(built_settings: Settings, capfd: pytest.CaptureFixture[str]):
    def run(*argv: str) -> tuple[int, str, str]:
        code = main(["lesson", "--index", str(built_settings.index_dir), *argv])
        return code, *capfd.readouterr()

    return run


@pytest.mark.parametrize("ending", ["docx", "md", "pptx"])
def test_the_command_writes_each_format(run, tmp_path: Path, ending: str):
    code, out, err = run("--ids", "leak-s10,noise-s4", "--title", "试", "--to", str(tmp_path / f"讲义.{ending}"))
    assert (code, out) == (0, "") and "2 条" in err
    assert [path.name for path in tmp_path.iterdir()] == [f"讲义.{ending}"]


def test_the_command_reads_a_basket_file_and_says_what_is_gone(run, tmp_path: Path):
    basket = tmp_path / "篮.json"
    basket.write_text(lesson.basket_json(Basket("旧课", (Part("", (Item("leak-s10"), Item("leak-s999"))),)), lambda _: None), encoding="utf-8")
    code, _, err = run("--file", str(basket), "--to", str(tmp_path / "讲义.md"))
    assert code == 0 and "leak-s999" in err
    assert (tmp_path / "讲义.md").read_text(encoding="utf-8").startswith("# 旧课\n")


@pytest.mark.parametrize(("ids", "to", "told"), [("no-such", "x.docx", "no-such"), ("leak-s10", "x.pdf", ".docx"), ("leak-s10", "没有/x.md", "写不了")])
def test_the_command_explains_what_went_wrong_and_writes_nothing(run, tmp_path: Path, ids: str, to: str, told: str):
    code, out, err = run("--ids", ids, "--to", str(tmp_path / to))
    assert (code, out) == (1, "") and told in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["楼上楼下噪声", "背靠背调解怎么做"])
def test_the_shipped_lessons_still_hold(assistant: Assistant, name: str):
    made = lesson.resolve(lesson.read_basket_file(ROOT / "docs" / "lessons" / f"{name}.json"), assistant.library.excerpt, 12, strict=True)
    text = (ROOT / "docs" / "lessons" / f"{name}.md").read_text(encoding="utf-8")
    assert all(f"编号 {excerpt.passage.passage_id}（" in text for excerpt in made.excerpts)
